"""PET: what turns activity into the standardised uptake value by body weight (SUVbw).

Reference:
    QIBA, "Vendor-neutral pseudo-code for SUV calculation" (FDG-PET/CT technical committee);
    DICOM PS3.3 C.8.9.1 (PET Series), C.8.9.2 (PET Isotope), C.8.9.4 (PET Image).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from medseg.formats.dicom.header.moments import moment
from medseg.formats.dicom.header.slice_header import SliceHeader
from medseg.formats.dicom.header.vendors import philips_factors
from medseg.formats.dicom.uptake import LackingError, check_corrections, grams_per_becquerel
from medseg.model import Finding, Place

_Headers = tuple[SliceHeader, ...]


def in_suv(headers: Sequence[SliceHeader]) -> tuple[_Headers, str, list[Finding]]:
    """PET slices whose scale leads to SUVbw, the unit "SUVbw", and a note on how.

    Where the header does not allow it, the slices come back with their own unit ("Bq/ml", or "1"
    for counts and all else) and the finding SUV_NOT_POSSIBLE, which says what lacks. Counts of
    a Philips scanner are scaled by its private factors, to SUVbw or at least to Bq/ml.

    SUVbw = activity [Bq/ml] * weight [g] / dose [Bq], where the dose is the one injected, decayed
    to the time the activity is corrected to: dose * 2 ** -(seconds / half-life) for Decay
    Correction START, from the injection to the start of the scan; the dose itself for ADMIN. The
    start of the scan is the Series Time if no acquisition began before it, else GE's private scan
    time or the earliest Acquisition Time of the slices.
    """
    first, unit, notes = headers[0], "1", list[Finding]()
    scaled = tuple(headers)
    try:
        _check_units(headers)
        if first.units == "CNTS":
            scaled, unit, notes = _from_counts(headers)
        elif first.units == "BQML":
            unit = "Bq/ml"
        if unit == "SUVbw":
            return scaled, unit, notes
        factor, text = _factor(scaled, unit)
    except LackingError as lacking:
        words = (
            f"SUVbw needs what the header of {first.path.name} does not give: {lacking}. The "
            f"values are in {'Bq/ml' if unit == 'Bq/ml' else 'their own unit'}."
        )
        place = Place(file=first.path.name)
        return scaled, unit, [*notes, Finding("SUV_NOT_POSSIBLE", "warning", words, place)]
    scaled = tuple(_scaled(header, factor) for header in scaled)
    return scaled, "SUVbw", [*notes, Finding("SUV_BODY_WEIGHT", "note", text)]


def _scaled(header: SliceHeader, factor: float) -> SliceHeader:
    slope, intercept = header.rescale
    if slope is None or intercept is None:
        return header  # refused where the values are scaled
    return replace(header, rescale=(slope * factor, intercept * factor))


def _check_units(headers: Sequence[SliceHeader]) -> None:
    units = {header.units for header in headers}
    if len(units) > 1:
        raise LackingError(f"one unit for all slices (found {', '.join(sorted(units))})")


def _from_counts(headers: Sequence[SliceHeader]) -> tuple[_Headers, str, list[Finding]]:
    """Counts scaled by the scanner's own factors, the unit they are then in, and a note."""
    pairs = [philips_factors(header) for header in headers]
    suv = [pair[0] for pair in pairs if pair[0] is not None]
    activity = [pair[1] for pair in pairs if pair[1] is not None]
    if len(suv) == len(headers):
        check_corrections(headers[0].pet)
        text = "Counts were multiplied by the scanner's own SUV Scale Factor (7053,xx00)."
        note = Finding("SUV_BODY_WEIGHT", "note", text)
        return _each_scaled(headers, suv), "SUVbw", [note]
    if len(activity) == len(headers):
        text = (
            "Counts were multiplied by the scanner's own Activity Concentration Scale Factor "
            "(7053,xx09), which gives Bq/ml."
        )
        note = Finding("ACTIVITY_FROM_COUNTS", "note", text)
        return _each_scaled(headers, activity), "Bq/ml", [note]
    return tuple(headers), "1", []


def _each_scaled(headers: Sequence[SliceHeader], factors: Sequence[float]) -> _Headers:
    return tuple(_scaled(*pair) for pair in zip(headers, factors, strict=True))


def _factor(headers: Sequence[SliceHeader], unit: str) -> tuple[float, str]:
    first = headers[0]
    if first.units == "GML":
        if first.pet.suv_type not in ("", "BW"):
            raise LackingError(f"SUV by body weight (SUV Type is {first.pet.suv_type})")
        return 1.0, "The values are SUVbw already (Units GML)."
    if unit != "Bq/ml":
        raise LackingError(f"Units BQML or GML (found {first.units or 'none'})")
    if len({replace(header.pet, acquired_at="") for header in headers}) > 1:
        raise LackingError("one dose, weight and time for all slices")
    if not all(header.names_rescale[0] and header.rescale[0] for header in headers):
        raise LackingError("a Rescale Slope in each slice")
    factor = grams_per_becquerel(first)
    text = f"Activity was multiplied by {factor:.6g} (body weight in g by decayed dose in Bq)."
    return factor, text


def _earliest(times: Sequence[str]) -> str:
    known = [(when, text) for text in times if (when := moment(text)) is not None]
    return min(known)[1] if len(known) == len(times) else ""


def with_first_acquisition(headers: Sequence[SliceHeader]) -> list[SliceHeader]:
    """PET slices that know when the first slice of their series was acquired; others as they are.

    It stays empty where a slice of the series does not say when it was acquired.
    """
    series: dict[str, list[str]] = defaultdict(list)
    for header in headers:
        if header.modality == "PT":
            series[header.series_id].append(header.pet.acquired_at)
    first = {uid: _earliest(times) for uid, times in series.items()}
    return [
        replace(header, pet=replace(header.pet, first_acquired_at=first[header.series_id]))
        if header.series_id in first and header.modality == "PT"
        else header
        for header in headers
    ]
