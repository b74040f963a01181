"""Target lesions read off the contours of several examinations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from medseg.errors import MedsegError
from medseg.measure.lesion.registry import MEASURES, measure_all
from medseg.measure.over_time.linking import is_derived
from medseg.measure.over_time.response import Response, assess_response
from medseg.measure.over_time.target_sizes import Examination, TargetSize
from medseg.model import Segment, Segmentation

#: Codes for the structure of a lymph node.
_NODES = {("59441001", "SCT")}
_AXES = {name: MEASURES[name] for name in ("volume", "longest_diameter", "perpendicular_diameter")}

_ByExamination = Mapping[str, Collection[str]]


def response_from_contours(
    examinations: Mapping[str, Segmentation],
    *,
    targets: Sequence[str] | None = None,
    nodes: Collection[str] = (),
    too_small: _ByExamination | None = None,
    not_evaluated: _ByExamination | None = None,
) -> tuple[Response, ...]:
    """RECIST 1.1's response at each examination, from the masks alone.

    A target's size is its longest diameter in the plane of acquisition, a node's the longest
    perpendicular to that. Lesions are followed by tracking UID, those of bare masks by label. A
    target with a segment but no voxel has disappeared (0 mm); one without a segment was not
    evaluated. A lesion that the baseline does not list is new, wherever it is drawn.

    Args:
        examinations: masks by a date or a word for each, in order of time; the first one is the
            baseline.
        targets: labels at baseline; None takes all lesions that the baseline shows.
        nodes: labels at baseline of lymph nodes; segments coded as such are nodes too.
        too_small: by examination, labels at baseline of targets that are seen but too small to
            measure: they count with 5 mm.
        not_evaluated: by examination, labels at baseline of targets that could not be judged.

    Raises:
        MedsegError: a label is not in the baseline or twice, an examination is not among them,
            or the sizes allow no assessment.
    """
    small, unseen = too_small or {}, not_evaluated or {}
    drawn = {name: _Drawn(mask) for name, mask in examinations.items()}
    _check_named(drawn, {*small, *unseen})
    baseline = next(iter(drawn.values()))
    _check_labels(baseline, {*(targets or ()), *nodes}.union(*small.values(), *unseen.values()))
    followed = [one for one in baseline.segments if targets is None or one.label in targets]
    if targets is None:
        followed = [one for one in followed if baseline.axes_mm[one.number][0] > 0]
    return assess_response(
        [
            Examination(
                name,
                tuple(
                    one.target(
                        target,
                        is_node=target.label in nodes or _is_coded_node(target),
                        is_too_small=target.label in small.get(name, ()),
                        is_unseen=target.label in unseen.get(name, ()),
                    )
                    for target in followed
                ),
                one.new_since(baseline),
            )
            for name, one in drawn.items()
        ]
    )


class _Drawn:
    """One examination's segments with their axes."""

    def __init__(self, mask: Segmentation) -> None:
        self.segments = mask.segments
        self.axes_mm = {
            number: _axes_mm({one.name: one.value for one in measurements})
            for number, measurements in measure_all(mask, table=_AXES).items()
        }

    def target(
        self, target: Segment, *, is_node: bool, is_too_small: bool, is_unseen: bool
    ) -> TargetSize:
        """A baseline's target as it is here."""
        here = next((one for one in self.segments if _is_same(target, one)), None)
        if is_unseen or here is None:
            return TargetSize(target.label, None, is_node, is_too_small)
        long_mm, short_mm = self.axes_mm[here.number]
        return TargetSize(target.label, short_mm if is_node else long_mm, is_node, is_too_small)

    def new_since(self, baseline: _Drawn) -> tuple[str, ...]:
        """Labels of the lesions drawn here that the baseline does not list."""
        return tuple(
            one.label
            for one in self.segments
            if self.axes_mm[one.number][0] > 0
            and not any(_is_same(listed, one) for listed in baseline.segments)
        )


def _axes_mm(value: Mapping[str, float]) -> tuple[float, float]:
    """Long and short axis; 0 for a segment without a voxel."""
    if not value["volume"]:
        return 0.0, 0.0
    return value["longest_diameter"], value["perpendicular_diameter"]


def _is_same(one: Segment, other: Segment) -> bool:
    if one.tracking_uid == other.tracking_uid:
        return True
    return one.label == other.label and (is_derived(one) or is_derived(other))


def _is_coded_node(segment: Segment) -> bool:
    return any((code.value, code.scheme) in _NODES for code in (segment.category, segment.type))


def _check_named(drawn: Mapping[str, _Drawn], named: Collection[str]) -> None:
    if not drawn:
        raise MedsegError("A response needs a baseline with at least one target; found none.")
    unknown = sorted(set(named) - set(drawn))
    if unknown:
        raise MedsegError(
            f"The examinations are {', '.join(drawn)}; there is no {', '.join(unknown)}."
        )


def _check_labels(baseline: _Drawn, named: Collection[str]) -> None:
    labels = [one.label for one in baseline.segments]
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
