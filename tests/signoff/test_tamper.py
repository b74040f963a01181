"""Random tampering with everything that a verdict depends on; none of it may be accepted.

The same harness must catch verifiers that are broken on purpose, or it proves nothing.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from medseg.model import ORIENTATIONS, Code, Geometry, Segmentation, Volume
from medseg.signoff import envelope
from medseg.signoff.canonical import canonical
from medseg.signoff.envelope import PAYLOAD_TYPE, pae
from medseg.signoff.verdicts import dossier, judging
from tests.signoff.cases import SignedCase, codes, key_of, turned, with_array, with_geometry

Random = np.random.Generator
Mutation = Callable[[SignedCase, Random], dict[str, Any]]
ROUNDS = 200


def voxel(case: SignedCase, rng: Random) -> dict[str, Any]:
    array = case.segmentation.array.copy()
    index = tuple(int(rng.integers(size)) for size in array.shape)
    array[index] = rng.choice([label for label in range(4) if label != array[index]])
    return {"segmentation": with_array(case.segmentation, array)}


def block(case: SignedCase, rng: Random) -> dict[str, Any]:
    """A lesion moved by a voxel or two along an axis."""
    array = case.segmentation.array.copy()
    lesion = array == 1
    array[lesion] = 0
    moved = np.roll(lesion, int(rng.integers(1, 3)), axis=int(rng.integers(3)))
    array[moved] = 1
    return {"segmentation": with_array(case.segmentation, array)}


def mirrored(case: SignedCase, rng: Random) -> dict[str, Any]:
    """The voxels turned round while the grid stays: left for right, head for foot."""
    axis = int(rng.integers(3))
    return {"segmentation": with_array(case.segmentation, np.flip(case.segmentation.array, axis))}


def grid(case: SignedCase, rng: Random) -> dict[str, Any]:
    affine = case.segmentation.geometry.affine.copy()
    kind = rng.integers(3)
    if kind == 0:
        affine[int(rng.integers(3)), 3] += rng.choice([-1, 1]) * 10.0 ** rng.uniform(-1.6, 2)
    elif kind == 1:
        affine[:3, int(rng.integers(3))] *= 1 + rng.choice([-1, 1]) * rng.uniform(0.02, 0.5)
    else:
        affine[:3, 0] += affine[:3, int(rng.integers(1, 3))] * rng.uniform(0.05, 0.9)
    return {"segmentation": with_geometry(case.segmentation, affine)}


def meaning(case: SignedCase, rng: Random) -> dict[str, Any]:
    segments = list(case.segmentation.segments)
    at = int(rng.integers(3))
    value = Code(str(rng.integers(10**6)), "SCT", "Lesion")
    parts: list[dict[str, Any]] = [
        {"type": value},
        {"category": value},
        {"tracking_uid": f"2.25.{rng.integers(10**6, 10**7)}"},
    ]
    segments[at] = replace(segments[at], **parts[int(rng.integers(3))])
    return {"segmentation": _with_segments(case, segments)}


def swap(case: SignedCase, rng: Random) -> dict[str, Any]:
    segments = list(case.segmentation.segments)
    a, b = rng.choice(3, 2, replace=False)
    numbers = segments[a].number, segments[b].number
    segments[a] = replace(segments[a], number=numbers[1])
    segments[b] = replace(segments[b], number=numbers[0])
    return {"segmentation": _with_segments(case, segments)}


def _with_segments(case: SignedCase, segments: list[Any]) -> Segmentation:
    mask = case.segmentation
    return Segmentation(mask.array, mask.geometry, tuple(segments))


def image(case: SignedCase, rng: Random) -> dict[str, Any]:
    volume = case.volume
    if rng.random() < 0.3:
        affine = volume.geometry.affine.copy()
        affine[int(rng.integers(3)), 3] += rng.choice([-1, 1]) * rng.uniform(0.02, 50)
        other = Volume(
            volume.voxels, Geometry(volume.geometry.shape, affine), volume.unit, volume.source
        )
        return {"volume": other}
    voxels = volume.voxels.copy()
    index = tuple(int(rng.integers(size)) for size in voxels.shape)
    voxels[index] += rng.choice([-1, 1]) * rng.integers(1, 100)
    return {"volume": replace(volume, voxels=voxels)}


def envelope_bit(case: SignedCase, rng: Random) -> dict[str, Any]:
    lines = bytearray(case.lines)
    lines[int(rng.integers(len(lines) - 1))] ^= 1 << int(rng.integers(8))
    return {"lines": bytes(lines)}


def envelope_cut(case: SignedCase, rng: Random) -> dict[str, Any]:
    first, last = sorted(rng.choice(len(case.lines) - 1, 2, replace=False).tolist())
    return {"lines": case.lines[:first] + case.lines[last:]}


_STATEMENTS = (("role", "adjudicator"), ("stage", "lock"), ("case", "other"), ("caseVersion", 99))


def statement(case: SignedCase, rng: Random) -> dict[str, Any]:
    """Another text under the old signature."""
    wrapped, said = _opened(case)
    name, value = _STATEMENTS[int(rng.integers(len(_STATEMENTS)))]
    said["predicate"][name] = value
    return {"lines": _wrapped(wrapped, said)}


def stranger(case: SignedCase, rng: Random) -> dict[str, Any]:
    """Signed by somebody else under the reader's name."""
    wrapped, said = _opened(case)
    other = key_of(int(rng.integers(2, 1000)))
    public = base64.b64encode(other.public_key).decode()
    said["predicate"]["signer"] |= {"keyid": other.keyid, "publicKey": public}
    signature = other.sign(pae(PAYLOAD_TYPE, canonical(said)))
    signed = {"keyid": other.keyid, "sig": base64.b64encode(signature).decode()}
    return {"lines": _wrapped({**wrapped, "signatures": [signed]}, said)}


