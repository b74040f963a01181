"""A sidecar's content as plain JSON values, and back with every part checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from medseg.model import Caliper, Provenance, Segment, Segmentation
from medseg.model.caliper import calipers_from
from medseg.model.plain import (
    ORIGIN,
    check_segment,
    origin_from,
    origin_json,
    segment_from,
    segment_json,
)
from medseg.strict_json import Maybe, check

FORMAT = "medseg-segmentation"
VERSION = 1

_ORIGIN = {"segment": int, "slice": int, **ORIGIN}
_SIDECAR = {
    "format": frozenset({FORMAT}),
    "version": int,
    "mask": str,
    "image": Maybe({"path": str, "series": str}),
    "segments": [{}],
    "provenance": [_ORIGIN],
}


def content_of(
    segmentation: Segmentation, mask_name: str, image: Mapping[str, str] | None
) -> dict[str, Any]:
    """Segments, provenance, image reference and drawn lengths as JSON values.

    The format's name, its version and the mask's name come first, so that a reader of the first
    bytes can tell what the rest belongs to. "calipers" stands there only if there are any.
    """
    calipers = [caliper.to_json() for caliper in segmentation.calipers]
    content: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "mask": mask_name,
        "image": dict(image) if image else None,
        "segments": [segment_json(segment) for segment in segmentation.segments],
        "provenance": [
            {"segment": int(segment), "slice": int(index), **origin_json(origin)}
            for (segment, index), origin in sorted(segmentation.provenance.items())
        ],
    }
    return content | ({"calipers": calipers} if calipers else {})


def check_content(content: Any) -> None:
    """Pass if the values are those of a sidecar of this version.

    Raises:
        ValueError: a part is absent, of another type, impossible, or contradicts another.
    """
    check(content, _SIDECAR, "sidecar")
    if not is_plain_name(content["mask"]):
        raise ValueError(f"it names a mask file in its own folder; found {content['mask']!r}")
    for index, segment in enumerate(content["segments"]):
        check_segment(segment, f"sidecar.segments[{index}]")
    numbers = [segment.number for segment in segments_in(content)]
    if len(set(numbers)) != len(numbers):
        raise ValueError(f"it holds each segment's number once; found {numbers}")
    seen = set()
    for one in content["provenance"]:
        key = (one["segment"], one["slice"])
        if key[0] not in numbers or key[1] < 0 or key in seen:
            raise ValueError(f"it holds provenance of its own segments, each slice once; {key}")
        seen.add(key)
    calipers_in(content)


def is_plain_name(name: str) -> bool:
    """Whether it is the name of a file alone, and leads out of no folder."""
    return name not in ("", "..") and "\0" not in name and PurePath(name).name == name


def segments_in(content: Mapping[str, Any]) -> tuple[Segment, ...]:
    """The segments of a checked content.

    Raises:
        EditError: a number is out of range, a label or tracking UID is empty.
    """
    return tuple(segment_from(one) for one in content["segments"])


def calipers_in(content: Mapping[str, Any]) -> tuple[Caliper, ...]:
    """The drawn lengths of a content; none in a sidecar of before them.

    Raises:
        ValueError: one is not what it has to be.
    """
    return calipers_from(content, "sidecar")


def provenance_in(content: Mapping[str, Any]) -> Provenance:
    """The provenance of a checked content."""
    return {(one["segment"], one["slice"]): origin_from(one) for one in content["provenance"]}
