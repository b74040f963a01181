"""Handing in, judging, signing and exporting on screen, without Qt; and all that can go wrong."""

from __future__ import annotations

import shlex
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from medseg.formats import read_segmentation
from medseg.model import EndingKind, NotEvaluable, ReadingState
from medseg.project import Project, acts, import_images, keep_truth
from medseg.project.folder.remembered import trust_root
from medseg.review.policy import policy_from_tables, solo_policy
from medseg.signoff.keys import unlock_key
from napari_medseg.viewmodels.reviewing.acting.acting import place_of
from napari_medseg.viewmodels.reviewing.acting.endings import SubmitViewModel
from napari_medseg.viewmodels.reviewing.acting.exporting import ExportViewModel
from napari_medseg.viewmodels.reviewing.acting.signed_text import (
    about_rows,
    lesion_cells,
    version_line,
)
from napari_medseg.viewmodels.reviewing.acting.signing import SigningViewModel
from napari_medseg.viewmodels.reviewing.remarks.viewings import Condition, Shown
from napari_medseg.viewmodels.reviewing.verdict import VerdictViewModel
from tests.cli.running import run_command
from tests.phantoms import ramp_volume
from tests.plugin.studies import PASSPHRASE, SmallStudy, Workplace
from tests.project.cases import save_image
from tests.project.team import change_voxel
from tests.signoff.cases import key_of

DOUBLE = policy_from_tables(
    {
        "proven": True,
        "double": {"readings": 2},
        "stages": {
            "review": False,
            "annotate": {"roles": ["annotator"], "blind": True},
            "adjudicate": {"roles": ["adjudicator"]},
        },
    }
)
STRICT = policy_from_tables({"proven": True, "checks": {"one_slice_lesion": "block"}})


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """A passphrase takes long to try, on purpose: each right one is tried once for all tests."""
    monkeypatch.setattr("medseg.signoff.sitting.unlock_key", opened_once)


opened_once = cache(unlock_key)


@pytest.fixture
def study(made_once: SmallStudy, tmp_path: Path) -> SmallStudy:
    trust_root(key_of(1, "Root").keyid, "Lung")
    return made_once.copied(tmp_path / "team")


def at_work(study: SmallStudy, name: str, reading: str = "") -> Workplace:
    place = Workplace(study, name)
    place.open(reading)
    return place


def submit(place: Workplace, passphrase: str = PASSPHRASE) -> SubmitViewModel:
    model = SubmitViewModel(place.home, place.case)
    place.done(model.begin)
    place.done(model.submit, passphrase, place.home.person.person_id)
    return model


def judge(place: Workplace, choice: str, reason: str = "", **given: str) -> SigningViewModel:
    model = SigningViewModel(place.home, place.case)
    place.done(model.begin)
    model.choose(choice)
    model.give_reason(reason)
    passphrase = given.get("passphrase", PASSPHRASE)
    place.done(model.sign, passphrase, given.get("signer", place.home.person.person_id))
    return model


def state_of(study: SmallStudy, reading: str = "") -> ReadingState:
    with Project.open(study.folder) as project:
        return project.case(study.case).reading(reading or study.reading).state


def entries(study: SmallStudy, kind: str) -> list[object]:
    with Project.open(study.folder) as project, project.store.read() as view:
        return list(view.entries_of_kind(kind))


# -- handing in -------------------------------------------------------------------------------


def test_the_checks_speak_before_a_reading_is_handed_in(study: SmallStudy) -> None:
    place = at_work(study, "ana")
    model = SubmitViewModel(place.home, place.case)
    assert model.kind is EndingKind.LESIONS
    assert "not through" in model.cannot_submit
    place.done(model.begin)
    (finding,) = [one for one in model.findings if one.code == "ONE_SLICE_LESION"]
    assert place_of(place.case.session, finding)[0] == 4  # where the click goes
    assert model.cannot_submit is None
    place.done(model.submit, PASSPHRASE, "p-ana")
    assert model.is_done
    assert state_of(study) is ReadingState.SUBMITTED
    place.draw(2)
    assert "handed in" in place.said
    assert "handed in" in model.cannot_submit


