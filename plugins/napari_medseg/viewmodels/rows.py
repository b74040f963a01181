"""The rows of the panel's lists: nouns put into words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from medseg.model import Finding, Measurement, Origin, Segment, Segmentation, SeriesInfo

#: What an undefined measurement looks like.
UNDEFINED = "–"  # noqa: RUF001 - an en dash, as tables have it


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
    """

    number: int
    label: str
    color: tuple[int, int, int]
    volume: str
    diameters: str
    slices: str


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
    segment: Segment, segmentation: Segmentation, measurements: Mapping[str, Measurement]
) -> LesionRow:
    """The row of one lesion; what is not measured shows as a dash."""
    longest, across = (
        _number(measurements.get(name), 1)
        for name in ("longest_diameter", "perpendicular_diameter")
    )
    return LesionRow(
        segment.number,
        segment.label,
        segment.color,
        _number(measurements.get("volume"), 2),
        UNDEFINED if longest == UNDEFINED else f"{longest} x {across}",
        slice_counts(segmentation, segment.number),
    )


def slice_counts(segmentation: Segmentation, number: int) -> str:
    """How a lesion's slices came to be: "3 drawn, 4 interpolated"."""
    drawn, other = 0, dict.fromkeys(Origin, 0)
    for (segment, _), slice_origin in segmentation.provenance.items():
        if segment == number and slice_origin.origin.is_by_hand:
            drawn += 1
        elif segment == number:
            other[slice_origin.origin] += 1
    counts = [("drawn", drawn), *((origin.value, count) for origin, count in other.items())]
    return ", ".join(f"{count} {name}" for name, count in counts if count) or "no record"


def sentences(findings: Iterable[Finding]) -> str:
    """The findings' texts, one after the other."""
    return " ".join(finding.text for finding in findings)


def _number(measurement: Measurement | None, digits: int) -> str:
    if measurement is None or measurement.value != measurement.value:
        return UNDEFINED
    return f"{measurement.value:.{digits}f}"
