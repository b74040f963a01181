"""Blind readings of one case become one: by agreement, by vote, or by an adjudicator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import medseg
from medseg.errors import ReviewError
from medseg.formats import read_segmentation, write_segmentation
from medseg.model import CaseState, ReadingState
from medseg.project import acts, check_log
from medseg.project.worklist import worklist
from medseg.review import case_state, policy_from_tables
from tests.project.team import KEYS, Team, change_voxel


def double(tmp_path: Path, **rules: Any) -> tuple[Team, str]:
    """A case with two blind readings, both open."""
    policy = policy_from_tables({"stages": {"review": False}, "double": {"readings": 2, **rules}})
    team = Team.make(tmp_path, policy=policy)
    other = acts.assign(team.project, team.case, "p-ben", by="p-lea")
    return team, other


def hand_in_both(team: Team, other: str, *, differ: bool = False) -> None:
    team.draw()
    team.draw(other, "ben")
    mask = team.project.mask_path(team.case, other)
    if differ:
        segmentation = read_segmentation(mask)
        array = np.array(segmentation.array)
        array[array == 3] = 0
        segments = tuple(one for one in segmentation.segments if one.number != 3)
        write_segmentation(type(segmentation)(array, segmentation.geometry, segments), mask)
    else:
        change_voxel(mask, (1, 2, 3), 0, author="Ben")
    team.submit()
    team.submit(other, "ben")


def test_readings_that_agree_become_the_first(tmp_path: Path):
    team, other = double(tmp_path)
    hand_in_both(team, other)
    assert acts.bring_together(team.project, team.case) == ()
    case = team.project.case(team.case)
    assert case.final == team.reading
    assert case.reading(other).state is ReadingState.SET_ASIDE
    with pytest.raises(ReviewError, match=r"set aside|another reading"):
        acts.open_reading(team.project, other, by="p-ben")
    team.sign()
    team.lock()
    assert medseg.verify(team.mask).exit_code == 0


@pytest.mark.parametrize("method", ["majority", "staple"])
def test_a_vote_is_a_reading_of_its_own(tmp_path: Path, method: str):
    team, other = double(tmp_path, consensus=method)
    hand_in_both(team, other)
    assert acts.bring_together(team.project, team.case) == ()
    case = team.project.case(team.case)
    assert case.final not in (None, team.reading, other)
    made = case.reading(case.final)
    assert made.drawn_from == (team.reading, other)
    team.reading = made.reading_id
    kept = team.project.layout.version(team.case, made.reading_id, 1)
    assert np.array_equal(read_segmentation(kept).array, read_segmentation(team.mask).array)
    team.sign()
    team.lock()
    assert medseg.verify(team.mask).exit_code == 0
    assert team.project.open(team.project.layout.root).findings == ()


def test_an_adjudicator_decides_where_they_differ(tmp_path: Path):
    team, other = double(tmp_path)
    hand_in_both(team, other, differ=True)
    why = acts.bring_together(team.project, team.case)
    assert "lesions" in why[0]
    case = team.project.case(team.case)
    assert case_state(team.project.policy, case) is CaseState.ADJUDICATION
    with pytest.raises(ReviewError, match="adjudicator"):
        acts.adjudicate(team.project, other, by="p-ada", key=KEYS["ada"], reason="mine")
    acts.adjudicate(team.project, other, by="p-joy", key=KEYS["joy"], reason="no cyst there")
    assert team.project.case(team.case).final == other
    team.reading = other
    team.sign()
    team.lock()
    assert medseg.verify(team.mask).exit_code == 0


def test_an_adjudicator_draws_a_reading_of_their_own(tmp_path: Path):
    team, other = double(tmp_path, adjudication="edit")
    hand_in_both(team, other, differ=True)
    assert acts.bring_together(team.project, team.case)
    own = acts.assign(
        team.project, team.case, "p-joy", by="p-joy", drawn_from=(team.reading, other)
    )
    opened = acts.open_reading(team.project, own, by="p-joy")
    start = read_segmentation(opened.mask_path)
    assert np.array_equal(start.array, read_segmentation(team.mask).array)
    change_voxel(opened.mask_path, (2, 3, 4), 0, author="Joy")
    team.submit(own, "joy")
    acts.adjudicate(team.project, own, by="p-joy", key=KEYS["joy"], reason="between them")
    assert team.project.case(team.case).final == own
    assert medseg.verify(opened.mask_path).exit_code == 0, "their own drawing, by the rules"


def test_not_before_all_are_in(tmp_path: Path):
    team, other = double(tmp_path)
    team.draw()
    team.submit()
    with pytest.raises(ReviewError):
        acts.bring_together(team.project, team.case)
    assert other in {one.reading_id for one in team.project.case(team.case).readings}


def test_a_blind_reader_sees_nothing_of_the_other(tmp_path: Path):
    team, other = double(tmp_path)
    team.draw()
    team.submit()
    acts.comment(team.project, team.reading, "SECRET REMARK", by="p-ada")
    opened = acts.open_reading(team.project, other, by="p-ben")
    assert [one.reading_id for one in opened.case.readings] == [other]
    assert opened.case.comments == ()
    rows = worklist(team.project.store, team.project.person("p-ben"))
    (row,) = rows
    assert row.readers == ("p-ben",)
    assert row.open_comments == 0
    for told in (repr(opened.case), repr(rows)):
        assert team.reading not in told
        assert "p-ada" not in told
        assert "SECRET" not in told
    with pytest.raises(ReviewError, match="cannot see"):
        acts.open_reading(team.project, team.reading, by="p-ben")


def test_all_that_waits_is_assigned(tmp_path: Path):
    team, other = double(tmp_path)
    assert acts.assign_all(team.project, by="p-lea", seed=1) == []
    assert other


def test_assigning_by_lot_gives_each_case_its_readers(team: Team, tmp_path: Path):
    from dataclasses import replace

    from medseg.project import import_images
    from tests.phantoms import ramp_volume
    from tests.project.cases import save_image

    ramp = ramp_volume()
    more = tmp_path / "more"
    more.mkdir()
    for number in range(3):
        save_image(replace(ramp, voxels=ramp.voxels + 7 + number), more / f"{number}.nii.gz")
    import_images(team.project, more, by="p-lea")
    given = acts.assign_all(team.project, by="p-lea", seed=1)
    assert len(given) == 3
    assert {reader for _, _, reader in given} == {"p-ada", "p-ben"}
    assert acts.assign_all(team.project, by="p-lea", seed=1) == []


@pytest.mark.parametrize("differ", [False, True])
def test_what_was_measured_between_readers_stands_in_the_worklist(tmp_path: Path, differ: bool):
    team, other = double(tmp_path)
    hand_in_both(team, other, differ=differ)
    lead, ada, signer = (team.project.person(f"p-{name}") for name in ("lea", "ada", "sig"))

    def shown(person: Any) -> list[float | None]:
        return [row.agreement for row in worklist(team.project.store, person)]

    assert shown(lead) == [None]
    acts.bring_together(team.project, team.case)
    versions = (
        read_segmentation(team.project.layout.version(team.case, one, 1))
        for one in (team.reading, other)
    )
    one, two = (version.array > 0 for version in versions)
    dice = 2 * np.count_nonzero(one & two) / (np.count_nonzero(one) + np.count_nonzero(two))
    assert 0 < dice < 1
    assert shown(lead) == [pytest.approx(dice, abs=0.0005)]
    assert shown(ada) == [None] if differ else shown(signer)
    assert check_log(team.project) == ()


def test_a_date_is_due_for_its_reader_and_hidden_from_the_other(tmp_path: Path):
    policy = policy_from_tables({"stages": {"review": False}, "double": {"readings": 2}})
    team = Team.make(tmp_path, policy=policy)
    with pytest.raises(ReviewError, match="2026-03-31"):
        acts.assign(team.project, team.case, "p-ben", by="p-lea", due="soon")
    acts.assign(team.project, team.case, "p-ben", by="p-lea", due="2026-03-31")
    people = {name: team.project.person(f"p-{name}") for name in ("ada", "ben", "lea")}
    due = {
        name: [row.due for row in worklist(team.project.store, person)]
        for name, person in people.items()
    }
    assert due == {"ada": [None], "ben": ["2026-03-31"], "lea": ["2026-03-31"]}
    assert [row.due for row in worklist(team.project.store, people["ben"], mine=True)] == [
        "2026-03-31"
    ]
    assert check_log(team.project) == ()
