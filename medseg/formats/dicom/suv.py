"""PET: what turns activity into the standardised uptake value by body weight (SUVbw).

Reference:
    QIBA, "Vendor-neutral pseudo-code for SUV calculation" (FDG-PET/CT technical committee);
    DICOM PS3.3 C.8.9.1 (PET Series), C.8.9.2 (PET Isotope), C.8.9.4 (PET Image).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from medseg.formats.dicom.headers import SliceHeader
from medseg.formats.dicom.pet import PetFacts
from medseg.model import Finding, Place

_DAY = timedelta(days=1)
_CORRECTIONS = ("ATTN", "DECY")


class _LackingError(Exception):
    """The header does not allow SUV; the words say what lacks."""


def in_suv(
    headers: Sequence[SliceHeader],
) -> tuple[tuple[SliceHeader, ...], str, list[Finding]]:
    """PET slices whose scale leads to SUVbw, the unit "SUVbw", and a note on how.

    Where the header does not allow it, the slices come back as they are, with their own unit
    ("Bq/ml", or "1" for counts and all else) and the finding SUV_NOT_POSSIBLE, which says what
    lacks.

    SUVbw = activity [Bq/ml] * weight [g] / dose [Bq], where the dose is the one injected, decayed
    to the time the activity is corrected to: dose * 2 ** -(seconds / half-life) for Decay
    Correction START, from the injection to the start of the scan; the dose itself for ADMIN. The
    start of the scan is the Series Time if no acquisition began before it, else the earliest
    Acquisition Time of the slices.
    """
    first = headers[0]
    unit = "Bq/ml" if first.units == "BQML" else "1"
    try:
        factor, text = _factor(headers)
    except _LackingError as lacking:
        words = (
            f"SUVbw needs what the header of {first.path.name} does not give: {lacking}. The "
            f"values are in {'Bq/ml' if unit == 'Bq/ml' else 'their own unit'}."
        )
        place = Place(file=first.path.name)
        return tuple(headers), unit, [Finding("SUV_NOT_POSSIBLE", "warning", words, place)]
    scaled = tuple(_scaled(header, factor) for header in headers)
    return scaled, "SUVbw", [Finding("SUV_BODY_WEIGHT", "note", text)]


def _scaled(header: SliceHeader, factor: float) -> SliceHeader:
    slope, intercept = header.rescale
    if slope is None or intercept is None:
        return header  # refused where the values are scaled
    return replace(header, rescale=(slope * factor, intercept * factor))


def _factor(headers: Sequence[SliceHeader]) -> tuple[float, str]:
    first = headers[0]
    units = {header.units for header in headers}
    if len(units) > 1:
        raise _LackingError(f"one unit for all slices (found {', '.join(sorted(units))})")
    if first.units == "GML":
        if first.pet.suv_type not in ("", "BW"):
            raise _LackingError(f"SUV by body weight (SUV Type is {first.pet.suv_type})")
        return 1.0, "The values are SUVbw already (Units GML)."
    if first.units != "BQML":
        raise _LackingError(f"Units BQML or GML (found {first.units or 'none'})")
    if len({replace(header.pet, acquired_at="") for header in headers}) > 1:
        raise _LackingError("one dose, weight and time for all slices")
    if not all(header.names_rescale[0] and header.rescale[0] for header in headers):
        raise _LackingError("a Rescale Slope in each slice")
    factor = _grams_per_becquerel(first.pet)
    text = f"Activity was multiplied by {factor:.6g} (body weight in g by decayed dose in Bq)."
    return factor, text


def _grams_per_becquerel(pet: PetFacts) -> float:
    absent = [part for part in _CORRECTIONS if part not in pet.corrected]
    if absent:
        raise _LackingError(f"Corrected Image with {' and '.join(absent)}")
    weight = _positive(pet.weight_kg, "Patient's Weight")
    dose = _positive(pet.dose_bq, "Radionuclide Total Dose")
    half_life = _positive(pet.half_life_s, "Radionuclide Half Life")
    if pet.decay_correction == "ADMIN":
        return weight * 1000 / dose
    if pet.decay_correction != "START":
        found = pet.decay_correction or "none"
        raise _LackingError(f"Decay Correction START or ADMIN (found {found})")
    decayed = dose * 2 ** -(_seconds_of_decay(pet) / half_life)
    return weight * 1000 / _positive(decayed, "a dose that is left at the start of the scan,")


def _positive(number: float | None, name: str) -> float:
    if number is None or number <= 0:
        raise _LackingError(f"{name} above zero")
    return number


def _seconds_of_decay(pet: PetFacts) -> float:
    """From the injection to the start of the scan."""
    start = _scan_start(pet)
    injected = moment(pet.injected_at)
    if injected is None:
        injected = moment(f"{start:%Y%m%d}{pet.injected_at_time}")
        if injected is not None and injected > start:  # a time without a date, over midnight
            injected -= _DAY
    if injected is None:
        raise _LackingError("Radiopharmaceutical Start Time or Start DateTime")
    seconds = (start - injected).total_seconds()
    if not 0 <= seconds < _DAY.total_seconds():
        raise _LackingError(
            f"an injection within a day before the scan (it is {seconds / 3600:.3g} h before it)"
        )
    return seconds


def _scan_start(pet: PetFacts) -> datetime:
    series, earliest = moment(pet.series_at), moment(pet.first_acquired_at)
    if earliest is None:
        raise _LackingError("Acquisition Date and Time in each slice")
    return series if series is not None and series <= earliest else earliest


def with_first_acquisition(headers: Sequence[SliceHeader]) -> list[SliceHeader]:
    """PET slices that know when the first slice of their series was acquired; others as they are.

    It stays empty where a slice of the series does not say when it was acquired.
    """
    series: dict[str, list[str]] = defaultdict(list)
    for header in headers:
        if header.modality == "PT":
            series[header.series_id].append(header.pet.acquired_at)
    first = {uid: min(times) if all(map(moment, times)) else "" for uid, times in series.items()}
    return [
        replace(header, pet=replace(header.pet, first_acquired_at=first[header.series_id]))
        if header.series_id in first and header.modality == "PT"
        else header
        for header in headers
    ]


_MOMENT = re.compile(r"(\d{14})(?:\.(\d{1,6}))?")


def moment(text: str) -> datetime | None:
    """A date with a time (DT); None if it is none, or names a time zone and cannot be compared."""
    match = _MOMENT.fullmatch(text.replace(":", ""))
    if not match:
        return None
    try:
        whole = datetime.strptime(match[1], "%Y%m%d%H%M%S")
    except ValueError:
        return None
    return whole + timedelta(microseconds=int((match[2] or "0").ljust(6, "0")))