def test_unsaved_work_is_saved_before_the_checks_and_is_in_what_is_handed_in(
    study: SmallStudy,
) -> None:
    place = at_work(study, "ana")
    place.draw(5)
    drawn = place.case.session.segmentation.array.copy()
    model = submit(place)
    assert model.is_done, model.said
    version = study.mask.parent / "versions" / "1.nii.gz"
    assert (read_segmentation(version).array == drawn).all()


def test_what_blocks_is_put_right_first(tmp_path: Path) -> None:
    study = SmallStudy.make(tmp_path, policy=STRICT)
    place = at_work(study, "ana")
    model = SubmitViewModel(place.home, place.case)
    place.done(model.begin)
    assert "put right" in model.cannot_submit
    place.done(model.submit, PASSPHRASE, "p-ana")
    assert model.is_refusal
    assert state_of(study) is ReadingState.OPEN
    place.case.session.remove(2)  # the lesion on a single slice
    assert "changes since the checks" in _told(model, place)
    place.done(model.begin)
    place.done(model.submit, PASSPHRASE, "p-ana")
    assert model.is_done, model.said


def _told(model: SubmitViewModel, place: Workplace) -> str:
    place.done(model.submit, PASSPHRASE, "p-ana")
    return model.said


def test_an_ending_is_held_against_the_mask(study: SmallStudy) -> None:
    place = at_work(study, "ana")
    model = SubmitViewModel(place.home, place.case)
    place.done(model.begin)
    place.done(model.end_as, EndingKind.NOT_EVALUABLE, NotEvaluable.ARTEFACT, "metal")
    assert "ENDING_CONTRADICTS_MASK" in [one.code for one in model.findings]
    assert model.cannot_submit
    for number in (1, 2, 3):
        place.case.session.remove(number)
    place.done(model.begin)
    place.done(model.submit, PASSPHRASE, "p-ana")
    assert model.is_done, model.said
    with Project.open(study.folder) as project:
        ending = project.case(study.case).reading(study.reading).newest.ending
    assert (ending.kind, ending.reason, ending.text) == (
        EndingKind.NOT_EVALUABLE,
        NotEvaluable.ARTEFACT,
        "metal",
    )


def test_a_reading_without_a_lesion_is_handed_in_too(study: SmallStudy) -> None:
    place = at_work(study, "ana")
    for number in (1, 2, 3):
        place.case.session.remove(number)
    model = SubmitViewModel(place.home, place.case)
    assert model.kind is EndingKind.NO_LESION_FOUND
    place.done(model.begin)
    place.done(model.submit, PASSPHRASE, "p-ana")
    assert model.is_done, model.said


def test_a_wrong_passphrase_is_told_and_entered_and_loses_nothing(study: SmallStudy) -> None:
    place = at_work(study, "ana")
    place.draw(5)
    model = submit(place, "not the passphrase")
    assert "passphrase" in model.said
    assert model.is_refusal
    assert not model.is_done
    assert model.cannot_submit is None  # and can be tried again at once
    assert state_of(study) is ReadingState.OPEN
    assert len(entries(study, "failed-auth")) == 1
    assert (place.case.session.segmentation.array[5] != 0).any()
    place.done(model.submit, PASSPHRASE, "p-ana")
    assert model.is_done, model.said


def test_the_first_act_of_a_sitting_asks_for_the_id_and_it_is_one_s_own(
    study: SmallStudy,
) -> None:
    place = at_work(study, "ana")
    model = SubmitViewModel(place.home, place.case)
    place.done(model.begin)
    assert model.asks_for_id
    place.done(model.submit, PASSPHRASE, "")
    assert "id" in model.said
    place.done(model.submit, PASSPHRASE, "p-rob")
    assert "own id" in model.said
    place.home.key_file = study.key("rob")
    place.done(model.submit, PASSPHRASE, "Dr Ana")
    assert model.is_done, model.said  # a key file that was exchanged meanwhile is not taken
    assert not place.home.signer.asks_for_id


