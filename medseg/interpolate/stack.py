"""The labels of a stack filled between their key slices."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from os import cpu_count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.interpolate.label_run import LabelGap, LabelRun, Run, runs_of
from medseg.interpolate.settle import settle, settle_alone


@dataclass(frozen=True, eq=False)
class Notes:
    """What became of one label's parts in a run of gaps between its keys.

    Args:
        label: its number.
        keys: the run's keys; a group's gap is counted among them.
        groups: one row per group of parts, as `fill_run` tells it.
    """

    label: int
    keys: tuple[int, ...]
    groups: NDArray[np.float64]


def fill_stack(
    source: NDArray[Any],
    target: NDArray[Any],
    keys: dict[int, tuple[int, ...]],
    spacing_mm: tuple[float, float],
    positions: NDArray[np.float64],
    *,
    is_clear: bool = False,
) -> list[Notes]:
    """Fill every label between its keys, and tell what became of the parts.

    Args:
        source: labels with the slices along the first axis; it is only read.
        target: a copy of it, changed in place.
        keys: label -> two or more slices, ascending.
        spacing_mm: height and width of a pixel.
        positions: of the slices, rising or falling.
        is_clear: whether no label is on slices between its keys.
    """
    for label, slices in () if is_clear else keys.items():
        _clear_between(source, target, label, slices)
    if len(keys) == 1:
        ((label, slices),) = keys.items()
        return _fill_alone(source, target, label, slices, spacing_mm, positions)
    return _fill_together(source, target, keys, spacing_mm, positions)


def _fill_alone(
    source: NDArray[Any],
    target: NDArray[Any],
    label: int,
    keys: tuple[int, ...],
    spacing_mm: tuple[float, float],
    positions: NDArray[np.float64],
) -> list[Notes]:
    """A label that nobody disputes a pixel with; a large one run by run in several threads."""

    def fill(run: Run) -> list[Notes]:
        label_run = LabelRun.of(source, label, run, spacing_mm, positions)
        if label_run is None:
            return []
        settle_alone(target, label_run)
        return [Notes(label, run.keys, label_run.notes)]

    runs = list(runs_of(keys, source[0].size))
    if len(runs) == 1:
        return fill(runs[0])
    with ThreadPoolExecutor(cpu_count()) as pool:
        return [notes for of_run in pool.map(fill, runs) for notes in of_run]


def _fill_together(
    source: NDArray[Any],
    target: NDArray[Any],
    keys: dict[int, tuple[int, ...]],
    spacing_mm: tuple[float, float],
    positions: NDArray[np.float64],
) -> list[Notes]:
    """Several labels, slice by slice; of each only the run around the present slice is held."""
    notes: list[Notes] = []
    waiting = {
        label: _gaps(source, label, slices, spacing_mm, positions, notes)
        for label, slices in keys.items()
    }
    present: dict[int, LabelGap] = {}
    for index in range(len(source)):
        for label, gaps in waiting.items():
            if label not in present or present[label].stop <= index:
                following = next(gaps, None)
                if following is None:
                    present.pop(label, None)
                else:
                    present[label] = following
        here = [gap for gap in present.values() if gap.start < index]
        settle(target[index], here, index, min(spacing_mm))
    return notes


def _clear_between(
    source: NDArray[Any], target: NDArray[Any], label: int, keys: tuple[int, ...]
) -> None:
    """Take the label away from the slices between its keys."""
    for first, last in pairwise(keys):
        for index in range(first + 1, last):
            own = source[index] == label
            if own.any():
                target[index][own] = 0


def _gaps(
    source: NDArray[Any],
    label: int,
    keys: tuple[int, ...],
    spacing_mm: tuple[float, float],
    positions: NDArray[np.float64],
    notes: list[Notes],
) -> Iterator[LabelGap]:
    """The label's gaps that hold something, ascending, computed as they are asked for."""
    for run in runs_of(keys, source[0].size):
        label_run = LabelRun.of(source, label, run, spacing_mm, positions)
        if label_run is not None:
            notes.append(Notes(label, run.keys, label_run.notes))
            yield from label_run.gaps
