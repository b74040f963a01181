"""What a person is told after filling: what was not done, and what is not certain."""

from __future__ import annotations

from collections.abc import Iterable

from medseg.interpolate.run import APART, FIRST_PARTS, GAP, LAST_PARTS, MEETS
from medseg.interpolate.stack import Notes
from medseg.model import Finding, Place, slices_in_words

#: Sections that do not meet and are farther apart than this many sums of their radii are named.
_FAR = 2.0


def of_parts(name: str, notes: Iterable[Notes], offset: int) -> tuple[Finding, ...]:
    """Findings on parts that end, that lie far apart, or that could be paired in several ways.

    Args:
        name: the segment's, for the sentence.
        notes: what became of its parts in each run of gaps.
        offset: the slice of the grid that the notes call 0.
    """
    found = []
    for run in notes:
        for group in run.groups:
            place = int(group[GAP])
            first, last = run.keys[place] + offset, run.keys[place + 1] + offset
            where = Place(segment=name, slices=tuple(range(first + 1, last)))
            between = f"between slices {first} and {last}"
            here, there = int(group[FIRST_PARTS]), int(group[LAST_PARTS])
            if not here or not there:
                key, other = (first, last) if here else (last, first)
                text = (
                    f"{name}: a part on slice {key} has none to go on to on slice {other}; it ends "
                    f"half-way. To carry it on, draw it on {slices_in_words(where.slices)}."
                )
                found.append(Finding("PART_ENDS", "note", text, where))
            elif here > 1 and there > 1:
                text = (
                    f"{name}: {here} parts on slice {first} and {there} on slice {last} overlap "
                    f"crosswise, so which goes on in which is uncertain. Look at the slices "
                    f"{between}, or draw one of them."
                )
                found.append(Finding("PARTS_UNCERTAIN", "warning", text, where))
            elif not group[MEETS] and group[APART] > _FAR:
                text = (
                    f"{name}: its sections lie far apart {between}; they were joined along a "
                    "straight line. Look at what lies there, or draw one of these slices."
                )
                found.append(Finding("FAR_APART", "warning", text, where))
    return tuple(found)


def too_few_keys(name: str, keys: tuple[int, ...]) -> Finding:
    """That there is nothing to fill between, and what to do."""
    found = f"it has {'only ' if keys else ''}{slices_in_words(keys)}"
    if len(keys) > 1:
        found = f"it is empty on all of {slices_in_words(keys)}"
    text = (
        f"{name} is not filled: filling goes from one key slice to the next, and {found}. "
        "Draw its outline on at least two slices."
    )
    return Finding("TOO_FEW_KEYS", "warning", text, Place(segment=name, slices=keys))


def locked(name: str) -> Finding:
    """That a locked segment is left as it is."""
    text = f"{name} is not filled: it is locked, and locked segments stay as they are. Unlock it."
    return Finding("SEGMENT_LOCKED", "warning", text, Place(segment=name))


def nothing_between(name: str, keys: tuple[int, ...]) -> Finding:
    """That all keys are neighbours."""
    text = f"{name}: no slice lies between its key slices, {slices_in_words(keys)}."
    return Finding("NOTHING_BETWEEN", "note", text, Place(segment=name, slices=keys))


def nothing_changed(name: str, between: tuple[int, ...]) -> Finding:
    """That filling would make no difference."""
    text = f"{name}: {slices_in_words(between)} already are as filling makes them."
    return Finding("NOTHING_CHANGED", "note", text, Place(segment=name, slices=between))


def object_ends(name: str, empty: tuple[int, ...]) -> Finding:
    """That slices stay empty beside a key slice that is."""
    text = (
        f"{name} stays empty on {slices_in_words(empty)}: it ends where a key slice is empty. To "
        "have it there, draw it on one of these slices."
    )
    return Finding("OBJECT_ENDS", "note", text, Place(segment=name, slices=empty))


def cut_by_others(name: str, cut: tuple[int, ...]) -> Finding:
    """That other segments hold voxels that this one would take."""
    text = f"{name} is cut by other segments on {slices_in_words(cut)}; their voxels stay theirs."
    return Finding("CUT_BY_OTHERS", "warning", text, Place(segment=name, slices=cut))
