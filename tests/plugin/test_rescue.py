"""Work that cannot go where it belongs: in another's hands by now, sent back, or given up."""

from __future__ import annotations

from pathlib import Path

import pytest

from medseg import formats
from medseg.model import Ending, EndingKind
from medseg.project import Project, acts
from medseg.signoff import unlock_key
from napari_medseg.viewmodels.contouring.keeping.autosave import REST_SECONDS, Autosave
from napari_medseg.viewmodels.contouring.keeping.standing_signature import signature_stands
from tests.plugin.studies import PASSPHRASE, SmallStudy, Workplace, key_file


@pytest.fixture
def study(tmp_path: Path) -> SmallStudy:
    return SmallStudy.make(tmp_path)


def key(name: str):
    return unlock_key(key_file(name), PASSPHRASE)


def judge(study: SmallStudy, decision: str) -> None:
    """Ana hands in, and Rob says his word."""
    ending = Ending(EndingKind.LESIONS)
    with Project.open(study.folder) as project:
        acts.submit(project, study.reading, by="p-ana", key=key("ana"), ending=ending)
        acts.review(
            project,
            study.reading,
            by="p-rob",
            key=key("rob"),
            decision=decision,
            reason="Too wide." if decision == "reject" else None,
        )


def at_work(study: SmallStudy, name: str = "ana") -> tuple[Workplace, Autosave, list[float]]:
    """Somebody with the reading on screen; its autosave goes by a clock that is set by hand."""
    place, seconds = Workplace(study, name), [0.0]
    place.open(study.reading)
    autosave = Autosave(place.case.session, clock=lambda: seconds[0])
    place.case.keeping.autosave = autosave
    return place, autosave, seconds


def leave(place: Workplace) -> None:
    place.case.keeping.discard_changes()
    place.case.keeping.close()
    place.home.close()


def rest(autosave: Autosave, seconds: list[float]) -> None:
    autosave.poll()
    seconds[0] += REST_SECONDS
    autosave.poll()
    autosave.wait()


def labels_on_disk(study: SmallStudy) -> list[str]:
    return [one.label for one in formats.read_segmentation(study.mask).segments]


def test_autosave_goes_on_while_what_was_sent_back_is_corrected(study: SmallStudy) -> None:
    judge(study, "reject")
    assert formats.sidecar.signoff_path(study.mask).exists()
    assert not signature_stands(study.mask)
    place, autosave, seconds = at_work(study)
    place.case.lesion_list.rename(1, "Node")
    rest(autosave, seconds)
    assert labels_on_disk(study)[0] == "Node"
    place.case.lesion_list.rename(1, "Other")
    place.case.keeping.save()
    assert place.said == f"Saved to {study.mask}."
    leave(place)


def test_an_approval_is_a_signature_and_so_is_what_cannot_be_read(study: SmallStudy) -> None:
    assert not signature_stands(study.mask)
    judge(study, "approve")
    assert signature_stands(study.mask)
    formats.sidecar.signoff_path(study.mask).write_text('{"payload": "no record"}\n')
    assert signature_stands(study.mask)


def test_a_reading_given_to_another_is_not_written_and_a_copy_is_rescued(
    study: SmallStudy, tmp_path: Path
) -> None:
    place, autosave, seconds = at_work(study)
    place.case.lesion_list.rename(1, "Node")
    with Project.open(study.folder) as project:
        acts.hand_over(project, study.reading, "p-ben", by="p-ana")
    before = study.mask.read_bytes()
    rest(autosave, seconds)
    assert "not with Dr Ana any more" in place.case.keeping.status
    place.case.keeping.save()
    assert place.case.notice.is_refusal
    assert study.mask.read_bytes() == before
    copy = tmp_path / "rescued.nii.gz"
    assert place.case.keeping.path_elsewhere.name == f"{study.reading}-copy.nii.gz"
    place.case.keeping.rescue(copy)
    assert formats.read_segmentation(copy).segment(1).label == "Node"
    assert "does not have these changes" in place.said
    keeping = place.case.keeping
    assert (keeping.mask_path, keeping.has_unsaved_changes) == (study.mask, True)
    keeping.rescue(study.mask)
    assert "another place" in place.said
    assert study.mask.read_bytes() == before
    leave(place)


def test_what_was_given_up_is_never_written_and_not_asked_about_again(study: SmallStudy) -> None:
    place, autosave, seconds = at_work(study)
    place.case.lesion_list.rename(1, "Node")
    place.case.keeping.discard_changes()
    assert place.case.keeping.is_given_up
    rest(autosave, seconds)
    assert labels_on_disk(study)[0] == "Nodule"
    assert "given up" in place.case.keeping.status
    place.case.lesion_list.rename(1, "Other")  # going on with it takes that back
    assert not place.case.keeping.is_given_up
    rest(autosave, seconds)
    assert labels_on_disk(study)[0] == "Other"
    leave(place)


def test_a_readings_mask_that_napari_opened_by_itself_is_not_worked_on(study: SmallStudy) -> None:
    place = Workplace(study, "ben")
    place.case.open(study.root / "SMITH-JOHN" / "image.nii.gz")
    before = place.case.session
    mask = formats.read_segmentation(study.mask, like=before.volume)
    place.case.adopt_mask(mask, study.mask)
    assert place.case.session is before
    assert "by its rules" in place.said
    leave(place)
