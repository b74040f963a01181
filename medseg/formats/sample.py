"""The sample case that travels with medseg: a synthetic chest CT with lesions of known volume."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medseg.errors import FormatError

_PACKAGE = Path(__file__).resolve().parents[1]
# In an installed wheel the case lies inside the package, in a checkout beside it.
_PLACES = (_PACKAGE / "sample_data" / "chest", _PACKAGE.parent / "sample_data" / "chest")


@dataclass(frozen=True)
class SampleCase:
    """Where the parts of the sample case lie.

    Args:
        dicom: folder of the CT series.
        truth: NIfTI mask of the lesions' true extent.
        lesions: one mapping per lesion: number, name, volume, suggested key slices.
    """

    dicom: Path
    truth: Path
    lesions: tuple[dict[str, Any], ...]


def sample_case() -> SampleCase:
    """The bundled sample case.

    Raises:
        FormatError: the installation lacks it.
    """
    for folder in _PLACES:
        listing = folder / "lesions.json"
        if listing.is_file():
            lesions = json.loads(listing.read_text(encoding="utf-8"))["lesions"]
            return SampleCase(folder / "dicom", folder / "truth.nii.gz", tuple(lesions))
    raise FormatError(
        "The sample case is part of every installation; this one lacks it. "
        "Install medseg anew, or give an image of your own with --image."
    )