@pytest.mark.parametrize("feedback", ["instant", "delayed"])
def test_how_a_known_truth_was_met_is_told_at_once_or_not_at_all(
    tmp_path: Path, feedback: str
) -> None:
    policy = policy_from_tables({"proven": True, "gold": {"feedback": feedback}})
    study = SmallStudy.make(tmp_path, policy=policy)
    with Project.open(study.folder) as project:
        path = tmp_path / "known.nii.gz"
        volume = ramp_volume()
        save_image(replace(volume, voxels=volume.voxels + 1), path)
        (case,) = import_images(project, path, by="p-sig", gold=True).cases
        reading = acts.assign(project, case, "p-ana", by="p-sig")
        known = replace(study, case=case, reading=reading)
        known.draw(project, reading)
        keep_truth(project, case, known.mask, by="p-sig")
    place = Workplace(study, "ana")
    place.done(place.home.open_reading, case)
    place.case.session.remove(2)
    model = submit(place)
    assert model.is_done, model.said
    told = "A case of known truth, not passed" in model.said
    assert told == (feedback == "instant")
    assert ("2 of 3 lesions found" in model.said) == told
    if not told:
        assert "truth" not in model.said


# -- judging ----------------------------------------------------------------------------------


def test_a_reading_goes_from_hand_to_hand_and_is_signed_and_locked(study: SmallStudy) -> None:
    assert submit(at_work(study, "ana")).is_done
    reviewer = at_work(study, "rob")
    assert reviewer.home.turn == "review"
    assert judge(reviewer, "approve").is_done
    lead = at_work(study, "sig")
    model = judge(lead, "sign")
    assert model.is_done, model.said
    assert model.said.startswith("Signed by Dr Sig")
    assert "signed" in lead.home.refusal
    verdict = VerdictViewModel(lead.jobs)
    lead.done(verdict.look_at, study.mask, lead.case.session.volume)
    assert verdict.text.startswith("VALID")
    assert judge(lead, "lock").is_done
    assert state_of(study) is ReadingState.LOCKED
    assert "locked" in lead.home.refusal


def test_what_will_be_signed_is_shown_in_full(study: SmallStudy) -> None:
    submit(at_work(study, "ana"))
    place = at_work(study, "rob")
    model = SigningViewModel(place.home, place.case)
    assert "looked up" in model.cannot_sign
    place.done(model.begin)
    told = "\n".join(
        (
            version_line(model.preview),
            *("  ".join(lesion_cells(one)) for one in model.preview.lesions),
            *(" ".join(row) for row in about_rows(model.preview)),
        )
    )
    voxel_ml = place.case.session.volume.geometry.voxel_volume_mm3 / 1000
    for words in ("Nodule", "Speck", "Cyst", f"{36 * voxel_ml:.2f}", "3 lesions", "Version 1"):
        assert words in told
    with Project.open(study.folder) as project:
        digest = project.case(study.case).reading(study.reading).newest.mask_digest
    assert digest[:16] in told
    assert "Comments None is open." in told
    assert model.role == "reviewer"
    assert [one.name for one in model.choices] == ["approve", "reject"]
    assert "complete and correct" in model.choice.meaning.text


def test_a_reading_is_sent_back_with_a_reason_and_corrected(study: SmallStudy) -> None:
    submit(at_work(study, "ana"))
    place = at_work(study, "rob")
    model = judge(place, "reject")
    assert "reason" in model.said
    assert state_of(study) is ReadingState.SUBMITTED
    model.give_reason("The speck is an artefact.")
    place.done(model.sign, PASSPHRASE, "p-rob")
    assert model.is_done, model.said
    assert state_of(study) is ReadingState.RETURNED
    reader = at_work(study, "ana")
    assert reader.home.refusal == ""
    reader.case.session.remove(2)
    assert submit(reader).is_done
    assert state_of(study) is ReadingState.SUBMITTED


