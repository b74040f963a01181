"""What a PET header says of dose, time and weight.

Reference:
    DICOM PS3.3 C.8.9.1 (PET Series), C.8.9.2 (PET Isotope), C.7.2.2 (Patient Study).
"""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset

from medseg.formats.dicom.header.attributes import number, text, values

_ISOTOPE = "RadiopharmaceuticalInformationSequence"

#: Attributes that `read_pet` looks at.
PET_ATTRIBUTES = [
    "CorrectedImage",
    "DecayCorrection",
    "SUVType",
    "PatientWeight",
    "SeriesDate",
    "SeriesTime",
    "AcquisitionDate",
    "AcquisitionTime",
    "TimezoneOffsetFromUTC",
    _ISOTOPE,
]


@dataclass(frozen=True)
class PetFacts:
    """Dose, times and weight; None or empty where they are not said.

    Args:
        corrected: Corrected Image.
        decay_correction: Decay Correction.
        suv_type: SUV Type.
        weight_kg: Patient's Weight.
        dose_bq: Radionuclide Total Dose.
        half_life_s: Radionuclide Half Life.
        injected_at: Radiopharmaceutical Start DateTime.
        injected_at_time: Radiopharmaceutical Start Time, a time of day.
        series_at: Series Date and Time as one text.
        acquired_at: Acquisition Date and Time as one text.
        first_acquired_at: the earliest of those in the series.
        zone: Timezone Offset From UTC of the dates and times, as "+0100".
        isotopes: how many radiopharmaceuticals are described.
    """

    corrected: tuple[str, ...] = ()
    decay_correction: str = ""
    suv_type: str = ""
    weight_kg: float | None = None
    dose_bq: float | None = None
    half_life_s: float | None = None
    injected_at: str = ""
    injected_at_time: str = ""
    series_at: str = ""
    acquired_at: str = ""
    first_acquired_at: str = ""
    zone: str = ""
    isotopes: int = 0


def read_pet(dataset: Dataset) -> PetFacts:
    """The facts of a PET header; those of no isotope or of several are left out."""
    isotopes = values(dataset, _ISOTOPE)
    isotope = isotopes[0] if len(isotopes) == 1 else Dataset()
    return PetFacts(
        tuple(str(part).strip() for part in values(dataset, "CorrectedImage")),
        text(dataset, "DecayCorrection"),
        text(dataset, "SUVType"),
        number(dataset, "PatientWeight", None),
        number(isotope, "RadionuclideTotalDose", None),
        number(isotope, "RadionuclideHalfLife", None),
        text(isotope, "RadiopharmaceuticalStartDateTime"),
        text(isotope, "RadiopharmaceuticalStartTime"),
        text(dataset, "SeriesDate") + text(dataset, "SeriesTime"),
        text(dataset, "AcquisitionDate") + text(dataset, "AcquisitionTime"),
        zone=text(dataset, "TimezoneOffsetFromUTC"),
        isotopes=len(isotopes),
    )
