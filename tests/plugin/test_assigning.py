"""Assigning in the window, without Qt: by hand, for a review, and dealt out by load."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from medseg.errors import StoreError
from medseg.model import ReadingState
from medseg.project import Project, acts, import_images
from medseg.review.policy import policy_from_tables
from napari_medseg.viewmodels.reviewing.acting.assigning import AssigningViewModel
from tests.phantoms import ramp_volume
from tests.plugin.studies import SmallStudy, Workplace
from tests.project.cases import save_image

TWO_READERS = policy_from_tables({"double": {"readings": 2}})


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> SmallStudy:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDSEG_HOME", str(tmp_path_factory.mktemp("home")))
        return SmallStudy.make(tmp_path_factory.mktemp("made"), is_drawn=False)


def more_cases(study: SmallStudy, count: int) -> list[str]:
    """Cases that nobody reads yet."""
    found = []
    with Project.open(study.folder) as project:
        for number in range(1, count + 1):
            volume = ramp_volume()
            path = study.root / "SMITH-JOHN" / f"more-{number}.nii.gz"
            save_image(replace(volume, voxels=volume.voxels + number), path)
            found += import_images(project, path, by="p-sig").cases
    return found


def assigning(place: Workplace, *cases: str) -> AssigningViewModel:
    model = AssigningViewModel(place.home, cases, given=place.worklist.refresh, today="2026-11-23")
    place.done(model.begin)
    return model


def readers(study: SmallStudy, case: str) -> list[tuple[str, str | None]]:
    with Project.open(study.folder) as project:
        return [(one.reader, one.due) for one in project.case(case).readings]


def test_the_lead_gives_several_cases_to_a_reader_by_a_date(study: SmallStudy) -> None:
    cases = more_cases(study, 2)
    place = Workplace(study, "sig")
    assert place.worklist.may_assign
    model = assigning(place, *cases)
    # Ana has one in hand already: who has the least comes first.
    assert [one.text for one in model.candidates] == ["Dr Ben (0 in hand)", "Dr Ana (1 in hand)"]
    assert model.cannot_assign == "Choose a person."
    place.done(model.assign)
    assert model.is_refusal
    model.choose_person("p-ben")
    model.due, model.note = "2027-01-31", "the liver, too"
    place.done(model.assign)
    assert model.is_done
    assert model.said == "Dr Ben reads 2 cases."
    assert [readers(study, case) for case in cases] == [[("p-ben", "2027-01-31")]] * 2
    assert place.worklist.rows == ()  # nothing is left for the lead to assign


def test_what_is_refused_stays_with_the_reason_and_can_go_to_somebody_else(tmp_path: Path) -> None:
    study = SmallStudy.make(tmp_path, policy=TWO_READERS, is_drawn=False)
    (new,) = more_cases(study, 1)
    place = Workplace(study, "sig")
    model = assigning(place, study.case, new)
    model.choose_person("p-ana")
    place.done(model.assign)
    assert not model.is_done
    assert model.said.startswith("Dr Ana reads 1 case.")
    assert "Dr Ana has a reading of round 1" in model.said
    assert [case for case, _ in model.refused] == [study.case] == list(model.cases)
    model.choose_person("p-ben")
    place.done(model.assign)
    assert model.is_done, model.said
    assert [name for name, _ in readers(study, study.case)] == ["p-ana", "p-ben"]


def test_a_day_that_is_none_is_refused_in_words(study: SmallStudy) -> None:
    (new,) = more_cases(study, 1)
    place = Workplace(study, "sig")
    model = assigning(place, new)
    model.choose_person("p-ben")
    model.due = "next week"
    place.done(model.assign)
    assert "due on a date" in model.said
    assert readers(study, new) == []


def test_a_day_that_is_over_is_refused_in_words(study: SmallStudy) -> None:
    (new,) = more_cases(study, 1)
    place = Workplace(study, "sig")
    model = assigning(place, new)
    model.choose_person("p-ben")
    model.due = "2026-11-22"
    place.done(model.assign)
    assert "2026-11-22 is over" in model.said
    assert readers(study, new) == []
    model.due = "2026-11-23"
    place.done(model.assign)
    assert model.is_done, model.said


def test_a_database_that_fails_after_the_first_case_leaves_that_told(
    study: SmallStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = more_cases(study, 2)
    place = Workplace(study, "sig")
    model = assigning(place, first, second)
    assert sum(count for _, count in model.outlook.dealt) == 2
    give, calls = acts.assign, []

    def fails_then(*arguments: object, **options: object) -> str:
        calls.append(arguments)
        if len(calls) == 2:
            raise StoreError("The database went away.")
        return give(*arguments, **options)

    monkeypatch.setattr(acts, "assign", fails_then)
    model.choose_person("p-ben")
    place.done(model.assign)
    assert model.said.startswith("Dr Ben reads 1 case. 1 given, 1 not:")
    assert f"{second}: The database went away." in model.said
    assert [row.case for row in place.worklist.rows] == [second]  # looked up anew
    assert [one.in_hand for one in model.candidates] == [1, 1]  # and so is what is dealt out
    assert sum(count for _, count in model.outlook.dealt) == 1
    place.done(model.assign)
    assert model.is_done, model.said
    assert [readers(study, case) for case in (first, second)] == [[("p-ben", None)]] * 2


def test_somebody_is_asked_to_review(study: SmallStudy) -> None:
    place = Workplace(study, "sig")
    model = assigning(place, study.case)
    model.choose("review")
    assert [one.name for one in model.candidates] == ["Dr Rob"]
    model.choose_person("p-rob")
    place.done(model.assign)
    assert model.said == "Dr Rob is asked to review 1 case."
    with Project.open(study.folder) as project:
        (reading,) = project.case(study.case).readings
    assert (reading.reviewers, reading.state) == (("p-rob",), ReadingState.OPEN)
    empty = assigning(place, *more_cases(study, 1))
    empty.choose("review")
    empty.choose_person("p-rob")
    place.done(empty.assign)
    assert "has none that waits" in empty.said


def test_all_that_waits_is_dealt_out_as_it_was_foretold(study: SmallStudy) -> None:
    cases = more_cases(study, 3)
    place = Workplace(study, "sig")
    model = assigning(place)
    assert model.tasks == ("distribute",)
    # Three more for two readers, of whom Ana has one: both have two in the end.
    assert model.what == "By load and specialty, as the policy says: Dr Ana 1, Dr Ben 2"
    place.done(model.assign)
    assert model.said.startswith("3 assigned; the seed of the lots is ")
    given = [name for case in cases for name, _ in readers(study, case)]
    assert sorted(given) == ["p-ana", "p-ben", "p-ben"]
    again = assigning(place)
    assert again.cannot_assign == "Nothing waits to be dealt out."


def test_only_the_lead_assigns(study: SmallStudy) -> None:
    place = Workplace(study, "ana")
    assert not place.worklist.may_assign
    model = assigning(place, study.case)
    assert "by the lead" in model.said
    assert model.candidates == ()  # nothing is told of who reads how much
    model.choose_person("p-ben")
    place.done(model.assign)
    assert model.is_refusal
    assert len(readers(study, study.case)) == 1
