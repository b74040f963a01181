"""Folding a log: hostile entries are refused in words, and no case is ever changed in place."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medseg.errors import ReviewError
from medseg.review import AddComment, AskQuery, Consensus, fold, fold_all, policy_from_tables
from medseg.review.coverage import coverage_from_json
from tests.review.world import World, work

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**20),
    st.floats(allow_nan=True),
    st.text(max_size=3),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)


def story() -> World:
    """A log with every kind of judgement and talk."""
    world = World(policy_from_tables({}))
    world.imported()
    world.assigned("p-ann")
    world.submitted("p-ann")
    world.act(
        AddComment(
            actor="p-rae", reading="r-1", comment_id="k-1", text="?", point_lps=(1.0, 2.0, 3.0)
        )
    )
    world.act(AskQuery(actor="p-ann", query_id="q-1", text="?"))
    world.reviewed("p-rae", "reject")
    world.submitted("p-ann")
    world.reviewed("p-rae")
    world.signed_by("p-sue")
    world.locked_by()
    world.unlocked_by()
    return world


ENTRIES = story().entries


@st.composite
def changed(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The story with one value, somewhere, replaced by junk or gone."""
    entries = copy.deepcopy(ENTRIES)
    target: Any = entries[draw(st.integers(0, len(entries) - 1))]
    while True:
        key = draw(st.sampled_from(sorted(target)))
        if isinstance(target[key], dict) and target[key] and draw(st.booleans()):
            target = target[key]
            continue
        if draw(st.booleans()):
            del target[key]
        else:
            target[key] = draw(JUNK)
        return entries


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changed())
def test_a_changed_entry_folds_or_is_refused_in_words(entries: list[dict[str, Any]]) -> None:
    with suppress(ReviewError):  # and nothing else
        fold_all(entries)


@given(st.permutations(ENTRIES))
def test_entries_out_of_order_are_refused(entries: list[dict[str, Any]]) -> None:
    if entries == ENTRIES:
        assert fold_all(entries) == story().case
    else:
        with pytest.raises(ReviewError):
            fold_all(entries)


def test_folding_changes_neither_case_nor_entry() -> None:
    entries, case = copy.deepcopy(ENTRIES), None
    for entry in entries:
        before = copy.deepcopy(case)
        after = fold(case, entry)
        assert case == before
        assert after.seq == entry["seq"]
        case = after
    assert entries == ENTRIES
    assert fold_all([]) is None


def test_a_record_of_display_that_is_none_is_refused() -> None:
    for value in ({}, {"plane": "axial"}, {"slices": float("inf")}):
        with pytest.raises(ReviewError, match="Record the display anew"):
            coverage_from_json(value)


def test_a_consensus_is_made_by_the_policys_method_of_all_readings() -> None:
    policy = policy_from_tables(
        {"double": {"readings": 2, "consensus": "majority"}, "stages": {"review": False}}
    )
    world = World(policy)
    world.imported()
    for reader, reading in (("p-ann", "r-1"), ("p-ben", "r-2")):
        world.assigned(reader, reading)
    world.submitted("p-ann", "r-1")
    both = {"actor": None, "reading": "r-9", "drawn_from": ("r-1", "r-2")}
    with pytest.raises(ReviewError, match="All readings are handed in before"):
        world.act(Consensus(method="majority", work=work(), **both))
    world.submitted("p-ben", "r-2")
    for request, says in (
        (Consensus(method="staple", work=work(), **both), "become one by majority"),
        (Consensus(method="majority", **both), "a mask of its own"),
        (
            Consensus(method="majority", work=work(), **both | {"drawn_from": ("r-1",)}),
            "All readings of a case",
        ),
        (Consensus(method="majority", work=work(), **both | {"actor": "p-ann"}), "Only "),
        (Consensus(method="majority", work=work(), **both | {"reading": "r-1"}), "of its own"),
    ):
        with pytest.raises(ReviewError, match=says):
            world.act(request)
    assert world.act(Consensus(method="majority", work=work(), **both)).final == "r-9"