def test_a_reviewer_s_own_edits_are_handed_in_and_not_approved_in_passing(
    study: SmallStudy,
) -> None:
    submit(at_work(study, "ana"))
    place = at_work(study, "rob")
    place.draw(5)
    model = judge(place, "approve")
    assert "changed voxels" in model.said
    place.case.keeping.save()
    again = judge(place, "approve")
    assert "changed since it was handed in" in again.said
    assert state_of(study) is ReadingState.SUBMITTED
    assert submit(place).is_done
    assert judge(place, "approve").is_done is False  # what one drew oneself another approves


def test_slices_that_the_policy_wants_displayed_are_named_until_they_were(tmp_path: Path) -> None:
    policy = policy_from_tables({"stages": {"review": {"coverage": "labelled"}}})
    study = SmallStudy.make(tmp_path, policy=policy)
    assert submit(at_work(study, "ana")).is_done
    place = at_work(study, "rob")
    model = judge(place, "approve")
    assert "slices 0 to 4 must have been displayed" in model.said
    told = []
    model.changed.connect(lambda: told.append(model.cannot_sign))
    with_mask = Condition(is_with_mask=True, window="lung")
    for index in range(5):
        shown = (Shown("axial", 0, index),)
        for _ in range(2):
            place.viewings.look(shown, with_mask, is_active=True, moved=True)
            place.seconds += 1.0
    place.viewings.look((), with_mask, is_active=True, moved=True)
    assert "slices 1 to 4 must" in told[0]
    assert told[-1] is None
    place.done(model.sign, PASSPHRASE, "p-rob")
    assert model.is_done, model.said


def test_readers_who_differ_go_to_the_adjudicator_who_chooses(tmp_path: Path) -> None:
    study = SmallStudy.make(tmp_path, policy=DOUBLE, readers="ana ben")
    assert submit(at_work(study, "ana", study.reading)).is_done
    place = at_work(study, "ben")
    theirs = place.home.reading.reading_id
    place.case.session.remove(1)
    assert submit(place).is_done
    judges = Workplace(study, "joy")
    (row,) = judges.worklist.rows
    assert row.todo == "adjudicate"
    judges.done(judges.worklist.open_row, row)
    assert {one.reading_id for one in judges.home.case.readings} == {study.reading, theirs}
    judges.open(theirs)
    model = judge(judges, "adjudicate", "The nodule is a vessel.")
    assert model.is_done, model.said
    head, why = about_rows(model.preview)[0]
    assert head == "Readers differ"
    assert "lesion" in why
    with Project.open(study.folder) as project:
        assert project.case(study.case).final == theirs


def test_an_adjudicator_draws_a_reading_of_their_own(tmp_path: Path) -> None:
    drawn = replace(DOUBLE, double=replace(DOUBLE.double, adjudication="edit"))
    study = SmallStudy.make(tmp_path, policy=drawn, readers="ana ben")
    assert submit(at_work(study, "ana", study.reading)).is_done
    place = at_work(study, "ben")
    place.case.session.remove(1)
    assert submit(place).is_done
    judges = at_work(study, "joy", study.reading)
    model = SigningViewModel(judges.home, judges.case)
    assert model.can_draw_own
    judges.done(model.draw_own)
    assert judges.home.reading_is_own, model.said
    assert judges.home.refusal == ""
    assert judges.case.session.segmentation.numbers == (1, 2, 3)  # a copy of what was on screen
    judges.case.session.remove(2)
    assert submit(judges).is_done
    model = judge(judges, "adjudicate")
    assert model.is_done, model.said
    with Project.open(study.folder) as project:
        assert project.case(study.case).final == judges.home.reading.reading_id


def test_one_person_alone_does_all_of_it(tmp_path: Path) -> None:
    study = SmallStudy.make(tmp_path, policy=solo_policy())
    with Project.open(study.folder) as project:
        reader = project.case(study.case).readings[0].reader
    assert reader == "p-ana"
    place = at_work(study, "ana")
    assert submit(place).is_done
    lead = at_work(study, "sig")
    assert judge(lead, "sign").is_done
    assert "lock" in [one.name for one in SigningViewModel(lead.home, lead.case).choices]


