"""Single gaps between key slices, computed in a segment's surroundings alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from medseg.interpolate.key_sections import KeySections
from medseg.interpolate.label_run import LabelGap, LabelRun, Run
from medseg.interpolate.proposed import Gap
from medseg.model import Segmentation

# So many pixels are computed in one go, that memory stays bounded.
_AT_ONCE = 1 << 21


def computed_gaps(
    segmentation: Segmentation,
    keys: KeySections,
    gaps: Iterable[Gap],
    spacing_mm: tuple[float, float],
) -> dict[Gap, LabelGap | None]:
    """Each gap as filling everything would make it; None where its keys are all empty.

    Gaps that share a key are computed together, which spares half of the distances.

    Args:
        segmentation: whose sections are blended; it is only read.
        keys: its key slices.
        gaps: ascending for each segment.
        spacing_mm: height and width of a pixel.
    """
    found: dict[Gap, LabelGap | None] = {}
    for run in _runs(keys, gaps):
        found |= _computed(segmentation, keys, run, spacing_mm)
    return found


def pixels_of(keys: KeySections, run: list[Gap]) -> int:
    """How many pixels the slices of neighbouring gaps hold, in the box of their segment."""
    rows, columns = _box(keys, run[0].number, _near(keys, run))
    return len(rows) * len(columns) * (run[-1].last - run[0].first)


def _runs(keys: KeySections, gaps: Iterable[Gap]) -> Iterator[list[Gap]]:
    run: list[Gap] = []
    for gap in gaps:
        is_next = run and (run[-1].number, run[-1].last) == (gap.number, gap.first)
        if run and not (is_next and pixels_of(keys, [*run, gap]) <= _AT_ONCE):
            yield run
            run = []
        run.append(gap)
    if run:
        yield run


def _computed(
    segmentation: Segmentation, keys: KeySections, run: list[Gap], spacing_mm: tuple[float, float]
) -> dict[Gap, LabelGap | None]:
    near = _near(keys, run)
    rows, columns = _box(keys, run[0].number, near)
    if not rows:
        return dict.fromkeys(run)
    own = Run(near, near.index(run[0].first), near.index(run[-1].last))
    around = segmentation.array[:, rows.start : rows.stop, columns.start : columns.stop]
    positions = np.arange(len(around), dtype=np.float64)
    found = LabelRun.of(around, run[0].number, own, spacing_mm, positions)
    if found is None:
        return dict.fromkeys(run)
    corner = found.corner[0] + rows.start, found.corner[1] + columns.start
    gaps = replace(found, corner=corner).gaps
    return {Gap(gap.label, gap.start, gap.stop): gap for gap in gaps}


def _near(keys: KeySections, run: list[Gap]) -> tuple[int, ...]:
    """The run's keys, with one more on either side where there is one."""
    every = keys.keys(run[0].number)
    return every[max(every.index(run[0].first) - 1, 0) : every.index(run[-1].last) + 2]


def _box(keys: KeySections, number: int, near: tuple[int, ...]) -> tuple[range, range]:
    """The rows and columns that a segment reaches over on some of its keys."""
    sections = [keys.section(number, key) for key in near]
    held = [one for one in sections if not one.is_empty]
    return _around([one.rows for one in held]), _around([one.columns for one in held])


def _around(sides: list[range]) -> range:
    """From the first beginning to the last end; empty for none."""
    if not sides:
        return range(0)
    return range(min(side.start for side in sides), max(side.stop for side in sides))
