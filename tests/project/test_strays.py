"""Things that do not belong: settings and cases laid into a project, a log that cannot be read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import medseg
from medseg import project
from medseg.errors import SignoffError
from medseg.project import Project, find_spot
from tests.project.team import KEYS, Team
from tests.signoff.cases import codes


def test_settings_laid_into_the_cases_hide_no_project(team: Team):
    team.to_locked()
    root = team.project.layout.root
    for folder in (team.mask.parent, team.mask.parent.parent, root / "cases"):
        shutil.copy(team.project.layout.settings, folder)
        spot = find_spot(team.mask)
        assert spot is not None
        assert (spot.layout.root, spot.case, spot.reading) == (root, team.case, team.reading)
        before = team.project.layout.signoffs(team.case, team.reading).read_bytes()
        with pytest.raises(SignoffError, match="through the project's log"):
            project.sign(team.mask, KEYS["ada"], image=team.image)
        assert team.project.layout.signoffs(team.case, team.reading).read_bytes() == before
        with Project.open(folder) as opened:
            assert opened.layout.root == root
    assert medseg.verify(team.mask).exit_code == 0


def test_a_project_in_another_projects_folder_is_itself(team: Team, tmp_path: Path):
    inner = team.project.layout.root / "older" / "study"
    shutil.copytree(team.project.layout.root, inner)
    spot = find_spot(inner / "cases" / team.case)
    assert spot is not None
    assert spot.layout.root == inner


def test_a_case_that_the_log_knows_nothing_of_is_told(team: Team):
    team.to_locked()
    root = team.project.layout.root
    assert medseg.verify(root).exit_code == 0
    shutil.copytree(root / "cases" / team.case, root / "cases" / "c-stray")
    shutil.copytree(team.mask.parent, team.mask.parent.with_name("r-stray"))
    (root / "cases" / ".hidden").mkdir()
    found = medseg.verify(root)
    assert found.exit_code == 10
    told = [one.where.file for one in found.verdicts if one.code == "STRAY_FOLDER"]
    assert told == ["cases/c-stray", f"cases/{team.case}/r-stray"]
    told = [one.where.file for one in medseg.verify(team.mask.parent.parent).verdicts]
    assert f"cases/{team.case}/r-stray" in told
    assert "cases/c-stray" not in told
    assert medseg.verify(root / "cases" / "c-stray").exit_code != 0


def test_what_cannot_be_held_against_the_log_is_not_called_valid(team: Team):
    team.to_locked()
    team.project.close()
    team.project.layout.database.write_bytes(b"no database at all" * 100)
    found = medseg.verify(team.mask)
    assert found.exit_code == 12
    assert "VALID" not in codes(found)
    (told,) = (one for one in found.verdicts if one.code == "SIGNATURE_HOLDS")
    assert told.text.startswith("As far as could be seen: ")
