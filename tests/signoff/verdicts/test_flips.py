"""In a project: any bit that flips in log, registry or record is seen, and nothing crashes."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from medseg.signoff import LogExhibit, PeopleExhibit
from medseg.signoff.log.jsonl import split_log, write_log
from medseg.signoff.people.sealing import seal_registry
from medseg.signoff.verdicts import dossier
from tests.signoff.cases import codes
from tests.signoff.people.teams import ROOT
from tests.signoff.verdicts.stories import Story

ROUNDS = 60
STORY = Story.signed()
LOG = write_log(STORY.entries)
PEOPLE = seal_registry(STORY.registry, ROOT)


def flipped(data: bytes, generator: random.Random) -> bytes:
    changed = bytearray(data)
    changed[generator.randrange(len(data) - 1)] ^= 1 << generator.randrange(8)
    return bytes(changed)


def in_log(generator: random.Random) -> dict[str, Any]:
    return {"logs": (LogExhibit(split_log(flipped(LOG, generator))),)}


def in_people(generator: random.Random) -> dict[str, Any]:
    return {"people": PeopleExhibit(flipped(PEOPLE, generator), None)}


def in_newest_line(generator: random.Random) -> dict[str, Any]:
    return {"lines": [STORY.lines[0], flipped(STORY.lines[-1], generator)]}


def accepted(attack: Any) -> Counter[bool]:
    generator = random.Random(attack.__name__)  # noqa: S311 - a test's own
    return Counter(bool(STORY.judged(**attack(generator))) for _ in range(ROUNDS))


@pytest.mark.parametrize("attack", [in_log, in_people])
def test_no_flipped_bit_is_accepted(attack: Any):
    assert accepted(attack) == {False: ROUNDS}


def test_a_bit_in_a_line_is_seen_unless_it_only_hides_the_receipt():
    generator = random.Random(12)  # noqa: S311 - a test's own
    for _ in range(ROUNDS):
        changes = in_newest_line(generator)
        verification = STORY.judged(**changes)
        if verification:
            assert b'"checkpoint":' not in changes["lines"][-1]
            assert codes(verification) == ["SUPERSEDED", "VALID"]


def test_the_harness_catches_a_judge_who_believes_any_log(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dossier.Dossier, "log_of", lambda *_: None)
    monkeypatch.setattr("medseg.signoff.verdicts.judging.judge_place", lambda *_: [])
    monkeypatch.setattr(LogExhibit, "findings", [])
    assert accepted(in_log)[True] > ROUNDS // 2
