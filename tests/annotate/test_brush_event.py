"""One event of a brush is the edit that any tool would give, and a stroke is one edit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from medseg.annotate import Brush, History, Protection, Stroke, paint_edit
from medseg.annotate.drawing.brush_event import event_edit
from medseg.errors import EditError
from medseg.model import Authorship, Edit, Geometry, Segment, Segmentation, Volume, composed
from tests.phantoms import ramp_volume, two_lesions

BY = Authorship("Reader", "brush", time="2026-01-02T03:04:05.000+00:00", active_seconds=0.1)
GRID = Geometry.from_spacing((6, 9, 11), (3.0, 1.0, 1.0))


def state(segmentation: Segmentation) -> tuple[bytes, dict]:
    return segmentation.array.tobytes(), dict(segmentation.provenance)


def scene(random: np.random.Generator) -> tuple[Segmentation, Volume]:
    """Labels at random on two types of array, one segment perhaps locked; and an image."""
    array = random.integers(0, 4, GRID.shape).astype(random.choice([np.uint8, np.uint16]))
    segments = [Segment.unnamed(number) for number in (1, 2, 3)]
    segments[2] = replace(segments[2], is_locked=bool(random.integers(2)))
    return Segmentation(array, GRID, tuple(segments)), ramp_volume(GRID)


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["background", "everything", 1, 2, 3]),
    st.sampled_from(["add", "subtract"]),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_an_event_is_what_any_tool_would_do(
    seed: int, over: Any, mode: Any, is_limited: bool
) -> None:
    random = np.random.default_rng(seed)
    segmentation, volume = scene(random)
    low, high = np.quantile(volume.voxels, (0.3, 0.8))
    limits = ((float(low), float(high)), volume) if is_limited else (None, None)
    rules = Protection(over, *limits)
    corner = tuple(int(at) for at in random.integers(-3, 9, 3))
    inside = random.random(random.integers(1, 6, 3)) < 0.7
    number = int(random.integers(1, 3))
    one = event_edit(segmentation, corner, inside, number, BY, mode=mode, protection=rules)
    other = paint_edit(segmentation, corner, inside, number, BY, mode=mode, protection=rules)
    assert_array_equal(one.changed, other.changed)
    assert one.box == other.box or not one.new.count
    assert_array_equal(one.old.dense, other.old.dense)
    assert_array_equal(one.new.dense, other.new.dense)
    assert one.new.held.dtype == segmentation.array.dtype
    assert dict(one.origins) == dict(other.origins)
    before = state(segmentation)
    one.apply(segmentation)
    after = state(segmentation)
    one.inverse().apply(segmentation)
    assert state(segmentation) == before
    other.apply(segmentation)
    assert state(segmentation) == after


@pytest.mark.parametrize(
    ("number", "over", "text"),
    [(7, "everything", "no segment 7"), (1, 9, "no segment 9"), (2, "everything", "locked")],
)
def test_what_a_tool_refuses_an_event_refuses(number: int, over: Any, text: str) -> None:
    one, two = two_lesions().segments
    segmentation = Segmentation.empty(GRID, (one, replace(two, is_locked=True)))
    patch = np.ones((1, 1, 1), bool)
    with pytest.raises(EditError, match=text):
        event_edit(segmentation, (0, 0, 0), patch, number, BY, protection=Protection(over))
    with pytest.raises(EditError, match="3D and boolean"):
        event_edit(segmentation, (0, 0, 0), np.ones((1, 1)), 1, BY)  # type: ignore[arg-type]


def stroke_of(count: int, segmentation: Segmentation, over: Any, seed: int) -> list[Edit]:
    random = np.random.default_rng(seed)
    stroke = Stroke(segmentation, 1, Brush(2.1, "ball"), protection=Protection(over))
    edits = []
    for _ in range(count):
        by = replace(BY, time=f"2026-01-02T03:04:{int(random.integers(60)):02}.000+00:00")
        index = random.uniform(0, 1, 3) * GRID.shape
        edits.append(stroke.to(GRID.to_patient(index), by))
        edits[-1].apply(segmentation)
    return edits


@given(st.integers(0, 2**32 - 1), st.sampled_from(["background", "everything"]))
@settings(max_examples=60, deadline=None)
def test_a_stroke_composed_does_what_its_events_do_and_takes_it_back(seed: int, over: Any) -> None:
    segmentation, _ = scene(np.random.default_rng(seed))
    at_once = Segmentation(segmentation.array.copy(), GRID, segmentation.segments)
    before = state(at_once)
    edits = stroke_of(6, segmentation, over, seed)
    one = composed(edits)
    one.apply(at_once)
    assert state(at_once) == state(segmentation)
    touched = np.nonzero(np.frombuffer(before[0], at_once.array.dtype) != at_once.array.ravel())[0]
    assert one.new.count == touched.size, "no voxel is in it that comes out as it went in"
    one.inverse().apply(at_once)
    assert state(at_once) == before


def test_events_of_one_number_that_change_a_voxel_twice_are_not_consecutive() -> None:
    segmentation = two_lesions()
    edit = event_edit(segmentation, (0, 0, 0), np.ones((1, 2, 2), bool), 1, BY)
    with pytest.raises(EditError, match="in the order"):
        composed([edit, edit])


def test_one_event_alone_is_packed_when_its_stroke_ends() -> None:
    grid = Geometry.from_spacing((45, 45, 45), (1.0, 1.0, 1.0))
    segmentation = Segmentation.empty(grid, (Segment.unnamed(1),))
    history = History(segmentation)
    event = Stroke(segmentation, 1, Brush(20.5, "ball")).to((22.0, 22.0, 22.0), BY)
    history.do(event)
    assert history.nbytes == event.nbytes
    history.end_stroke()
    assert history.nbytes < event.nbytes / 2
    assert history.last is not None
    assert history.nbytes == history.last.nbytes
    history.undo()
    assert not segmentation.array.any()


def test_a_stroke_of_very_many_events_is_one_step_and_takes_bounded_memory() -> None:
    segmentation = Segmentation.empty(GRID, (Segment.unnamed(1), Segment.unnamed(2)))
    history, tokens = History(segmentation), []
    history.do(event_edit(segmentation, (0, 0, 0), np.ones((1, 1, 1), bool), 2, BY))
    rules, random = Protection("everything"), np.random.default_rng(3)
    first, most = state(segmentation), 0
    for event in range(600):
        corner = tuple(int(at) for at in random.integers(0, 5, 3))
        patch = random.random((2, 3, 3)) < 0.5
        edit = event_edit(segmentation, corner, patch, 1 + event % 2, BY, protection=rules)
        history.do(edit, continues=event > 0)
        tokens.append(history.state)
        most = max(most, history.nbytes)
    last = state(segmentation)
    assert len(set(map(id, tokens))) == 600, "each event is a state of its own"
    assert most < 600 * 1000, "less than one edit for each event"
    history.undo()
    assert state(segmentation) == first
    history.redo()
    assert state(segmentation) == last
    history.undo()
    history.undo()
    assert not history.can_undo
    assert not segmentation.array.any()
