"""Segments and provenance as plain JSON values, and back; the sidecar and the journal share it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medseg.model.provenance import Origin, SliceOrigin
from medseg.model.segmentation import Code, Segment
from medseg.strict_json import Maybe, check

_CODE = {"value": str, "scheme": str, "meaning": str}
#: What `segment_from` needs; "locked" and "region" may be absent, as in files of before them.
SEGMENT = {
    "number": int,
    "label": str,
    "tracking_uid": str,
    "category": _CODE,
    "type": _CODE,
    "color": [int],
}
#: What `origin_from` needs.
ORIGIN = {
    "origin": frozenset(origin.value for origin in Origin),
    "author": str,
    "time": str,
    "tool": str,
    "proposal": Maybe(str),
}


def segment_json(segment: Segment) -> dict[str, Any]:
    """A segment as JSON values; "locked" stands there only if it is, "region" if it has one."""
    values: dict[str, Any] = {
        "number": int(segment.number),
        "label": segment.label,
        "tracking_uid": segment.tracking_uid,
        "category": _code_json(segment.category),
        "type": _code_json(segment.type),
        "color": [int(part) for part in segment.color],
    }
    region = {"region": _code_json(segment.region)} if segment.region else {}
    return values | ({"locked": True} if segment.is_locked else {}) | region


def check_segment(values: Any, name: str) -> None:
    """Pass if the values are a segment's.

    Raises:
        ValueError: a part is absent, of another type or impossible.
    """
    check(values, SEGMENT, name)
    color = values["color"]
    if len(color) != 3 or not all(0 <= part <= 255 for part in color):
        raise ValueError(f"a colour is three whole numbers from 0 to 255; found {color}")
    check(values.get("locked", False), bool, f"{name}.locked")
    if "region" in values:
        check(values["region"], _CODE, f"{name}.region")


def segment_from(values: Mapping[str, Any]) -> Segment:
    """The segment of checked values.

    Raises:
        EditError: the number is out of range, the label or tracking UID is empty.
    """
    return Segment(
        values["number"],
        values["label"],
        values["tracking_uid"],
        _code_from(values["category"]),
        _code_from(values["type"]),
        (values["color"][0], values["color"][1], values["color"][2]),
        is_locked=values.get("locked", False),
        region=_code_from(values["region"]) if "region" in values else None,
    )


def origin_json(origin: SliceOrigin) -> dict[str, str | None]:
    """How a slice came to be, as JSON values."""
    return {
        "origin": origin.origin.value,
        "author": origin.author,
        "time": origin.time,
        "tool": origin.tool,
        "proposal": origin.proposal,
    }


def origin_from(values: Mapping[str, Any]) -> SliceOrigin:
    """How a slice came to be, of checked values."""
    return SliceOrigin(
        Origin(values["origin"]),
        values["author"],
        values["time"],
        values["tool"],
        values["proposal"],
    )


def _code_from(values: Mapping[str, Any]) -> Code:
    return Code(**{name: values[name] for name in _CODE})


def _code_json(code: Code) -> dict[str, str]:
    return {"value": code.value, "scheme": code.scheme, "meaning": code.meaning}
