"""Undo and redo, byte for byte."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medseg.annotate import History
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
