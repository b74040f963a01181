from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from medseg.signoff import Claim, open_envelope
from medseg.signoff.verdicts.exhibits import Exhibits
from medseg.signoff.verdicts.judging import judge_exhibits
from tests.phantoms import ramp_volume
from tests.signoff.cases import (
    SignedCase,
    codes,
    envelope_line,
    key_of,
    three_lesions,
)
from tests.signoff.verdicts.held import finding, following


@pytest.fixture(scope="module")
def case() -> SignedCase:
    return SignedCase.make()


def test_the_newest_record_decides(case: SignedCase):
    lines = following(case, Claim(decision="reject", reason="a lesion is missing"))
    rejected = case.judged(lines=lines)
    assert codes(rejected) == ["SUPERSEDED", "REJECTED"]
    assert rejected.exit_code == 11
    assert "a lesion is missing" in finding(rejected, "REJECTED").text
    again = case.judged(lines=following(case, Claim(), lines))
    assert codes(again) == ["SUPERSEDED", "SUPERSEDED", "VALID"]
    assert again.exit_code == 0


def test_the_order_of_lines_decides_nothing(case: SignedCase):
    lines = following(case, Claim(decision="reject", reason="no"))
    first, second = lines.splitlines(keepends=True)
    assert codes(case.judged(lines=second + first)) == ["SUPERSEDED", "REJECTED"]
    assert codes(case.judged(lines=first + second + first)) == ["SUPERSEDED", "REJECTED"]


def test_two_records_that_do_not_name_each_other_both_count(case: SignedCase):
    claim = Claim(decision="reject", reason="no")
    other = envelope_line(case.segmentation, case.volume, case.key, claim)
    verification = case.judged(lines=case.lines + other)
    assert sorted(codes(verification)) == ["REJECTED", "VALID"]
    assert verification.exit_code == 11


def test_an_unlocked_mask_holds_no_approval(case: SignedCase):
    lines = following(case, Claim(decision="unlock", reason="a late finding"))
    verification = case.judged(lines=lines)
    assert codes(verification) == ["SUPERSEDED", "UNLOCKED"]
    assert verification.exit_code == 12


def test_a_cut_history_is_told(case: SignedCase):
    lines = following(case, Claim())
    last = lines.splitlines(keepends=True)[-1]
    verification = case.judged(lines=last)
    assert codes(verification) == ["HISTORY_INCOMPLETE", "VALID"]
    assert verification.exit_code == 10


def test_wrong_clocks_are_told():
    mask = three_lesions()
    volume, key = ramp_volume(), key_of()
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def at(minutes: float, lines: bytes = b"") -> bytes:
        before = tuple(open_envelope(line).digest for line in lines.splitlines())
        moment = (now + timedelta(minutes=minutes)).isoformat()
        claim = Claim(previous=before)
        return lines + envelope_line(mask, volume, key, claim, signed_at=moment)

    def judged(lines: bytes) -> list[str]:
        exhibits = Exhibits(mask, volume, None, frozenset({key.keyid}), now)
        return codes(judge_exhibits(lines, exhibits))

    assert judged(at(1)) == ["VALID"]
    assert judged(at(5)) == ["CLOCK_SUSPECT", "VALID"]
    assert judged(at(-60, at(-30))) == ["SUPERSEDED", "CLOCK_SUSPECT", "VALID"]
    assert judged(at(-30, at(-60))) == ["SUPERSEDED", "VALID"]
