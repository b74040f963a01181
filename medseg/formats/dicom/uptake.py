"""What one Bq/ml of a PET is in SUVbw, from dose, weight and times; or what the header lacks.

Reference:
    QIBA, "Vendor-neutral pseudo-code for SUV calculation" (FDG-PET/CT technical committee).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from medseg.formats.dicom.header.moments import moment, without_zone
from medseg.formats.dicom.header.pet_facts import PetFacts
from medseg.formats.dicom.header.slice_header import SliceHeader
from medseg.formats.dicom.header.vendors import ge_scan_start

_DAY = timedelta(days=1)
_CORRECTIONS = ("ATTN", "DECY")

#: What doses and patients can be, from a mouse up: beyond it the unit is another one (MBq, g).
_DOSES_BQ = (1e5, 1e11)
_WEIGHTS_KG = (0.005, 700.0)

#: Later than this many half-lives nothing is left to be seen: a clock or a date is wrong.
_MOST_HALF_LIVES = 10


class LackingError(Exception):
    """The header does not allow SUV; the words say what lacks."""


def grams_per_becquerel(header: SliceHeader) -> float:
    """Body weight in g by the dose in Bq at the time that the activity is corrected to.

    Raises:
        LackingError: the header does not say it, or says what cannot be.
    """
    pet = header.pet
    check_corrections(pet)
    if pet.isotopes > 1:
        raise LackingError(f"one radiopharmaceutical (found {pet.isotopes})")
    weight = _within(pet.weight_kg, "Patient's Weight", _WEIGHTS_KG, "kg")
    dose = _within(pet.dose_bq, "Radionuclide Total Dose", _DOSES_BQ, "Bq")
    half_life = _positive(pet.half_life_s, "Radionuclide Half Life")
    if pet.decay_correction == "ADMIN":
        return weight * 1000 / dose
    if pet.decay_correction != "START":
        found = pet.decay_correction or "none"
        raise LackingError(f"Decay Correction START or ADMIN (found {found})")
    decayed: float = dose * 2 ** -(_seconds_of_decay(header, half_life) / half_life)
    return weight * 1000 / decayed


def check_corrections(pet: PetFacts) -> None:
    """Pass values that are corrected for attenuation and decay.

    Raises:
        LackingError: they are not.
    """
    absent = [part for part in _CORRECTIONS if part not in pet.corrected]
    if absent:
        raise LackingError(f"Corrected Image with {' and '.join(absent)}")


def _positive(number: float | None, name: str) -> float:
    if number is None or number <= 0:
        raise LackingError(f"{name} above zero")
    return number


def _within(number: float | None, name: str, ends: tuple[float, float], unit: str) -> float:
    number = _positive(number, name)
    if not ends[0] <= number <= ends[1]:
        raise LackingError(
            f"{name} between {ends[0]:g} and {ends[1]:g} {unit} (found {number:g}, which may be "
            "in another unit)"
        )
    return number


def _seconds_of_decay(header: SliceHeader, half_life: float) -> float:
    """From the injection to the start of the scan."""
    start = _scan_start(header)
    seconds = (start - _injected(header.pet, start, half_life)).total_seconds()
    if not 0 <= seconds <= _MOST_HALF_LIVES * half_life:
        raise LackingError(
            f"an injection before the scan, by {_MOST_HALF_LIVES} half-lives at most (it is "
            f"{seconds / 3600:.3g} h before it, the half-life {half_life / 3600:.3g} h)"
        )
    return seconds


def _injected(pet: PetFacts, start: datetime, half_life: float) -> datetime:
    dated = moment(pet.injected_at, zone=pet.zone)
    if dated is not None:
        return dated
    clock = moment(f"{start:%Y%m%d}{pet.injected_at_time}") if pet.injected_at_time else None
    if clock is None:
        raise LackingError(
            "Radiopharmaceutical Start Time or Start DateTime"
            + (f" on the clock of the scan (found {pet.injected_at})" if pet.injected_at else "")
        )
    own = moment(without_zone(pet.injected_at))
    if own is not None and own.time() == clock.time():  # one clock, so its date holds too
        return own
    if half_life > _DAY.total_seconds() / 2:
        raise LackingError(
            f"the date of the injection, for a half-life of {half_life / 3600:.3g} h"
        )
    return clock - _DAY if clock > start else clock  # a time without a date, over midnight


def _scan_start(header: SliceHeader) -> datetime:
    pet = header.pet
    series, earliest = moment(pet.series_at), moment(pet.first_acquired_at)
    if earliest is None:
        raise LackingError("Acquisition Date and Time in each slice")
    if series is not None and series <= earliest:
        return series
    ge_start = moment(ge_scan_start(header), zone=pet.zone)
    return ge_start if ge_start is not None and ge_start <= earliest else earliest
