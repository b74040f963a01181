"""In a project: who signed, and whether the registry vouches for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from medseg.model import Role
from medseg.signoff import PeopleExhibit
from medseg.signoff.people.changes import leave, new_registry, renew, revoke
from medseg.signoff.people.sealing import seal_registry
from tests.signoff.cases import codes, key_of
from tests.signoff.people.teams import EXPIRES, ROOT, TIMES, person, root_key, team
from tests.signoff.verdicts.stories import POLICY, Story

VALID = {"VALID": "note"}


@pytest.fixture(scope="module")
def story() -> Story:
    return Story.signed()


def test_a_whole_story_is_valid(story: Story):
    verification = story.judged()
    assert codes(verification) == ["SUPERSEDED", "VALID"]
    assert verification.exit_code == 0


def test_a_bare_file_with_its_receipt_is_valid_and_says_that_the_log_is_absent(story: Story):
    verification = story.judged(logs=(), policies={}, case=None, reading=None)
    assert codes(verification) == ["SUPERSEDED", "LOG_ABSENT", "VALID"]
    assert verification.exit_code == 0
    (absent,) = [one for one in verification.verdicts if one.code == "LOG_ABSENT"]
    assert "entry 6 of lung.example/7f3a" in absent.text


def people(story: Story, **parts: Any) -> PeopleExhibit:
    known = {"trusted_roots": frozenset({ROOT.keyid})}
    registry = parts.pop("registry", story.registry)
    return PeopleExhibit(seal_registry(registry, ROOT), **{**known, **parts})


def test_a_registry_of_unknown_roots_establishes_nobody(story: Story):
    found = story.found(people=people(story, trusted_roots=frozenset()))
    assert found["SIGNER_NOT_ESTABLISHED"] == "undecided"
    assert "VALID" not in found
    assert story.found(people=people(story, trusted_roots=None)) == {
        "REGISTRY_NAMED": "note",
        **VALID,
    }


def test_without_any_registry_a_trusted_key_will_do(story: Story):
    assert story.found(people=None)["SIGNER_NOT_ESTABLISHED"] == "undecided"
    known = frozenset(key_of(seed).keyid for seed in (2, 3))
    assert story.found(people=None, trust=known) == VALID


def test_a_damaged_registry_is_told_and_passed_over(story: Story):
    found = story.found(people=PeopleExhibit(b"{}", None))
    assert found["MALFORMED"] == "error"
    assert found["SIGNER_NOT_ESTABLISHED"] == "undecided"
    forged = seal_registry(story.registry, key_of(50))
    found = story.found(people=PeopleExhibit(forged, None), policies={})
    assert found["INSUFFICIENT_SIGNATURES"] == "error"


def test_a_registry_ends(story: Story):
    late = datetime.fromisoformat(EXPIRES)
    found = story.found(now=late)
    assert found == {"REGISTRY_EXPIRED": "undecided"}
    assert story.judged(now=late).exit_code == 12


def test_an_older_registry_is_a_rollback(story: Story):
    newer = Story.signed(registry=renew(team(), **TIMES))
    for held, parts in (
        (story, {"people": people(story, remembered_version=2)}),
        (newer, {"people": people(newer, registry=team()), "logs": ()}),
        (newer, {"people": people(newer, registry=team())}),
    ):
        found = held.found(**parts)
        assert found["REGISTRY_ROLLBACK"] == "error"
        assert "VALID" not in found
    other = replace(team(), expires="2026-12-31T00:00:00+00:00")
    assert story.found(people=people(story, registry=other))["REGISTRY_ROLLBACK"] == "error"


def test_the_log_alone_tells_of_a_newer_registry():
    story = Story.signed()
    story.registry = revoke(team(), key_of(3).keyid, "compromised", from_seq=0, **TIMES)
    story.tell_people()
    assert story.found(people=people(story, registry=team()))["REGISTRY_ROLLBACK"] == "error"
    assert story.found()["KEY_REVOKED"] == "error"


@pytest.mark.parametrize(
    ("status", "from_seq", "log", "expected"),
    [
        ("compromised", 6, True, {"KEY_REVOKED": "error"}),
        ("compromised", 7, True, {"KEY_REVOKED": "warning", **VALID}),
        ("compromised", 7, False, {"KEY_REVOKED": "undecided", "LOG_ABSENT": "note"}),
        ("left", 6, True, {"KEY_REVOKED": "error"}),
        ("left", 7, True, VALID),
        ("rotated", 7, True, VALID),
        ("rotated", 7, False, {"KEY_REVOKED": "undecided", "LOG_ABSENT": "note"}),
    ],
)
def test_a_revocation_goes_by_the_log(
    status: Any, from_seq: int, log: bool, expected: dict[str, str]
):
    story = Story.signed()
    story.registry = revoke(team(), key_of(3).keyid, status, from_seq=from_seq, **TIMES)
    story.tell_people()
    assert story.found(**({} if log else {"logs": ()})) == expected


def test_who_left_keeps_their_word():
    story = Story.signed()
    story.registry = leave(team(), "p-3", from_seq=7, **TIMES)
    story.tell_people()
    assert story.found() == VALID


def test_strangers_other_roles_and_expired_keys():
    story = Story.begun()
    story.say(2, "review", "reviewer")
    for seed, role, at, code in (
        (9, "signer", None, "UNKNOWN_KEY"),
        (3, "reviewer", None, "ROLE_NOT_AUTHORISED"),
        (2, "signer", None, "ROLE_NOT_AUTHORISED"),
        (3, "signer", "2024-01-01T00:00:00+00:00", "KEY_EXPIRED"),
    ):
        held = replace(story, entries=list(story.entries), lines=list(story.lines))
        held.say(seed, "sign", role, at=at)
        found = held.found()
        assert found[code] == "error"
        assert "VALID" not in found


def test_one_person_may_attest_themselves_and_it_says_so():
    alone = person(1, "Ada Reader", *Role)
    registry = new_registry([root_key(ROOT)], people=[alone], self_attested=True, **TIMES)
    story = Story.begun(registry=registry)
    story.policy = replace(POLICY, stages=(POLICY.stages[0], *POLICY.stages[2:]))
    story.say(1, "sign", "signer", self_attested=True)
    assert story.found() == {"SELF_ATTESTED": "warning", **VALID}
    assert story.judged().exit_code == 10


def test_a_team_is_not_talked_into_self_attestation():
    story = Story.begun()
    story.say(2, "review", "reviewer", annotators=("p-2",), self_attested=True)
    found = story.found()
    assert found["SEPARATION_VIOLATED"] == "error"
    assert "SELF_ATTESTED" not in found
