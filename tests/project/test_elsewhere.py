"""Another site's log, met and countersigned; and images that were made from a case's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import medseg
from medseg.errors import ReviewError, SignoffError
from medseg.model import Volume
from medseg.project import acts, check_log
from medseg.signoff.log.jsonl import write_log
from tests.phantoms import ramp_volume
from tests.project.cases import save_image
from tests.project.team import KEYS, Team
from tests.signoff.cases import codes


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Team]:
    """Another site's project."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    made = Team.make(folder)
    yield made
    made.project.close()


def written(team: Team, path: Path, *, cut: int = 0) -> Path:
    entries = team.entries()
    path.write_bytes(write_log(entries[: len(entries) - cut]))
    return path


def witness(team: Team, log: Path) -> None:
    acts.witness_log(team.project, log.read_bytes(), by="p-lea", key=KEYS["lea"])


def test_a_log_that_was_met_can_not_be_cut(team: Team, other: Team, tmp_path: Path) -> None:
    team.to_locked()
    acts.ask_query(other.project, other.case, "Which phase?", by="p-lea")
    whole = written(other, tmp_path / "whole.jsonl")
    witness(team, whole)
    assert medseg.verify(team.mask, log=whole).exit_code == 0
    shorter = written(other, tmp_path / "shorter.jsonl", cut=1)
    found = medseg.verify(team.mask, log=shorter)
    assert found.exit_code == 11
    assert "LOG_TRUNCATED" in codes(found)
    with pytest.raises(SignoffError, match="only grows"):
        witness(team, shorter)
    acts.ask_query(other.project, other.case, "And which kernel?", by="p-lea")
    witness(team, written(other, tmp_path / "longer.jsonl"))
    assert [one.kind for one in team.entries()][-2:] == ["anchor", "anchor"]
    assert check_log(team.project) == ()


def test_what_is_no_sound_log_of_others_is_not_witnessed(
    team: Team, other: Team, tmp_path: Path
) -> None:
    log = written(other, tmp_path / "log.jsonl")
    with pytest.raises(ReviewError, match="its own"):
        witness(team, written(team, tmp_path / "own.jsonl"))
    with pytest.raises(ReviewError, match="lead"):
        acts.witness_log(team.project, log.read_bytes(), by="p-ada", key=KEYS["ada"])
    with pytest.raises(SignoffError, match="own key"):
        acts.witness_log(team.project, log.read_bytes(), by="p-lea", key=KEYS["ada"])
    for damaged in (b"", log.read_bytes()[:-1], log.read_bytes().replace(b"Lung", b"Luna", 1)):
        with pytest.raises(SignoffError, match="witnessed"):
            acts.witness_log(team.project, damaged, by="p-lea", key=KEYS["lea"])
    assert not [one for one in team.entries() if one.kind == "anchor"]


def defaced(tmp_path: Path) -> tuple[Path, Volume]:
    whole = ramp_volume()
    voxels = np.array(whole.voxels)
    voxels[:2] = 0
    path = tmp_path / "defaced.nii.gz"
    save_image(Volume(voxels, whole.geometry, whole.unit, whole.source), path)
    return path, medseg.read_volume(path)


def test_a_verdict_follows_who_says_what_an_image_was_made_from(team: Team, tmp_path: Path) -> None:
    team.to_locked()
    path, image = defaced(tmp_path)
    assert "WRONG_IMAGE" in codes(medseg.verify(team.mask, image=path))
    acts.note_derivation(
        team.project, team.case, image, "the face was blanked", by="p-lea", key=KEYS["lea"]
    )
    found = medseg.verify(team.mask, image=path)
    assert found.exit_code == 10
    assert "VIA_DERIVATION" in codes(found)
    assert medseg.verify(team.mask).exit_code == 0
    assert check_log(team.project) == ()


def test_not_everybody_may_say_so(team: Team, tmp_path: Path) -> None:
    _, image = defaced(tmp_path)
    with pytest.raises(ReviewError, match="importer"):
        acts.note_derivation(team.project, team.case, image, "x", by="p-ada", key=KEYS["ada"])
    with pytest.raises(SignoffError, match="what was done"):
        acts.note_derivation(team.project, team.case, image, " ", by="p-lea", key=KEYS["lea"])
