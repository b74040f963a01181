"""`image.json`: where the image of a case is, how it lies, and which one it is."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from medseg.errors import FormatError, MedsegError, SignoffError
from medseg.formats import atomic, read_volume
from medseg.formats.folders import make_folder
from medseg.model import Volume
from medseg.signoff.image_identity import IMAGE_IDENTITY, match_image
from medseg.strict_json import Maybe, check, strict_json

_FORMAT, _VERSION = "medseg-image", 1
_SHAPE = {
    "format": frozenset({_FORMAT}),
    "version": int,
    "case": str,
    "path": str,
    "absolute": str,
    "series": Maybe(str),
    "shape": [int],
    "spacingMm": [str],
    "modality": str,
    "subject": str,
    "timePoint": int,
    "study": Maybe(str),
    "identity": IMAGE_IDENTITY,
}


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

    The image's place is told relative to the file, and as it is on this machine besides: the
    folder may be moved alone, or together with its images.

    Raises:
        FormatError: it cannot be written.
    """
    make_folder(path.parent)
    absolute = record.path.resolve()
    content = {
        "format": _FORMAT,
        "version": _VERSION,
        "case": record.case,
        "path": _relative(absolute, path.parent),
        "absolute": absolute.as_posix(),
        "series": record.series,
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
        FormatError: it is absent or damaged.
    """
    try:
        content = strict_json(path.read_bytes())
        check(content, _SHAPE, "image")
        steps = tuple(float(step) for step in content["spacingMm"])
        _check(content, steps)
    except (OSError, ValueError) as error:
        raise FormatError(
            f"Each case's image.json says where its image is; that of {path.parent.name} cannot be "
            f"read ({error}). Restore it from a copy, or import the image anew: that writes it."
        ) from error
    return ImageRecord(
        content["case"],
        _place(content, path.parent),
        content["series"],
        tuple(content["shape"]),
        (steps[0], steps[1], steps[2]),
        content["modality"],
        content["subject"],
        content["timePoint"],
        content["study"],
        content["identity"],
    )


def _check(content: dict[str, Any], steps: tuple[float, ...]) -> None:
    if content["version"] != _VERSION or len(content["shape"]) != 3 or len(steps) != 3:
        raise ValueError(f"it is of version {content['version']}, or its grid is none")


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


def _relative(absolute: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(absolute, folder.resolve())).as_posix()
    except ValueError:  # on Windows another drive has no relative path
        return absolute.as_posix()


def _place(content: dict[str, Any], folder: Path) -> Path:
    relative = Path(os.path.normpath(folder.resolve() / PurePosixPath(content["path"])))
    absolute = Path(content["absolute"])
    try:
        return absolute if absolute.exists() and not relative.exists() else relative
    except (OSError, ValueError):  # too long a name, or one with a NUL
        return relative
