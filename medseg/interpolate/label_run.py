"""One label in a run of neighbouring gaps between its key slices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.interpolate.run import fill_run
from medseg.raster.content import ends

#: So many pixels are filled in one go; larger objects gap by gap, so that memory stays bounded.
_AT_ONCE = 1 << 21


@dataclass(frozen=True)
class Run:
    """Neighbouring gaps between keys, and what lies beside them.

    Args:
        keys: the run's keys, ascending, with one more on either side where there is one.
        first: the place of its first own key among them.
        last: the place of its last own key.
    """

    keys: tuple[int, ...]
    first: int
    last: int

    @property
    def start(self) -> int:
        """The first own key."""
        return self.keys[self.first]

    @property
    def stop(self) -> int:
        """The last own key."""
        return self.keys[self.last]


def runs_of(keys: tuple[int, ...], pixels: int) -> Iterator[Run]:
    """The gaps between ascending keys, in runs whose slices hold about as much as is done at once.

    Args:
        keys: two or more slices.
        pixels: on a slice of the label's box.
    """
    most = max(_AT_ONCE // max(pixels, 1), 1)
    first = 0
    while first < len(keys) - 1:
        last = first + 1
        while last < len(keys) - 1 and keys[last + 1] - keys[first] <= most:
            last += 1
        low, high = max(first - 1, 0), min(last + 2, len(keys))
        yield Run(keys[low:high], first - low, last - low)
        first = last


@dataclass(frozen=True, eq=False)
class LabelRun:
    """What one label would like to have in a run of gaps.

    Args:
        label: its number.
        run: the gaps.
        corner: row and column of the field's first pixel; they may be negative.
        sections: (key, row, column) the label on the run's keys, in the field's pixels.
        depth_mm: (slice, row, column) from the run's first own key on: how deep each pixel lies
            in the object; positive inside, far below 0 on keys.
        notes: what became of each group of parts, as `fill_run` tells it.
    """

    label: int
    run: Run
    corner: tuple[int, int]
    sections: NDArray[np.bool_]
    depth_mm: NDArray[np.float32]
    notes: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        source: NDArray[Any],
        label: int,
        run: Run,
        spacing_mm: tuple[float, float],
        positions: NDArray[np.float64],
    ) -> LabelRun | None:
        """The label in a run of gaps of a stack; None where it is empty on all of its keys.

        Args:
            source: labels with the slices along the first axis.
            label: its number.
            run: the gaps.
            spacing_mm: height and width of a pixel.
            positions: of the slices, rising or falling.
        """
        keys, gaps = np.array(run.keys), (run.first, run.last)
        # Contiguous whatever the source is; `take` would copy all of a view first.
        on_keys = np.ascontiguousarray(source[keys])
        masks = on_keys if on_keys.dtype == np.bool_ else on_keys == label
        corner, sections, depth, notes = fill_run(masks, keys, gaps, positions, spacing_mm)
        return cls(label, run, corner, sections, depth, notes) if sections.size else None

    @cached_property
    def gaps(self) -> list[LabelGap]:
        """Its gaps that have slices in between, ascending."""
        keys = self.run.keys
        return [
            LabelGap(self, place)
            for place in range(self.run.first, self.run.last)
            if keys[place + 1] - keys[place] > 1
        ]

    def within(self, shape: tuple[int, ...]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Its box in a plane of that shape, and the part of its field that lies in the plane."""
        (top, left), (_, height, width) = self.corner, self.depth_mm.shape
        rows = slice(max(top, 0), min(top + height, shape[0]))
        columns = slice(max(left, 0), min(left + width, shape[1]))
        part_rows = slice(rows.start - top, rows.stop - top)
        return (rows, columns), (part_rows, slice(columns.start - left, columns.stop - left))


@dataclass(frozen=True, eq=False)
class LabelGap:
    """One gap of a run.

    Args:
        of: the run.
        place: of the gap's first key among the run's.
    """

    of: LabelRun
    place: int

    @property
    def label(self) -> int:
        """The label's number."""
        return self.of.label

    @property
    def start(self) -> int:
        """The key before it."""
        return self.of.run.keys[self.place]

    @property
    def stop(self) -> int:
        """The key after it."""
        return self.of.run.keys[self.place + 1]

    @property
    def depth_mm(self) -> NDArray[np.float32]:
        """(slice, row, column), the slices between the two keys alone."""
        start = self.of.run.start
        return self.of.depth_mm[self.start + 1 - start : self.stop - start]

    @property
    def sections(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """The label on the two keys."""
        return self.of.sections[self.place], self.of.sections[self.place + 1]

    @cached_property
    def precedence(self) -> tuple[int, int, int, list[bytes]]:
        """Smaller goes first where two objects want one pixel: by size, then place, then shape."""
        first, last = self.sections
        either = np.asarray(first | last)
        rows = ends(np.asarray(either.any(axis=1)))
        columns = ends(np.asarray(either.any(axis=0)))
        area = int(np.count_nonzero(first) + np.count_nonzero(last))
        place = self.of.corner[0] + rows.start, self.of.corner[1] + columns.start
        shapes = sorted((first[rows, columns].tobytes(), last[rows, columns].tobytes()))
        return -area, *place, shapes
