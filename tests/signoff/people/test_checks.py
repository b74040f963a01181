from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from medseg.model import Role
from medseg.signoff.people.changes import leave, revoke, set_roles
from medseg.signoff.people.checks import Signature, judge_signer
from medseg.signoff.people.registry import Registry
from tests.signoff.cases import key_of
from tests.signoff.people.teams import ADA, ROOT, TIMES, team

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
