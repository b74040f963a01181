"""What a mask file cannot hold itself: names and codes of segments, provenance, its image.

It stands beside the mask as `<stem>.json`; sign-offs stand beside it as `<stem>.signoff.jsonl`.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from medseg.errors import FormatError
from medseg.formats.refusals import refusing_in_words
from medseg.formats.sidecar_json import (
    FORMAT,
    VERSION,
    check_content,
    content_of,
    provenance_in,
    segments_in,
)
from medseg.model import Provenance, Segment, Segmentation, Source
from medseg.strict_json import strict_json

#: A sidecar beyond this is no sidecar of ours (one entry is about 200 bytes).
SIZE_LIMIT = 64 * 1024 * 1024

_MASK_SUFFIXES = (".nii.gz", ".seg.nrrd", ".nii", ".nrrd", ".mha", ".mhd")

# Our writer puts "format" first, so the first bytes tell whether a .json is ours.
_BYTES_TO_TELL = 256


@dataclass(frozen=True)
class Sidecar:
    """What a sidecar says.

    Args:
        segments: the meaning of the numbers, in the order of their list.
        provenance: (segment number, slice) -> how it came to be.
        image: path and series id of the image the mask was drawn on, None if not known.
    """

    segments: tuple[Segment, ...]
    provenance: Provenance
    image: tuple[Path, str] | None = None


def mask_stem(path: Path) -> str:
    """The mask's name without .nii, .nii.gz, .nrrd, .seg.nrrd, .mha or .mhd."""
    for suffix in _MASK_SUFFIXES:
        if path.name.lower().endswith(suffix):
            return path.name[: -len(suffix)]
    return path.stem


def sidecar_path(mask_path: Path) -> Path:
    """Where the mask's names, codes and provenance stand: `<stem>.json`."""
    return mask_path.with_name(f"{mask_stem(mask_path)}.json")


def signoff_path(mask_path: Path) -> Path:
    """Where the mask's sign-offs stand: `<stem>.signoff.jsonl`."""
    return mask_path.with_name(f"{mask_stem(mask_path)}.signoff.jsonl")


def is_sidecar(path: Path) -> bool:
    """Whether the file exists and is a sidecar of ours, not another program's .json."""
    try:
        with path.open("rb") as file:
            return f'"{FORMAT}"'.encode() in file.read(_BYTES_TO_TELL)
    except OSError:
        return False


def read_sidecar(mask_path: Path) -> Sidecar | None:
    """What stands beside a mask; None if there is no sidecar, or the .json is another program's.

    Raises:
        FormatError: the sidecar is damaged, or of a later version.
    """
    path = sidecar_path(mask_path)
    if not is_sidecar(path):
        return None
    with refusing_in_words(path, "reading"):
        if path.stat().st_size > SIZE_LIMIT:
            raise FormatError(f"A sidecar is at most 64 MB; {path.name} is larger. Remove it.")
        data = path.read_bytes()
    try:
        content = strict_json(data)
        _check_version(content, path)
        check_content(content)
        return Sidecar(
            segments_in(content), provenance_in(content), _image(content, mask_path.parent)
        )
    except FormatError:
        raise
    except ValueError as error:  # also what a segment refuses about itself
        raise FormatError(
            f"A sidecar is strict JSON of its own form; {path.name} is not: {error}. Restore it "
            "from a copy, or move it away to read the mask without names."
        ) from error


def _check_version(content: Any, path: Path) -> None:
    version = content.get("version") if isinstance(content, dict) else None
    if type(version) is int and version > VERSION:
        raise FormatError(
            f"This medseg reads version {VERSION} of a sidecar; {path.name} is of version "
            f"{version}. Read it with a later medseg."
        )


def image_reference(mask_path: Path) -> tuple[Path, str] | None:
    """Path and series id of the image a mask was drawn on; None where nothing tells.

    Raises:
        FormatError: the sidecar is damaged, or of a later version.
    """
    sidecar = read_sidecar(mask_path)
    return sidecar.image if sidecar else None


def sidecar_bytes(segmentation: Segmentation, folder: Path, image: Source | None) -> bytes:
    """The sidecar of a mask that will stand in `folder`: UTF-8 JSON, the same for the same mask.

    Raises:
        FormatError: a label or an author holds what is no text in UTF-8.
    """
    content = content_of(segmentation, _image_json(image, folder) if image else None)
    try:
        return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode("utf-8")
    except UnicodeEncodeError as error:
        raise FormatError(
            f"Labels and names are text in UTF-8; one holds {error.object!r}. Rename it."
        ) from error


def _image_json(image: Source, folder: Path) -> dict[str, str]:
    absolute = image.path.resolve()
    try:
        path = Path(os.path.relpath(absolute, folder.resolve()))
    except ValueError:  # on Windows another drive has no relative path
        path = absolute
    return {"path": path.as_posix(), "series": image.series_id}


def _image(content: dict[str, Any], folder: Path) -> tuple[Path, str] | None:
    image = content["image"]
    if image is None:
        return None
    path = folder / PurePosixPath(image["path"])
    return Path(os.path.normpath(path)), image["series"]
