"""In a project: the right case, and nothing later that says otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medseg.signoff.canonical import canonical
from tests.signoff.cases import codes
from tests.signoff.verdicts.stories import Story

VALID = {"VALID": "note"}


@pytest.fixture(scope="module")
def story() -> Story:
    return Story.signed()


def test_a_record_copied_to_another_case_or_reading(story: Story):
    for parts in ({"case": "c-2"}, {"reading": "r-2"}):
        assert story.found(**parts) == {"REPLAYED_OTHER_CASE": "error"}
    assert story.found(case=None, reading=None) == VALID


def test_an_entry_about_another_case_than_its_record():
    story = Story.begun()
    envelope = story.envelope(2, story.claim("review", "reviewer"))
    data = {"version": 1, "decision": "approve", "reason": None, "envelope": envelope}
    line = story.enter(2, "review", "approve", envelope)
    data["record"] = line["logEntry"]["data"]["record"]
    story.entries.pop()
    story.add("review", data, actor="p-2", case="c-2", reading="r-1")
    plain = {name: line[name] for name in ("payload", "payloadType", "signatures")}
    assert story.found([canonical(plain)])["REPLAYED_OTHER_CASE"] == "error"


def test_a_later_version_supersedes_an_older_one_that_is_held_up():
    story = Story.signed()
    story.submit(2, "p-1")
    assert story.found() == {"SUPERSEDED": "error"}
    assert story.judged().exit_code == 11


def test_a_decision_taken_back_is_seen_even_if_its_record_was_left_out():
    story = Story.signed()
    story.say(3, "sign", "signer", "unlock", reason="a late finding")
    assert story.found(story.lines[:2]) == {"REVOKED_DECISION": "error"}
    assert story.found() == {"UNLOCKED": "undecided"}
    other = Story.begun()
    other.say(2, "review", "reviewer")
    other.say(2, "review", "reviewer", "reject", reason="a lesion is missing")
    assert other.found(other.lines[:1]) == {"REVOKED_DECISION": "error"}
    assert other.found(other.lines[:1], logs=())["VALID"] == "note", "only the log tells"


def test_a_later_yes_that_was_left_out_is_a_note(story: Story):
    verification = story.judged(story.lines[:1])
    assert codes(verification) == ["SUPERSEDED", "VALID"]
    assert verification.exit_code == 0


def test_a_reading_that_was_set_aside():
    story = Story.begun()
    story.say(2, "review", "reviewer")
    envelope = story.envelope(2, story.claim("adjudicate", "adjudicator", "adjudicate"))
    story.enter(2, "adjudicate", "adjudicate", envelope)
    entry = story.entries.pop()
    chosen = {**entry.data, "chosen": "r-2"}
    story.add("adjudicate", chosen, actor="p-2", case="c-1", reading="r-2")
    assert story.found(story.lines[:1])["SUPERSEDED"] == "error"


def locked_twice() -> tuple[Story, Story]:
    here = Story.signed()
    there = replace(here, entries=list(here.entries), lines=list(here.lines))
    here.say(3, "lock", "lead", "lock")
    there.minutes += 5
    there.say(3, "lock", "lead", "lock")
    return here, there


def test_two_locks_from_one_base_are_a_conflict():
    here, there = locked_twice()
    assert here.found() == VALID
    both = [*here.lines, there.lines[-1]]
    assert here.found(both)["CONFLICT"] == "error"
    again = replace(here, lines=both, entries=list(here.entries))
    again.say(2, "adjudicate", "adjudicator", "adjudicate")
    assert "CONFLICT" not in again.found()


def test_a_lock_of_another_reading_after_an_unlock_is_no_conflict():
    story = Story.signed()
    story.say(3, "lock", "lead", "lock")
    story.say(3, "lock", "lead", "unlock", reason="the other reading was right")
    first = story.lines
    story.lines = []
    story.say(3, "lock", "lead", "lock", reading="r-2")
    assert "CONFLICT" not in story.found(reading="r-2")
    story.lines = first[:-1]
    assert "REVOKED_DECISION" in story.found()


def test_many_locks_that_know_each_other_are_no_conflict():
    story = Story.begun()
    for _ in range(60):
        story.say(3, "lock", "lead", "lock")
    assert story.found(policies={}) == VALID


def test_a_lock_after_an_unlock_is_no_conflict():
    story = Story.signed()
    story.say(3, "lock", "lead", "lock")
    story.say(3, "lock", "lead", "unlock", reason="a late finding")
    story.say(3, "lock", "lead", "lock")
    assert story.found() == VALID
