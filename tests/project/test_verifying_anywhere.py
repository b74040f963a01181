"""A reading's mask taken out of its project, and what is handed along with it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import medseg
from medseg import project
from medseg.errors import FormatError
from medseg.formats import sidecar
from medseg.signoff.log.jsonl import write_log
from tests.project.team import KEYS, Team
from tests.signoff.cases import codes


@pytest.fixture
def away(team: Team, tmp_path: Path) -> Path:
    """The mask with its sidecars in a folder of nobody's."""
    team.to_locked()
    folder = tmp_path / "away"
    folder.mkdir()
    for path in (team.mask, sidecar.sidecar_path(team.mask), sidecar.signoff_path(team.mask)):
        shutil.copy(path, folder)
    return folder / "lesions.nii.gz"


def test_alone_it_names_nobody(team: Team, away: Path):
    found = medseg.verify(away, image=team.image)
    assert "SIGNER_NOT_ESTABLISHED" in codes(found)
    assert not found
    assert medseg.verify(away, image=team.image, trust=[KEYS["lea"].keyid])


def test_with_people_and_log_it_is_valid(team: Team, away: Path, tmp_path: Path):
    people, log = team.project.layout.people, tmp_path / "log.jsonl"
    log.write_bytes(write_log(team.entries()))
    for given in (log, team.project.layout.database, team.project.layout.root):
        found = medseg.verify(away, image=team.image, people=people, log=given)
        assert found.exit_code == 0, codes(found)
    shorter = tmp_path / "shorter.jsonl"
    shorter.write_bytes(write_log(team.entries()[:-1]))
    found = medseg.verify(away, image=team.image, people=people, log=shorter)
    assert found.exit_code == 11
    assert "LOG_TRUNCATED" in codes(found)


def test_under_another_case_it_is_a_replay(team: Team, away: Path, tmp_path: Path):
    other = tmp_path / "cases" / "c-0therone" / "r-0therone"
    other.mkdir(parents=True)
    for path in away.parent.iterdir():
        shutil.copy(path, other)
    found = medseg.verify(
        other / "lesions.nii.gz", image=team.image, people=team.project.layout.people
    )
    assert "REPLAYED_OTHER_CASE" in codes(found)
    assert found.exit_code == 11


def test_a_copy_signed_by_oneself_says_that_no_project_stands_behind_it(team: Team, away: Path):
    sidecar.signoff_path(away).unlink()
    people = team.project.layout.people
    for name, role, code in (
        ("sig", "signer", 10),
        ("ada", "annotator", 11),
        ("rob", "reviewer", 11),
    ):
        project.sign(away, KEYS[name], image=team.image, role=role)
        found = medseg.verify(away, image=team.image, people=people)
        assert found.exit_code == code, codes(found)
        (told,) = (one for one in found.verdicts if one.code == "OUTSIDE_PROJECT")
        assert told.severity == "warning"
        assert "signer's own statement" in told.text
        assert ("ROLE_NOT_AUTHORISED" in codes(found)) == (code == 11)
        alone = medseg.verify(away, image=team.image, trust=[KEYS[name].keyid])
        assert alone.exit_code == 0
        (valid,) = (one for one in alone.verdicts if one.code == "VALID")
        assert valid.text.endswith(
            "made outside of any project, and is the signer's own statement."
        )
        sidecar.signoff_path(away).unlink()


def test_a_log_that_is_not_there(team: Team, away: Path, tmp_path: Path):
    for options in ({"log": tmp_path / "none"}, {"people": tmp_path / "none"}):
        with pytest.raises(FormatError, match="read from a file"):
            medseg.verify(away, image=team.image, **options)


def test_a_project_without_its_log_is_undecided(team: Team):
    team.to_locked()
    team.project.close()
    team.project.layout.database.unlink()
    found = medseg.verify(team.mask)
    assert found.exit_code == 12
    assert "LOG_ABSENT" in codes(found)
    team.project.layout.people.unlink()
    assert "PEOPLE_ABSENT" in codes(medseg.verify(team.mask))
    assert medseg.verify(team.project.layout.root).exit_code == 12
