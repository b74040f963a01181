"""Fill the slices between those that are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.interpolate.arguments import (
    Keys,
    checked_axis,
    checked_mask,
    checked_positions,
    checked_spacing,
    keys_by_label,
)
from medseg.interpolate.section_pair import SectionPair

#: A pixel belongs to the object from this depth on, in pixels. At 0 all ties of a halfway slice
#: are lost, and a linear blend cuts the bulge of round objects besides. Measured on 200 lesions of
#: LIDC with every second (third) slice kept: median volume 1.00 (0.92) of the truth and mean Dice
#: .850 (.816); at -0.1 it is 0.96 (0.85) and .850 (.800). The price: straight thin tubes that run
#: obliquely come out up to 15% too large, at -0.1 up to 13%.
THRESHOLD_PX = -0.2


def fill_between_slices(
    mask: NDArray[Any],
    spacing_mm: Sequence[float],
    *,
    axis: int = 0,
    keys: Keys = None,
    positions_mm: ArrayLike | None = None,
) -> NDArray[Any]:
    """The mask with each object filled between its key slices: same shape and type, a new array.

    Key slices come back bit-identical. Between a label's first and last key its voxels are
    replaced; beyond them nothing is touched. Towards a key that is listed but empty the object
    ends: nothing is filled between. A label with fewer than two keys stays as it is.

    Each gap between two keys is filled by the linear blend, in physical position, of the
    signed distances in mm to the two sections, moved along the line between their centroids
    (`SectionPair`). Holes and several parts come with the distance. The slices in reversed
    order give exactly the mirrored result.

    Labels never take voxels that another holds on a key slice of its own or outside its keys.
    Where two would grow into one another, the deeper one has the voxel, and where one follows
    upon another no gap opens between them. If they are equally deep, the one with the larger
    two sections has it, then the one that begins nearer to row 0, then to column 0. The
    labels' numbers play no part.

    Args:
        mask: 3D, boolean or any integer type; 0 is background.
        spacing_mm: size of a voxel along the array's three axes, in their order, in mm.
        axis: the axis along which the slices lie.
        keys: None: each label's own non-empty slices. A sequence: these slices for all labels.
            A dict: label -> slices; labels that it does not name are left alone.
        positions_mm: one strictly monotonic position per slice along the axis, in place of its
            spacing, for slices that are unevenly spaced.

    Raises:
        EditError: any of the arguments is not of that form; nothing was computed then.

    Reference:
        Herman, Zheng, Bucholtz. IEEE Comput Graph Appl 12(3):69-79, 1992 (shape-based).
    """
    array, across = checked_mask(mask), checked_axis(axis)
    spacing = checked_spacing(spacing_mm)
    source = np.moveaxis(array, across, 0)
    positions = checked_positions(positions_mm, len(source))
    in_plane = tuple(step for other, step in enumerate(spacing) if other != across)
    filled = array.copy()
    target = np.moveaxis(filled, across, 0)
    _fill(source, target, keys_by_label(source, keys), (in_plane[0], in_plane[1]), positions)
    return filled


@dataclass(frozen=True, eq=False)
class _Claim:
    """What one label would like to have on a slice: how deep each pixel lies in it."""

    label: int
    pair: SectionPair
    depth_mm: NDArray[np.float64]


def _fill(
    source: NDArray[Any],
    target: NDArray[Any],
    keys: dict[int, tuple[int, ...]],
    spacing_mm: tuple[float, float],
    positions: NDArray[np.float64],
) -> None:
    """Fill slice by slice; of each label only the pair around the present slice is in memory."""
    gaps = {label: _gaps(slices) for label, slices in keys.items()}
    pairs: dict[int, tuple[tuple[int, int], SectionPair | None]] = {}
    for index in range(len(source)):
        claims = []
        for label, spans in gaps.items():
            span = spans.get(index)
            if span is None:
                continue
            if pairs.get(label, (None, None))[0] != span:
                pairs[label] = span, _pair(source, label, span, spacing_mm)
            target[index][source[index] == label] = 0
            pair = pairs[label][1]
            if pair is not None:
                claims.append(_claim(label, pair, positions, span, index))
        _settle(target[index], claims, min(spacing_mm))


def _gaps(keys: tuple[int, ...]) -> dict[int, tuple[int, int]]:
    """Slice between two keys -> these two."""
    return {
        index: (first, last) for first, last in pairwise(keys) for index in range(first + 1, last)
    }


def _pair(
    source: NDArray[Any], label: int, span: tuple[int, int], spacing_mm: tuple[float, float]
) -> SectionPair | None:
    """The two sections; None where one is empty, because the object ends there."""
    first, last = source[span[0]] == label, source[span[1]] == label
    return SectionPair(first, last, spacing_mm) if first.any() and last.any() else None


def _claim(
    label: int,
    pair: SectionPair,
    positions: NDArray[np.float64],
    span: tuple[int, int],
    index: int,
) -> _Claim:
    first, here, last = positions[span[0]], positions[index], positions[span[1]]
    whole = last - first
    return _Claim(label, pair, pair.field_mm((here - first) / whole, (last - here) / whole))


def _settle(plane: NDArray[Any], claims: list[_Claim], pixel_mm: float) -> None:
    """Give each free pixel to the deepest claim above the threshold."""
    if not claims:
        return
    free = plane == 0
    deepest = np.full(plane.shape, THRESHOLD_PX * pixel_mm)
    if len(claims) > 1:
        deepest[_passed_on(claims)] = -pixel_mm
    before = None
    for claim in sorted(claims, key=lambda claim: claim.pair.precedence):
        box, part = _clipped(claim, plane.shape)
        depth = claim.depth_mm[part]
        if claim.pair.precedence == before:  # two objects that change places: neither has it
            plane[box][free[box] & (depth == deepest[box])] = 0
        won = free[box] & (depth > deepest[box])
        plane[box][won] = claim.label
        deepest[box][won] = depth[won]
        before = claim.pair.precedence


def _passed_on(claims: list[_Claim]) -> NDArray[np.bool_]:
    """Pixels that one label holds on its first key, and another on its last.

    Objects that touch while the border between them moves would part at its ends, where each
    is cut a little short; there the deeper one has the pixel if it is at most a pixel away.
    """
    firsts = np.logical_or.reduce([claim.pair.first for claim in claims])
    lasts = np.logical_or.reduce([claim.pair.last for claim in claims])
    kept = np.logical_or.reduce([claim.pair.first & claim.pair.last for claim in claims])
    return np.asarray(firsts & lasts & ~kept)


def _clipped(
    claim: _Claim, shape: tuple[int, ...]
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The claim's box in the plane, and the part of its field that lies in the plane."""
    box, part = [], []
    for start, extent, size in zip(claim.pair.corner, claim.depth_mm.shape, shape, strict=True):
        inside = slice(max(start, 0), min(start + extent, size))
        box.append(inside)
        part.append(slice(inside.start - start, inside.stop - start))
    return (box[0], box[1]), (part[0], part[1])
