"""A mask that is only stored otherwise stays valid: type, order, orientation, number, format."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from medseg.model import Finding, Segmentation, Verification
from tests.reliability.counts import full
from tests.reliability.encodings import ENCODINGS, store_anew
from tests.reliability.tampering import judged, story

ROUNDS = -(-300 // len(ENCODINGS))
LONG_ROUNDS = -(-full(2_000) // len(ENCODINGS))


def judge(mask: Segmentation) -> Verification:
    return judged(story(), {"segmentation": mask})


@pytest.mark.parametrize("name", ENCODINGS)
def test_stored_anew_it_is_valid(name: str, tmp_path: Path):
    outcomes = store_anew(story().mask, judge, ENCODINGS[name], tmp_path, ROUNDS)
    assert outcomes == {"valid": ROUNDS}


@pytest.mark.long
@pytest.mark.parametrize("name", ENCODINGS)
def test_stored_anew_very_often_it_is_valid(name: str, tmp_path: Path):
    outcomes = store_anew(story().mask, judge, ENCODINGS[name], tmp_path, LONG_ROUNDS)
    assert outcomes == {"valid": LONG_ROUNDS}


def digest_of_bytes(mask: Segmentation) -> str:
    return hashlib.sha256(mask.array.tobytes() + mask.geometry.affine.tobytes()).hexdigest()


def test_the_harness_catches_a_judge_who_compares_bytes(tmp_path: Path):
    signed = digest_of_bytes(story().mask)

    def broken(mask: Segmentation) -> Verification:
        is_same = digest_of_bytes(mask) == signed
        code, severity = ("VALID", "note") if is_same else ("TAMPERED_VOXELS", "error")
        return Verification((Finding(code, severity, "by its bytes"),))  # type: ignore[arg-type]

    assert store_anew(story().mask, broken, ENCODINGS["nii"], tmp_path, 10)["valid"] < 10
