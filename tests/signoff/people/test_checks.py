from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import product
from typing import Any

import pytest

from medseg.model import Role
from medseg.signoff.people.changes import enrol, leave, revoke, set_roles
from medseg.signoff.people.checks import Signature, judge_signer
from medseg.signoff.people.registry import Registry
from tests.signoff.cases import key_of
from tests.signoff.people.teams import ADA, ROOT, TIMES, person, team

KEYID = ADA.keys[0].keyid
AT = datetime.fromisoformat("2026-06-01T12:00:00+02:00")
SIGNED = Signature(KEYID, "annotator", AT, "p-1", "Ada Reader", 7)


def found(registry: Registry, **changes: Any) -> list[tuple[str, str]]:
    findings = judge_signer(registry, replace(SIGNED, **changes))
    return [(one.code, one.severity) for one in findings]


def test_nothing_speaks_against_who_may():
    assert found(team()) == []
    assert found(team(), person_id=None, printed_name=None, seq=None) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"keyid": key_of(77).keyid}, ("UNKNOWN_KEY", "error")),
        ({"keyid": ROOT.keyid}, ("UNKNOWN_KEY", "error")),
        ({"person_id": "p-2"}, ("UNKNOWN_KEY", "error")),
        ({"printed_name": "Ben Reviewer"}, ("SIGNER_NAME_DIFFERS", "warning")),
        ({"role": "reviewer"}, ("ROLE_NOT_AUTHORISED", "error")),
        ({"role": "reader"}, ("ROLE_NOT_AUTHORISED", "error")),
        ({"at": datetime.fromisoformat("2024-12-31T00:00:00+00:00")}, ("KEY_EXPIRED", "error")),
        ({"at": datetime.fromisoformat("2030-01-02T00:00:00+00:00")}, ("KEY_EXPIRED", "error")),
    ],
)
def test_each_rule_has_its_verdict(changes: dict[str, Any], expected: tuple[str, str]):
    assert found(team(), **changes) == [expected]


@pytest.mark.parametrize(
    ("status", "seq", "expected"),
    [
        ("compromised", 4, [("KEY_REVOKED", "warning")]),
        ("compromised", 5, [("KEY_REVOKED", "error")]),
        ("compromised", None, [("KEY_REVOKED", "undecided")]),
        ("left", 4, []),
        ("left", 5, [("KEY_REVOKED", "error")]),
        ("left", None, [("KEY_REVOKED", "undecided")]),
        ("rotated", 4, []),
        ("rotated", 6, [("KEY_REVOKED", "error")]),
        ("rotated", None, [("KEY_REVOKED", "undecided")]),
    ],
)
def test_a_revocation_goes_by_the_log_and_not_by_the_clock(status: Any, seq: Any, expected: Any):
    registry = revoke(team(), KEYID, status, from_seq=5, **TIMES)
    for at in (AT, datetime.fromisoformat("2029-01-01T00:00:00+00:00")):
        assert found(registry, seq=seq, at=at) == expected


def test_who_left_keeps_what_was_signed_before():
    registry = leave(team(), "p-1", from_seq=5, **TIMES)
    assert found(registry, seq=4) == []
    assert found(registry, seq=5) == [("KEY_REVOKED", "error"), ("ROLE_NOT_AUTHORISED", "error")]
    assert {severity for _, severity in found(registry, seq=None)} == {"undecided"}


def test_a_role_given_up_stands_for_what_was_before():
    registry = set_roles(team(), "p-1", [Role.REVIEWER], from_seq=5, **TIMES)
    assert found(registry, seq=4) == []
    assert found(registry, seq=5) == [("ROLE_NOT_AUTHORISED", "error")]
    assert found(registry, seq=None) == [("ROLE_NOT_AUTHORISED", "undecided")]
    assert found(registry, role="reviewer") == []


WRONG = [("ROLE_NOT_AUTHORISED", "error")]
UNSURE = [("ROLE_NOT_AUTHORISED", "undecided")]


def test_a_role_given_later_is_no_excuse_for_what_was_before():
    both = [Role.ANNOTATOR, Role.REVIEWER]
    registry = set_roles(team(), "p-1", both, from_seq=7, **TIMES)
    assert found(registry, role="reviewer", seq=7) == []
    assert found(registry, role="reviewer", seq=6) == WRONG
    assert found(registry, seq=0) == [], "the role of before was always theirs"
    (told,) = judge_signer(registry, replace(SIGNED, role="reviewer", seq=6))
    assert "from entry 7 of the log on" in told.text
    assert "as entry 6" in told.text


def test_without_the_log_a_role_given_later_goes_by_how_long_the_signer_says_it_was():
    registry = set_roles(team(), "p-1", [Role.REVIEWER], from_seq=7, **TIMES)
    asked = {"role": "reviewer", "seq": None}
    assert found(registry, **asked, anchored=6) == UNSURE
    assert found(registry, **asked, anchored=7) == []
    assert found(registry, **asked) == [], "made outside of any log"


def test_a_role_given_up_at_the_first_entry_is_a_former_one_too():
    registry = set_roles(team(), "p-1", [Role.REVIEWER], from_seq=0, **TIMES)
    assert found(registry, seq=0) == WRONG
    assert found(registry, seq=None) == UNSURE


def test_whoever_is_enrolled_later_signed_nothing_before():
    registry = enrol(team(), person(4, "Dai Reader", Role.ANNOTATOR), from_seq=7, **TIMES)
    dai = {"keyid": key_of(4).keyid, "person_id": "p-4", "printed_name": "Dai Reader"}
    assert found(registry, **dai, seq=6) == WRONG
    assert found(registry, **dai, seq=7) == []
    first = enrol(team(), person(4, "Dai Reader", Role.ANNOTATOR), **TIMES)
    assert found(first, **dai, seq=0) == []


@pytest.mark.parametrize("steps", list(product((True, False), repeat=4)))
def test_a_role_is_held_from_where_it_was_given_until_it_was_given_up(steps: tuple[bool, ...]):
    """Against a plain walk through the log."""
    is_one, held, registry = True, [], team()
    for number, wanted in enumerate(steps):
        seq = 3 * number + 3
        roles = [Role.ANNOTATOR, Role.SIGNER] if wanted else [Role.SIGNER]
        registry = set_roles(registry, "p-1", roles, from_seq=seq, **TIMES)
        held += [is_one] * 3
        is_one = wanted
    held += [is_one] * 3
    for seq, is_held in enumerate(held):
        assert found(registry, seq=seq) == ([] if is_held else WRONG), seq
