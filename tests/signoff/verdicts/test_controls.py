"""In a project: a judge who leaves out one step accepts what the other tests refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from medseg.signoff import LogExhibit
from medseg.signoff.canonical import canonical
from medseg.signoff.verdicts import currency, duties, judging
from tests.signoff.verdicts.stories import Story, rewritten

VALID = {"VALID": "note"}


@pytest.fixture(scope="module")
def story() -> Story:
    return Story.signed()


def stranger() -> Story:
    story = Story.begun()
    story.say(9, "review", "reviewer")
    return story


def own_work() -> Story:
    story = Story.begun()
    story.say(2, "review", "reviewer", annotators=("p-1", "p-2"))
    return story


def newer() -> Story:
    story = Story.signed()
    story.submit(2)
    return story


def beside() -> Story:
    story = Story.signed()
    story.lines.append(canonical(story.envelope(3, story.claim("sign", "signer"))))
    return story


def moved() -> Story:
    story = Story.begun()
    story.say(2, "review", "reviewer", case="c-2")
    return story


CONTROLS: dict[str, tuple[Any, str, Callable[[], Story]]] = {
    "trusts anybody": (judging, "judge_person", stranger),
    "knows no duties": (duties, "_separation", own_work),
    "looks at no later entry": (currency, "_later", newer),
    "looks for no entry": (judging, "judge_place", beside),
    "compares no case": (judging, "judge_case", moved),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_the_stories_catch_a_judge_who(name: str, monkeypatch: pytest.MonkeyPatch):
    room, function, told = CONTROLS[name]
    assert not told().judged()
    monkeypatch.setattr(room, function, lambda *_: [])
    assert told().judged()


def test_the_stories_catch_a_judge_who_compares_no_roots(
    story: Story, monkeypatch: pytest.MonkeyPatch
):
    raws = rewritten(story, 2, subject="another")
    assert not story.judged(logs=(LogExhibit(raws),))
    monkeypatch.setattr(LogExhibit, "against", lambda *_: [])
    assert story.judged(logs=(LogExhibit(raws),))
