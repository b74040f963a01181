"""Of all who act on the same state of a case exactly one wins, and no act is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.store.racing import begins_late, careful, decides_outside, race


def test_one_wins_each_race(where: str | Path) -> None:
    outcome = race(where, careful, processes=8, races=100)
    assert outcome.errors == ()
    assert outcome.findings == ()
    assert outcome.winners == (1,) * 100
    assert outcome.is_fair


@pytest.mark.long
def test_one_wins_each_of_many_races(where: str | Path) -> None:
    assert race(where, careful, processes=8, races=5000).is_fair


def test_the_races_catch_a_store_that_decides_outside_the_act(where: str | Path) -> None:
    outcome = race(where, decides_outside, processes=3, races=12)
    assert max(outcome.winners) > 1
    assert not outcome.is_fair


def test_the_races_catch_a_lock_that_is_taken_late(tmp_path: Path) -> None:
    outcome = race(tmp_path / "project.db", begins_late, processes=3, races=12)
    assert not outcome.is_fair
    assert all("locked by another process" in error for error in outcome.errors)
