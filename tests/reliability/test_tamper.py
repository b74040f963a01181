"""Random tampering with everything that a verdict depends on; none of it may be accepted.

The same harness must catch verifiers that are broken on purpose, or it proves nothing.
"""

from __future__ import annotations

from typing import Any

import pytest

from medseg.signoff import envelope
from medseg.signoff.verdicts import dossier, judging, logged
from tests.reliability.counts import full
from tests.reliability.log_attacks import LOG_ATTACKS
from tests.reliability.mask_attacks import MASK_ATTACKS
from tests.reliability.record_attacks import RECORD_ATTACKS
from tests.reliability.tampering import attack, drawn_story, judged, story, told
from tests.signoff.verdicts.stories import Story

ATTACKS = {**MASK_ATTACKS, **RECORD_ATTACKS, **LOG_ATTACKS}
ROUNDS = -(-3_000 // len(ATTACKS))
LONG_ROUNDS = -(-full(100_000) // len(ATTACKS))


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


#: What a verifier leaves out, and how often of ten the tampering is then accepted.
CONTROLS: dict[str, tuple[Any, str, Any, str]] = {
    "compares no voxels": (judging, "compare_mask", lambda *_: [], "voxel"),
    "compares no geometry": (judging, "compare_mask", lambda *_: [], "affine"),
    "compares no meaning": (judging, "compare_mask", lambda *_: [], "code"),
    "takes any image": (dossier, "image_matcher", lambda *_: lambda *_: "pixels", "image voxel"),
    "takes any case": (judging, "judge_case", lambda *_: [], "another case"),
    "checks no signature": (envelope, "_check_signature", lambda *_: None, "impostor"),
    "knows no people": (judging, "judge_person", lambda *_: [], "revoked key"),
    "asks nobody for older registries": (
        judging,
        "judge_registry",
        lambda *_: [],
        "registry rolled back",
    ),
    "holds no record against the log": (logged, "_against", lambda *_: [], "chain rewritten"),
    "remembers no log": (logged, "_against", lambda *_: [], "log cut behind the records"),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_the_harness_catches_a_verifier_that(name: str, monkeypatch: pytest.MonkeyPatch):
    room, function, broken, tampering = CONTROLS[name]
    case = case_for(tampering)
    monkeypatch.setattr(room, function, broken)
    assert attack(case, ATTACKS[tampering], 10)["accepted"] > 0
