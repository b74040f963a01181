"""Target lesions read off the contours of several examinations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
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
    transform: ArrayLike | None = None,
) -> tuple[Response, ...]:
    """RECIST 1.1's response at each examination, from the masks alone.

    A target's size is its longest diameter in the plane of acquisition, a node's the longest
    perpendicular to that. Lesions are followed as in `follow_up`, from the baseline to each
    examination. Where one fell apart, the longest diameters of its separate parts are added;
    where several grew together, that of all together counts once; both are noted. A target with a
    segment but no voxel has disappeared (0 mm); one without a segment was not evaluated. A lesion
    that belongs to none of the baseline is new.

    Args:
        examinations: masks by a date or a word for each, in order of time; the first one is the
            baseline.
        targets: labels at baseline; None takes all lesions that the baseline shows.
        nodes: labels at baseline of lymph nodes; segments coded as such are nodes too.
        too_small: by examination, labels at baseline of targets that are seen but too small to
            measure: they count with 5 mm.
        not_evaluated: by examination, labels at baseline of targets that could not be judged.
        transform: (4, 4), from each examination's LPS mm to the next one's; None stands for the
            identity within one frame of reference.

    Raises:
        GeometryError: lesions that go by numbers alone are to be matched by their place, and the
            frames of reference differ or the transform is impossible.
        MedsegError: a label is not in the baseline or twice, an examination is not among them,
            a target is called both too small and not evaluated, or the sizes allow no assessment.
    """
    small, unseen = too_small or {}, not_evaluated or {}
    drawn = {name: Examined.of(mask) for name, mask in examinations.items()}
    _check_named(drawn, {*small, *unseen})
    _check_one_word_each(small, unseen)
    baseline = next(iter(drawn.values()))
    listed = baseline.mask.segments
    _check_labels(listed, {*(targets or ()), *nodes}.union(*small.values(), *unseen.values()))
    chosen = [
        _Target(one, one.label in nodes or _is_coded_node(one))
        for one in listed
        if (one.number in baseline.lesions if targets is None else one.label in targets)
    ]
    _check_nodes(chosen, nodes)
    found, notes = [], []
    for (name, one), matrix in zip(drawn.items(), _to_each(drawn, transform), strict=True):
        traced = Traced(baseline, one, matrix)
        sizes, words = _sizes(traced, one, chosen, small.get(name, ()), unseen.get(name, ()))
        found.append(Examination(name, sizes, traced.new_labels()))
        notes.append(words)
    return tuple(
        replace(response, notes=(*response.notes, *words))
        for response, words in zip(assess_response(found), notes, strict=True)
    )


class _Target(NamedTuple):
    """A lesion of the baseline that is followed."""

    segment: Segment
    is_node: bool


def _sizes(
    traced: Traced,
    one: Examined,
    targets: Sequence[_Target],
    too_small: Collection[str],
    unseen: Collection[str],
) -> tuple[tuple[TargetSize, ...], tuple[str, ...]]:
    """The targets at one examination, and words about those that fell apart or merged."""
    labels = {target.segment.number: target.segment.label for target in targets}
    shares = traced.shares(list(labels))
    sizes, notes = [], []
    for segment, is_node in targets:
        label, numbers = segment.label, shares[segment.number]
        long_mm, short_mm, parts = one.axes_mm(numbers)
        size: float | None = short_mm if is_node else long_mm
        into = None if numbers else traced.merged_into(segment.number, shares)
        if label in unseen or (
            not numbers and into is None and not traced.has_disappeared(segment)
        ):
            size = None
        elif into is not None:
            notes.append(f"{label} has merged with {labels[into]}, which is measured (4.3.2)")
        elif parts > 1 and not is_node:
            notes.append(f"{label}: longest diameters of {parts} separate parts added (4.3.2)")
        others = traced.strangers(numbers, labels)
        if others:
            notes.append(
                f"{label} has grown together with {', '.join(others)}, no target; both are "
                "measured (4.3.2)"
            )
        if label in too_small and size is not None and size > TOO_SMALL_MM:
            notes.append(f"{label}: drawn with {size:.1f} mm, counted as too small to measure")
        sizes.append(TargetSize(label, size, is_node, label in too_small))
    return tuple(sizes), tuple(notes)


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


def _check_one_word_each(small: _ByExamination, unseen: _ByExamination) -> None:
    for name in small:
        both = sorted({*small[name]} & {*unseen.get(name, ())})
        if both:
            raise MedsegError(
                "A target is seen, but too small to measure, or it was not evaluated; "
                f"{', '.join(both)} at {name} is said to be both. Say one of them."
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
