"""Origins of many slices before and after a change, held once where neighbours agree."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import ItemsView, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, repeat

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

    @property
    def keys(self) -> Iterator[Key]:
        """(segment, slice) of each, ascending."""
        return zip(repeat(self.segment), range(self.first, self.past), strict=False)


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
        cls, known: Provenance, touched: Sequence[Key], change: SliceOrigin
    ) -> GroupedOrigins:
        """What a change makes of the origins of the slices that it touches, ascending."""
        return cls(_groups_after(known, touched, change))

    def __getitem__(self, key: Key) -> Pair:
        place = bisect_right(self.groups, key, key=lambda group: (group.segment, group.first))
        group = self.groups[place - 1] if place else None
        if group is None or group.segment != key[0] or not group.first <= key[1] < group.past:
            raise KeyError(key)
        return group.before, group.after

    def __iter__(self) -> Iterator[Key]:
        for group in self.groups:
            yield from group.keys

    def __len__(self) -> int:
        return sum(group.past - group.first for group in self.groups)

    def items(self) -> ItemsView[Key, Pair]:
        """Keys and pairs, without a search for each."""
        return _Items(self)

    def are_in(self, known: Provenance) -> bool:
        """Whether the provenance is what it was before the change."""
        return all(
            list(map(known.get, group.keys)).count(group.before) == group.past - group.first
            for group in self.groups
        )

    @property
    def after(self) -> dict[Key, SliceOrigin | None]:
        """(segment, slice) -> its origin after the change."""
        found: dict[Key, SliceOrigin | None] = {}
        for group in self.groups:
            found.update(dict.fromkeys(group.keys, group.after))
        return found

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
            yield from zip(group.keys, repeat((group.before, group.after)), strict=False)


def _groups_after(
    known: Provenance, keys: Sequence[Key], change: SliceOrigin
) -> Iterator[SameOrigins]:
    """The groups that a change makes of keys in ascending order."""
    # A brush asks this of many slices many times a second: no step is taken for each alone.
    for first, past in _rows_of_slices(keys):
        segment, index = keys[first]
        for before, same in groupby(map(known.get, keys[first:past])):
            start, index = index, index + len(list(same))
            yield SameOrigins(segment, start, index, before, after_change(before, change))


def _rows_of_slices(keys: Sequence[Key]) -> Iterator[tuple[int, int]]:
    """Where consecutive slices of one segment begin and end in keys in ascending order."""
    first = 0
    while first < len(keys):
        segment, index = keys[first]
        past = bisect_left(keys, (segment + 1, -1), first)
        if keys[past - 1][1] - index != past - 1 - first:  # there are gaps
            past = first + 1
            while past < len(keys) and keys[past] == (segment, index + past - first):
                past += 1
        yield first, past
        first = past
