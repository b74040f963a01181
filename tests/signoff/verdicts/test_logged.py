"""In a project: the log and the receipts."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from medseg.signoff import LogExhibit
from medseg.signoff.canonical import canonical
from medseg.signoff.log.checkpoint import sign_checkpoint
from medseg.signoff.people.changes import renew
from tests.signoff.cases import key_of
from tests.signoff.people.teams import TIMES, team
from tests.signoff.verdicts.stories import Story, rewritten

VALID = {"VALID": "note"}


@pytest.fixture(scope="module")
def story() -> Story:
    return Story.signed()


def test_a_record_beside_the_log_is_not_in_it(story: Story):
    held = replace(story, lines=list(story.lines))
    held.lines.append(canonical(held.envelope(3, held.claim("sign", "signer"))))
    assert held.found() == {"NOT_IN_LOG": "error"}
    outside = story.envelope(3, story.claim("sign", "signer", log_anchor=None))
    assert held.found([*story.lines, canonical(outside)]) == {"NOT_IN_LOG": "error"}


def test_a_log_of_another_name_is_not_the_records(story: Story):
    other = Story.signed(origin="elsewhere")
    assert story.found(logs=(other.log(),))["NOT_IN_LOG"] == "undecided"
    assert story.found(logs=(other.log(), story.log())) == VALID


@pytest.mark.parametrize("upto", [1, 3, 5, 6])
def test_a_cut_log_is_shown_by_any_record_that_is_left(story: Story, upto: int):
    found = story.found(logs=(story.log(upto=upto),))
    assert found["LOG_TRUNCATED"] == "error"
    assert "VALID" not in found


def test_a_log_cut_behind_the_record_is_shown_by_what_is_remembered():
    story = Story.signed()
    story.add("trail-review", {"upTo": 6, "text": "looked through"})
    state = story.state
    assert story.found(logs=(story.log(state),)) == VALID
    cut = story.log(state, upto=7)
    assert story.found(logs=(cut,)) == {"LOG_TRUNCATED": "error"}
    other = Story.signed()
    other.add("trail-review", {"upTo": 6, "text": "looked otherwise"})
    assert story.found(logs=(other.log(state),)) == {"LOG_FORKED": "error"}
    assert story.found(logs=(story.log(replace(state, origin="elsewhere")),)) == VALID


def test_a_log_rewritten_in_full_is_forked(story: Story):
    raws = rewritten(story, 2, subject="another")
    assert LogExhibit(raws).chain.problem is None
    found = story.found(logs=(LogExhibit(raws),))
    assert found == {"LOG_FORKED": "error"}


def test_another_sites_log_says_nothing_of_this_ones_registry(story: Story):
    there = Story.signed(origin="elsewhere", registry=renew(renew(team(), **TIMES), **TIMES))
    assert story.found(logs=(there.log(), story.log())) == VALID
    assert story.found(logs=(there.log(upto=2), story.log())) == VALID


def test_a_broken_chain_is_told(story: Story):
    raws = [entry.raw for entry in story.entries]
    raws[2] = rewritten(story, 2, subject="another")[2]
    found = story.found(logs=(LogExhibit(raws),))
    assert found["LOG_CHAIN_BROKEN"] == "error"
    assert "VALID" not in found
    assert story.found(logs=(LogExhibit(raws[1:]),))["LOG_CHAIN_BROKEN"] == "error"


def test_an_entry_that_names_another_record_than_it_holds():
    story = Story.signed()
    raws = rewritten(story, 5, record="cd" * 32)
    found = story.found(logs=(LogExhibit(raws),))
    assert found["LOG_CHAIN_BROKEN"] == "error"


def test_a_log_that_lacks_its_opening_is_told():
    story = Story()
    story.tell_people()
    story.submit(1)
    story.say(2, "review", "reviewer")
    found = story.found()
    assert found["LOG_CHAIN_BROKEN"] == "error"
    assert "VALID" not in found


def test_a_record_that_stands_before_the_log_it_names():
    story = Story.begun()
    ahead = replace(story, entries=list(story.entries))
    ahead.add("trail-review", {"upTo": 1, "text": "looked"})
    envelope = ahead.envelope(2, ahead.claim("review", "reviewer"))
    story.enter(2, "review", "approve", envelope)
    story.add("trail-review", {"upTo": 1, "text": "looked"})
    assert story.found()["LOG_FORKED"] == "error"


def test_a_receipt_that_leads_nowhere_is_malformed(story: Story):
    for change in (
        lambda line: line.update(inclusionProof=line["inclusionProof"][:-1]),
        lambda line: line["logEntry"].update(seq=5),
        lambda line: line["logEntry"].update(actor="p-9"),
        lambda line: line["logEntry"]["data"].update(record="ab" * 32),
        lambda line: line.update(checkpoint="no note"),
        lambda line: line.pop("logEntry"),
    ):
        line = json.loads(story.lines[-1])
        change(line)
        found = story.found([story.lines[0], canonical(line)])
        assert found["MALFORMED"] == "error"


def test_a_receipt_of_another_record_is_malformed(story: Story):
    first, last = map(json.loads, story.lines)
    held = {**last, **{name: first[name] for name in ("logEntry", "inclusionProof", "checkpoint")}}
    assert story.found([story.lines[0], canonical(held)])["MALFORMED"] == "error"


def test_a_checkpoint_under_a_forged_signature(story: Story):
    line = json.loads(story.lines[-1])
    note = sign_checkpoint(story.state, key_of(8)).replace(key_of(8).keyid, key_of(3).keyid)
    found = story.found([story.lines[0], canonical({**line, "checkpoint": note})])
    assert found["BAD_SIGNATURE"] == "error"
    strange = sign_checkpoint(story.state, key_of(8))
    held = canonical({**line, "checkpoint": strange})
    assert story.found([story.lines[0], held]) == VALID, "a stranger's word counts for nothing"


def test_a_receipt_shows_the_cut_of_the_very_entry():
    story = Story.begun()
    story.say(2, "review", "reviewer")
    found = story.found(logs=(story.log(upto=len(story.entries) - 1),))
    assert found == {"LOG_TRUNCATED": "error"}
