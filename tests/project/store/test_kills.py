"""A process that is killed takes nothing with it that it had acknowledged."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.store.killing import hasty, honest, kill_writers


def test_no_acknowledged_entry_is_lost(where: str | Path) -> None:
    aftermath = kill_writers(where, honest, kills=25)  # of two writers each
    assert aftermath.acknowledged > 25
    assert aftermath.lost == ()
    assert aftermath.findings == ()


@pytest.mark.long
def test_no_acknowledged_entry_is_lost_in_many_kills(where: str | Path) -> None:
    aftermath = kill_writers(where, honest, kills=1000, seed=2)
    assert aftermath.lost == ()
    assert aftermath.findings == ()


def test_the_kills_catch_a_writer_that_acknowledges_too_early(where: str | Path) -> None:
    aftermath = kill_writers(where, hasty, kills=15)
    assert aftermath.lost != ()
    assert aftermath.findings == ()