def test_nothing_is_signed_where_it_is_not_one_s_turn(study: SmallStudy) -> None:
    place = at_work(study, "ana")
    model = judge(place, "sign")
    assert model.choice is None
    assert "Nothing here waits" in model.said
    assert entries(study, "sign") == []


def test_whoever_was_second_is_told_who_was_first(study: SmallStudy) -> None:
    submit(at_work(study, "ana"))
    first, second = at_work(study, "rob"), at_work(study, "rob")
    model = SigningViewModel(second.home, second.case)
    second.done(model.begin)
    model.choose("reject")
    model.give_reason("Too large.")
    assert judge(first, "approve").is_done
    second.done(model.sign, PASSPHRASE, "p-rob")
    assert not model.is_done
    assert "Dr Rob was first" in model.said
    assert "not open to you any more" in model.cannot_sign  # it was looked at again


def test_the_case_is_looked_at_as_it_stands_now_and_then_acted_on(study: SmallStudy) -> None:
    submit(at_work(study, "ana"))
    place = at_work(study, "rob")
    model = SigningViewModel(place.home, place.case)
    place.done(model.begin)
    model.choose("reject")
    model.give_reason("Too large.")
    add_comment(study, "Is this the vessel?")
    place.done(model.sign, PASSPHRASE, "p-rob")
    assert not model.is_done
    assert "was first" in model.said
    assert model.is_refusal
    assert (model.choice.name, model.reason) == ("reject", "Too large.")
    assert "Is this the vessel?" in dict(about_rows(model.preview))["Comments"]
    place.done(model.sign, PASSPHRASE)
    assert model.is_done, model.said
    reader = at_work(study, "ana")
    handing_in = SubmitViewModel(reader.home, reader.case)
    reader.done(handing_in.begin)
    add_comment(study, "And this?")
    reader.done(handing_in.submit, PASSPHRASE, "p-ana")
    assert "was first" in handing_in.said
    reader.done(handing_in.submit, PASSPHRASE, "p-ana")
    assert handing_in.is_done, handing_in.said


def test_a_window_that_comes_up_looks_at_the_case_as_it_stands_then(study: SmallStudy) -> None:
    submit(at_work(study, "ana"))
    place = at_work(study, "rob")
    add_comment(study, "Is this the vessel?")
    assert judge(place, "approve").is_done


def add_comment(study: SmallStudy, text: str) -> None:
    """Somebody else says something meanwhile."""
    with Project.open(study.folder) as project:
        acts.comment(project, study.reading, text, by="p-sig")


def test_a_window_signs_no_other_reading_than_the_one_it_shows(tmp_path: Path) -> None:
    study = SmallStudy.make(tmp_path, policy=DOUBLE, readers="ana ben")
    assert submit(at_work(study, "ana", study.reading)).is_done
    ben = at_work(study, "ben")
    theirs = ben.home.reading.reading_id
    ben.case.session.remove(1)
    assert submit(ben).is_done
    place = at_work(study, "joy", study.reading)
    model, told = SigningViewModel(place.home, place.case), []
    model.ended.connect(told.append)
    place.done(model.begin)
    assert told == []
    place.open(theirs)
    assert ["another reading" in one for one in told] == [True]
    place.done(model.sign, PASSPHRASE, "p-joy")
    assert not model.is_done
    assert "another reading" in model.said
    place.open(study.reading)  # nor after coming back: what was looked at may have moved on
    place.done(model.sign, PASSPHRASE, "p-joy")
    assert not model.is_done
    assert entries(study, "adjudicate") == []
    assert judge(place, "adjudicate").is_done


