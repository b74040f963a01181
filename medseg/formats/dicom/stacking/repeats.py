"""A series that repeats its places, taken apart into stacks: by time, echo, b-value or kind."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from medseg.errors import MedsegError
from medseg.formats.dicom.header.slice_header import SliceHeader
from medseg.formats.dicom.header.vendors import with_vendor_diffusion
from medseg.formats.dicom.stacking.distinctions import DISTINCTIONS, TIMES, Distinction, Key
from medseg.formats.dicom.stacking.evenness import is_exact, slice_numbers
from medseg.formats.dicom.stacking.stack import SAME_PLACE_MM, Stack, check_repeats, sorted_stack

# Fewer slices make no stack that could be checked for evenness.
_LEAST_SLICES = 3

_KINDS = {"M": "magnitude", "P": "phase", "R": "real part", "I": "imaginary part"}

# What the id and the description add, and the slices.
_Group = tuple[str, str, list[SliceHeader]]
_Split = Callable[[Sequence[SliceHeader], list[int]], list[_Group]]


@dataclass(frozen=True)
class Part:
    """One stack of a series: what its id and its description add, and its slices."""

    name: str
    words: str
    headers: tuple[SliceHeader, ...]


def taken_apart(headers: Sequence[SliceHeader]) -> list[Part]:
    """The stacks that slices at repeated places form, by what their headers really differ in.

    Asked in this order: kind of image (Image Type), the table of `DISTINCTIONS` (kernel, voltage,
    echo, diffusion ...), time (temporal position, trigger, frame reference, acquisition number
    and time, content time), dimension index of a frame, and last blocks of Instance Number.
    A trait counts where most of its groups have a slice at each place, where one has and no
    group repeats a place, or where all groups are even stacks. Diffusion is taken from private
    elements where the standard's are absent. Empty where nothing tells the slices apart, or
    where one object (SOP Instance) stands at a place twice: that is a copy.
    """
    if _has_copy(headers, _places(headers)):
        return []
    return _taken_apart(with_vendor_diffusion(headers))


def interleaved(stack: Stack) -> list[Part]:
    """The even stacks that slices without repeats form, where they reach into each other.

    So do phases or echoes whose slices lie a little beside those of the others. Empty where all
    slices make one even stack (or a rough one, of stacks no better), where nothing tells them
    apart, and where the stacks lie one behind the other: those are blocks.
    """
    if len(stack.headers) < 2 * _LEAST_SLICES or is_exact(stack):
        return []
    parts = _taken_apart(stack.headers)
    stacks = [sorted_stack(part.headers) for part in parts]
    are_even = is_exact if _is_stack(stack) else _is_stack
    if not parts or not all(map(are_even, stacks)):
        return []
    ends = [part.positions[[0, -1]] @ stack.normal for part in stacks]
    reach_in = max(low for low, _ in ends) < min(high for _, high in ends)
    return parts if reach_in else []


def _is_stack(stack: Stack) -> bool:
    return _is_even(stack.headers)


def _taken_apart(headers: Sequence[SliceHeader]) -> list[Part]:
    places = _places(headers)
    by_trait = (_by(distinction) for distinction in DISTINCTIONS)
    for split in (_by_kind, *by_trait, _by_time, _by_dimension, _by_blocks):
        groups = split(headers, places)
        if len(groups) > 1:
            return [part for name, words, group in groups for part in _further(name, words, group)]
    return []


def _further(name: str, words: str, headers: Sequence[SliceHeader]) -> list[Part]:
    """The group itself where it is clean, else what it comes apart into."""
    if len(set(_places(headers))) == len(headers):
        return [Part(name, words, tuple(headers))]
    inner = [
        Part(f"{name}/{part.name}", f"{words}, {part.words}", part.headers)
        for part in _taken_apart(headers)
    ]
    return inner or [Part(name, words, tuple(headers))]  # refused later, for its repeats


def _places(headers: Sequence[SliceHeader]) -> list[int]:
    """The number of each slice's place along the normal."""
    stack = sorted_stack(headers)
    numbers = np.concatenate([[0], np.cumsum(stack.gaps > SAME_PLACE_MM)])
    of_header = {id(header): int(n) for header, n in zip(stack.headers, numbers, strict=True)}
    return [of_header[id(header)] for header in headers]


def _has_copy(headers: Sequence[SliceHeader], places: list[int]) -> bool:
    """Whether an object stands at a place twice; each frame of a file is one of its own."""
    named = [
        (header.sop_instance, header.frame, place)
        for header, place in zip(headers, places, strict=True)
        if header.sop_instance
    ]
    return len(set(named)) < len(named)


def _groups(headers: Sequence[SliceHeader], places: list[int], key: Key) -> list[list[int]]:
    """Indices by value of the key in ascending order; empty if they make no stacks."""
    groups: dict[Hashable, list[int]] = {}
    for index, header in enumerate(headers):
        value = key(header)
        if value is None or value == "":
            return []
        groups.setdefault(value, []).append(index)
    ordered = [groups[value] for value in sorted(groups)]  # type: ignore[type-var]
    return ordered if len(ordered) > 1 and _explains(headers, places, ordered) else []


