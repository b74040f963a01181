from __future__ import annotations

import base64
import json

import pytest

from medseg.signoff import Claim, judge
from tests.signoff.cases import (
    SignedCase,
    codes,
    envelope_line,
)
from tests.signoff.verdicts.held import finding, following


@pytest.fixture(scope="module")
def case() -> SignedCase:
    return SignedCase.make()


def test_what_was_signed_is_valid(case: SignedCase):
    verification = case.judged()
    assert codes(verification) == ["VALID"]
    assert verification.exit_code == 0
    text = finding(verification, "VALID").text
    assert "Ada Reader" in text
    assert "pixels" in text
    assert "written anew" in text
    same = judge(
        case.lines,
        case.segmentation,
        case.volume,
        file_sha256="ab" * 32,
        trust=case.key.keyid.upper(),
    )
    assert "as it was signed" in finding(same, "VALID").text


def test_without_a_sign_off_nothing_is_decided(case: SignedCase):
    for lines in (b"", b"\n\n"):
        verification = case.judged(lines=lines)
        assert codes(verification) == ["NOT_SIGNED"]
        assert verification.exit_code == 12


def test_an_unsound_line_beside_a_sound_one_is_an_error(case: SignedCase):
    verification = case.judged(lines=case.lines + b'{"payload":1}\n')
    assert codes(verification) == ["MALFORMED", "VALID"]
    assert verification.exit_code == 11
    assert verification.verdicts[0].text.startswith("Sign-off 2:")


def test_a_record_of_a_later_version_is_undecided(case: SignedCase):
    envelope = json.loads(case.lines)
    envelope["payloadType"] = "application/vnd.later+json"
    verification = case.judged(lines=json.dumps(envelope).encode())
    assert codes(verification) == ["UNSUPPORTED_VERSION"]
    assert verification.exit_code == 12


def test_a_flood_of_lines_is_refused(case: SignedCase):
    assert codes(case.judged(lines=b"{}\n" * 1001)) == ["MALFORMED"]


def test_no_line_makes_it_raise(case: SignedCase):
    envelope = json.loads(case.lines)
    payload = base64.b64decode(envelope["payload"])
    hostile = [
        b"\x00",
        b"[" * 50_000,
        b'{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":[]}',
        json.dumps({**envelope, "payload": base64.b64encode(payload[:-1]).decode()}).encode(),
        json.dumps({**envelope, "payload": base64.b64encode(b"[]").decode()}).encode(),
        json.dumps({**envelope, "signatures": [{"keyid": "é", "sig": "é"}]}).encode(),
        case.lines.replace(b"\n", b"\r"),
    ]
    for line in hostile:
        verification = case.judged(lines=line)
        assert verification.verdicts
        assert bool(verification) == (line.startswith(b'{"payload":"ey') and line.endswith(b"\r"))


@pytest.mark.parametrize("decision", ["approve", "approve-with-edits", "adjudicate", "lock"])
def test_a_yes_in_each_form_is_valid(case: SignedCase, decision: str):
    lines = envelope_line(case.segmentation, case.volume, case.key, Claim(decision=decision))
    assert case.judged(lines=lines).exit_code == 0


def test_an_unknown_signer_is_undecided_and_told_how_to_trust(case: SignedCase):
    verification = judge(case.lines, case.segmentation, case.volume, trust=["ab" * 32])
    assert codes(verification) == ["SIGNER_NOT_ESTABLISHED"]
    assert verification.exit_code == 12
    assert f"--trust {case.key.keyid}" in verification.verdicts[0].text


def test_a_missing_part_is_undecided(case: SignedCase):
    for part, code in (("volume", "IMAGE_ABSENT"), ("segmentation", "MASK_ABSENT")):
        verification = case.judged(**{part: None})
        assert codes(verification) == [code]
        assert verification.exit_code == 12


def test_an_unknown_signer_cannot_make_a_no_a_yes(case: SignedCase):
    lines = following(case, Claim(decision="reject", reason="no"))
    forged = following(case, Claim(), lines, seed=66)
    assert case.judged(lines=forged).exit_code == 12
    assert "VALID" not in codes(case.judged(lines=forged))