def impostor(case: SignedCase, rng: Random) -> dict[str, Any]:
    """Signed by somebody else while naming the reader's own key."""
    wrapped, said = _opened(case)
    other = key_of(int(rng.integers(2, 1000)))
    said["predicate"]["caseVersion"] = int(rng.integers(2, 99))
    signature = other.sign(pae(PAYLOAD_TYPE, canonical(said)))
    signed = {"keyid": case.key.keyid, "sig": base64.b64encode(signature).decode()}
    return {"lines": _wrapped({**wrapped, "signatures": [signed]}, said)}


def _opened(case: SignedCase) -> tuple[dict[str, Any], dict[str, Any]]:
    wrapped = json.loads(case.lines)
    return wrapped, json.loads(base64.b64decode(wrapped["payload"]))


def _wrapped(wrapped: dict[str, Any], said: dict[str, Any]) -> bytes:
    return canonical({**wrapped, "payload": base64.b64encode(canonical(said)).decode()})


#: Each mutation with the verdicts it may lead to; at least one of them must be there.
MUTATIONS: dict[Mutation, set[str]] = {
    voxel: {"TAMPERED_VOXELS"},
    block: {"TAMPERED_VOXELS"},
    mirrored: {"TAMPERED_VOXELS"},
    grid: {"TAMPERED_GEOMETRY"},
    meaning: {"TAMPERED_LABEL_SCHEMA"},
    swap: {"TAMPERED_LABEL_SCHEMA"},
    image: {"WRONG_IMAGE"},
    envelope_bit: {"MALFORMED", "BAD_SIGNATURE", "UNSUPPORTED_VERSION"},
    envelope_cut: {"MALFORMED", "BAD_SIGNATURE", "UNSUPPORTED_VERSION"},
    statement: {"BAD_SIGNATURE"},
    stranger: {"SIGNER_NOT_ESTABLISHED"},
    impostor: {"BAD_SIGNATURE"},
}


def attack(case: SignedCase, mutation: Mutation, rounds: int) -> Counter[str]:
    """How often tampering was accepted, got a wrong verdict, or a right one."""
    rng = np.random.default_rng(sum(mutation.__name__.encode()))
    outcomes: Counter[str] = Counter()
    for _ in range(rounds):
        changes = mutation(case, rng)
        if "segmentation" in changes and rng.random() < 0.5:
            orientation = ORIENTATIONS[int(rng.integers(48))]
            changes["segmentation"] = turned(changes["segmentation"], orientation)
        verification = case.judged(**changes)
        found = set(codes(verification))
        if verification or "VALID" in found:
            outcomes["accepted"] += 1
        elif found <= MUTATIONS[mutation]:
            outcomes["right"] += 1
        else:
            outcomes[f"wrong: {sorted(found)}"] += 1
    return outcomes


@pytest.fixture(scope="module")
def case() -> SignedCase:
    return SignedCase.make()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.__name__)
def test_no_tampering_is_accepted_and_each_is_called_by_its_name(
    case: SignedCase, mutation: Mutation
):
    assert attack(case, mutation, ROUNDS) == {"right": ROUNDS}


CONTROLS: dict[str, tuple[Any, str, Any, Mutation]] = {
    "compares no voxels": (judging, "compare_mask", lambda *_: [], voxel),
    "compares no geometry": (judging, "compare_mask", lambda *_: [], grid),
    "compares no meaning": (judging, "compare_mask", lambda *_: [], meaning),
    "takes any image": (dossier, "image_matcher", lambda *_: lambda *_: "pixels", image),
    "checks no signature": (envelope, "_check_signature", lambda *_: None, statement),
    "trusts anybody": (judging, "judge_person", lambda *_: [], stranger),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_the_harness_catches_a_verifier_that(
    case: SignedCase, name: str, monkeypatch: pytest.MonkeyPatch
):
    room, function, broken, mutation = CONTROLS[name]
    monkeypatch.setattr(room, function, broken)
    assert attack(case, mutation, 10)["accepted"] == 10
