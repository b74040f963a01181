"""What a mask file cannot hold itself: names and codes of segments, provenance, its image.

It stands beside the mask as `<stem>.json`; sign-offs stand beside it as `<stem>.signoff.jsonl`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from medseg.errors import FormatError
from medseg.formats.nifti_pair import PAIR_SUFFIXES
from medseg.formats.refusals import refusing_in_words
from medseg.formats.sidecar_json import (
    FORMAT,
    VERSION,
    calipers_in,
    check_content,
    content_of,
    is_plain_name,
    provenance_in,
    segments_in,
)
from medseg.model import Caliper, Provenance, Segment, Segmentation, Source
from medseg.strict_json import strict_json

#: A sidecar beyond this is no sidecar of ours (one entry is about 200 bytes).
SIZE_LIMIT = 64 * 1024 * 1024

_MASK_SUFFIXES = (".nii.gz", ".seg.nrrd", ".nii", ".nrrd", ".mha", ".mhd", *PAIR_SUFFIXES)

# Our writer puts "format", "version" and "mask" first, so the first bytes tell whether a .json
# is ours and whose; a name of 255 letters takes up to 1530 of them.
_BYTES_TO_TELL = 2048
_MARK = f'"{FORMAT}"'.encode()
_MASK_NAME = re.compile(rb'"mask"\s*:\s*("(?:[^"\\]|\\.)*")')


#: How a crash journal's folder is named; none of it is anything to be read as an image.
JOURNAL_SUFFIX = ".journal"


@dataclass(frozen=True)
class Sidecar:
    """What a sidecar says.

    Args:
        segments: the meaning of the numbers, in the order of their list.
        provenance: (segment number, slice) -> how it came to be.
        image: path and series id of the image the mask was drawn on, None if not known.
        calipers: lengths that a person drew on the image.
    """

    segments: tuple[Segment, ...]
    provenance: Provenance
    image: tuple[Path, str] | None = None
    calipers: tuple[Caliper, ...] = ()


def mask_stem(path: Path) -> str:
    """The mask's name without .nii, .nii.gz, .nrrd, .seg.nrrd, .mha, .mhd, .hdr or .img."""
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


def journal_folder(mask_path: Path) -> Path:
    """Where the mask's unsaved changes are kept for a crash: `<stem>.journal`."""
    return mask_path.with_name(f"{mask_stem(mask_path)}{JOURNAL_SUFFIX}")


def is_sidecar(path: Path) -> bool:
    """Whether the file exists and is a sidecar of ours, not another program's .json."""
    return _MARK in _first_bytes(path)


def has_sidecar(mask_path: Path, *, at: Path | None = None) -> bool:
    """Whether a sidecar of ours stands beside the file and belongs to it; opens no more than that.

    Files that share a stem share its place, so a sidecar names the file it was written for. It
    belongs to another file of the stem only where the one it names is gone: then both were
    renamed, or the mask was converted.

    Args:
        mask_path: the file.
        at: where to look; None looks in the sidecar's own place.
    """
    start = _first_bytes(at or sidecar_path(mask_path))
    if _MARK not in start:
        return False
    found = _MASK_NAME.search(start)
    try:
        name = json.loads(found[1]) if found else None
    except ValueError:
        name = None
    # Where no name can be had it is damaged, and whoever reads it will say so.
    return name is None or _belongs(name, mask_path)


def _belongs(name: str, mask_path: Path) -> bool:
    if name == mask_path.name or not is_plain_name(name):
        return True
    try:
        named = mask_path.with_name(name)
        return not named.exists() or named.samefile(mask_path)
    except OSError:  # a name that no file here can have, or a mask that is gone itself
        return False


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_BYTES_TO_TELL)
    except (OSError, ValueError):
        return b""


def read_sidecar(mask_path: Path, *, at: Path | None = None) -> Sidecar | None:
    """What stands beside a mask; None if nothing does, or it is another program's or mask's.

    Args:
        mask_path: the mask.
        at: where to look; None looks in the sidecar's own place.

    Raises:
        FormatError: the sidecar is damaged, or of a later version.
    """
    path = at or sidecar_path(mask_path)
    if not has_sidecar(mask_path, at=path):
        return None
    with refusing_in_words(path, "reading"):
        if path.stat().st_size > SIZE_LIMIT:
            raise FormatError(f"A sidecar is at most 64 MB; {path.name} is larger. Remove it.")
        data = path.read_bytes()
    try:
        content = strict_json(data)
        _check_version(content, path)
        check_content(content)
        if not _belongs(content["mask"], mask_path):
            return None
        return Sidecar(
            segments_in(content),
            provenance_in(content),
            _image(content, mask_path.parent),
            calipers_in(content),
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


def sidecar_bytes(segmentation: Segmentation, mask_path: Path, image: Source | None) -> bytes:
    """The sidecar of a mask that will stand at the path: UTF-8 JSON, the same for the same mask.

    Raises:
        FormatError: it could not be read again: a label or an author is no text in UTF-8, a
            colour is none, provenance speaks of what is not there, or it is beyond 64 MB.
    """
    reference = _image_json(image, mask_path.parent) if image else None
    content = content_of(segmentation, mask_path.name, reference)
    for text in _texts(content):
        if not _is_text(text):
            raise FormatError(f"Labels and names are text in UTF-8; found {text!r}. Rename it.")
    try:
        check_content(content)
        _check_slices(content, segmentation.geometry.shape[0])
    except ValueError as error:
        raise FormatError(
            f"What is saved beside a mask can be read again; that of {mask_path.name} could not "
            f"be: {error}. Correct it first."
        ) from error
    data = (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode("utf-8")
    if len(data) > SIZE_LIMIT:
        raise FormatError(
            f"A sidecar is at most 64 MB; that of {mask_path.name} would be {len(data)} bytes. "
            "Divide its segments among several masks."
        )
    return data


def _check_slices(content: dict[str, Any], count: int) -> None:
    beyond = sorted({one["slice"] for one in content["provenance"] if one["slice"] >= count})
    if beyond:
        raise ValueError(f"it speaks of {beyond}, and the mask has {count} slices")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


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
    # Resolved as on writing: "../ct" leads elsewhere from a linked folder.
    path = folder.resolve() / PurePosixPath(image["path"])
    return Path(os.path.normpath(path)), image["series"]
