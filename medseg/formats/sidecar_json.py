"""A sidecar's content as plain JSON values, and back with every part checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from medseg.model import Code, Origin, Provenance, Segment, Segmentation, SliceOrigin
from medseg.strict_json import Maybe, check

FORMAT = "medseg-segmentation"
VERSION = 1

_CODE = {"value": str, "scheme": str, "meaning": str}
_SEGMENT = {
    "number": int,
    "label": str,
    "tracking_uid": str,
    "category": _CODE,
    "type": _CODE,
    "color": [int],
}
_ORIGIN = {
    "segment": int,
    "slice": int,
    "origin": frozenset(origin.value for origin in Origin),
    "author": str,
    "time": str,
    "tool": str,
    "proposal": Maybe(str),
}
_SIDECAR = {
    "format": frozenset({FORMAT}),
    "version": int,
    "mask": str,
    "image": Maybe({"path": str, "series": str}),
    "segments": [_SEGMENT],
    "provenance": [_ORIGIN],
}


def content_of(
    segmentation: Segmentation, mask_name: str, image: Mapping[str, str] | None
) -> dict[str, Any]:
    """Segments, provenance and image reference as JSON values.

    The format's name, its version and the mask's name come first, so that a reader of the first
    bytes can tell what the rest belongs to.
    """
    return {
        "format": FORMAT,
        "version": VERSION,
        "mask": mask_name,
        "image": dict(image) if image else None,
        "segments": [_segment_json(segment) for segment in segmentation.segments],
        "provenance": [
            {"segment": int(segment), "slice": int(index), **_origin_json(origin)}
            for (segment, index), origin in sorted(segmentation.provenance.items())
        ],
    }


def check_content(content: Any) -> None:
    """Pass if the values are those of a sidecar of this version.

    Raises:
        ValueError: a part is absent, of another type, impossible, or contradicts another.
    """
    check(content, _SIDECAR, "sidecar")
    if not is_plain_name(content["mask"]):
        raise ValueError(f"it names a mask file in its own folder; found {content['mask']!r}")
    for segment in content["segments"]:
        color = segment["color"]
        if len(color) != 3 or not all(0 <= part <= 255 for part in color):
            raise ValueError(f"a colour is three whole numbers from 0 to 255; found {color}")
    numbers = [segment.number for segment in segments_in(content)]
    if len(set(numbers)) != len(numbers):
        raise ValueError(f"it holds each segment's number once; found {numbers}")
    seen = set()
    for one in content["provenance"]:
        key = (one["segment"], one["slice"])
        if key[0] not in numbers or key[1] < 0 or key in seen:
            raise ValueError(f"it holds provenance of its own segments, each slice once; {key}")
        seen.add(key)


def is_plain_name(name: str) -> bool:
    """Whether it is the name of a file alone, and leads out of no folder."""
    return name not in ("", "..") and "\0" not in name and PurePath(name).name == name


def segments_in(content: Mapping[str, Any]) -> tuple[Segment, ...]:
    """The segments of a checked content.

    Raises:
        EditError: a number is out of range, a label or tracking UID is empty.
    """
    return tuple(
        Segment(
            one["number"],
            one["label"],
            one["tracking_uid"],
            Code(**{name: one["category"][name] for name in _CODE}),
            Code(**{name: one["type"][name] for name in _CODE}),
            (one["color"][0], one["color"][1], one["color"][2]),
        )
        for one in content["segments"]
    )


def provenance_in(content: Mapping[str, Any]) -> Provenance:
    """The provenance of a checked content."""
    return {
        (one["segment"], one["slice"]): SliceOrigin(
            Origin(one["origin"]), one["author"], one["time"], one["tool"], one["proposal"]
        )
        for one in content["provenance"]
    }


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
