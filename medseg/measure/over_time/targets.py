"""Target lesions read off the contours of several examinations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.errors import MedsegError
from medseg.measure.over_time.placing import transform_between
from medseg.measure.over_time.response import Response, assess_response
from medseg.measure.over_time.target_sizes import TOO_SMALL_MM, Examination, TargetSize
from medseg.measure.over_time.tracing import Examined, Traced
from medseg.model import Segment, Segmentation

#: Codes for the structure of a lymph node.
_NODES = {("59441001", "SCT")}

_ByExamination = Mapping[str, Collection[str]]


def response_from_contours(
    examinations: Mapping[str, Segmentation],
    *,
    targets: Sequence[str] | None = None,
    nodes: Collection[str] = (),
    too_small: _ByExamination | None = None,
    not_evaluated: _ByExamination | None = None,
    disappeared: _ByExamination | None = None,
    transform: ArrayLike | None = None,
) -> tuple[Response, ...]:
    """RECIST 1.1's response at each examination, from the masks alone.

    A target's size is its longest diameter in the plane of acquisition, a node's the longest
    perpendicular to that. Lesions are followed as in `follow_up`, from the baseline to each
    examination. Where one fell apart, the longest diameters of its separate parts are added;
    where several grew together, that of all together counts once; both are noted. A target with a
    segment but no voxel has disappeared (0 mm); one without a segment was not evaluated, with a
    note, unless it is said to have disappeared. A lesion that belongs to none of the baseline is
    new. Each response has its targets' sizes and where they were measured.

    Args:
        examinations: masks by a date or a word for each, in order of time; the first one is the
            baseline.
        targets: labels at baseline; None takes all lesions that the baseline shows.
        nodes: labels at baseline of lymph nodes; segments coded as such are nodes too.
        too_small: by examination, labels at baseline of targets that are seen but too small to
            measure: they count with 5 mm.
        not_evaluated: by examination, labels at baseline of targets that could not be judged.
        disappeared: by examination, labels at baseline of targets that are gone, for masks that
            list only what is drawn.
        transform: (4, 4), from each examination's LPS mm to the next one's; None stands for the
            identity within one frame of reference.

    Raises:
        GeometryError: lesions that go by numbers alone are to be matched by their place, and the
            frames of reference differ or the transform is impossible.
        MedsegError: a label is not in the baseline or twice, an examination is not among them,
            a target is called two things at once, or gone where it is drawn, or the sizes allow
            no assessment.
    """
    words = _Words(too_small or {}, not_evaluated or {}, disappeared or {})
    drawn = {name: Examined.of(mask) for name, mask in examinations.items()}
    _check_named(drawn, {name for some in words for name in some})
    _check_one_word_each(words)
    baseline = next(iter(drawn.values()))
    listed = baseline.mask.segments
    said = (labels for some in words for labels in some.values())
    _check_labels(listed, {*(targets or ()), *nodes}.union(*said))
    chosen = [
        _Target(one, one.label in nodes or _is_coded_node(one))
        for one in listed
        if (one.number in baseline.lesions if targets is None else one.label in targets)
    ]
    _check_nodes(chosen, nodes)
    found, notes = [], []
    for (name, one), matrix in zip(drawn.items(), _to_each(drawn, transform), strict=True):
        traced = Traced(baseline, one, matrix)
        measured = _measured(traced, one, chosen, words.at(name))
        sizes = tuple(size for size, _ in measured)
        found.append(Examination(name, sizes, traced.new_labels()))
        notes.append([note for _, some in measured for note in some])
    return tuple(
        replace(response, notes=(*response.notes, *more))
        for response, more in zip(assess_response(found), notes, strict=True)
    )


class _Target(NamedTuple):
    """A lesion of the baseline that is followed."""

    segment: Segment
    is_node: bool


class _Words(NamedTuple):
    """What the reader said of targets, by examination."""

    too_small: _ByExamination
    not_evaluated: _ByExamination
    disappeared: _ByExamination

    def at(self, name: str) -> _Said:
        """At one examination."""
        return _Said(*({*some.get(name, ())} for some in self))


class _Said(NamedTuple):
    """Labels of the targets of which the reader said so at one examination."""

    too_small: set[str]
    not_evaluated: set[str]
    disappeared: set[str]


def _measured(
    traced: Traced, one: Examined, targets: Sequence[_Target], said: _Said
) -> list[tuple[TargetSize, list[str]]]:
    """Each target at one examination, and words about those that need some."""
    labels = {target.segment.number: target.segment.label for target in targets}
    shares = traced.shares(list(labels))
    found = []
    for target in targets:
        numbers = shares[target.segment.number]
        into = None if numbers else traced.merged_into(target.segment.number, shares)
        merged_with = "" if into is None else labels[into]
        is_listed = traced.has_disappeared(target.segment)
        size = _size(target, one, numbers, said, is_known=is_listed or bool(merged_with))
        size = replace(size, merged_with=merged_with)
        notes = _notes(size, traced.strangers(numbers, labels), is_listed=is_listed, said=said)
        if target.segment.tracking_uid in traced.shared_uids:
            notes.append(f"{size.label}: several segments carry its tracking UID; its number tells")
        found.append((size, notes))
    return found


def _size(
    target: _Target, one: Examined, numbers: Sequence[int], said: _Said, *, is_known: bool
) -> TargetSize:
    """A target as drawn, unless the reader said otherwise; 0 mm where it is known to be gone."""
    label, is_node = target.segment.label, target.is_node
    if numbers and label in said.disappeared:
        raise MedsegError(
            f"A target that has disappeared has no voxel; {label} is drawn as segment "
            f"{', '.join(map(str, numbers))}. Erase it, or leave the word out."
        )
    axes = one.axes(numbers)
    is_evaluated = numbers or is_known or label in said.disappeared
    if label in said.not_evaluated or not is_evaluated:
        return TargetSize(label, None, is_node, label in said.too_small)
    return TargetSize(
        label,
        axes.short_mm if is_node else axes.long_mm,
        is_node,
        label in said.too_small,
        tuple(numbers),
        axes.short_lines if is_node else axes.long_lines,
    )


def _notes(
    size: TargetSize, strangers: Sequence[str], *, is_listed: bool, said: _Said
) -> list[str]:
    """Words about a target that fell apart, merged, or of which the mask says too little."""
    label, parts = size.label, len(size.lines_lps)
    notes = []
    if size.merged_with:
        notes.append(f"{label} has merged with {size.merged_with}, which is measured (4.3.2)")
    if parts > 1:
        notes.append(f"{label}: longest diameters of {parts} separate parts added (4.3.2)")
    if strangers:
        notes.append(
            f"{label} has grown together with {', '.join(strangers)}, no target; both are "
            "measured (4.3.2)"
        )
    if size.is_too_small and size.size_mm is not None and size.size_mm > TOO_SMALL_MM:
        notes.append(f"{label}: drawn with {size.size_mm:.1f} mm, counted as too small to measure")
    if size.counted_mm is None and not is_listed and label not in said.not_evaluated:
        notes.append(
            f"{label} is neither drawn nor listed: disappeared, or not evaluated; it counts as "
            "not evaluated unless it is said to have disappeared"
        )
    return notes


def _to_each(
    drawn: Mapping[str, Examined], transform: ArrayLike | None
) -> list[NDArray[np.float64] | None]:
    """From the baseline to each examination: each step by the same transform."""
    if transform is None:
        return [None] * len(drawn)
    first = next(iter(drawn.values())).mask.geometry
    step = transform_between(first, first, transform)
    return [np.linalg.matrix_power(step, count) for count in range(len(drawn))]


def _is_coded_node(segment: Segment) -> bool:
    return any((code.value, code.scheme) in _NODES for code in (segment.category, segment.type))


def _check_named(drawn: Mapping[str, Examined], named: Collection[str]) -> None:
    if not drawn:
        raise MedsegError("A response needs a baseline with at least one target; found none.")
    unknown = sorted(set(named) - set(drawn))
    if unknown:
        raise MedsegError(
            f"The examinations are {', '.join(drawn)}; there is no {', '.join(unknown)}."
        )


def _check_nodes(chosen: Sequence[_Target], nodes: Collection[str]) -> None:
    labels = [one.segment.label for one in chosen]
    others = sorted(set(nodes) - set(labels))
    if others:
        raise MedsegError(
            f"A node is one of the targets, {', '.join(labels) or 'none'}; found "
            f"{', '.join(others)}. Name it as a target too."
        )


def _check_one_word_each(words: _Words) -> None:
    for one, other in combinations(words, 2):
        for name in one:
            both = sorted({*one[name]} & {*other.get(name, ())})
            if both:
                raise MedsegError(
                    "A target is too small to measure, or it was not evaluated, or it has "
                    f"disappeared; {', '.join(both)} at {name} is said to be both. Say one of them."
                )


def _check_labels(listed: Sequence[Segment], named: Collection[str]) -> None:
    labels = [one.label for one in listed]
    unknown = sorted(set(named) - set(labels))
    if unknown:
        raise MedsegError(
            f"Targets are named by their labels at baseline, {', '.join(labels) or 'none'}; there "
            f"is no {', '.join(unknown)}."
        )
    if len(set(labels)) < len(labels):
        raise MedsegError(
            f"Each lesion of the baseline has a label of its own; found {', '.join(labels)}."
        )
