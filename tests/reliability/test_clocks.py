"""Clocks that are wrong, go back or change their zone: the log's order holds, and work goes on.

A wrong time is told (CLOCK_SUSPECT). Only where it lies outside the life of a key or the registry
does nobody sign, and is told to look at the clock.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import medseg
from medseg.errors import SignoffError
from medseg.project import acts
from medseg.project.store import check_store
from medseg.signoff.verdicts import judging
from tests.project.team import Team
from tests.reliability.clocks import Clock, signed_times
from tests.reliability.counts import full
from tests.signoff.cases import codes

if not hasattr(time, "tzset"):
    pytest.skip("time zones are set by a variable on Unix alone", allow_module_level=True)

BERLIN, TOKYO, NEW_YORK = "CET-1CEST,M3.5.0,M10.5.0/3", "JST-9", "EST5EDT,M3.2.0,M11.1.0"
SLACK = timedelta(seconds=120)
BEGIN = datetime.fromisoformat("2026-10-24T12:00:00.000+00:00")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    yield Clock(monkeypatch, BEGIN.isoformat())
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def team(clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    monkeypatch.setenv("MEDSEG_HOME", str(tmp_path / "home"))
    made = Team.make(tmp_path)
    made.draw()
    made.submit()
    yield made
    made.project.close()


def judged(team: Team) -> tuple[int, set[str]]:
    """Exit code and codes; the log must be whole whatever the clocks said."""
    assert check_store(team.project.store, team.project.summarise) == ()
    verification = medseg.verify(team.mask)
    return verification.exit_code, set(codes(verification)) - {"SUPERSEDED"}


def test_the_hour_that_comes_twice(team: Team, clock: Clock):
    clock.travel(BERLIN)
    for now, act in (
        ("2026-10-25T02:30:00.000+02:00", team.review),
        ("2026-10-25T02:10:00.000+01:00", team.sign),  # forty minutes later
        ("2026-10-25T03:05:00.000+01:00", team.lock),
    ):
        clock.set(now)
        act()
    offsets = [one.utcoffset() for one in signed_times(team)]
    assert offsets == [timedelta(hours=2), timedelta(hours=1), timedelta(hours=1)]
    assert judged(team) == (0, {"VALID"})


def test_readers_around_the_world(team: Team, clock: Clock):
    for hours, (zone, act) in enumerate(
        ((TOKYO, team.review), (NEW_YORK, team.sign), (BERLIN, team.lock)), start=1
    ):
        clock.travel(zone)
        clock.set(BEGIN + timedelta(hours=hours))
        act()
    times = signed_times(team)
    assert len({one.utcoffset() for one in times}) == 3
    assert times == sorted(times)
    assert judged(team) == (0, {"VALID"})


def test_a_clock_that_goes_back_is_told_and_holds_nobody_up(team: Team, clock: Clock):
    for hours, act in ((3, team.review), (5, team.sign), (4, team.lock)):
        clock.set(BEGIN + timedelta(hours=hours))
        act()
    clock.set(BEGIN + timedelta(hours=9))
    assert judged(team) == (10, {"CLOCK_SUSPECT", "VALID"})
    assert [entry.kind for entry in team.entries()][-3:] == ["review", "sign", "lock"]


@pytest.mark.parametrize("years", [-2, 2])
def test_a_clock_two_years_off(team: Team, clock: Clock, years: int):
    size = len(team.entries())
    clock.set(BEGIN + timedelta(days=years * 365))
    with pytest.raises(SignoffError, match="clock"):
        team.review()
    assert len(team.entries()) == size
    acts.comment(team.project, team.reading, "Work goes on.", by="p-rob")
    clock.set(BEGIN + timedelta(hours=1))
    team.review()
    team.sign()
    team.lock()
    clock.set(BEGIN + timedelta(hours=2))
    assert judged(team) == (0, {"VALID"})
    assert len(team.entries()) == size + 4


def test_the_record_after_an_entry_from_the_future_is_told(team: Team, clock: Clock):
    for act in (team.review, team.sign):
        act()
    clock.set(BEGIN + timedelta(days=2 * 365))
    acts.comment(team.project, team.reading, "From the future.", by="p-rob")
    clock.set(BEGIN + timedelta(hours=1))
    team.lock()
    assert judged(team) == (10, {"CLOCK_SUSPECT", "VALID"})


def test_the_clock_of_who_verifies(team: Team, clock: Clock):
    for act in (team.review, team.sign, team.lock):
        act()
    clock.set(BEGIN - timedelta(days=2 * 365))
    assert judged(team) == (10, {"CLOCK_SUSPECT", "VALID"})
    clock.set(BEGIN + timedelta(days=2 * 365))
    code, found = judged(team)
    assert code == 12
    assert "REGISTRY_EXPIRED" in found


def told_right(root: Path, clock: Clock, seed: int) -> bool:
    """Sign by clocks that jump, and tell whether the verdict warns just where it must."""
    chance = random.Random(seed)  # noqa: S311 - a test's own
    clock.set(BEGIN)
    made = Team.make(root / str(seed))
    made.draw()
    made.submit()
    at, times = BEGIN, []
    for act in (made.review, made.sign, made.lock):
        seconds = chance.choice((chance.uniform(-300, 300), chance.uniform(-1e6, 2e6)))
        at = max(BEGIN, at + timedelta(seconds=round(seconds, 3)))
        times.append(at)
        clock.travel(chance.choice((BERLIN, TOKYO, NEW_YORK)))
        clock.set(at)
        act()
    clock.set(max(times) + timedelta(minutes=1))
    found = judged(made)
    made.project.close()
    must_warn = times[-1] < max(times) - SLACK
    return found == ((10, {"CLOCK_SUSPECT", "VALID"}) if must_warn else (0, {"VALID"}))


def wrong(root: Path, clock: Clock, rounds: int) -> list[int]:
    for seed in range(rounds):
        (root / str(seed)).mkdir()
    return [seed for seed in range(rounds) if not told_right(root, clock, seed)]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MEDSEG_HOME", str(tmp_path / "home"))
    return tmp_path


def test_clocks_that_jump_are_told_where_they_go_back(root: Path, clock: Clock):
    assert wrong(root, clock, 5) == []


@pytest.mark.long
def test_very_many_clocks_that_jump(root: Path, clock: Clock):
    assert wrong(root, clock, full(300)) == []


def test_the_jumps_catch_a_judge_who_looks_at_no_clock(
    root: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(judging, "judge_clock", lambda *_: [])
    assert wrong(root, clock, 5) != []
