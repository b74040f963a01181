"""Origins of many slices before and after a change, held once where neighbours agree."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import ItemsView, Iterable, Iterator, Mapping
from dataclasses import dataclass

from medseg.model.provenance import Provenance, SliceOrigin, after_change

Key = tuple[int, int]
Pair = tuple[SliceOrigin | None, SliceOrigin | None]
_Row = tuple[Key, SliceOrigin | None, SliceOrigin | None]


@dataclass(frozen=True, slots=True)
class SameOrigins:
    """Consecutive slices of one segment whose origins a change makes alike.

    Args:
        segment: its number.
        first: the first slice.
        past: one beyond the last.
        before: their origin before; None where there was none.
        after: their origin after.
    """

    segment: int
    first: int
    past: int
    before: SliceOrigin | None
    after: SliceOrigin | None


class GroupedOrigins(Mapping[Key, Pair]):
    """(segment, slice) -> its origin before and after a change, in ascending order.

    Args:
        groups: ascending, none overlapping another.
    """

    __slots__ = ("groups",)

    def __init__(self, groups: Iterable[SameOrigins]) -> None:
        self.groups = tuple(groups)

    @classmethod
    def of(cls, origins: Mapping[Key, Pair]) -> GroupedOrigins:
        """The same origins, grouped."""
        if isinstance(origins, GroupedOrigins):
            return origins
        return cls.grouped((key, *origins[key]) for key in sorted(origins))

    @classmethod
    def grouped(cls, rows: Iterable[_Row]) -> GroupedOrigins:
        """The origins of rows in ascending order: key, before, after."""
        groups: list[SameOrigins] = []
        segment = first = past = -1
        before: SliceOrigin | None = None
        after: SliceOrigin | None = None
        for key, earlier, later in rows:
            if (
                key[1] != past
                or key[0] != segment
                or (earlier is not before and earlier != before)
                or (later is not after and later != after)
            ):
                if past >= 0:
                    groups.append(SameOrigins(segment, first, past, before, after))
                segment, first = key
                before, after = earlier, later
            past = key[1] + 1
        if past >= 0:
            groups.append(SameOrigins(segment, first, past, before, after))
        return cls(groups)

    @classmethod
    def after_change(
        cls, known: Provenance, touched: Iterable[Key], change: SliceOrigin
    ) -> GroupedOrigins:
        """What a change makes of the origins of the slices that it touches."""
        return cls.grouped(_rows(known, sorted(touched), change))

    def __getitem__(self, key: Key) -> Pair:
        place = bisect_right(self.groups, key, key=lambda group: (group.segment, group.first))
        group = self.groups[place - 1] if place else None
        if group is None or group.segment != key[0] or not group.first <= key[1] < group.past:
            raise KeyError(key)
        return group.before, group.after

    def __iter__(self) -> Iterator[Key]:
        for group in self.groups:
            for index in range(group.first, group.past):
                yield group.segment, index

    def __len__(self) -> int:
        return sum(group.past - group.first for group in self.groups)

    def items(self) -> ItemsView[Key, Pair]:
        """Keys and pairs, without a search for each."""
        return _Items(self)

    def are_in(self, known: Provenance) -> bool:
        """Whether the provenance is what it was before the change."""
        for group in self.groups:
            for index in range(group.first, group.past):
                origin = known.get((group.segment, index))
                if origin is not group.before and origin != group.before:
                    return False
        return True

    @property
    def after(self) -> dict[Key, SliceOrigin | None]:
        """(segment, slice) -> its origin after the change."""
        return {
            (group.segment, index): group.after
            for group in self.groups
            for index in range(group.first, group.past)
        }

    @property
    def inverse(self) -> GroupedOrigins:
        """The origins after as those before."""
        return GroupedOrigins(
            SameOrigins(group.segment, group.first, group.past, group.after, group.before)
            for group in self.groups
        )


class _Items(ItemsView[Key, Pair]):
    _mapping: GroupedOrigins

    def __iter__(self) -> Iterator[tuple[Key, Pair]]:
        for group in self._mapping.groups:
            pair = group.before, group.after
            for index in range(group.first, group.past):
                yield (group.segment, index), pair


def _rows(known: Provenance, keys: Iterable[Key], change: SliceOrigin) -> Iterator[_Row]:
    earlier: SliceOrigin | None = None
    later = after_change(None, change)
    for key in keys:
        before = known.get(key)
        if before is not earlier:  # neighbours mostly share theirs
            earlier, later = before, after_change(before, change)
        yield key, before, later
