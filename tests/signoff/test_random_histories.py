"""medseg and the independent verifier agree on histories that nobody thought of."""

from __future__ import annotations

import random
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.conformance.random_stories import random_story
from tests.signoff.test_conformance import Told, Vector, by_medseg, by_tool, loaded

ROUNDS, LONG_ROUNDS = 40, 2000
CALL = {
    "mask": "cases/c-7K3M9QXA/r-2B4D6F8H/lesions.nii.gz",
    "image": "image.nii.gz",
    "people": "people.json",
    "log": "log.jsonl",
    "remembered": None,
    "trust": [],
}


def told(seed: int, tool: ModuleType, folder: Path, patch: pytest.MonkeyPatch) -> tuple[Told, Told]:
    """What each verifier says of the story of that seed."""
    chance = random.Random(seed)  # noqa: S311 - the same stories each time
    story = random_story(chance)
    for place, data in story.files().items():
        path = folder / str(seed) / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    without: dict[str, Any] = {"people": None} if chance.random() < 0.05 else {}
    vector = Vector(folder / str(seed), {"call": CALL | without})
    return by_tool(tool, vector), by_medseg(vector, patch, folder / f"home-{seed}")


def agree(
    rounds: int, tool: ModuleType, folder: Path, patch: pytest.MonkeyPatch, start: int = 0
) -> set[str]:
    """The codes that were told; a difference fails."""
    codes: set[str] = set()
    for seed in range(start, start + rounds):
        other, ours = told(seed, tool, folder, patch)
        assert ours == other, f"seed {seed}"
        codes |= {code for _, code in ours[1]}
    return codes


def test_both_verifiers_agree_on_random_histories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    codes = agree(ROUNDS, loaded(), tmp_path, monkeypatch)
    assert codes >= {
        "INSUFFICIENT_SIGNATURES",
        "NOT_DISPUTED",
        "POLICY_NOT_ESTABLISHED",
        "SUBMITTER_NOT_ESTABLISHED",
        "VALID",
    }


@pytest.mark.long
def test_both_verifiers_agree_on_very_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    agree(LONG_ROUNDS, loaded(), tmp_path, monkeypatch, start=ROUNDS)


@pytest.mark.parametrize(
    ("function", "answer"), [("proven", []), ("disputed", True), ("annotators", set())]
)
def test_the_histories_catch_a_verifier_that_skips(
    function: str, answer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    tool = loaded()
    monkeypatch.setattr(tool.Verifier, function, lambda *_: answer)
    with pytest.raises(AssertionError, match="seed"):
        agree(ROUNDS, tool, tmp_path, monkeypatch)
