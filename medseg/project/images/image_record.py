"""`image.json`: where the image of a case is, how it lies, and which one it is.

Where it is stands there sealed (`place`). Version 1 told it in clear and is still read; opening
the project, or importing the image anew, writes it as version 2.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medseg.errors import FormatError, MedsegError, SignoffError
from medseg.formats import atomic, read_volume
from medseg.formats.folders import make_folder
from medseg.model import Volume
from medseg.project.folder.layout import Layout
from medseg.project.folder.opaque import read_secret
from medseg.project.images.place import PLAIN_PLACE, found_place, plain_place, sealed, unsealed
from medseg.signoff.image_identity import IMAGE_IDENTITY, match_image
from medseg.strict_json import Maybe, check, strict_json

_FORMAT, _VERSION, _IN_CLEAR = "medseg-image", 2, 1
_SHAPE = {
    "format": frozenset({_FORMAT}),
    "version": int,
    "case": str,
    "shape": [int],
    "spacingMm": [str],
    "modality": str,
    "subject": str,
    "timePoint": int,
    "study": Maybe(str),
    "identity": IMAGE_IDENTITY,
}
_PLACES = {_VERSION: {"place": str}, _IN_CLEAR: PLAIN_PLACE}


@dataclass(frozen=True)
class ImageRecord:
    """Where an image is and which one it is.

    Args:
        case: id of the case.
        path: file or folder that `read_volume` takes.
        series: which one there; None where there is one alone.
        shape: (slice, row, column).
        spacing_mm: (slice, row, column).
        modality: DICOM's code.
        subject: opaque id of the patient.
        time_point: counts the patient's studies from 1.
        study: opaque id of the study, if the file names one.
        identity: medsegImageV1.
    """

    case: str
    path: Path
    series: str | None
    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    modality: str
    subject: str
    time_point: int
    study: str | None
    identity: dict[str, Any]


def write_image_record(record: ImageRecord, path: Path) -> None:
    """Write `image.json`, making the case's folder.

    Args:
        record: what it says.
        path: `cases/<case>/image.json` of a project, under whose secret the place is sealed.

    Raises:
        FormatError: it cannot be written, or the project's secret cannot be read.
    """
    secret = read_secret(_secret_path(path))
    make_folder(path.parent)
    place = plain_place(record.path, record.series, path.parent)
    content = {
        "format": _FORMAT,
        "version": _VERSION,
        "case": record.case,
        "place": sealed(place, secret, record.case),
        "shape": list(record.shape),
        "spacingMm": [f"{step:.6f}" for step in record.spacing_mm],
        "modality": record.modality,
        "subject": record.subject,
        "timePoint": record.time_point,
        "study": record.study,
        "identity": record.identity,
    }
    atomic.write_bytes(path, json.dumps(content, indent=2).encode() + b"\n")


def read_image_record(path: Path) -> ImageRecord:
    """What an `image.json` says.

    Raises:
        FormatError: it is absent or damaged, or the secret that opens it is not there or not
            this user's to read.
    """
    try:
        content = _content(path)
        place = _place(content, path)
        steps = tuple(float(step) for step in content["spacingMm"])
    except FormatError:
        raise  # of the secret, in its own words
    except (OSError, ValueError) as error:
        why = (
            "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read ({error})"
        )
        raise FormatError(
            f"Each case's image.json says where its image is; that of {path.parent.name} {why}. "
            "Restore it from a copy, or import the image anew: that writes it."
        ) from error
    return ImageRecord(
        content["case"],
        found_place(place, path.parent),
        place["series"],
        tuple(content["shape"]),
        (steps[0], steps[1], steps[2]),
        content["modality"],
        content["subject"],
        content["timePoint"],
        content["study"],
        content["identity"],
    )


def tells_in_clear(path: Path) -> bool:
    """Whether an `image.json` is of the version that told the image's place to everybody.

    One that cannot be read tells nothing.
    """
    try:
        return bool(_content(path)["version"] == _IN_CLEAR)
    except (OSError, ValueError):
        return False


def _content(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = strict_json(path.read_bytes())
    check(content, _SHAPE, "image")
    if content["version"] not in _PLACES or not len(content["shape"]) == 3 == len(
        content["spacingMm"]
    ):
        raise ValueError(f"it is of version {content['version']}, or its grid is none")
    check(content, _PLACES[content["version"]], "image")
    return content


def _place(content: dict[str, Any], path: Path) -> dict[str, Any]:
    if content["version"] == _IN_CLEAR:
        return content
    return unsealed(content["place"], read_secret(_secret_path(path)), content["case"])


def _secret_path(path: Path) -> Path:
    """The secret of the project that `cases/<case>/image.json` belongs to."""
    return Layout(path.absolute().parents[2]).secret


def read_image(record: ImageRecord) -> Volume:
    """The image, known to be the one that was imported.

    Raises:
        FormatError: it is not where it was, or cannot be read.
        SignoffError: another image lies there now.
    """
    try:
        volume = read_volume(record.path, series=record.series)
    except MedsegError as error:
        raise FormatError(
            f"The image of {record.case} is looked for at {record.path}: {error} If it was moved, "
            "import it from its new place: its case is found again by its voxels."
        ) from error
    if match_image(volume, record.identity) is None:
        raise SignoffError(
            f"A case stays with the image it was made for; what lies at {record.path} is another "
            f"image than that of {record.case}. Put the right one back, or import the new one as "
            "a case of its own."
        )
    return volume
