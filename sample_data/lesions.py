"""The lesions of the phantom: what they are, how large, and where they lie (body mm)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sample_data.painting import Point
from sample_data.shapes import Branching, Ellipsoid, LobedBall, PleuralBall, Shape


def _lobes(center: Point, lobes: Sequence[tuple[Point, float]]) -> tuple[tuple[Point, float], ...]:
    moved = [(np.add(center, offset).round(6).tolist(), radius) for offset, radius in lobes]
    return tuple(((p[0], p[1], p[2]), radius) for p, radius in moved)


@dataclass(frozen=True)
class Lesion:
    """One lesion: its number in the truth mask, what it is, its form and its density."""

    number: int
    name: str
    kind: str
    shape: Shape
    hu: float


_LOBED_CENTER = (80.0, 38.0, 106.0)

LESIONS = (
    Lesion(
        1,
        "Right upper lobe nodule",
        "round solid nodule",
        Ellipsoid((-74.0, -22.0, 148.2), (10.5, 10.5, 10.5)),
        42.0,
    ),
    Lesion(
        2,
        "Left lower lobe mass",
        "lobulated mass",
        LobedBall(
            _LOBED_CENTER,
            11.0,
            _lobes(
                _LOBED_CENTER,
                [
                    ((9.2, 2.8, -3.9), 6.6),
                    ((-0.9, 8.8, 4.3), 5.8),
                    ((4.9, -3.8, 8.8), 6.2),
                    ((-8.8, -2.7, 3.7), 6.0),
                    ((1.0, -9.5, -4.6), 5.2),
                    ((-4.4, 3.4, -7.9), 6.4),
                ],
            ),
        ),
        38.0,
    ),
    Lesion(
        3,
        "Right lower lobe branching lesion",
        "branching (Y-shaped)",
        Branching(
            (-88.0, 34.0, 95.0),
            tips=((-1.5, -15.0), (-11.0, 18.0), (9.5, 18.0)),
            radii=(5.6, 4.8, 4.8),
            heading=(0.8, -0.6),
        ),
        34.0,
    ),
    Lesion(
        4,
        "Left upper lobe pleural mass",
        "touching the pleura",
        PleuralBall((97.5, -26.0, 139.4), 13.0),
        40.0,
    ),
    Lesion(
        5,
        "Left apical nodule",
        "small nodule of four slices",
        Ellipsoid((46.0, 22.0, 184.5), (5.2, 5.2, 5.6)),
        36.0,
    ),
    Lesion(
        6,
        "Liver lesion",
        "hypodense lesion in the liver",
        Ellipsoid((-70.0, 2.0, 26.6), (16.0, 12.5, 13.5)),
        8.0,
    ),
)
