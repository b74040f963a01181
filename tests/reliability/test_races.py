"""Of two to eight people who act on one case at once exactly one is first; the others are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reliability.counts import full
from tests.reliability.racing import careful, looks_before, race

# The store's own tests race as well; these are whole acts, with files, keys and rules.
RACES = 21
LONG_RACES = full(350)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDSEG_HOME", str(tmp_path / "home"))


def test_one_wins_each_race_and_the_others_are_told_in_words(tmp_path: Path, database: str | None):
    outcome = race(tmp_path, careful, most=8, races=RACES, database=database)
    assert outcome.faults == []
    assert outcome.winners == [1] * RACES
    assert outcome.grown == [1] * RACES
    assert all("first" in text for text in outcome.losers), set(outcome.losers)
    assert outcome.is_fair
    assert {"submit", "reject"} & outcome.acts, outcome.acts


@pytest.mark.long
def test_one_wins_each_of_many_races(tmp_path: Path, database: str | None):
    outcome = race(tmp_path, careful, most=8, races=LONG_RACES, database=database)
    assert outcome.is_fair, outcome
    assert {"submit", "reject", "approve", "sign", "lock", "unlock"} <= outcome.acts


def test_the_races_catch_people_who_look_before_they_act(tmp_path: Path, database: str | None):
    outcome = race(tmp_path, looks_before, most=3, races=12, database=database)
    assert max(outcome.winners) > 1
    assert not outcome.is_fair
