"""In a project: separation of duties, enough persons, clocks and coverage."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from medseg.model import Role, Stage, StageName
from medseg.signoff.people.changes import revoke
from tests.signoff.cases import key_of
from tests.signoff.people.teams import TIMES, team
from tests.signoff.verdicts.stories import BEGIN, POLICY, Story

VALID = {"VALID": "note"}


@pytest.fixture(scope="module")
def story() -> Story:
    return Story.signed()


def test_nobody_approves_their_own_work():
    story = Story.begun()
    story.say(2, "review", "reviewer", annotators=("p-1", "p-2"))
    assert story.found() == {"SEPARATION_VIOLATED": "error"}


def test_the_log_knows_who_drew_where_the_record_is_silent():
    story = Story.begun()
    story.submit(2, "p-1", "p-2")
    envelope = story.envelope(2, story.claim("review", "reviewer", annotators=("p-1",)))
    story.enter(2, "review", "approve", envelope, version=2)
    assert story.found() == {"SEPARATION_VIOLATED": "error"}
    assert "SEPARATION_VIOLATED" not in story.found(logs=())


def test_a_rejection_of_own_work_is_none_of_these():
    story = Story.begun()
    story.say(2, "review", "reviewer", "reject", annotators=("p-2",), reason="a lesion is missing")
    assert story.found() == {"REJECTED": "error"}


def test_enough_distinct_persons():
    alone = Story.begun()
    alone.say(3, "sign", "signer")
    assert alone.found() == {"INSUFFICIENT_SIGNATURES": "error"}
    assert alone.found(policies={}) == VALID
    two = replace(POLICY.stages[1], persons=2)
    story = Story.begun(policy=replace(POLICY, stages=(POLICY.stages[0], two, *POLICY.stages[2:])))
    story.say(2, "review", "reviewer")
    story.say(2, "review", "reviewer")
    story.say(3, "sign", "signer")
    assert story.found() == {"INSUFFICIENT_SIGNATURES": "error"}


def test_what_is_not_at_hand_is_not_said_to_be_lacking(story: Story):
    found = story.found(story.lines[-1:], logs=())
    assert found["INSUFFICIENT_SIGNATURES"] == "undecided"
    assert found["HISTORY_INCOMPLETE"] == "warning"
    assert story.found(story.lines[-1:]) == VALID, "the log holds the other record"


def test_without_a_registry_too_few_is_undecided(story: Story):
    found = story.found(people=None)
    assert found["INSUFFICIENT_SIGNATURES"] == "undecided"
    assert story.judged(people=None).exit_code == 12
    alone = Story.begun()
    alone.say(3, "sign", "signer")
    found = alone.found(people=None, trust=frozenset({key_of(3).keyid}))
    assert found["INSUFFICIENT_SIGNATURES"] == "error"


def test_who_drew_does_not_count_as_a_reviewer():
    story = Story.begun()
    story.say(2, "review", "reviewer", annotators=("p-2",))
    story.say(3, "sign", "signer")
    assert story.found() == {"INSUFFICIENT_SIGNATURES": "error"}


@pytest.mark.parametrize(("from_seq", "expected"), [(5, "INSUFFICIENT_SIGNATURES"), (6, "VALID")])
def test_a_review_with_a_revoked_key_counts_for_nobody(from_seq: int, expected: str):
    story = Story.signed()
    story.registry = revoke(team(), key_of(2).keyid, "compromised", from_seq=from_seq, **TIMES)
    story.tell_people()
    assert expected in story.found()


def test_an_adjudicator_stands_for_the_reviewers():
    decides = Stage(StageName.ADJUDICATE, frozenset({Role.ADJUDICATOR}))
    stages = (*POLICY.stages[:2], decides, *POLICY.stages[2:])
    for policy, expected in (
        (replace(POLICY, stages=stages), VALID),
        (POLICY, {"INSUFFICIENT_SIGNATURES": "error"}),  # no such stage: nobody to stand for them
    ):
        story = Story.begun(policy=policy)
        story.disagree("r-1", "r-2")
        story.say(2, "adjudicate", "adjudicator", "adjudicate")
        story.say(3, "sign", "signer")
        assert story.found() == expected


def test_clocks_that_cannot_be_right():
    ahead = Story.begun()
    ahead.say(2, "review", "reviewer", at="2026-06-05T12:00:00+02:00")
    assert ahead.found() == {"CLOCK_SUSPECT": "warning", **VALID}
    dated_back = Story.begun()
    dated_back.say(2, "review", "reviewer", at="2026-06-01T11:00:00+02:00")
    assert dated_back.found() == {"CLOCK_SUSPECT": "warning", **VALID}
    story = Story.signed()
    assert story.found(now=BEGIN - timedelta(days=730)) == {"CLOCK_SUSPECT": "warning", **VALID}


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_clocks_at_the_ends_of_time(at: str):
    story = Story.begun()
    story.say(2, "review", "reviewer", at=at)
    story.say(3, "sign", "signer")
    found = story.found(policies={})
    assert "VALID" in found
    assert story.found()["INSUFFICIENT_SIGNATURES"] == "error", "outside of its time no key counts"
    assert ("CLOCK_SUSPECT" in found) == at.startswith("9999")
    assert story.found(story.lines[:1])["KEY_EXPIRED"] == "error"


@pytest.mark.parametrize(
    ("rule", "viewed", "is_told"),
    [
        ("labelled", {"labelledSlicesSeen": 1.0}, False),
        ("labelled", {"labelledSlicesSeen": 1}, False),
        ("labelled", {"labelledSlicesSeen": 0.98}, True),
        ("labelled", {"allSlicesSeen": 1.0}, True),
        ("labelled", None, True),
        ("all", {"labelledSlicesSeen": 1.0, "allSlicesSeen": 0.5}, True),
        ("all", {"allSlicesSeen": 1.0}, False),
        ("none", None, False),
    ],
)
def test_less_displayed_than_the_rules_ask(rule: Any, viewed: Any, is_told: bool):
    stage = replace(POLICY.stages[1], coverage=rule)
    policy = replace(POLICY, stages=(POLICY.stages[0], stage, *POLICY.stages[2:]))
    story = Story.begun(policy=policy)
    story.say(2, "review", "reviewer", viewed=viewed)
    expected = {"COVERAGE_BELOW_POLICY": "warning", **VALID} if is_told else VALID
    assert story.found() == expected
    assert story.judged().exit_code == (10 if is_told else 0)


def test_a_role_of_ones_own_is_not_enough_for_every_stage():
    story = Story.begun()
    story.say(2, "sign", "reviewer")
    assert story.found()["ROLE_NOT_AUTHORISED"] == "error"
    assert "ROLE_NOT_AUTHORISED" not in story.found(policies={})


def test_a_review_in_another_role_is_no_review():
    story = Story.begun()
    story.say(3, "review", "signer")
    story.say(3, "sign", "signer")
    assert story.found() == {"INSUFFICIENT_SIGNATURES": "error"}
