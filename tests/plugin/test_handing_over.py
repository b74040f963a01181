"""A reading handed over in the window, without Qt: what is told, to whom, and going on with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medseg.errors import FormatError, SignoffError
from medseg.formats import read_segmentation
from medseg.project import Project, acts, import_images
from medseg.review.policy import policy_from_tables
from napari_medseg.display import Display
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.viewmodels.reviewing.acting.handing_over import HandOverViewModel
from napari_medseg.viewmodels.reviewing.remarks.taking_over import TakingOverViewModel
from napari_medseg.viewmodels.reviewing.remarks.viewings import Condition, Shown
from tests.phantoms import ramp_volume
from tests.plugin.studies import SmallStudy, Workplace
from tests.project.cases import save_image

BLIND = policy_from_tables({"double": {"readings": 2}, "stages": {"review": False}})
WITH_MASK = Condition(is_with_mask=True, window="lung")


class Desk(Workplace):
    """Somebody at work, with a crosshair, who is told what was left."""

    def __init__(self, study: SmallStudy, name: str) -> None:
        super().__init__(study)
        self.planes = PlanesViewModel()
        self.case.opened.connect(lambda one: self.planes.show(Display(one.volume.geometry)))
        self.taking_over = TakingOverViewModel(self.home, self.planes, self.jobs)
        self.come(name)

    def look(self, *slices: int) -> None:
        """Each of the slices stands on screen for two seconds."""
        for index in slices:
            for _ in range(2):
                shown = (Shown("axial", 0, index),)
                self.viewings.look(shown, WITH_MASK, is_active=True, moved=True)
                self.seconds += 1.0
        self.viewings.look((), WITH_MASK, is_active=True, moved=True)

    def handing_over(self, to: str = "") -> HandOverViewModel:
        model = HandOverViewModel(self.home, self.case, self.planes)
        self.done(model.begin)
        model.choose(to)
        return model


def packets(study: SmallStudy) -> list[Path]:
    return list(study.mask.parent.glob("handover-*.json"))


def handed_over(study: SmallStudy) -> Desk:
    """Ana has handed over to Ben: with unsaved work, a comment, and two slices displayed."""
    ana = Desk(study, "ana")
    ana.open()
    ana.look(1, 2)
    ana.draw(5)
    acts.comment(ana.home.project, study.reading, "Is this the vessel?", by="p-ana")
    ana.done(ana.home.reload)
    ana.planes.go_to_stored((4, 3, 2))
    model = ana.handing_over("p-ben")
    model.write("upper lobes are done")
    ana.done(model.hand_over)
    assert model.is_done, model.said
    return ana


def test_what_will_be_told_is_shown_before_and_is_what_was_told(study: SmallStudy) -> None:
    ana = Desk(study, "ana")
    ana.open()
    ana.look(1, 2)
    model = ana.handing_over()
    assert model.cannot_hand_over == "Choose who goes on."
    assert [one.printed_name for one in model.people] == ["Dr Ben"]  # who may read, but for her
    assert "Asia/Tokyo" in model.zones
    assert model.told == ""
    model.choose("p-ben")
    model.write("go on below slice 3")
    before = model.told
    for words in ("From Dr Ana to Dr Ben", "go on below slice 3", "Not displayed with the mask"):
        assert words in before
    ana.done(model.hand_over)
    after = model.told

    def without_time(text: str) -> list[str]:
        return [line for line in text.splitlines() if " UTC; " not in line]

    assert without_time(after) == without_time(before)
    assert len(packets(study)) == 1


def test_the_next_person_goes_on_at_the_last_place_and_is_told_what_is_open(
    study: SmallStudy,
) -> None:
    ana = handed_over(study)
    assert ana.said == "Handed over to Dr Ben."
    assert ana.home.refusal  # she may look, and change no more
    assert (read_segmentation(study.mask).array[5] != 0).any()  # what was unsaved is in the file
    ben = Desk(study, "ben")
    ben.open()
    assert ben.home.reading.reader == "p-ben"
    assert ben.planes.stored_index == (4, 3, 2)
    for words in ("Handed over by Dr Ana", "upper lobes are done", "1 comment open", "slice 4"):
        assert words in ben.taking_over.text
    assert "not displayed to them with the mask: slices 0" in ben.taking_over.text
    assert ben.said == "Handed over by Dr Ana. You are where they were last."
    ben.draw(6)
    ben.case.keeping.save()


def test_the_place_is_gone_to_once_and_by_hand_whenever_wanted(study: SmallStudy) -> None:
    handed_over(study)
    ben = Desk(study, "ben")
    ben.open()
    ben.planes.go_to_stored((0, 0, 0))
    ben.look(0)
    ben.done(ben.home.keep_viewings)
    again = Desk(study, "ben")
    again.open()
    assert again.planes.stored_index != (4, 3, 2)  # he has been elsewhere since
    assert "Handed over by Dr Ana" in again.taking_over.text
    again.taking_over.go()
    assert again.planes.stored_index == (4, 3, 2)


def test_where_nothing_was_left_nothing_is_said(study: SmallStudy) -> None:
    ana = Desk(study, "ana")
    ana.open()
    assert ana.taking_over.text == ""
    assert not ana.taking_over.can_go
    handed_over(study)
    lead = Desk(study, "sig")
    lead.open()
    assert lead.taking_over.text == ""  # it was not left to them


def test_a_packet_that_was_changed_or_is_gone_is_told(study: SmallStudy) -> None:
    handed_over(study)
    (packet,) = packets(study)
    content = packet.read_bytes()
    packet.write_bytes(content.replace(b"upper", b"lower"))
    with Project.open(study.folder) as project:
        with pytest.raises(SignoffError, match="was changed since"):
            acts.handed_over(project, study.reading, by="p-ben")
        packet.write_bytes(content)
        assert acts.handed_over(project, study.reading, by="p-ben").note == "upper lobes are done"
        packet.unlink()
        with pytest.raises(FormatError, match="cannot be read"):
            acts.handed_over(project, study.reading, by="p-ben")
    ben = Desk(study, "ben")
    ben.open()
    assert "cannot be read" in ben.said
    assert ben.home.reading is not None  # and the reading is there all the same


def test_whoever_does_not_have_it_cannot_hand_it_over(study: SmallStudy) -> None:
    rob = Desk(study, "rob")
    rob.open()
    model = rob.handing_over("p-ben")
    rob.done(model.hand_over)
    assert "does not have it" in model.said
    assert packets(study) == []


def test_no_other_reading_is_given_away_than_the_one_that_is_shown(study: SmallStudy) -> None:
    with Project.open(study.folder) as project:
        volume = ramp_volume()
        path = study.root / "SMITH-JOHN" / "second.nii.gz"
        save_image(replace(volume, voxels=volume.voxels + 1), path)
        (case,) = import_images(project, path, by="p-sig").cases
        other = acts.assign(project, case, "p-ana", by="p-sig")
    ana = Desk(study, "ana")
    ana.open()
    model, told = ana.handing_over("p-ben"), []
    model.ended.connect(told.append)
    ana.done(ana.home.open_reading, case)
    ana.done(model.hand_over)
    assert len(told) == 1
    assert "another reading" in model.said
    with Project.open(study.folder) as project:
        found = [project.case_of(one).reading(one).reader for one in (study.reading, other)]
    assert found == ["p-ana", "p-ana"]


def test_a_time_zone_that_is_none_is_refused_in_words(study: SmallStudy) -> None:
    ana = Desk(study, "ana")
    ana.open()
    model = ana.handing_over("p-ben")
    model.choose_zone("Atlantis/Sunken")
    assert "IANA" in model.told
    ana.done(model.hand_over)
    assert "IANA" in model.said
    model.choose_zone("Asia/Tokyo")
    assert "+09:00 with you" in model.told
    ana.done(model.hand_over)
    assert model.is_done, model.said


def test_a_blind_reader_is_not_told_why_somebody_may_not_go_on(tmp_path: Path) -> None:
    study = SmallStudy.make(tmp_path, policy=BLIND, readers="ana ben")
    ana = Desk(study, "ana")
    ana.open(study.reading)
    model = ana.handing_over("p-ben")  # who reads the same case
    ana.done(model.hand_over)
    assert model.is_refusal
    assert "may not take this one" in model.said
    assert "reading of round" not in model.said
    lead = Desk(study, "sig")  # the control: whoever sees all is told all
    lead.open(study.reading)
    model = lead.handing_over("p-ben")
    lead.done(model.hand_over)
    assert "Dr Ben has a reading of round 1" in model.said


def test_what_was_given_away_blind_is_left(tmp_path: Path) -> None:
    study = SmallStudy.make(tmp_path, policy=BLIND)
    ana = Desk(study, "ana")
    ana.open()
    model = ana.handing_over("p-ben")
    ana.done(model.hand_over)
    assert model.is_done, model.said
    assert ana.said == "Handed over to Dr Ben."
    assert ana.home.reading is None  # she may not see it any more
    before = np.array(ana.case.session.segmentation.array)
    ana.draw(5)
    assert "was left" in ana.said
    assert (ana.case.session.segmentation.array == before).all()


def test_whose_reading_was_given_away_by_somebody_else_is_told_so(tmp_path: Path) -> None:
    study = SmallStudy.make(tmp_path, policy=BLIND)
    ana = Desk(study, "ana")
    ana.open()
    with Project.open(study.folder) as project:
        acts.hand_over(project, study.reading, "p-ben", by="p-sig")
    ana.done(ana.home.reload)
    assert "Dr Ana may not see" in ana.said
    assert ana.case.notice.is_refusal
    assert ana.home.reading is None


@pytest.mark.parametrize("is_blind", [False, True])
def test_the_note_of_the_lead_reaches_its_reader_and_no_blind_one(
    tmp_path: Path, *, is_blind: bool
) -> None:
    study = SmallStudy.make(tmp_path, policy=BLIND if is_blind else None)
    with Project.open(study.folder) as project:
        volume = ramp_volume()
        path = tmp_path / "second.nii.gz"
        save_image(replace(volume, voxels=volume.voxels + 1), path)
        (case,) = import_images(project, path, by="p-sig").cases
        acts.assign(project, case, "p-ana", by="p-sig", note="the liver, too")
    ana = Desk(study, "ana")
    ana.done(ana.home.open_reading, case)
    assert ana.home.is_blind == is_blind
    assert ana.taking_over.text == ("" if is_blind else "Note of the lead: the liver, too")
