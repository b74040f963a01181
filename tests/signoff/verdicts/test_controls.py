"""In a project: a judge who leaves out one step accepts what the other tests refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from medseg.signoff import LogExhibit
from medseg.signoff.canonical import canonical
from medseg.signoff.verdicts import currency, duties, judging, proven
from tests.signoff.cases import key_of
from tests.signoff.people.teams import ROOT, team
from tests.signoff.verdicts.stories import DOUBLE, Story, rewritten

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


def replayed() -> Story:
    """The proof of a hand-in at an earlier number."""
    told = Story(registry=team()).begin()
    told.rule(ROOT, proven=True)
    proof = told.submit(1, key=key_of(1)).data["proof"]
    story = Story(registry=team()).begin()
    story.rule(ROOT, proven=True)
    story.add("failed-auth", {"keyid": ROOT.keyid, "what": "passphrase"})
    story.submit(1, proof={**proof, "size": proof["size"] + 1})
    return story.approved()


def unproven() -> Story:
    story = Story(registry=team()).begin()
    story.rule(ROOT, proven=True)
    story.submit(1)
    return story.approved()


def undisputed() -> Story:
    story = Story.begun(policy=DOUBLE)
    story.say(2, "adjudicate", "adjudicator", "adjudicate")
    return story


CONTROLS: dict[str, tuple[Any, str, Callable[[], Story]]] = {
    "trusts anybody": (judging, "judge_person", stranger),
    "knows no duties": (duties, "_separation", own_work),
    "looks at no later entry": (currency, "_later", newer),
    "looks for no entry": (judging, "judge_place", beside),
    "compares no case": (judging, "judge_case", moved),
    "verifies no proof": (proven, "check_proof", replayed),
    "asks for no proof": (judging, "judge_proofs", unproven),
    "believes any dispute": (judging, "judge_dispute", undisputed),
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
