"""What filling would do, shown before it is done: kept gap by gap, taken slice by slice."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from medseg.errors import EditError
from medseg.interpolate.label_run import LabelGap, LabelRun, Run
from medseg.interpolate.segment_keys import keys_of
from medseg.interpolate.settle import settle
from medseg.model import Authorship, Edit, Origin, Segmentation, slices_in_words
from medseg.raster import box_of

# A segment and the two keys of one of its gaps.
_Where = tuple[int, int, int]


class Preview:
    """Segments as filling would leave them, while a person still corrects their key slices.

    Nothing is changed: what is shown is proposed, until `accept` makes an edit of it. After a
    key was edited `refresh` computes the gaps beside it alone; what was looked at farther off
    stays as it was, though its curvature rested on that key too. A new preview computes all.

    Args:
        segmentation: what would be filled; it is only read.
        numbers: the segments; None for all. Locked ones are never shown.

    Raises:
        EditError: one of the segments does not exist.
    """

    def __init__(
        self, segmentation: Segmentation, *, numbers: Collection[int] | None = None
    ) -> None:
        self.numbers = segmentation.numbers if numbers is None else tuple(dict.fromkeys(numbers))
        for number in self.numbers:
            segmentation.segment(number)
        self._segmentation = segmentation
        self._sections: dict[_Where, tuple[bytes, bytes]] = {}
        self._gaps: dict[_Where, LabelGap | None] = {}
        self._rejected: set[int] = set()
        self.refresh()

    def refresh(self) -> tuple[int, ...]:
        """Compute the gaps whose keys have changed, and return the slices this concerns, ascending.

        A slice that was rejected is proposed again if it is among them.
        """
        known, kept = self._sections, self._gaps
        self._sections, self._gaps = {}, {}
        anew: set[int] = set()
        for where, keys, sections in self._present():
            self._sections[where] = sections
            if known.get(where) == sections:
                self._gaps[where] = kept[where]
            else:
                self._gaps[where] = self._computed(where, keys)
                anew.update(range(where[1] + 1, where[2]))
        for _, first, last in known.keys() - self._gaps.keys():
            anew.update(range(first + 1, last))
        self._rejected -= anew
        return tuple(sorted(anew))

    @property
    def slices(self) -> tuple[int, ...]:
        """The slices between keys that were not rejected, ascending."""
        between = {index for _, first, last in self._gaps for index in range(first + 1, last)}
        return tuple(sorted(between - self._rejected))

    def plane(self, index: int) -> NDArray[np.generic]:
        """A slice's labels as they would be: a new array; as they are where nothing is proposed."""
        plane: NDArray[np.generic] = self._segmentation.array[index].copy()
        if index in self._rejected:
            return plane
        gaps = {where: gap for where, gap in self._gaps.items() if where[1] < index < where[2]}
        plane[np.isin(plane, [number for number, _, _ in gaps])] = 0
        present = [gap for gap in gaps.values() if gap is not None]
        settle(plane, present, index, min(self._segmentation.geometry.spacing_mm[1:]))
        return plane

    def accept(
        self,
        authorship: Authorship,
        *,
        slices: Collection[int] | None = None,
        numbers: Collection[int] | None = None,
    ) -> Edit | None:
        """The edit that takes what is proposed; None if all of it is there already.

        Args:
            authorship: who accepts.
            slices: these alone; None for all that were not rejected.
            numbers: these segments alone; None for all that are shown.

        Raises:
            EditError: nothing is proposed on one of the slices, or for one of the segments.
        """
        self.refresh()
        wanted = self._chosen(slices)
        chosen = self.numbers if numbers is None else tuple(numbers)
        if absent := set(chosen) - set(self.numbers):
            raise EditError(
                f"A preview is accepted for segments that it shows, which are "
                f"{list(self.numbers)}; asked for was {sorted(absent)}."
            )
        if not wanted:
            return None
        patch = self._segmentation.array[wanted[0] : wanted[-1] + 1].copy()
        for index in wanted:
            _take(patch[index - wanted[0]], self.plane(index), chosen)
        pairs = tuple(pair for pair in self._pairs(wanted, chosen) if self._is_news(pair))
        corner = (wanted[0], 0, 0)
        edit = Edit.from_patch(
            self._segmentation, corner, patch, authorship, Origin.INTERPOLATED, pairs
        )
        return None if edit.is_empty else edit

    def reject(self, slices: Collection[int] | None = None) -> None:
        """Propose nothing more on these slices, on None of them, until a key beside them changes.

        Args:
            slices: which; None for all.

        Raises:
            EditError: nothing is proposed on one of them.
        """
        self._rejected.update(self._chosen(slices))

    def _chosen(self, slices: Collection[int] | None) -> list[int]:
        shown = self.slices
        if slices is None:
            return list(shown)
        if absent := set(slices) - set(shown):
            raise EditError(
                f"What is accepted or rejected is proposed; on {slices_in_words(absent)} nothing "
                f"is. There are proposals on {slices_in_words(shown)}."
            )
        return sorted(set(slices))

    def _present(self) -> Iterator[tuple[_Where, tuple[int, ...], tuple[bytes, bytes]]]:
        """Each gap that has slices in it, all keys of its segment, and its two sections."""
        for number in self.numbers:
            if self._segmentation.segment(number).is_locked:
                continue
            box = box_of(self._segmentation.array, number)
            keys = keys_of(self._segmentation, number, box).keys
            sections = [np.packbits(self._segmentation.array[key] == number) for key in keys]
            for place in range(len(keys) - 1):
                if keys[place + 1] - keys[place] > 1:
                    both = sections[place].tobytes(), sections[place + 1].tobytes()
                    yield (number, keys[place], keys[place + 1]), keys, both

    def _computed(self, where: _Where, keys: tuple[int, ...]) -> LabelGap | None:
        """The gap, which looks at one key beside it on either side; None if both are empty."""
        number, first, _ = where
        place = keys.index(first)
        low = max(place - 1, 0)
        run = Run(keys[low : place + 3], place - low, place - low + 1)
        spacing = self._segmentation.geometry.spacing_mm[1:]
        positions = np.arange(len(self._segmentation.array), dtype=np.float64)
        found = LabelRun.of(self._segmentation.array, number, run, spacing, positions)
        return found.gaps[0] if found else None

    def _pairs(self, slices: list[int], chosen: Collection[int]) -> Iterator[tuple[int, int]]:
        """The segments that these slices hold afterwards, each with the slice, between its keys."""
        for number, first, last in self._gaps:
            for index in slices:
                if number in chosen and first < index < last:
                    yield number, index

    def _is_news(self, pair: tuple[int, int]) -> bool:
        """Whether it is not on record yet that the segment was filled there, if it was."""
        known = self._segmentation.provenance.get(pair)
        holds = bool((self.plane(pair[1]) == pair[0]).any())
        return holds and (known is None or known.origin is not Origin.INTERPOLATED)


def _take(
    plane: NDArray[np.generic], proposed: NDArray[np.generic], chosen: Collection[int]
) -> None:
    """Change the chosen segments alone; what others hold stays theirs."""
    plane[np.isin(plane, list(chosen))] = 0
    free = (plane == 0) & np.isin(proposed, list(chosen))
    plane[free] = proposed[free]
