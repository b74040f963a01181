"""Random tampering with everything that a verdict depends on; none of it may be accepted.

The same harness must catch verifiers that are broken on purpose, or it proves nothing.
"""

from __future__ import annotations

from typing import Any

import pytest

from medseg.signoff import LogExhibit, envelope
from medseg.signoff.verdicts import dossier, judging, people
from tests.reliability.counts import full
from tests.reliability.log_attacks import LOG_ATTACKS
from tests.reliability.mask_attacks import MASK_ATTACKS
from tests.reliability.record_attacks import RECORD_ATTACKS
from tests.reliability.tampering import Parts, attack, drawn_story, judged, story, told
from tests.signoff.cases import key_of
from tests.signoff.verdicts.stories import Story

ATTACKS = {**MASK_ATTACKS, **RECORD_ATTACKS, **LOG_ATTACKS}
ROUNDS = -(-3_000 // len(ATTACKS))
LONG_ROUNDS = -(-full(100_000) // len(ATTACKS))


def nothing(*_: Any) -> list[Any]:
    """No findings."""
    return []


def any_image(_: Any) -> str:
    """A match."""
    return "pixels"


def case_for(name: str) -> Story:
    return drawn_story() if name == "provenance" else story()


@pytest.mark.parametrize("case", [story, drawn_story])
def test_an_untouched_case_is_valid(case: Any):
    verification = judged(case(), {})
    assert verification.exit_code == 0
    assert told(verification) == frozenset()


@pytest.mark.parametrize("name", ATTACKS)
def test_no_tampering_is_accepted_and_each_is_called_by_its_name(name: str):
    assert attack(case_for(name), ATTACKS[name], ROUNDS) == {"right": ROUNDS}


@pytest.mark.long
@pytest.mark.parametrize("name", ATTACKS)
def test_no_tampering_of_very_much_is_accepted(name: str):
    outcomes = attack(case_for(name), ATTACKS[name], LONG_ROUNDS, seed=1)
    assert outcomes["accepted"] == 0
    assert outcomes["right"] >= 0.999 * LONG_ROUNDS, outcomes


KNOWN = frozenset(key_of(one).keyid for one in range(1, 4))
TRUSTING: Parts = {"logs": (), "people": None, "trust": KNOWN}
#: What a verifier leaves out, what it then accepts, and what it is not given besides.
CONTROLS: dict[str, tuple[Any, str, Any, str, Parts]] = {
    "compares no voxels": (judging, "compare_mask", nothing, "voxel", {}),
    "compares no geometry": (judging, "compare_mask", nothing, "affine", {}),
    "compares no meaning": (judging, "compare_mask", nothing, "code", {}),
    "compares no provenance": (judging, "compare_mask", nothing, "provenance", {}),
    "takes any image": (dossier, "image_matcher", lambda *_: any_image, "image voxel", {}),
    "takes any case": (judging, "judge_case", nothing, "another case", {}),
    "checks no signature": (envelope, "_check_signature", nothing, "impostor", TRUSTING),
    "knows no people": (people, "judge_signer", nothing, "revoked key", {}),
    "remembers no registry": (judging, "judge_registry", nothing, "registry rolled back", {}),
    "asks no log": (LogExhibit, "against", nothing, "chain rewritten", {}),
    "remembers no log": (LogExhibit, "against", nothing, "log cut behind the records", {}),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_the_harness_catches_a_verifier_that(name: str, monkeypatch: pytest.MonkeyPatch):
    room, function, broken, tampering, also = CONTROLS[name]
    case, kind = case_for(tampering), ATTACKS[tampering]
    assert attack(case, kind, 10, also=also)["accepted"] == 0
    monkeypatch.setattr(room, function, broken)
    assert attack(case, kind, 10, also=also)["accepted"] > 0
