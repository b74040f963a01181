"""Undo and redo, byte for byte."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medseg.annotate import History
from medseg.annotate.history import Kind
from medseg.errors import EditError
from medseg.model import (
    Authorship,
    Change,
    Edit,
    Origin,
    Segment,
    Segmentation,
    SegmentsEdit,
)
from tests.annotate.journal_work import GRID, random_change
from tests.phantoms import two_lesions

BY = Authorship("Reader", "brush", time="2026-01-02T03:04:05.678+00:00")


def state(segmentation: Segmentation) -> tuple[Any, ...]:
    return (
        segmentation.array.tobytes(),
        dict(segmentation.provenance),
        segmentation.segments,
    )


def painted(segmentation: Segmentation, index: int, value: int, origin: Origin) -> Edit:
    patch = np.full((1, 2, 3), value, np.uint8)
    return Edit.from_patch(segmentation, (index, 1, 2), patch, BY, origin)


def renamed(segmentation: Segmentation, label: str) -> SegmentsEdit:
    first, *rest = segmentation.segments
    named = Segment(first.number, label, first.tracking_uid)
    return SegmentsEdit.to_list(segmentation, (named, *rest), BY)


def edit_of(segmentation: Segmentation, seed: int) -> Change:
    random = np.random.default_rng(seed)
    if seed % 4 == 0:
        return renamed(segmentation, f"Lesion {seed}")
    corner = random.integers(0, 3, 3)
    patch = random.integers(0, 3, random.integers(1, 4, 3)).astype(np.uint8)
    row = (int(corner[0]), int(corner[1]), int(corner[2]))
    return Edit.from_patch(segmentation, row, patch, BY, list(Origin)[seed % len(Origin)])


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=12))
@settings(deadline=None, max_examples=60)
def test_as_many_undos_as_edits_restore_every_byte(seeds: list[int]) -> None:
    segmentation = two_lesions()
    history = History(segmentation)
    states = [state(segmentation)]
    for seed in seeds:
        history.do(edit_of(segmentation, seed))
        states.append(state(segmentation))
    for expected in states[-2::-1]:
        assert history.undo() is not None
        assert state(segmentation) == expected
    assert not history.can_undo
    for expected in states[1:]:
        assert history.redo() is not None
        assert state(segmentation) == expected
    assert not history.can_redo


def test_undo_and_redo_return_the_change_and_none_at_the_ends() -> None:
    segmentation = two_lesions()
    history = History(segmentation)
    assert history.undo() is None
    assert history.redo() is None
    assert history.last is None
    change = painted(segmentation, 0, 1, Origin.DRAWN)
    history.do(change)
    assert history.last is change
    assert (history.can_undo, history.can_redo) == (True, False)
    assert history.undo() is change
    assert history.last is None
    assert (history.can_undo, history.can_redo) == (False, True)
    assert history.redo() is change


def test_a_new_change_forgets_what_was_undone() -> None:
    segmentation = two_lesions()
    history = History(segmentation)
    history.do(painted(segmentation, 0, 1, Origin.DRAWN))
    history.undo()
    kept = renamed(segmentation, "Other")
    history.do(kept)
    assert not history.can_redo
    assert history.nbytes == kept.nbytes


def test_over_budget_the_oldest_goes_first_and_the_newest_stays() -> None:
    segmentation = two_lesions()
    size = renamed(segmentation, "A").nbytes
    history = History(segmentation, budget_bytes=2 * size)
    for label in "ABC":
        history.do(renamed(segmentation, label))
    assert history.nbytes == 2 * size
    assert history.dropped == 1
    assert history.undo() is not None
    assert history.undo() is not None
    assert history.undo() is None
    assert segmentation.segments[0].label == "A", "the dropped one stands"


def test_a_change_larger_than_the_budget_can_still_be_undone() -> None:
    segmentation = two_lesions()
    before = state(segmentation)
    history = History(segmentation, budget_bytes=1)
    history.do(painted(segmentation, 0, 1, Origin.DRAWN))
    assert history.dropped == 0
    history.undo()
    assert state(segmentation) == before


def test_a_change_that_does_not_apply_leaves_everything_as_it_was() -> None:
    segmentation = two_lesions()
    history = History(segmentation)
    stale = painted(segmentation, 1, 2, Origin.DRAWN)
    history.do(painted(segmentation, 1, 1, Origin.DRAWN))
    history.undo()
    painted(segmentation, 1, 1, Origin.DRAWN).apply(segmentation)  # by other hands
    before = state(segmentation)
    with pytest.raises(EditError, match="built on"):
        history.do(stale)
    with pytest.raises(EditError, match="built on"):
        history.redo()
    assert state(segmentation) == before
    assert (history.can_undo, history.can_redo) == (False, True)


def test_an_undo_that_does_not_apply_leaves_everything_as_it_was() -> None:
    segmentation = two_lesions()
    history = History(segmentation)
    history.do(painted(segmentation, 1, 2, Origin.DRAWN))
    painted(segmentation, 1, 1, Origin.DRAWN).apply(segmentation)  # by other hands
    before = state(segmentation)
    with pytest.raises(EditError, match="built on"):
        history.undo()
    assert state(segmentation) == before
    assert (history.can_undo, history.can_redo) == (True, False)


# --- all kinds of change, strokes, and what the user is told -----------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(1, 25))
@settings(deadline=None, max_examples=60)
def test_any_work_is_undone_and_redone_byte_for_byte(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    segmentation = Segmentation.empty(GRID, (Segment.unnamed(1), Segment.unnamed(2)))
    history = History(segmentation)
    states = [state(segmentation)]
    for _ in range(count):
        continues = bool(random.random() < 0.3) and len(states) > 1
        history.do(random_change(segmentation, random, BY), continues=continues)
        if continues:
            states.pop()  # one undo takes the whole stroke back
        states.append(state(segmentation))
    for _ in range(2):
        for expected in states[-2::-1]:
            assert history.undo() is not None
            assert state(segmentation) == expected
        assert history.undo() is None
        for expected in states[1:]:
            assert history.redo() is not None
            assert state(segmentation) == expected
        assert history.redo() is None
    assert history.nbytes == sum(change.nbytes for change in taken_back(history))


def taken_back(history: History) -> list[Change]:
    changes = []
    while change := history.undo():
        changes.append(change)
    return changes


def test_a_stroke_is_one_step_and_holds_the_memory_of_one_edit() -> None:
    segmentation = two_lesions()
    before = state(segmentation)
    history = History(segmentation)
    for index in range(6):
        edit = painted(segmentation, index, 1, Origin.DRAWN)
        history.do(edit, continues=index > 0)
    events = history.nbytes
    history.end_stroke()
    assert history.nbytes < events / 2
    assert isinstance(history.last, Edit)
    assert history.last.slices == tuple(range(6))
    assert history.undo() is not None
    assert state(segmentation) == before
    assert history.undo() is None


def test_a_stroke_goes_on_only_with_what_is_there_and_ones_own() -> None:
    segmentation = two_lesions()
    history = History(segmentation)
    history.do(painted(segmentation, 0, 1, Origin.DRAWN), continues=True)
    other = replace(BY, author="Somebody else")
    patch = np.full((1, 2, 3), 2, np.uint8)
    history.do(Edit.from_patch(segmentation, (1, 1, 2), patch, other), continues=True)
    history.undo()
    history.do(painted(segmentation, 2, 1, Origin.DRAWN), continues=True)
    assert len(taken_back(history)) == 2


def test_the_state_is_the_same_object_where_the_same_changes_are_in_effect() -> None:
    segmentation = two_lesions()
    history = History(segmentation)
    assert history.state is None
    history.do(painted(segmentation, 0, 1, Origin.DRAWN))
    first = history.state
    history.do(painted(segmentation, 1, 1, Origin.DRAWN), continues=True)
    stroke = history.state
    assert stroke is not first
    history.end_stroke()
    assert history.state is stroke
    history.undo()
    assert history.state is None
    history.redo()
    assert history.state is stroke


def test_the_user_is_told_what_can_no_longer_be_undone() -> None:
    segmentation = two_lesions()
    history = History(segmentation, budget_bytes=2**21)
    assert not history.findings
    history = History(segmentation, budget_bytes=1)
    for label in "ABC":
        history.do(renamed(segmentation, label))
    (finding,) = history.findings
    assert finding.code == "UNDO_LIMIT"
    assert "2 oldest changes can no longer be undone" in finding.text


def test_the_listener_hears_what_was_applied_after_it_was() -> None:
    segmentation, heard = two_lesions(), []

    def listen(kind: Kind, change: Change) -> None:
        heard.append((kind, change, state(segmentation)))

    history = History(segmentation, listener=listen)
    copy = two_lesions()
    history.do(painted(segmentation, 0, 1, Origin.DRAWN))
    history.do(painted(segmentation, 1, 2, Origin.DRAWN), continues=True)
    history.undo()
    history.redo()
    history.do(renamed(segmentation, "Node"))
    assert [kind for kind, _, _ in heard] == [Kind.DO, Kind.CONTINUE, Kind.UNDO, Kind.REDO, Kind.DO]
    for _, change, then in heard:
        change.apply(copy)
        assert state(copy) == then


def test_what_is_counted_is_what_is_held() -> None:
    segmentation = Segmentation.empty(GRID, (Segment.unnamed(1), Segment.unnamed(2)))
    random = np.random.default_rng(0)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        history = History(segmentation)
        for _ in range(150):
            history.do(random_change(segmentation, random, BY))
        held = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert 0.5 * held < history.nbytes < 3 * held


def test_a_closed_history_changes_nothing_and_says_why() -> None:
    segmentation = two_lesions()
    history = History(segmentation)
    history.do(renamed(segmentation, "first"))
    history.do(renamed(segmentation, "second"))
    history.undo()
    before = state(segmentation)
    history.closed_because = "It is signed."
    for forbidden in (
        lambda: history.do(renamed(segmentation, "third")),
        history.undo,
        history.redo,
    ):
        with pytest.raises(EditError, match="signed"):
            forbidden()
    assert state(segmentation) == before
    history.closed_because = ""
    history.redo()
    assert state(segmentation) != before


def test_what_is_given_up_leaves_undo_redo_and_memory_as_they_were() -> None:
    random = np.random.default_rng(3)
    mask = Segmentation.empty(GRID, (Segment.unnamed(1),))
    history, by = History(mask), Authorship("Reader", "brush")

    def paint() -> Edit:
        patch = random.integers(0, 2, (1, 5, 5)).astype(np.uint8)
        return Edit.from_patch(mask, (2, 1, 2), patch, by, Origin.DRAWN)

    assert history.give_up() is None
    for _ in range(3):
        history.do(paint())
    newest = mask.array.copy()
    history.undo()
    before = (history.state, history.nbytes, history.next_redo, mask.array.copy())
    for count in (1, 4):
        for place in range(count):
            history.do(paint(), continues=place > 0)
        assert not history.can_redo
        assert history.give_up() is not None
        assert (history.state, history.nbytes, history.next_redo) == before[:3]
        np.testing.assert_array_equal(mask.array, before[3])
    history.redo()
    np.testing.assert_array_equal(mask.array, newest)
    history.undo()
    history.give_up()  # with what went on from it
    assert not history.can_redo
    history.undo()
    assert not mask.array.any()
    assert history.nbytes > 0
