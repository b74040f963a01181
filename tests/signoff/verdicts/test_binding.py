from __future__ import annotations

import importlib
from dataclasses import replace

import numpy as np
import pytest

from medseg.signoff import Claim
from tests.signoff.cases import (
    SignedCase,
    codes,
    envelope_line,
)
from tests.signoff.verdicts.held import finding


@pytest.fixture(scope="module")
def case() -> SignedCase:
    return SignedCase.make()


def test_another_image_is_the_wrong_one(case: SignedCase):
    voxels = case.volume.voxels.copy()
    voxels[5, 7, 9] += 1
    verification = case.judged(volume=replace(case.volume, voxels=voxels))
    assert codes(verification) == ["WRONG_IMAGE"]
    assert verification.exit_code == 11


def test_the_same_values_otherwise_stored_match_by_modality(case: SignedCase):
    source = replace(case.volume.source, rescale=((1.0, -1024.0),))
    verification = case.judged(volume=replace(case.volume, source=source))
    assert verification.exit_code == 0
    assert "modality" in finding(verification, "VALID").text


def test_an_image_is_hashed_once_for_many_records(
    case: SignedCase, monkeypatch: pytest.MonkeyPatch
):
    room = importlib.import_module("medseg.signoff.image_identity")  # not the function of it
    hashed: list[str] = []
    digest = room._digest
    monkeypatch.setattr(
        room, "_digest", lambda rung, *rest: hashed.append(rung) or digest(rung, *rest)
    )
    claims = [Claim(role=f"reader {number}") for number in range(4)]
    lines = [envelope_line(case.segmentation, case.volume, case.key, claim) for claim in claims]
    hashed.clear()
    assert codes(case.judged(lines=b"".join(lines))) == ["VALID"] * 4
    assert hashed == ["pixels"]
    hashed.clear()
    other = replace(case.volume, voxels=case.volume.voxels + np.int16(1))
    assert codes(case.judged(lines=b"".join(lines), volume=other)) == ["WRONG_IMAGE"] * 4
    assert hashed == ["pixels", "modality"]