def _explains(headers: Sequence[SliceHeader], places: list[int], groups: list[list[int]]) -> bool:
    count = len(set(places))
    whole = sum(len({places[index] for index in group}) == count for group in groups)
    if 2 * whole > len(groups) or (whole and all(_is_clean(group, places) for group in groups)):
        return True
    return all(_is_even([headers[index] for index in group]) for group in groups)


def _is_even(headers: Sequence[SliceHeader]) -> bool:
    if len(headers) < _LEAST_SLICES:
        return False
    try:
        stack = sorted_stack(headers)
        check_repeats(stack)
        slice_numbers(stack)
    except MedsegError:
        return False
    return True


def _by_kind(headers: Sequence[SliceHeader], places: list[int]) -> list[_Group]:
    groups = _groups(headers, places, lambda header: header.image_type)
    common = set.intersection(*(set(header.image_type) for header in headers))
    named = []
    for group in groups:
        members = [headers[index] for index in group]
        kind = members[0].image_type
        tokens = [part for part in kind if part not in common] or list(kind[2:]) or ["PLAIN"]
        words = " ".join(_KINDS.get(token, token) for token in tokens)
        named.append((f"type={'_'.join(tokens)}".replace("/", "-"), words, members))
    return _numbered_if_equal(named)


def _numbered_if_equal(named: list[_Group]) -> list[_Group]:
    """Groups of one name, as of tokens in another order, get a number: ids are unique."""
    names = [name for name, _, _ in named]
    if len(set(names)) == len(names):
        return named
    return [(f"{name}-{n}", words, group) for n, (name, words, group) in enumerate(named, 1)]


def _by(distinction: Distinction) -> _Split:
    def split(headers: Sequence[SliceHeader], places: list[int]) -> list[_Group]:
        groups = _groups(headers, places, distinction.key)
        members = [[headers[index] for index in group] for group in groups]
        named = [
            (distinction.name(group[0], n), distinction.words(group[0], n), group)
            for n, group in enumerate(members, start=1)
        ]
        return _numbered_if_equal(named)

    return split


def _by_time(headers: Sequence[SliceHeader], places: list[int]) -> list[_Group]:
    for key in TIMES:
        groups = _groups(headers, places, key) or _ranked(headers, places, key)
        if groups and all(_is_clean(group, places) for group in groups):
            return _times(headers, groups)
    return []


def _is_clean(group: list[int], places: list[int]) -> bool:
    return len({places[index] for index in group}) == len(group)


def _ranked(headers: Sequence[SliceHeader], places: list[int], key: Key) -> list[list[int]]:
    """First, second ... at each place, where times differ from slice to slice; else empty."""
    at_place: dict[int, list[tuple[Any, int]]] = {}
    for index, (header, place) in enumerate(zip(headers, places, strict=True)):
        value = key(header)
        if value is None or value == "":
            return []
        at_place.setdefault(place, []).append((value, index))
    counts = {len(members) for members in at_place.values()}
    if len(counts) != 1 or any(
        len({value for value, _ in members}) < len(members) for members in at_place.values()
    ):
        return []
    rows = [[index for _, index in sorted(members)] for members in at_place.values()]
    return [list(group) for group in zip(*rows, strict=True)]


def _times(headers: Sequence[SliceHeader], groups: list[list[int]]) -> list[_Group]:
    return [
        (f"t={n}", f"time {n} of {len(groups)}", [headers[index] for index in group])
        for n, group in enumerate(groups, start=1)
    ]


def _by_dimension(headers: Sequence[SliceHeader], places: list[int]) -> list[_Group]:
    """By the first dimension of a multi-frame file that tells its frames apart.

    Reference:
        DICOM PS3.3 C.7.6.17 (Multi-frame Dimension).
    """
    for column in range(min(len(header.traits.dimensions) for header in headers)):
        groups = _groups(headers, places, partial(_index, column))
        if groups:
            return [
                (f"index={n}", f"index {n} of {len(groups)}", [headers[at] for at in group])
                for n, group in enumerate(groups, start=1)
            ]
    return []


def _index(column: int, header: SliceHeader) -> int:
    return header.traits.dimensions[column]


def _by_blocks(headers: Sequence[SliceHeader], places: list[int]) -> list[_Group]:
    """Runs of Instance Number, where each of them is a whole stack."""
    count = len(set(places))
    numbers = [header.traits.instance for header in headers]
    named = {number for number in numbers if number is not None}
    if len(named) < len(headers) or len(headers) % count or count < 2:
        return []
    order = sorted(range(len(headers)), key=lambda index: numbers[index] or 0.0)
    blocks = [order[start : start + count] for start in range(0, len(order), count)]
    return _times(headers, blocks) if all(_is_clean(block, places) for block in blocks) else []
