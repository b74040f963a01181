"""Segments and provenance as JSON values, which sidecar and journal share."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from medseg.model import Origin, Segment, SliceOrigin
from medseg.model.plain import (
    check_segment,
    origin_from,
    origin_json,
    segment_from,
    segment_json,
)


def test_a_segment_comes_back_locked_or_not() -> None:
    for is_locked in (False, True):
        segment = replace(Segment.new_lesion(3, "Node"), is_locked=is_locked)
        values = json.loads(json.dumps(segment_json(segment)))
        check_segment(values, "segment")
        assert segment_from(values) == segment


def test_files_of_before_there_were_locks_are_read_and_written_as_they_were() -> None:
    values = segment_json(Segment.new_lesion(3, "Node"))
    assert "locked" not in values
    assert not segment_from(values).is_locked


@pytest.mark.parametrize(
    ("part", "value", "text"),
    [
        ("locked", "yes", "locked is of type bool"),
        ("locked", None, "locked is of type bool"),
        ("color", [1, 2], "three whole numbers"),
        ("color", [1, 2, 256], "three whole numbers"),
        ("label", 5, "label is of type str"),
        ("number", True, "number is of type int"),
    ],
)
def test_values_of_no_segment_are_refused(part: str, value: object, text: str) -> None:
    values = segment_json(Segment.new_lesion(3, "Node")) | {part: value}
    with pytest.raises(ValueError, match=text):
        check_segment(values, "segment")


def test_an_origin_comes_back() -> None:
    for origin in Origin:
        for proposal in (None, "p-1"):
            one = SliceOrigin(origin, "Reader", "2026-01-02T03:04:05+00:00", "brush", proposal)
            assert origin_from(json.loads(json.dumps(origin_json(one)))) == one
