"""One measure of the lesions that several readers drew, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medseg.errors import MedsegError
from medseg.measure.lesion.registry import MEASURES, measure_all
from medseg.measure.masks.pair import same_grid_of
from medseg.model import Geometry, Segmentation, Volume


@dataclass(frozen=True, eq=False)
class PairedValues:
    """One measure of each lesion by each reader, for Bland-Altman and intraclass correlation.

    Args:
        name: of the measure.
        unit: the values'.
        readers: their names, the table's columns.
        labels: the lesions that all readers drew, the table's rows.
        values: (lesions, readers).
        left_out: labels that some reader did not draw, or drew several lesions under, or whose
            value is not defined.
    """

    name: str
    unit: str
    readers: tuple[str, ...]
    labels: tuple[str, ...]
    values: NDArray[np.float64]
    left_out: tuple[str, ...]


def paired_values(
    readers: Mapping[str, Segmentation], name: str = "volume", *, volume: Volume | None = None
) -> PairedValues:
    """One measure of every lesion that all readers drew; lesions are the same by their label.

    Raises:
        MedsegError: there is no such measure, it needs an image, or there are fewer than two
            readers.
        GeometryError: readers or image lie on different grids.
    """
    if name not in MEASURES or MEASURES[name].unit_of(volume) is None:
        had = [one for one, measure in MEASURES.items() if measure.unit_of(volume) is not None]
        raise MedsegError(
            f"Readers are paired by one measure of {', '.join(had)}; found {name!r}"
            + ("." if name not in MEASURES else ", which this image, or none, does not allow.")
        )
    grid_of_readers(readers)
    columns = [_by_label(mask, name, volume) for mask in readers.values()]
    every = dict.fromkeys(label for column in columns for label in column)
    shared = [label for label in every if all(len(one.get(label, ())) == 1 for one in columns)]
    rows = {label: [column[label][0] for column in columns] for label in shared}
    kept = [label for label in shared if np.isfinite(rows[label]).all()]
    return PairedValues(
        name,
        str(MEASURES[name].unit_of(volume)),
        tuple(readers),
        tuple(kept),
        np.array([rows[label] for label in kept], dtype=float).reshape(-1, len(readers)),
        tuple(label for label in every if label not in kept),
    )


def _by_label(
    segmentation: Segmentation, name: str, volume: Volume | None
) -> dict[str, list[float]]:
    """The measure of each segment that has a voxel, by its label."""
    table = {"volume": MEASURES["volume"], name: MEASURES[name]}
    measured = measure_all(segmentation, volume, table=table)
    found: dict[str, list[float]] = {}
    for segment in segmentation.segments:
        values = {one.name: one.value for one in measured[segment.number]}
        if values["volume"] > 0:
            found.setdefault(segment.label, []).append(values[name])
    return found


def grid_of_readers(readers: Mapping[str, Segmentation]) -> Geometry:
    """The one grid of two or more readers' masks.

    Raises:
        MedsegError: there are fewer than two readers.
        GeometryError: they lie on different grids; by how many mm is in the message.
    """
    if len(readers) < 2:
        raise MedsegError(
            f"Readers are compared with each other, two at least; found {len(readers)} "
            f"({', '.join(readers) or 'none'}). Give another reader's mask of the same image."
        )
    first, *others = readers.values()
    for other in others:
        same_grid_of(first, other)
    return first.geometry
