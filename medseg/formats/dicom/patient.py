"""Whose image a DICOM file is, for whoever groups images of one patient; never shown."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom import dcmread
from pydicom.errors import InvalidDicomError

from medseg.model import Source

_TAGS = ("PatientID", "IssuerOfPatientID", "StudyInstanceUID", "StudyDate", "StudyTime")


@dataclass(frozen=True)
class PatientOf:
    """What tells patients and their studies apart.

    Args:
        patient: the patient's number with who gave it; empty where the file names none.
        study: the study's UID.
        begun: date and time of the study as the file writes them, to put studies in order.
    """

    patient: str
    study: str
    begun: str


def patient_of(source: Source) -> PatientOf | None:
    """Whose image it is; None where the source is no DICOM or its file cannot be had."""
    if source.format != "dicom":
        return None
    name = next((one for one in source.files if one), None)
    path = source.path / name if source.path.is_dir() and name else source.path
    try:
        header = dcmread(path, stop_before_pixels=True, specific_tags=list(_TAGS), force=True)
    except (OSError, InvalidDicomError, ValueError, AttributeError, TypeError):
        return None
    patient, issuer, study, date, time = (str(header.get(tag, "") or "") for tag in _TAGS)
    return PatientOf(f"{issuer}\0{patient}" if patient else "", study, f"{date} {time}")
