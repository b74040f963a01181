"""Which voxels of a label array a brush changes, found in one look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Repaint:
    """What storing one number changes, within the smallest box around it.

    Args:
        corner: index of the box's first voxel (slice, row, column).
        changed: which voxels of the box change (boolean, 3D); of size 0 where none do.
        slices: which of its slices hold such a voxel.
        label: the label of all of them before; None where they have several.
    """

    corner: tuple[int, int, int]
    changed: NDArray[np.bool_]
    slices: NDArray[np.bool_]
    label: int | None


def repaint(
    labels: NDArray[Any],
    corner: tuple[int, int, int],
    inside: NDArray[np.bool_],
    number: int,
    *,
    over: int | None = None,
) -> Repaint:
    """What changes if the voxels of a patch get a number; nothing is stored.

    Args:
        labels: the whole array (slice, row, column), uint8 or uint16.
        corner: index of the patch's first voxel; all of the patch lies in the array.
        inside: which voxels of the patch get the number (boolean, 3D).
        number: what they get; the type of the array can hold it.
        over: the one label that may change; None for any.
    """
    kind = labels.dtype.type
    only = (over is None, kind(over or 0))
    patch = np.ascontiguousarray(inside)
    changed, slices, plane, label, is_one = _repaint(labels, corner, patch, kind(number), *only)
    rows, columns = np.asarray(plane.any(axis=1)), np.asarray(plane.any(axis=0))
    ends = [_ends(hits) for hits in (slices, rows, columns)]
    cut = slice(*ends[0]), slice(*ends[1]), slice(*ends[2])
    place = corner[0] + ends[0][0], corner[1] + ends[1][0], corner[2] + ends[2][0]
    inner = np.ascontiguousarray(changed[cut])
    return Repaint(place, inner, slices[cut[0]], int(label) if is_one else None)


def _ends(hits: NDArray[np.bool_]) -> tuple[int, int]:
    """The first place that is hit, and one past the last; both 0 where none is."""
    data = hits.tobytes()
    return max(data.find(1), 0), data.rfind(1) + 1


@numba.njit(nogil=True, cache=True)
def _repaint(
    labels: NDArray[Any],
    corner: tuple[int, int, int],
    inside: NDArray[Any],
    number: int,
    is_any: bool,
    over: int,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], int, bool]:
    """Which voxels change, in which slices, in which places of any slice; a label of theirs.

    Last whether they have no other; where none changes, the label is the number itself. Each
    slice is copied into one piece, so that many of its voxels are done at once.
    """
    size = inside.shape
    plane = np.empty((size[1], size[2]), labels.dtype)
    changed, slices = np.empty(size, np.bool_), np.zeros(size[0], np.bool_)
    ever, label, is_one = np.zeros((size[1], size[2]), np.bool_), number, True
    for one in range(size[0]):
        for two in range(size[1]):
            row = labels[corner[0] + one, corner[1] + two, corner[2] : corner[2] + size[2]]
            copy = plane[two]
            for three in range(size[2]):
                copy[three] = row[three]
        before, now = plane.ravel(), changed[one].ravel()
        if _mark(before, inside[one].ravel(), number, is_any, over, now, ever.ravel()):
            slices[one] = True
            label = _first(before, now) if label == number else label
            is_one &= not _has_other(before, now, label)
    return changed, slices, ever, label, is_one


@numba.njit(nogil=True, cache=True)
def _mark(
    before: NDArray[Any],
    brush: NDArray[Any],
    number: int,
    is_any: bool,
    over: int,
    now: NDArray[Any],
    ever: NDArray[Any],
) -> bool:
    """Mark what changes; whether anything does. No branch: many are done at once."""
    hit = False
    for place in range(now.size):
        takes = is_any | (before[place] == over)
        now[place] = brush[place] & takes & (before[place] != number)
        ever[place] |= now[place]
        hit |= now[place]
    return hit


@numba.njit(nogil=True, cache=True)
def _first(before: NDArray[Any], now: NDArray[Any]) -> Any:
    """The label of the first marked voxel; one is marked."""
    place = 0
    while not now[place]:
        place += 1
    return before[place]


@numba.njit(nogil=True, cache=True)
def _has_other(before: NDArray[Any], now: NDArray[Any], label: int) -> bool:
    """Whether a marked voxel has another label."""
    other = False
    for place in range(now.size):
        other |= now[place] & (before[place] != label)
    return other
