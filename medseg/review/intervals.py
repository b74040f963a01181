"""Sets of slice indices as sorted lists of (first, last), both included."""

from __future__ import annotations

from collections.abc import Iterable

Intervals = tuple[tuple[int, int], ...]


def merged(intervals: Iterable[tuple[int, int]]) -> Intervals:
    """The same slices in as few intervals as there can be, ascending; empty for none.

    Args:
        intervals: (first, last) in any order, overlapping or not; first may be after last.
    """
    found: list[tuple[int, int]] = []
    for first, last in sorted((min(pair), max(pair)) for pair in intervals):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


def of_slices(slices: Iterable[int]) -> Intervals:
    """The slices as intervals."""
    return merged((index, index) for index in slices)


def size(intervals: Intervals) -> int:
    """How many slices the merged intervals hold."""
    return sum(last - first + 1 for first, last in intervals)


def slices_of(intervals: Intervals) -> tuple[int, ...]:
    """The slices of merged intervals, ascending."""
    return tuple(index for first, last in intervals for index in range(first, last + 1))


def without(wanted: Intervals, displayed: Intervals) -> Intervals:
    """What is in the first and not in the second; both merged."""
    left: list[tuple[int, int]] = []
    for first, last in wanted:
        start = first
        for begin, end in displayed:
            if end < start or begin > last:
                continue
            if begin > start:
                left.append((start, begin - 1))
            start = max(start, end + 1)
        if start <= last:
            left.append((start, last))
    return tuple(left)


def within(intervals: Intervals, count: int) -> Intervals:
    """What lies among slices 0 to count - 1."""
    cut = ((max(first, 0), min(last, count - 1)) for first, last in intervals)
    return tuple(pair for pair in cut if pair[0] <= pair[1])
