"""The rows of the panel's lists: nouns put into words."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from medseg.model import Finding, Measurement, Origin, Segment, Segmentation, SeriesInfo
from medseg.model.terminology import code_in_words
from napari_medseg.viewmodels.contouring.lesions.measured import Measured
from napari_medseg.viewmodels.contouring.lesions.terminology import tip_of

#: What an undefined measurement looks like.
UNDEFINED = "–"  # noqa: RUF001 - an en dash, as tables have it

#: What stands for a value, or after one, while it is measured.
WAITING = "…"


class LesionState(StrEnum):
    """How far the work on a lesion is; the order is that of sorting."""

    EMPTY = "empty"
    PROPOSED = "proposed"
    IN_WORK = "in work"
    COMPLETE = "complete"


@dataclass(frozen=True)
class SeriesRow:
    """One thing found in the path that was opened.

    Args:
        id: what `choose_series` takes.
        text: description, modality, voxels and spacing.
        reason: why it cannot be read or was skipped; None if it can be read.
        is_open: whether it is the one on screen.
    """

    id: str
    text: str
    reason: str | None
    is_open: bool


@dataclass(frozen=True)
class LesionRow:
    """One lesion: its name, its size and how much of it is handwork.

    Args:
        number: the label array's value.
        label: its name.
        color: RGB, 0 to 255.
        volume: in ml, as text.
        diameters: longest x longest perpendicular, in mm, as text.
        slices: how many slices were drawn and how many interpolated, as text.
        code: what it is and where, in words.
        code_tip: the same with the codes.
        is_locked: whether no tool changes it.
        is_hidden: whether its eye is closed.
        volume_ml: the number behind `volume`, NaN if unknown.
        longest_mm: the longest diameter, NaN if unknown.
        drawn: slices that a person drew or corrected.
        filled: slices interpolated or propagated.
        assisted: slices that a model proposed.
        seen: of its slices, those that were looked at; None where nobody keeps count.
        count: slices that it is on.
        state: how far the work on it is.
    """

    number: int
    label: str
    color: tuple[int, int, int]
    volume: str
    diameters: str
    slices: str
    code: str
    code_tip: str
    is_locked: bool
    is_hidden: bool
    volume_ml: float
    longest_mm: float
    drawn: int
    filled: int
    assisted: int
    seen: int | None
    count: int
    state: LesionState


def series_rows(series: Iterable[SeriesInfo], opened: str | None) -> tuple[SeriesRow, ...]:
    """A row for each series, in the given order."""
    return tuple(
        SeriesRow(info.id, describe(info), info.reason, info.id == opened) for info in series
    )


def describe(info: SeriesInfo) -> str:
    """A series in a line: what it is, its voxels and their size in mm."""
    parts = [" ".join(part for part in (info.modality, info.description or info.id) if part)]
    if info.shape:
        parts.append(" x ".join(str(size) for size in info.shape))
    if info.spacing_mm:
        parts.append(" x ".join(f"{step:.3g}" for step in info.spacing_mm) + " mm")
    return ", ".join(parts)


def lesion_row(
    segment: Segment,
    measured: Measured,
    *,
    origins: Mapping[Origin, int],
    seen: Collection[int] | None = None,
    is_proposed: bool = False,
    is_hidden: bool = False,
) -> LesionRow:
    """The row of one lesion.

    What is not measured shows as a dash, what is being measured with an ellipsis.

    Args:
        segment: the lesion.
        measured: its measurements and slices.
        origins: how many of its slices came to be in each way.
        seen: the stored slices that were looked at; None where nobody keeps count.
        is_proposed: whether something is proposed for it.
        is_hidden: whether its eye is closed.
    """
    number = segment.number
    is_known = measured.knows_slices(number)
    slices = measured.slices(number) if is_known else ()
    values, waits = measured.of(number), measured.is_pending(number)
    longest, across = values.get("longest_diameter"), values.get("perpendicular_diameter")
    seen_here = None if seen is None or not is_known else len(set(slices).intersection(seen))
    return LesionRow(
        number,
        segment.label,
        segment.color,
        _told(_number(values.get("volume"), 2), waits=waits),
        _told(_pair(_number(longest, 1), _number(across, 1)), waits=waits),
        slice_counts(origins),
        code_in_words(segment.type, segment.region),
        tip_of(segment.category, segment.type, segment.region),
        segment.is_locked,
        is_hidden,
        _value(values.get("volume")),
        _value(longest),
        sum(count for origin, count in origins.items() if origin.is_by_hand),
        origins[Origin.INTERPOLATED] + origins[Origin.PROPAGATED],
        origins[Origin.ASSISTED],
        seen_here,
        len(slices),
        lesion_state(
            slices if is_known else None,
            is_locked=segment.is_locked,
            is_proposed=is_proposed,
            is_all_seen=seen_here == len(slices),
        ),
    )


def lesion_state(
    slices: Sequence[int] | None, *, is_locked: bool, is_proposed: bool, is_all_seen: bool
) -> LesionState:
    """How far the work on a lesion is.

    Args:
        slices: those that it is on, ascending; None while they are not known.
        is_locked: whether the reader has locked it.
        is_proposed: whether something proposed for it waits for an answer.
        is_all_seen: whether each of its slices was looked at.
    """
    if is_proposed:
        return LesionState.PROPOSED
    if slices is None:
        return LesionState.IN_WORK
    if not slices:
        return LesionState.EMPTY
    has_gap = slices[-1] - slices[0] + 1 > len(slices)
    if has_gap or not (is_locked or is_all_seen):
        return LesionState.IN_WORK
    return LesionState.COMPLETE


def origin_counts(segmentation: Segmentation) -> dict[int, dict[Origin, int]]:
    """How many slices of each lesion came to be in each way, by its number."""
    counts = {number: dict.fromkeys(Origin, 0) for number in segmentation.numbers}
    for (number, _), slice_origin in segmentation.provenance.items():
        if number in counts:
            counts[number][slice_origin.origin] += 1
    return counts


def slice_counts(origins: Mapping[Origin, int]) -> str:
    """How a lesion's slices came to be: "3 drawn, 4 interpolated"."""
    by_hand = sum(count for origin, count in origins.items() if origin.is_by_hand)
    by_others = [(origin.value, n) for origin, n in origins.items() if not origin.is_by_hand]
    counts = [("drawn", by_hand), *by_others]
    return ", ".join(f"{count} {name}" for name, count in counts if count) or "no record"


def sentences(findings: Iterable[Finding]) -> str:
    """The findings' texts, one after the other."""
    return " ".join(finding.text for finding in findings)


def _value(measurement: Measurement | None) -> float:
    return math.nan if measurement is None else measurement.value


def _number(measurement: Measurement | None, digits: int) -> str:
    value = _value(measurement)
    return UNDEFINED if math.isnan(value) else f"{value:.{digits}f}"


def _pair(longest: str, across: str) -> str:
    return UNDEFINED if longest == UNDEFINED else f"{longest} x {across}"


def _told(text: str, *, waits: bool) -> str:
    """A value that is being measured anew says so, and is not taken for the present one."""
    if not waits:
        return text
    return WAITING if text == UNDEFINED else f"{text} {WAITING}"
