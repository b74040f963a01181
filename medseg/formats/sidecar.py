"""What a mask file cannot hold itself: names and codes of segments, provenance, its image.

It stands beside the mask as `<stem>.json`; sign-offs stand beside it as `<stem>.signoff.jsonl`.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from medseg.errors import EditError, FormatError
from medseg.formats.strict_json import Fields, load_object
from medseg.model import Code, Origin, Provenance, Segment, Segmentation, SliceOrigin, Source

FORMAT = "medseg-segmentation"
VERSION = 1

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
    found = Fields(load_object(path), path.name)
    if found.text("format") != FORMAT:
        found.refuse(f"the format {FORMAT!r}", found.text("format"))
    if found.integer("version") != VERSION:
        raise FormatError(
            f"This medseg reads version {VERSION} of a sidecar; {path.name} is of version "
            f"{found.integer('version')}. Read it with a later medseg."
        )
    segments = _segments(found)
    return Sidecar(segments, _provenance(found, segments), _image(found, mask_path.parent))


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
    content = {
        "format": FORMAT,
        "version": VERSION,
        "image": _image_json(image, folder) if image else None,
        "segments": [_segment_json(segment) for segment in segmentation.segments],
        "provenance": [
            {"segment": segment, "slice": index, **_origin_json(origin)}
            for (segment, index), origin in sorted(segmentation.provenance.items())
        ],
    }
    try:
        return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode("utf-8")
    except UnicodeEncodeError as error:
        raise FormatError(
            f"Labels and names are text in UTF-8; one holds {error.object!r}. Rename it."
        ) from error


def _segment_json(segment: Segment) -> dict[str, Any]:
    return {
        "number": segment.number,
        "label": segment.label,
        "tracking_uid": segment.tracking_uid,
        "category": _code_json(segment.category),
        "type": _code_json(segment.type),
        "color": list(segment.color),
    }


def _code_json(code: Code) -> dict[str, str]:
    return {"value": code.value, "scheme": code.scheme, "meaning": code.meaning}


def _origin_json(origin: SliceOrigin) -> dict[str, str | None]:
    return {
        "origin": origin.origin.value,
        "author": origin.author,
        "time": origin.time,
        "tool": origin.tool,
        "proposal": origin.proposal,
    }


def _image_json(image: Source, folder: Path) -> dict[str, str]:
    absolute = image.path.resolve()
    try:
        path = Path(os.path.relpath(absolute, folder.resolve()))
    except ValueError:  # on Windows another drive has no relative path
        path = absolute
    return {"path": path.as_posix(), "series": image.series_id}


def _image(found: Fields, folder: Path) -> tuple[Path, str] | None:
    if not found.has("image"):
        return None
    image = found.part("image")
    path = folder / PurePosixPath(image.text("path"))
    return Path(os.path.normpath(path)), image.text("series")


def _segments(found: Fields) -> tuple[Segment, ...]:
    segments = []
    for position, values in enumerate(found.items("segments")):
        fields = Fields(values, f"{found.where}, segment {position + 1}")
        try:
            segments.append(_segment(fields))
        except EditError as error:
            fields.refuse("possible segments", error)
    numbers = [segment.number for segment in segments]
    if len(set(numbers)) != len(numbers):
        found.refuse("each segment's number once", numbers)
    return tuple(segments)


def _segment(fields: Fields) -> Segment:
    return Segment(
        number=fields.integer("number"),
        label=fields.text("label"),
        tracking_uid=fields.text("tracking_uid"),
        category=_code(fields.part("category")),
        type=_code(fields.part("type")),
        color=_color(fields),
    )


def _code(fields: Fields) -> Code:
    return Code(fields.text("value"), fields.text("scheme"), fields.text("meaning"))


def _color(fields: Fields) -> tuple[int, int, int]:
    color = fields.items("color")
    if len(color) != 3 or not all(type(part) is int and 0 <= part <= 255 for part in color):
        fields.refuse("a colour of three whole numbers from 0 to 255", color)
    return color[0], color[1], color[2]


def _provenance(found: Fields, segments: tuple[Segment, ...]) -> Provenance:
    numbers = {segment.number for segment in segments}
    provenance: dict[tuple[int, int], SliceOrigin] = {}
    for position, values in enumerate(found.items("provenance")):
        fields = Fields(values, f"{found.where}, provenance {position + 1}")
        key = fields.integer("segment"), fields.integer("slice")
        if key[0] not in numbers or key[1] < 0 or key in provenance:
            fields.refuse("provenance of its own segments, each slice once", key)
        provenance[key] = _origin(fields)
    return provenance


def _origin(fields: Fields) -> SliceOrigin:
    name = fields.text("origin")
    if name not in {origin.value for origin in Origin}:
        fields.refuse("a known origin", name)
    return SliceOrigin(
        Origin(name),
        fields.text("author"),
        fields.text("time"),
        fields.text("tool"),
        fields.text_or_none("proposal"),
    )
