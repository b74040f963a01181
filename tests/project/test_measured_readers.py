"""Readers against a known truth and against each other; nobody sees what is not theirs to see."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from medseg.errors import ReviewError
from medseg.formats import write_segmentation
from medseg.project import acts, import_images
from medseg.project.measured_readers import agreements, gold_scores, keep_truth
from medseg.review import policy_from_tables
from tests.phantoms import ramp_volume
from tests.project.cases import save_image
from tests.project.team import Team, change_voxel
from tests.signoff.cases import three_lesions


def test_a_reader_against_the_truth(team: Team, tmp_path: Path):
    ramp = ramp_volume()
    image = save_image(replace(ramp, voxels=ramp.voxels + 9), tmp_path / "gold.nii.gz")
    (case,) = import_images(team.project, image, by="p-lea", gold=True).cases
    reading = acts.assign(team.project, case, "p-ada", by="p-lea")
    truth = tmp_path / "truth.nii.gz"
    write_segmentation(three_lesions(team.project.image(case).geometry), truth)
    with pytest.raises(ReviewError, match="lead"):
        keep_truth(team.project, case, truth, by="p-ada")
    with pytest.raises(ReviewError, match="--gold"):
        keep_truth(team.project, team.case, truth, by="p-lea")
    kept = keep_truth(team.project, case, truth, by="p-lea")
    assert case not in str(kept)
    assert case.removeprefix("c-") not in str(kept)
    assert gold_scores(team.project, by="p-lea") == ()
    gold = replace(team, case=case, reading=reading)
    gold.draw()
    change_voxel(gold.mask, (4, 6, 8), 0)
    gold.submit()
    (score,) = gold_scores(team.project, by="p-lea")
    assert (score.found, score.missed, score.invented, score.passed) == (2, 1, 0, False)
    assert 0.9 < score.dice < 1.0
    assert gold_scores(team.project, by="p-ada") == ()


def test_readers_against_each_other(tmp_path: Path):
    policy = policy_from_tables({"stages": {"review": False}, "double": {"readings": 2}})
    team = Team.make(tmp_path, policy=policy)
    other = acts.assign(team.project, team.case, "p-ben", by="p-lea")
    team.draw()
    team.submit()
    assert agreements(team.project, by="p-lea") == ()
    team.draw(other, "ben")
    team.submit(other, "ben")
    ((pair, found),) = agreements(team.project, by="p-lea")
    assert (pair.first, pair.second) == (team.reading, other)
    assert found.dice == 1.0
    assert (found.matched, found.only_first, found.only_second) == (3, 0, 0)
    assert agreements(team.project, by="p-ben") == ()
    assert agreements(team.project, by="p-ada") == ()
