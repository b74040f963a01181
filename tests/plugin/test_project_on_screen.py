"""A project on screen, without Qt: who works, the worklist, opening, and what was displayed."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from medseg.errors import EditError
from medseg.model import CaseState, Ending, EndingKind, StageName
from medseg.project import Project, acts, import_images
from medseg.project.viewings import read_viewings
from medseg.review.policy import policy_from_tables
from napari_medseg.viewmodels.reviewing.project.jobs import Jobs
from napari_medseg.viewmodels.reviewing.remarks.viewings import IDLE_SECONDS, Condition, Shown
from tests.phantoms import ramp_volume
from tests.plugin.studies import PASSPHRASE, SmallStudy, Workplace
from tests.project.cases import save_image

BLIND = policy_from_tables(
    {
        "double": {"readings": 2},
        "stages": {"review": False, "annotate": {"roles": ["annotator"], "blind": True}},
    }
)
WITH_MASK = Condition(is_with_mask=True, window="lung")


@pytest.fixture
def blind(tmp_path: Path) -> SmallStudy:
    return SmallStudy.make(tmp_path, policy=BLIND, readers="ana ben")


def on_slice(index: int) -> tuple[Shown, ...]:
    return (Shown("axial", 0, index),)


# -- who works --------------------------------------------------------------------------------


def test_the_key_file_says_who_works(study: SmallStudy) -> None:
    place = Workplace(study, "rob")
    assert place.home.who == "Dr Rob, reviewer"
    assert place.home.people == ()
    place.come("sig")
    assert place.home.who == "Dr Sig, lead and signer"


def test_whoever_has_no_key_here_says_who_they_are_and_goes_on(study: SmallStudy) -> None:
    place = Workplace(study)
    place.done(place.home.open, study.mask)
    assert place.home.person is None
    assert "Dr Ana" in [one.printed_name for one in place.home.people]
    assert place.home.reading is None
    place.done(place.home.choose_person, "p-ana")
    assert place.home.who == "Dr Ana, annotator"
    assert place.home.reading is not None
    assert place.home.reading.reading_id == study.reading


def test_a_path_of_no_project_is_refused_in_words(study: SmallStudy, tmp_path: Path) -> None:
    place = Workplace(study)
    place.done(place.home.open, tmp_path)
    assert "medseg.toml" in place.said
    assert place.case.notice.is_refusal
    assert place.home.project is None


def test_settings_open_their_project(study: SmallStudy) -> None:
    place = Workplace(study)
    place.done(place.home.open, study.folder / "medseg.toml", person="Dr Ben")
    assert place.home.who == "Dr Ben, annotator"


# -- the worklist -----------------------------------------------------------------------------


def another_case(study: SmallStudy, name: str, reader: str, due: str | None = None) -> str:
    with Project.open(study.folder) as project:
        volume = ramp_volume()
        other = replace(volume, voxels=volume.voxels + len(name))
        path = study.root / "SMITH-JOHN" / f"{name}.nii.gz"
        save_image(other, path)
        (case,) = import_images(project, path, by="p-sig").cases
        acts.assign(project, case, f"p-{reader}", by="p-sig", due=due)
    return case


def test_the_worklist_shows_what_waits_for_whom(study: SmallStudy) -> None:
    place = Workplace(study, "ana")
    (row,) = place.worklist.rows
    assert (row.case, row.reading, row.todo) == (study.case, study.reading, "read")
    assert row.waits_for == "you"
    place.come("rob")
    assert place.worklist.rows == ()
    assert place.worklist.summary == "Nothing waits for you."
    place.done(place.worklist.show_mine, False)
    (row,) = place.worklist.rows
    assert (row.todo, row.waits_for, row.readers) == ("", "its reader", "Dr Ana")


def test_the_worklist_is_filtered_searched_and_sorted(study: SmallStudy) -> None:
    late = another_case(study, "late", "ben", due="2026-01-31")
    place = Workplace(study, "sig")
    place.done(place.worklist.show_mine, False)
    assert [row.case for row in place.worklist.rows] == [late, study.case]
    assert [row.is_late for row in place.worklist.rows] == [True, False]
    place.worklist.look_for("dr ana")
    assert [row.case for row in place.worklist.rows] == [study.case]
    place.worklist.look_for("nobody")
    assert place.worklist.rows == ()
    place.worklist.look_for("")
    place.done(place.worklist.sort_by, "case")
    assert [row.case for row in place.worklist.rows] == sorted([late, study.case])
    place.done(place.worklist.filter, state=CaseState.LOCKED)
    assert place.worklist.rows == ()


def test_the_next_case_is_another_one_that_can_be_opened(study: SmallStudy) -> None:
    second = another_case(study, "second", "ana")
    place = Workplace(study, "ana")
    place.open()
    place.done(place.worklist.next_case)
    assert place.home.case is not None
    assert place.home.case.case_id == second
    place.done(place.worklist.next_case)
    assert place.home.case.case_id == study.case
    place.come("joy")
    place.done(place.worklist.next_case)
    assert place.said == "Nothing else waits for you."


# -- opening ----------------------------------------------------------------------------------


def test_a_reading_opens_with_its_image_and_mask_and_is_drawn_in_the_reader_s_name(
    study: SmallStudy,
) -> None:
    place = Workplace(study, "ana")
    opened = []
    place.home.opened.connect(opened.append)
    place.done(place.worklist.open_row, place.worklist.rows[0])
    session = place.case.session
    assert session is not None
    assert session.segmentation.numbers == (1, 2, 3)
    assert session.mask_path == study.mask
    assert opened[0].reading.reading_id == study.reading
    assert place.home.refusal == ""
    place.draw(4)
    assert session.segmentation.provenance[(1, 4)].author == "p-ana"
    place.case.keeping.save()
    assert place.home.title.endswith("yours: read")
    assert place.worklist.rows[0].is_open


def test_what_is_not_one_s_turn_can_be_looked_at_and_not_changed(study: SmallStudy) -> None:
    place = Workplace(study, "sig")
    place.open()
    assert "looked at and not changed" in place.home.refusal
    assert "with its reader" in place.home.refusal
    session = place.case.session
    assert session is not None
    before = session.segmentation.array.copy()
    place.draw()
    assert place.said == place.home.refusal
    assert place.case.lesions.cannot_draw == place.home.refusal
    with pytest.raises(EditError, match="not changed"):
        session.new_lesion()
    with pytest.raises(EditError, match="not changed"):
        session.remove(1)
    assert (session.segmentation.array == before).all()
    assert session.mask_path is None  # nothing is ever saved over it, nor kept beside it
    assert not (study.mask.parent / "journal").exists()


def test_a_blind_reader_sees_neither_the_others_nor_the_texts(blind: SmallStudy) -> None:
    place = Workplace(blind, "ben")
    place.open()
    case, session = place.home.case, place.case.session
    assert case is not None
    assert session is not None
    assert place.home.is_blind
    assert place.home.hides_text
    assert [one.reader for one in case.readings] == ["p-ben"]
    assert place.home.standing is not None
    assert set(place.home.standing.names.values()) == {"Dr Ben"}
    shown = [place.case.title, session.volume.description, place.home.title, place.said]
    shown += [finding.text for finding in place.case.findings]
    assert not [text for text in shown if "SMITH" in text or "image.nii" in text or "ramp" in text]
    place.open(blind.reading)  # Ana's
    assert "may not see" in place.said
    assert place.case.session is session
    lead = Workplace(blind, "sig")  # the control: whoever oversees sees both, with the texts
    lead.open()
    assert lead.home.case is not None
    assert len(lead.home.case.readings) == 2
    assert lead.case.session is not None
    assert lead.case.session.volume.description != blind.case


def test_unsaved_work_is_asked_for_before_another_reading_takes_its_place(
    study: SmallStudy,
) -> None:
    another = another_case(study, "another", "ana")
    place = Workplace(study, "ana")
    place.open()
    place.draw(4)
    session = place.case.session
    place.home.may_leave = lambda: False
    place.done(place.home.open_reading, another)
    assert place.case.session is session
    assert place.case.keeping.has_unsaved_changes
    place.home.may_leave = lambda: True
    place.done(place.home.open_reading, another)
    assert place.home.case is not None
    assert place.home.case.case_id == another


def test_the_image_of_a_case_is_not_drawn_anew_for_another_reading(blind: SmallStudy) -> None:
    place = Workplace(blind, "sig")
    place.open()
    first, volume = place.home.reading, place.case.session.volume
    other = next(one for one in place.home.case.readings if one != first)
    place.open(other.reading_id)
    assert place.home.reading == other
    assert place.case.session.volume is volume
    place.come("ben")  # who may not see its texts
    place.open()
    assert place.case.session.volume is not volume


def test_an_image_opened_by_hand_ends_the_reading_on_screen(
    study: SmallStudy, image_path: Path
) -> None:
    place = Workplace(study, "ana")
    place.open()
    opened = []
    place.home.opened.connect(opened.append)
    place.case.open(image_path)
    assert opened == [None]
    assert place.home.reading is None
    assert place.case.lesions.cannot_draw is None


def test_whoever_comes_after_sees_nothing_of_who_was_there_before(study: SmallStudy) -> None:
    place = Workplace(study, "ana")
    place.open()
    place.draw(4)
    place.home.may_leave = lambda: False  # Ana has unsaved work, and wants to stay
    place.come("ben")
    assert place.home.who == "Dr Ana, annotator"
    assert place.home.reading is not None
    place.home.may_leave = lambda: True
    place.come("ben")
    assert place.home.who == "Dr Ben, annotator"
    assert place.home.reading is None
    assert place.home.title == ""
    place.draw(5)
    assert "was left" in place.said


# -- what was displayed -----------------------------------------------------------------------


def look(place: Workplace, index: int, seconds: float, **options: object) -> None:
    """Show a slice, and let time pass over it in looks of half a second."""
    told = {"condition": WITH_MASK, "is_active": True, "moved": False} | options
    place.viewings.look(on_slice(index), **told)
    end = place.seconds + seconds
    while place.seconds < end - 1e-9:
        place.seconds = min(place.seconds + 0.5, end)
        place.viewings.look(on_slice(index), **told)


def test_slices_that_stood_on_screen_are_kept_by_the_project(study: SmallStudy) -> None:
    place = Workplace(study, "ana")
    place.open()
    look(place, 1, 2.0)
    look(place, 2, 1.0)
    look(place, 5, 0.01)  # passed over
    look(place, 4, 1.0, condition=Condition(is_with_mask=False, window="lung"))
    assert place.viewings.seen() == {1, 2}
    place.done(place.home.keep_viewings)
    assert place.home.project is not None
    kept = read_viewings(place.home.project.store, reading=study.reading, person="p-ana")
    told = {(one.first, one.last, one.mask_visible, one.seconds, one.version) for one in kept}
    assert told == {(1, 2, True, 3.0, 0), (4, 4, False, 1.0, 0)}
    place.done(place.home.keep_viewings)  # and only once
    assert read_viewings(place.home.project.store, reading=study.reading) == kept
    again = Workplace(study, "ana")
    again.open()
    assert again.viewings.seen() == {1, 2}
    assert again.viewings.coverage([1, 2, 3]).missing("labelled") == (3,)


def test_time_does_not_count_while_nobody_can_be_looking(study: SmallStudy) -> None:
    place = Workplace(study, "ana")
    place.open()
    look(place, 1, 30.0, is_active=False)
    assert place.viewings.seen() == set()
    look(place, 2, 10 * IDLE_SECONDS)
    coverage = place.viewings.coverage()
    assert coverage is not None
    assert IDLE_SECONDS <= coverage.seconds <= IDLE_SECONDS + 1
    look(place, 2, 10.0, moved=True)
    assert place.viewings.coverage().seconds == pytest.approx(coverage.seconds + 10, abs=1)


def test_what_cannot_be_kept_now_is_tried_again(study: SmallStudy) -> None:
    place = Workplace(study, "ana")
    place.open()
    look(place, 3, 1.0)
    database = study.folder / "project.db"
    database.rename(database.with_suffix(".away"))
    place.home.project.store._engine.dispose()  # as after a network that went away
    place.done(place.home.keep_viewings)
    assert place.case.notice.is_refusal
    database.with_suffix(".away").rename(database)
    place.done(place.home.keep_viewings)
    (kept,) = read_viewings(place.home.project.store, reading=study.reading)
    assert (kept.first, kept.last) == (3, 3)


def test_a_hand_in_begins_a_new_version_of_what_was_displayed(study: SmallStudy) -> None:
    place = Workplace(study, "ana")
    place.open()
    look(place, 1, 1.0)
    place.home.signer.unlock(PASSPHRASE, "p-ana")
    acts.submit(
        place.home.project,
        study.reading,
        by="p-ana",
        ending=Ending(EndingKind.LESIONS),
        key=place.home.signer.unlock(PASSPHRASE).key,
    )
    place.done(place.home.reload)
    assert place.viewings.seen() == set()
    assert "handed in" in place.home.refusal
    assert StageName.ANNOTATE not in place.home.standing.stages


# -- work in the background -------------------------------------------------------------------


def test_jobs_are_done_in_order_and_a_failing_one_harms_no_other(study: SmallStudy) -> None:
    place, done = Workplace(study), []

    def fails() -> None:
        raise ZeroDivisionError("by nought")

    place.jobs.run("First", lambda: 1, done.append)
    place.jobs.run("Second", fails, done.append)
    place.jobs.run("Third", lambda: 3, done.append)
    place.jobs.finish()
    assert done == [1, 3]
    assert "Second" in place.said
    assert "by nought" in place.said
    assert place.case.notice.is_refusal
    assert not place.jobs.is_busy


def test_what_is_given_up_is_not_opened(study: SmallStudy) -> None:
    place = Workplace(study, "ana")
    place.home.open_reading(study.case)
    assert place.jobs.text == f"Opening {study.case}"
    place.jobs.give_up()
    place.jobs.finish()
    assert place.home.reading is None
    assert place.case.session is None


def test_jobs_leave_no_thread(study: SmallStudy) -> None:
    jobs = Jobs(Workplace(study).case.notice)
    jobs.run("Something", lambda: None)
    jobs.finish()
    assert not [one for one in threading.enumerate() if one.name == "medseg at work"]