def test_a_window_hands_in_no_other_reading_than_the_one_it_shows(study: SmallStudy) -> None:
    with Project.open(study.folder) as project:
        path = study.root / "SMITH-JOHN" / "second.nii.gz"
        volume = ramp_volume()
        save_image(replace(volume, voxels=volume.voxels + 1), path)
        (case,) = import_images(project, path, by="p-sig").cases
        other = acts.assign(project, case, "p-ana", by="p-sig")
        replace(study, case=case, reading=other).draw(project, other)
    place = at_work(study, "ana")
    model, told = SubmitViewModel(place.home, place.case), []
    model.ended.connect(told.append)
    place.done(model.begin)
    place.done(place.home.open_reading, case)
    assert place.home.reading.reading_id == other
    assert len(told) == 1
    place.done(model.submit, PASSPHRASE, "p-ana")
    assert "another reading" in model.said
    assert entries(study, "submit") == []


def test_a_version_handed_in_meanwhile_is_not_approved_unseen(study: SmallStudy) -> None:
    submit(at_work(study, "ana"))
    place = at_work(study, "rob")
    model, told = SigningViewModel(place.home, place.case), []
    model.ended.connect(told.append)
    assert judge(at_work(study, "rob"), "reject", "Look at slice 5.").is_done
    reader = at_work(study, "ana")
    reader.draw(5)
    assert submit(reader).is_done
    place.done(model.begin)
    assert len(told) == 1
    again = judge(place, "approve")
    assert "the mask that one sees" in again.said
    assert entries(study, "approve") == []
    place.open()
    assert judge(place, "approve").is_done


def test_a_mask_changed_after_it_was_signed_can_be_unlocked_and_sent_back(
    study: SmallStudy,
) -> None:
    submit(at_work(study, "ana"))
    judge(at_work(study, "rob"), "approve")
    place = at_work(study, "sig")
    assert judge(place, "sign").is_done
    change_voxel(study.mask, (5, 5, 5), 1)
    locking = judge(place, "lock")
    assert "Unlock it, with a reason" in locking.said
    assert "versions/1.nii.gz" in locking.said
    assert not judge(place, "unlock").is_done  # without a reason
    unlocking = judge(place, "unlock", "The file was changed.")
    assert unlocking.is_done, unlocking.said
    verdict = VerdictViewModel(place.jobs)
    place.done(verdict.look_at, study.mask, place.case.session.volume)
    assert not verdict.text.startswith("VALID")
    reviewer = at_work(study, "rob")
    assert "(F11)" in judge(reviewer, "approve").said
    assert judge(reviewer, "reject", "Look at slice 5.").is_done
    reader = at_work(study, "ana")
    assert submit(reader).is_done
    assert judge(at_work(study, "rob"), "approve").is_done
    assert judge(at_work(study, "sig"), "sign").is_done
    place.done(verdict.look_at, study.mask, place.case.session.volume)
    assert verdict.text.startswith("VALID")


def test_a_lesion_too_small_for_two_decimals_is_signed_as_what_it_is(study: SmallStudy) -> None:
    submit(at_work(study, "ana"))
    place = at_work(study, "rob")
    model = SigningViewModel(place.home, place.case)
    place.done(model.begin)
    one = model.preview.lesions[0]
    told = [lesion_cells(replace(one, volume_ml=volume))[2] for volume in (0.0014, 1e-6, 0.0, 1.5)]
    assert told == ["0.0014", "< 0.0001", "0.00", "1.50"]


def test_what_is_typed_in_the_place_of_the_id_is_not_repeated(study: SmallStudy) -> None:
    place = at_work(study, "ana")
    model = SubmitViewModel(place.home, place.case)
    place.done(model.begin)
    place.done(model.submit, "p-ana", PASSPHRASE)
    assert "own id" in model.said
    assert PASSPHRASE not in model.said


# -- the verdict ------------------------------------------------------------------------------


def test_a_mask_changed_after_it_was_signed_is_invalid(study: SmallStudy) -> None:
    submit(at_work(study, "ana"))
    judge(at_work(study, "rob"), "approve")
    place = at_work(study, "sig")
    judge(place, "sign")
    change_voxel(study.mask, (5, 5, 5), 1)
    verdict = VerdictViewModel(place.jobs)
    place.done(verdict.look_at, study.mask, place.case.session.volume)
    assert verdict.text.startswith("INVALID")
    assert verdict.severity == "error"
    assert "TAMPERED_VOXELS" in [one.code for one in verdict.details]
    verdict.look_at(study.mask.with_name("unsigned.nii.gz"), None)
    assert verdict.text == ""


