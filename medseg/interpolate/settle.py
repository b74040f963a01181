"""Whose a pixel is where several labels want it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.interpolate.label_run import LabelGap, LabelRun


def settle_alone(target: NDArray[Any], run: LabelRun) -> None:
    """Give each free pixel between keys to a label that nobody disputes it with.

    Args:
        target: the stack, changed in place; what is not 0 stays.
        run: the label in a run of gaps.
    """
    box, part = run.within(target.shape[1:])
    here = target[run.run.start : run.run.stop + 1, box[0], box[1]]
    free = (run.depth_mm[:, part[0], part[1]] > 0) & (here == 0)
    np.copyto(here, run.label, where=free, casting="unsafe")


def settle(plane: NDArray[Any], gaps: list[LabelGap], index: int, pixel_mm: float) -> None:
    """Give each free pixel of a slice to the label that it lies deepest in.

    Args:
        plane: the slice, changed in place; what is not 0 stays.
        gaps: the labels that are filled on this slice.
        index: the slice's.
        pixel_mm: the smaller side of a pixel.
    """
    contested = []
    for gap in gaps:
        if any(overlap(gap, other) for other in gaps if other is not gap):
            contested.append(gap)
        else:
            box, part = gap.of.within(plane.shape)
            here = plane[box]
            here[(gap.depth_mm[index - gap.start - 1][part] > 0) & (here == 0)] = gap.label
    if contested:
        _settle_contested(plane, contested, index, pixel_mm)


def overlap(one: LabelGap, other: LabelGap) -> bool:
    """Whether the boxes of two labels have a pixel in common."""
    sizes = zip(one.of.depth_mm.shape[1:], other.of.depth_mm.shape[1:], strict=True)
    return all(
        a < b + b_size and b < a + a_size
        for a, b, (a_size, b_size) in zip(one.of.corner, other.of.corner, sizes, strict=True)
    )


def _settle_contested(
    plane: NDArray[Any], gaps: list[LabelGap], index: int, pixel_mm: float
) -> None:
    free = plane == 0
    deepest = np.zeros(plane.shape, np.float32)
    deepest[_passed_on(gaps, plane.shape)] = -pixel_mm
    before = None
    for gap in sorted(gaps, key=lambda gap: gap.precedence):
        box, part = gap.of.within(plane.shape)
        depth = gap.depth_mm[index - gap.start - 1][part]
        if gap.precedence == before:  # two objects that change places: neither has it
            plane[box][free[box] & (depth == deepest[box])] = 0
        won = free[box] & (depth > deepest[box])
        plane[box][won] = gap.label
        deepest[box][won] = depth[won]
        before = gap.precedence


def _passed_on(gaps: list[LabelGap], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Pixels that one label holds on its first key, and another on its last.

    Objects that touch while the border between them moves would part at its ends, where each
    is cut a little short; there the deeper one has the pixel if it is at most a pixel away.
    """
    firsts, lasts, kept = (np.zeros(shape, np.bool_) for _ in range(3))
    for gap in gaps:
        box, part = gap.of.within(shape)
        first, last = (section[part] for section in gap.sections)
        firsts[box] |= first
        lasts[box] |= last
        kept[box] |= first & last
    return np.asarray(firsts & lasts & ~kept)
