"""The tools are made ready once, when the first case opens, and the first run says so."""

from __future__ import annotations

import threading

import pytest

from medseg import annotate, interpolate
from napari_medseg import preparing


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was made ready; nothing was begun yet."""
    names: list[str] = []
    monkeypatch.setattr(preparing, "_begun", threading.Event())
    monkeypatch.setattr(annotate, "warm_up", lambda: names.append("drawing"))
    monkeypatch.setattr(interpolate, "warm_up", lambda: names.append("filling"))
    return names


def test_a_machine_that_compiled_before_says_nothing(
    started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in (annotate, interpolate):
        monkeypatch.setattr(room, "is_compiled", lambda: True)
    assert preparing.prepare() == ""
    assert started == ["drawing", "filling"]


@pytest.mark.parametrize("room", [annotate, interpolate])
def test_the_first_run_on_a_machine_says_so_once(
    started: list[str], monkeypatch: pytest.MonkeyPatch, room: object
) -> None:
    for one in (annotate, interpolate):
        monkeypatch.setattr(one, "is_compiled", lambda ready=one is not room: ready)
    assert "compiled" in preparing.prepare()
    assert preparing.prepare() == ""
    assert started == ["drawing", "filling"]