def test_a_mask_that_was_sent_back_says_by_whom_and_why(study: SmallStudy) -> None:
    submit(at_work(study, "ana"))
    place = at_work(study, "rob")
    judge(place, "reject", "The speck: an artefact. Take it out.")
    verdict = VerdictViewModel(place.jobs)
    assert verdict.sent_back is None
    place.done(verdict.look_at, study.mask, place.case.session.volume)
    assert verdict.sent_back == (
        "Sent back by Dr Rob:",
        "The speck: an artefact. Take it out.",
    )


# -- exporting --------------------------------------------------------------------------------


def test_what_is_signed_leaves_and_the_command_does_the_same(
    study: SmallStudy, tmp_path: Path
) -> None:
    place = at_work(study, "ana")
    model = ExportViewModel(place.home, place.case)
    place.done(model.begin)
    assert "only what is signed leaves" in model.cannot_export
    submit(place)
    judge(at_work(study, "rob"), "approve")
    lead = at_work(study, "sig")
    judge(lead, "sign")
    model = ExportViewModel(lead.home, lead.case)
    lead.done(model.begin)
    assert model.cannot_export == "Choose a folder."
    model.put_into(tmp_path / "out")
    lead.done(model.export)
    assert model.is_done, model.said
    written = {one.name for one in (tmp_path / "out").iterdir()}
    model.put_into(tmp_path / "by command")
    words = shlex.split(model.command)
    done = run_command(*words[1:], "--as", "Dr Sig")
    assert done.code == 0, done.err
    assert {one.name for one in (tmp_path / "by command").iterdir()} == written
    lead.done(model.choose, "project")
    assert [one.why_not for one in model.listed] == [""]
    model.put_into(tmp_path / "all")
    lead.done(model.export)
    assert (tmp_path / "all" / "readings.csv").exists()


# -- what goes wrong --------------------------------------------------------------------------


def test_a_database_that_went_away_is_told_and_no_edit_is_lost(study: SmallStudy) -> None:
    place = at_work(study, "ana")
    place.draw(5)
    drawn = place.case.session.segmentation.array.copy()
    database = study.folder / "project.db"
    database.rename(study.folder / "away.db")
    place.home.project.store._engine.dispose()  # as after a network that went away
    model = SubmitViewModel(place.home, place.case)
    place.done(model.begin)
    assert model.is_refusal
    assert "project.db" in model.said
    place.done(place.worklist.refresh)
    assert place.case.notice.is_refusal
    place.draw(3)  # the window goes on
    place.done(place.home.reload)
    assert place.case.keeping.has_unsaved_changes
    assert (place.case.session.segmentation.array[5] == drawn[5]).all()
    (study.folder / "away.db").rename(database)
    assert submit(place).is_done
    version = study.mask.parent / "versions" / "1.nii.gz"
    assert (read_segmentation(version).array[5] == drawn[5]).all()


def test_a_signing_error_leaves_the_window_as_it_was(
    study: SmallStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(at_work(study, "ana"))
    place = at_work(study, "rob")
    study.key("rob").write_bytes(b"{}")
    model = judge(place, "approve")
    assert not model.is_done
    assert model.is_refusal
    study.key("rob").unlink()
    place.done(model.sign, PASSPHRASE, "p-rob")
    assert "cannot be read" in model.said
    assert state_of(study) is ReadingState.SUBMITTED
    assert place.home.refusal == ""


def test_a_missing_image_and_a_corrupt_mask_are_told_in_words(study: SmallStudy) -> None:
    study.mask.write_bytes(b"not a mask")
    place = at_work(study, "ana")
    assert place.case.notice.is_refusal
    assert place.case.session is None
    (study.root / "SMITH-JOHN" / "image.nii.gz").unlink()
    place.open()
    assert "image" in place.said
    assert place.worklist.rows  # the session goes on
