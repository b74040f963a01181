"""The reviewer's view in a project: what was handed in, comments, and who sees what of both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medseg.formats import read_segmentation, write_segmentation
from medseg.model import Ending, EndingKind, Segmentation
from medseg.project import Project, acts
from medseg.review.policy import policy_from_tables
from medseg.signoff.keys import unlock_key
from napari_medseg.display import Display
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.viewmodels.reviewing.remarks.viewings import Condition, Shown
from napari_medseg.viewmodels.reviewing.review import ReviewViewModel
from napari_medseg.viewmodels.sketch import Disc
from tests.plugin.studies import PASSPHRASE, SmallStudy, Workplace

LESIONS = Ending(EndingKind.LESIONS)


class ReviewPlace(Workplace):
    """Somebody at work, with the parts of the Review page."""

    def __init__(self, study: SmallStudy, name: str) -> None:
        super().__init__(study)
        self.planes = PlanesViewModel()
        self.case.opened.connect(lambda one: self.planes.show(Display(one.volume.geometry)))
        self.went_to: list[int] = []
        self.review = ReviewViewModel(self.case, self.planes, self.went_to.append)
        self.review.attach(project=self.home, viewings=self.viewings, jobs=self.jobs)
        self.come(name)

    def close(self) -> None:
        self.review.close()
        self.case.keeping.close()
        self.home.close()

    @property
    def titles(self) -> list[str]:
        return [one.title for one in self.review.comparing.choices]


def hand_in(study: SmallStudy, name: str, reading: str | None = None) -> None:
    key = unlock_key(study.key(name).read_bytes(), PASSPHRASE)
    with Project.open(study.folder) as project:
        acts.submit(project, reading or study.reading, by=f"p-{name}", ending=LESIONS, key=key)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> SmallStudy:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDSEG_HOME", str(tmp_path_factory.mktemp("home")))
        study = SmallStudy.make(tmp_path_factory.mktemp("made"))
        hand_in(study, "ana")
        return study


def test_a_reviewer_sees_at_one_key_what_they_changed_of_what_was_handed_in(study):
    place = ReviewPlace(study, "rob")
    place.open()
    assert place.titles[:2] == ["version 1, as handed in", "before the changes made now"]
    assert place.case.session is not None
    inside = np.argwhere(place.case.session.segmentation.array == 1)
    index, row, column = inside[0].tolist()
    place.case.lesions.select(1)
    ring = [(row - 0.5, column - 0.5), (row - 0.5, column + 0.5), (row + 0.5, column)]
    place.case.lesions.add_outline(index, ring, subtract=True)
    place.review.commands["next_difference"]()
    place.review.comparing.finish()
    assert place.review.comparing.chosen.title == "version 1, as handed in"
    (only,) = place.review.walk.items
    assert only.kind == "removed"
    assert place.planes.stored_index == only.point
    place.close()


def test_where_nothing_was_changed_since_the_newest_version_is_held_against_the_one_before(study):
    mask = read_segmentation(study.mask)
    array = np.where(mask.array == 3, 0, mask.array).astype(np.uint8)
    write_segmentation(Segmentation(array, mask.geometry, mask.segments[:2]), study.mask)
    hand_in(study, "ana")
    place = ReviewPlace(study, "rob")
    place.open()
    assert place.titles[0] == "version 2, as handed in (newest)"
    place.review.commands["difference_view"]()
    place.review.comparing.finish()
    assert place.review.comparing.chosen.title == "version 1, as handed in"
    (gone,) = [one for one in place.review.comparing.result.lesions if one.status != "same"]
    assert gone.status == "only in theirs"
    place.close()


def test_a_comment_is_pinned_seen_by_its_reader_and_resolved_with_a_reply(study):
    rob = ReviewPlace(study, "rob")
    rob.open()
    assert rob.case.session is not None
    voxel = np.argwhere(rob.case.session.segmentation.array == 2)[0]
    rob.planes.go_to_stored(voxel)
    rob.review.commands["comment"]()
    draft = rob.review.comments.draft
    assert draft is not None
    assert draft.is_on_lesion
    assert draft.lesion == rob.case.session.segmentation.segment(2).tracking_uid
    rob.done(rob.review.comments.post, "   ")
    assert "says something" in rob.said
    assert rob.review.comments.draft is draft  # nothing typed is lost
    rob.done(rob.review.comments.post, "Is this the vessel?", "warning", on_lesion=True)
    (row,) = rob.review.comments.rows
    assert (row.number, row.author, row.where) == (1, "Dr Rob", draft.lesion_label)
    assert row.comment.point_lps == pytest.approx(draft.point_lps)
    rob.close()

    ana = ReviewPlace(study, "ana")
    ana.open()
    assert ana.review.comments.title == "Comments: 1 open, 0 resolved"
    ana.planes.go_to((0, 0, 0))
    ana.review.comments.go_to(row.comment.comment_id)
    assert ana.planes.stored_index == tuple(voxel)
    ana.done(ana.review.comments.resolve, row.comment.comment_id, "")
    assert "Write a reply" in ana.said
    ana.done(ana.review.comments.resolve, row.comment.comment_id, "No, it ends here.")
    (answered,) = ana.review.comments.rows
    assert not answered.comment.is_open
    assert answered.answer == "Dr Ana: No, it ends here."
    ana.close()


def test_pins_stand_on_their_slice_of_each_plane_and_faintly_on_those_nearby(study):
    place = ReviewPlace(study, "rob")
    place.open()
    place.planes.go_to((3, 4, 5))
    place.review.comments.begin()
    place.done(place.review.comments.post, "Look here.")
    pins = place.review.sketches[1]
    for through, here in enumerate((3, 4, 5)):
        (disc,) = [one for one in pins.shapes_on(through, here) if isinstance(one, Disc)]
        assert disc.is_filled
        assert disc.at == pytest.approx((3, 4, 5))
        near = [one for one in pins.shapes_on(through, here + 1) if isinstance(one, Disc)]
        assert [one.is_filled for one in near] == [False]
    assert pins.shapes_on(0, 0) == []  # 7.5 mm away
    place.close()


def test_outside_of_a_project_a_comment_is_refused_in_words(image_path):
    from napari_medseg.viewmodels.case import CaseViewModel

    case, planes = CaseViewModel("A. Reviewer"), PlanesViewModel()
    review = ReviewViewModel(case, planes, lambda _number: None)
    case.open(image_path)
    review.commands["comment"]()
    assert "kept in a project" in case.notice.text
    assert review.comments.draft is None
    review.close()
    case.keeping.close()


def two_readings(tmp_path: Path, tables: dict[str, object] | None = None) -> tuple[SmallStudy, str]:
    """Ana and Ben have read the case, Ana twice, and Ben without the first lesion; his reading."""
    policy = policy_from_tables(
        {
            "double": {"readings": 2, "trigger": {"volume_percent": 1.0}},
            "stages": {"review": False, **(tables or {})},
        }
    )
    study = SmallStudy.make(tmp_path, policy=policy, readers="ana ben")
    hand_in(study, "ana")
    hand_in(study, "ana")
    with Project.open(study.folder) as project:
        (theirs,) = [one.reading_id for one in project.case(study.case).readings[1:]]
        path = project.mask_path(study.case, theirs)
    mask = read_segmentation(path)
    array = np.where(mask.array == 1, 0, mask.array).astype(np.uint8)
    write_segmentation(Segmentation(array, mask.geometry, mask.segments[1:]), path)
    return study, theirs


def test_whoever_may_see_two_readings_compares_them_and_earlier_versions(tmp_path):
    study, theirs = two_readings(tmp_path)
    hand_in(study, "ben", theirs)
    lead = ReviewPlace(study, "sig")
    lead.open(theirs)
    standing = lead.review.standing
    assert [text for _, text in standing.listed] == ["1  Dr Ana: submitted", "2  Dr Ben: submitted"]
    assert lead.titles == [
        "version 1, as handed in",
        "1  Dr Ana's reading",
        "1  Dr Ana's reading, version 1",
        "before the changes made now",
    ]
    lead.review.comparing.choose(lead.review.comparing.choices[1].key)
    lead.review.comparing.finish()
    dice = {one.labels[0]: one.agreement.dice for one in lead.review.comparing.result.lesions}
    assert dice == {"Nodule": 0.0, "Speck": 1.0, "Cyst": 1.0}
    lead.done(lead.review.open_reading, study.reading)  # the other one on screen
    assert lead.home.reading.reading_id == study.reading
    assert lead.titles[2] == "2  Dr Ben's reading"
    lead.close()


def differing(place: ReviewPlace) -> dict[str, str]:
    """Each lesion that differs, and how."""
    found = place.review.comparing.result.lesions
    return {one.labels[0]: one.status for one in found if one.status != "same"}


def test_the_two_readings_are_swapped_and_compared_the_other_way_round(tmp_path):
    study, theirs = two_readings(tmp_path)
    hand_in(study, "ben", theirs)
    lead = ReviewPlace(study, "sig")
    lead.open(theirs)
    assert not lead.review.can_swap  # nothing is compared yet
    lead.review.comparing.choose(f"{study.reading} 1")
    assert not lead.review.can_swap  # an earlier version is nobody's reading to look at
    lead.review.comparing.choose(f"{study.reading} 2")
    lead.review.comparing.show("outline")
    lead.review.comparing.finish()
    assert differing(lead) == {"Nodule": "only in theirs"}
    lead.done(lead.review.swap)
    lead.review.comparing.finish()
    assert lead.home.reading.reading_id == study.reading
    assert lead.review.comparing.chosen.title == "2  Dr Ben's reading"
    assert lead.review.comparing.mode == "outline"
    assert differing(lead) == {"Nodule": "only here"}
    lead.done(lead.review.swap)
    assert lead.home.reading.reading_id == theirs
    lead.close()


def test_names_are_not_told_where_the_adjudicator_decides_blind(tmp_path):
    stage = {"adjudicate": {"roles": ["adjudicator"], "blind": True}}
    study, theirs = two_readings(tmp_path, stage)
    hand_in(study, "ben", theirs)
    joy = ReviewPlace(study, "joy")
    joy.open(theirs)
    assert "1  another reader’s reading" in joy.titles  # noqa: RUF001
    assert [text for _, text in joy.review.standing.listed] == [
        "1  reading: submitted",
        "2  reading: submitted",
    ]
    assert not [one for one in joy.titles if "Dr" in one]
    joy.close()


def test_a_blind_reader_is_offered_and_told_nothing_of_the_other_reading(tmp_path):
    study, theirs = two_readings(tmp_path)
    ben = ReviewPlace(study, "ben")
    ben.open()
    assert ben.titles == ["before the changes made now", "as last saved"]
    assert [reading for reading, _ in ben.review.standing.listed] == [theirs]
    assert ben.review.comments.rows == ()
    session = ben.case.session
    ben.done(ben.review.open_reading, study.reading)
    assert "may not see" in ben.said
    assert ben.case.session is session
    ben.review.comparing.choose(f"{study.reading} 1")  # a key that was guessed
    assert "choose one listed" in ben.said
    versions = study.mask.parent / "versions" / "1.nii.gz"
    for path in (study.mask, versions):  # nor by the way of a file
        ben.review.comparing.choose_file(path)
        ben.review.comparing.finish()
        assert "Dr Ben may not see" in ben.said
        assert ben.review.comparing.theirs is None
        assert ben.review.comparing.chosen is None
    ben.close()
    lead = ReviewPlace(study, "sig")  # the control
    lead.open(theirs)
    lead.review.comparing.choose_file(versions)
    lead.review.comparing.finish()
    assert lead.review.comparing.result is not None
    lead.close()


def test_a_reading_of_a_project_that_is_not_open_is_compared_with_by_nobody(study, image_path):
    from napari_medseg.viewmodels.case import CaseViewModel

    case, planes = CaseViewModel("A. Reviewer"), PlanesViewModel()
    review = ReviewViewModel(case, planes, lambda _number: None)
    case.open(image_path)
    review.comparing.choose_file(study.mask)
    review.comparing.finish()
    assert "Open that project first" in case.notice.text
    assert review.comparing.theirs is None
    review.close()
    case.keeping.close()


def test_the_coverage_bar_counts_displayed_slices_and_one_key_goes_to_the_next_unseen(study):
    place = ReviewPlace(study, "rob")
    place.open()
    slices = place.review.slices
    labelled = slices.labelled
    assert len(labelled) > 1
    assert slices.text.startswith(f"Labelled slices seen: 0 of {len(labelled)} (0\u00a0%)")
    for seen in range(1, len(labelled) + 1):
        place.review.commands["next_unseen"]()
        index = place.planes.stored_index[0]
        assert index in slices.unseen or seen == len(labelled)
        assert place.case.session.segmentation.array[place.planes.stored_index]
        shown = (Shown("axial", 0, index),)
        condition = Condition(is_with_mask=True, window="")
        for _ in range(2):
            place.viewings.look(shown, condition, is_active=True, moved=True)
            place.seconds += 1.0
        place.viewings.look((), condition, is_active=True, moved=True)
        assert len(slices.unseen) == len(labelled) - seen
    assert f"{len(labelled)} of {len(labelled)} (100\u00a0%)" in slices.text
    place.review.commands["next_unseen"]()
    assert "Every labelled slice was displayed" in place.said
    place.close()
