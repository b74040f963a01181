"""What filling would do, shown before it is done: kept gap by gap, taken slice by slice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from medseg.errors import EditError
from medseg.interpolate.findings import of_parts
from medseg.interpolate.gap_runs import computed_gaps
from medseg.interpolate.key_sections import KeySections, Section
from medseg.interpolate.label_run import LabelGap
from medseg.interpolate.proposed import Gap, ProposedShape
from medseg.interpolate.run import GAP
from medseg.interpolate.settle import overlap, settle
from medseg.interpolate.stack import Notes
from medseg.model import Authorship, Edit, Finding, Origin, Segmentation, slices_in_words


class Preview:
    """Segments as filling would leave them, while a person still corrects their key slices.

    Nothing is changed: what is shown is proposed, until `accept` makes an edit of it. After a
    key was edited `refresh` computes the gaps beside it alone; what was looked at farther off
    stays as it was, though its curvature rested on that key too. A new preview computes all.

    Args:
        segmentation: what would be filled; it is only read.
        numbers: the segments; None for all, those that are started later too. Locked ones are
            never shown.
        is_told: whether each change is told to `refresh`, so that the whole mask is looked
            through but once; else `accept` looks for changes itself.

    Raises:
        EditError: one of the segments does not exist.
    """

    def __init__(
        self,
        segmentation: Segmentation,
        *,
        numbers: Collection[int] | None = None,
        is_told: bool = False,
    ) -> None:
        self._asked = None if numbers is None else tuple(dict.fromkeys(numbers))
        for number in self._asked or ():
            segmentation.segment(number)
        self._segmentation, self._is_told = segmentation, is_told
        self._keys = KeySections(segmentation)
        self._spacing_mm = segmentation.geometry.spacing_mm[1:]
        self._between: dict[int, tuple[tuple[int, ...], tuple[Gap, ...]]] = {}
        self._sections: dict[Gap, tuple[Section, Section]] = {}
        self._gaps: dict[Gap, LabelGap | None] = {}
        self._rejected: set[tuple[int, int]] = set()
        self.refresh()

    @property
    def numbers(self) -> tuple[int, ...]:
        """The segments that are shown."""
        return self._segmentation.numbers if self._asked is None else self._asked

    def refresh(self, touched: Iterable[tuple[int, int]] | None = None) -> tuple[int, ...]:
        """Compute the gaps whose keys have changed, and return the slices this concerns, ascending.

        A slice that was rejected is proposed again if it is among them.

        Args:
            touched: the (segment, slice) pairs that changed, as an edit's `origins` name them;
                None looks for changes in the whole mask.
        """
        told = None if touched is None else set(touched)
        self._keys.look(told)
        sections = {gap: self._both(gap, told) for gap in self._present()}
        gaps = {gap: self._gaps[gap] for gap, both in sections.items() if self._has(gap, both)}
        changed = [gap for gap in sections if gap not in gaps]
        gaps |= computed_gaps(self._segmentation, self._keys, changed, self._spacing_mm)
        anew = {(gap.number, index) for gap in changed for index in gap.slices}
        for gone in self._sections.keys() - sections.keys():
            anew.update((gone.number, index) for index in gone.slices)
        self._sections, self._gaps = sections, gaps
        self._rejected -= anew
        return tuple(sorted({index for _, index in anew}))

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The gaps between keys that have slices in them, rejected or not, ascending."""
        return tuple(sorted(self._gaps))

    @property
    def slices(self) -> tuple[int, ...]:
        """The slices between keys that were not rejected, ascending."""
        return tuple(sorted({index for _, index in self._open_pairs()}))

    def is_rejected(self, number: int, index: int) -> bool:
        """Whether nothing is proposed for a segment on a slice because a person said so."""
        return (number, index) in self._rejected

    def plane(self, index: int) -> NDArray[np.generic]:
        """A slice's labels as they would be: a new array; as they are where nothing is proposed."""
        plane: NDArray[np.generic] = self._segmentation.array[index].copy()
        gaps = {
            gap: found
            for gap, found in self._gaps.items()
            if gap.first < index < gap.last and not self.is_rejected(gap.number, index)
        }
        for gap in gaps:
            plane[plane == gap.number] = 0
        present = [found for found in gaps.values() if found is not None]
        settle(plane, present, index, min(self._spacing_mm))
        return plane

    def shape_of(self, gap: Gap) -> ProposedShape | None:
        """What is proposed in one of `gaps`; None where both of its keys are empty.

        It is what `plane` shows of the segment, computed from the gap's surroundings alone
        where nothing else is near.
        """
        found = self._gaps[gap]
        if found is None:
            return None
        (rows, columns), part = found.of.within(self._segmentation.geometry.shape[1:])
        corner = gap.first + 1, rows.start, columns.start
        here = self._segmentation.array[gap.first + 1 : gap.last, rows, columns]
        is_free = not here.any() or not ((here != 0) & (here != gap.number)).any()
        if is_free and self._is_alone(found):
            return ProposedShape(gap, corner, np.asarray(found.depth_mm[:, part[0], part[1]] > 0))
        planes = [self.plane(index)[rows, columns] == gap.number for index in gap.slices]
        return ProposedShape(gap, corner, np.array(planes))

    def findings_of(self, gap: Gap) -> tuple[Finding, ...]:
        """What a person should know of one of `gaps`, as filling tells it: parts that end, ...

        None where nothing is to be said, and where both of its keys are empty.
        """
        found = self._gaps[gap]
        if found is None:
            return ()
        rows = found.of.notes[found.of.notes[:, GAP] == found.place]
        name = self._segmentation.segment(gap.number).label
        return of_parts(name, (Notes(gap.number, found.of.run.keys, rows),), 0)

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
        if not self._is_told:
            self.refresh()
        wanted, chosen = self._chosen_slices(slices), self._chosen_numbers(numbers)
        if not wanted:
            return None
        patch = self._segmentation.array[wanted[0] : wanted[-1] + 1].copy()
        for index in wanted:
            _take(patch[index - wanted[0]], self.plane(index), chosen)
        pairs = tuple(
            (number, index)
            for number, index in self._open_pairs()
            if number in chosen
            and index in wanted
            and (patch[index - wanted[0]] == number).any()
            and not self._is_on_record(number, index)
        )
        corner = (wanted[0], 0, 0)
        edit = Edit.from_patch(
            self._segmentation, corner, patch, authorship, Origin.INTERPOLATED, pairs
        )
        return None if edit.is_empty else edit

    def reject(
        self, slices: Collection[int] | None = None, *, numbers: Collection[int] | None = None
    ) -> None:
        """Propose nothing more on these slices, on None of them, until a key beside them changes.

        Args:
            slices: which; None for all.
            numbers: for these segments alone; None for all that are shown.

        Raises:
            EditError: nothing is proposed on one of the slices, or for one of the segments.
        """
        wanted, chosen = self._chosen_slices(slices), self._chosen_numbers(numbers)
        pairs = set(self._open_pairs())
        self._rejected |= {pair for pair in pairs if pair[0] in chosen and pair[1] in wanted}

    def _chosen_slices(self, slices: Collection[int] | None) -> list[int]:
        shown = self.slices
        if slices is None:
            return list(shown)
        if absent := set(slices) - set(shown):
            raise EditError(
                f"What is accepted or rejected is proposed; on {slices_in_words(absent)} nothing "
                f"is. There are proposals on {slices_in_words(shown)}."
            )
        return sorted(set(slices))

    def _chosen_numbers(self, numbers: Collection[int] | None) -> tuple[int, ...]:
        chosen = self.numbers if numbers is None else tuple(numbers)
        if absent := set(chosen) - set(self.numbers):
            raise EditError(
                f"A preview is accepted for segments that it shows, which are "
                f"{list(self.numbers)}; asked for was {sorted(absent)}."
            )
        return chosen

    def _open_pairs(self) -> Iterator[tuple[int, int]]:
        """Each segment with each slice between its keys that was not rejected."""
        for gap in self._gaps:
            for index in gap.slices:
                if not self.is_rejected(gap.number, index):
                    yield gap.number, index

    def _present(self) -> Iterator[Gap]:
        """Each gap that has slices in it, ascending for each segment."""
        numbers = self.numbers
        for segment in self._segmentation.segments:
            if segment.number in numbers and not segment.is_locked:
                yield from self._gaps_of(segment.number)

    def _gaps_of(self, number: int) -> tuple[Gap, ...]:
        """A segment's gaps that have slices in them, worked out anew where its keys are others."""
        keys = self._keys.keys(number)
        if number not in self._between or self._between[number][0] is not keys:
            pairs = pairwise(keys)
            gaps = tuple(Gap(number, *pair) for pair in pairs if pair[1] - pair[0] > 1)
            self._between[number] = keys, gaps
        return self._between[number][1]

    def _both(self, gap: Gap, touched: set[tuple[int, int]] | None) -> tuple[Section, Section]:
        """What is on a gap's two keys; as it was where neither was touched."""
        number, first, last = gap
        if touched is not None and (number, first) not in touched and (number, last) not in touched:
            known = self._sections.get(gap)
            if known is not None:
                return known
        return self._keys.section(number, first), self._keys.section(number, last)

    def _has(self, gap: Gap, both: tuple[Section, Section]) -> bool:
        return self._sections.get(gap) == both

    def _is_alone(self, found: LabelGap) -> bool:
        """Whether no other segment wants anything near this gap."""
        return not any(
            other is not None
            and other.label != found.label
            and other.start < found.stop
            and found.start < other.stop
            and overlap(found, other)
            for other in self._gaps.values()
        )

    def _is_on_record(self, number: int, index: int) -> bool:
        """Whether the segment was filled there before."""
        known = self._segmentation.provenance.get((number, index))
        return known is not None and known.origin is Origin.INTERPOLATED


def _take(
    plane: NDArray[np.generic], proposed: NDArray[np.generic], chosen: Collection[int]
) -> None:
    """Change the chosen segments alone; what others hold stays theirs."""
    plane[np.isin(plane, list(chosen))] = 0
    free = (plane == 0) & np.isin(proposed, list(chosen))
    plane[free] = proposed[free]
