"""Real lesions with slices removed, and how a filling is scored: numpy and scipy alone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion
from scipy.ndimage import distance_transform_edt as edt
from scipy.spatial import cKDTree

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Lesion:
    """One reader's outline of one nodule.

    Args:
        mask: (slice, row, column).
        spacing_mm: slice, row, column.
        patient: whose it is, so that halves can be told apart by patient.
    """

    mask: Mask
    spacing_mm: tuple[float, float, float]
    patient: str

    def without(self, step: int) -> tuple[Mask, list[int], list[int]]:
        """The mask with each `step`-th slice alone, these key slices, and those removed between."""
        keys = list(range(0, len(self.mask), step))
        kept = np.zeros_like(self.mask)
        kept[keys] = self.mask[keys]
        return kept, keys, [index for index in range(keys[-1]) if index % step]


def lidc_lesions(shared_data: Path) -> list[Lesion]:
    """All outlines of the LIDC file."""
    with np.load(shared_data / "lidc" / "lidc_lesions.npz") as archive:
        fields = {name: archive[name] for name in archive.files if name.startswith("row_")}
        bits = archive["bits"]
    return [_lesion(fields, bits, row) for row in range(len(fields["row_nz"]))]


def _lesion(fields: dict[str, NDArray[Any]], bits: NDArray[np.uint8], row: int) -> Lesion:
    shape = tuple(int(fields[f"row_n{axis}"][row]) for axis in "zyx")
    start, length = int(fields["row_bit_off"][row]), int(fields["row_bit_len"][row])
    flat = np.unpackbits(bits[start : start + length], count=int(np.prod(shape)))
    pixel, step = (
        float(fields[f"row_{name}_mm"][row]) for name in ("pixel_spacing", "slice_spacing")
    )
    return Lesion(
        flat.reshape(shape).astype(bool), (step, pixel, pixel), str(fields["row_patient"][row])
    )


@dataclass(frozen=True)
class Score:
    """How well removed slices were filled.

    Args:
        dice: overlap of all removed slices together.
        hd95_mm: 95th percentile of the distances between the boundaries on each slice, both
            ways, pooled; an empty slice where the truth is not counts the truth's diagonal for
            each pixel of its boundary.
        volume: predicted over true voxels.
        empty: slices left empty where the truth is not.
    """

    dice: float
    hd95_mm: float
    volume: float
    empty: int


def score(filled: Mask, truth: Mask, removed: list[int], pixel_mm: tuple[float, float]) -> Score:
    """The score of the removed slices alone."""
    found, true = filled[removed], truth[removed]
    total = int(found.sum()) + int(true.sum())
    distances = np.concatenate(
        [*(_distances(f, t, pixel_mm) for f, t in zip(found, true, strict=True)), np.zeros(0)]
    )
    empty = int((~found.any(axis=(1, 2)) & true.any(axis=(1, 2))).sum())
    return Score(
        2.0 * int((found & true).sum()) / total if total else 1.0,
        float(np.percentile(distances, 95)) if distances.size else 0.0,
        int(found.sum()) / max(int(true.sum()), 1),
        empty,
    )


def _distances(found: Mask, true: Mask, pixel_mm: tuple[float, float]) -> NDArray[np.float64]:
    if not found.any() or not true.any():
        some = found if found.any() else true
        points = _boundary(some, pixel_mm)
        if not len(points):
            return np.zeros(0)
        return np.full(len(points), np.hypot(*(np.ptp(points, axis=0) + pixel_mm)))
    ours, theirs = _boundary(found, pixel_mm), _boundary(true, pixel_mm)
    return np.concatenate([cKDTree(theirs).query(ours)[0], cKDTree(ours).query(theirs)[0]])


def _boundary(mask: Mask, pixel_mm: tuple[float, float]) -> NDArray[np.float64]:
    edge = mask & ~binary_erosion(mask)
    return np.argwhere(edge) * np.asarray(pixel_mm)


def linear_distance(kept: Mask, keys: list[int], pixel_mm: tuple[float, float]) -> Mask:
    """The usual rule: signed distances blended linearly, inside where above 0."""
    filled = kept.copy()
    fields = {
        key: edt(np.pad(kept[key], 1), sampling=pixel_mm)
        - edt(~np.pad(kept[key], 1), sampling=pixel_mm)
        for key in keys
        if kept[key].any()
    }
    for first, last in pairwise(keys):
        for index in range(first + 1, last):
            share = (index - first) / (last - first)
            if first in fields and last in fields:
                blend = (1 - share) * fields[first] + share * fields[last]
                filled[index] = blend[1:-1, 1:-1] > 0
    return filled


def nearest_key(kept: Mask, keys: list[int]) -> Mask:
    """Each slice a copy of the nearest key; of two as near, the lower."""
    nearest = [min(keys, key=lambda key: abs(key - index)) for index in range(len(kept))]
    return np.asarray(kept[nearest])
