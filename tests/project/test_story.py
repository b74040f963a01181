"""The whole way of a case, told once with three roles and more."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import medseg
from medseg.errors import ReviewError
from medseg.export import export_signed
from medseg.formats import read_segmentation, read_volume
from medseg.model import CaseState, ReadingState
from medseg.project import Project, acts, check_may_save
from medseg.project.store import check_store
from medseg.review import case_state
from medseg.saving import QuietSave
from medseg.session import Session
from medseg.signoff import mask_digest
from medseg.signoff.canonical import canonical
from tests.project.team import KEYS, LESIONS, Team, change_voxel, person_id
from tests.signoff.cases import codes


def test_rejected_corrected_approved_signed_locked_exported_and_tampered(
    team: Team, tmp_path: Path
):
    project, reading = team.project, team.reading
    team.draw()
    assert [one.code for one in team.submit()] == ["ONE_SLICE_LESION"]
    remark = acts.comment(
        project, reading, "This one is missing.", by="p-rob", point_lps=(1.0, 2.0, 3.5)
    )
    team.review("reject", reason="A nodule is missing.")
    case = project.case(team.case)
    assert case.reading(reading).state is ReadingState.RETURNED
    assert case.comments[0].point_lps == (1.0, 2.0, 3.5)
    first = mask_digest(read_segmentation(project.layout.version(team.case, reading, 1)))

    change_voxel(team.mask, (4, 5, 8), 2)
    acts.resolve(project, team.case, remark, "Drawn.", by="p-ada")
    team.submit()
    kept = project.layout.version(team.case, reading, 1)
    assert mask_digest(read_segmentation(kept)) == first
    assert mask_digest(read_segmentation(team.mask)) != first
    team.review()
    team.sign()
    assert case_state(project.policy, project.case(team.case)) is CaseState.TO_LOCK
    team.lock()
    assert project.case(team.case).reading(reading).state is ReadingState.LOCKED
    assert check_store(project.store, project.summarise) == ()

    verification = medseg.verify(team.mask)
    assert codes(verification) == ["SUPERSEDED", "SUPERSEDED", "SUPERSEDED", "VALID"]
    assert verification.exit_code == 0
    exported = export_signed(team.mask, tmp_path / "out")
    copy, people = tmp_path / "out" / "lesions.nii.gz", project.layout.people
    assert medseg.verify(copy, image=team.image, people=people)
    sums = {path.name: "0" * 64 for path in exported}
    acts.note_export(project, reading, sums, by="p-lea")

    change_voxel(team.mask, (2, 3, 4), 0)
    verification = medseg.verify(team.mask)
    assert verification.exit_code == 11
    (tampered,) = [one for one in verification.verdicts if one.severity == "error"]
    assert tampered.code == "TAMPERED_VOXELS"
    assert tampered.where.slices == (2,)
    assert "slice 2" in tampered.text
    for folder in (project.layout.root, project.layout.case(team.case), team.mask.parent):
        found = medseg.verify(folder)
        assert found.exit_code == 11
        (place,) = {one.where.file for one in found.verdicts if one.code == "TAMPERED_VOXELS"}
        assert place == f"cases/{team.case}/{reading}/lesions.nii.gz"


def test_the_log_tells_all_of_it(team: Team):
    team.to_locked()
    kinds = [entry.kind for entry in team.entries()]
    assert kinds == [
        "open",
        "policy",
        "people",
        "import",
        "assign",
        "submit",
        "review",
        "sign",
        "lock",
    ]
    submitted = team.entries()[5]
    assert submitted.data["annotators"] == ["p-ada"]
    with team.project.store.read() as view:
        notes = view.checkpoints()
    assert [(one.size, one.keyid) for one in notes] == [
        (7, KEYS["rob"].keyid),
        (8, KEYS["sig"].keyid),
        (9, KEYS["lea"].keyid),
    ]


def test_who_changed_a_voxel_in_between_is_an_annotator(team: Team):
    team.draw()
    team.submit()
    team.review("reject", reason="no")
    change_voxel(team.mask, (2, 3, 4), 0, author="Ben")
    team.submit()
    assert team.project.case(team.case).reading(team.reading).annotators == {"p-ada", "p-ben"}


def test_what_a_killed_process_left_is_cleared(team: Team):
    folder = team.mask.parent / "versions"
    folder.mkdir(parents=True)
    old, new = folder / "pending-0ld.nii.gz", folder / "pending-new.nii.gz"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    team.draw()
    team.submit()
    assert not old.exists()
    assert new.exists()


def test_a_stranger_in_the_provenance_is_told(team: Team):
    team.draw()
    change_voxel(team.mask, (2, 3, 4), 0, author="A Program")
    assert "AUTHOR_UNKNOWN" in [one.code for one in team.submit()]


def test_a_locked_reading_is_not_saved_over(team: Team, tmp_path: Path):
    team.draw()
    volume = read_volume(team.image)
    session = Session(
        volume, read_segmentation(team.mask, like=volume), author="Ada", mask_path=team.mask
    )
    session.new_lesion()
    session.save()
    team.to_locked()
    before = team.mask.read_bytes()
    late = Session(
        volume, read_segmentation(team.mask, like=volume), author="Ada", mask_path=team.mask
    )
    late.new_lesion()
    with pytest.raises(ReviewError, match="locked"):
        late.save()
    assert team.mask.read_bytes() == before
    late.save(tmp_path / "elsewhere.nii.gz")
    late.close(discard=True)
    session.close(discard=True)


def test_unlocking_opens_it_again_and_the_old_signature_no_longer_holds(team: Team):
    team.to_locked()
    acts.unlock(team.project, team.reading, by="p-lea", key=KEYS["lea"], reason="a new finding")
    assert medseg.verify(team.mask).exit_code == 12
    change_voxel(team.mask, (2, 3, 4), 0)
    team.submit()
    team.review()
    team.sign()
    team.lock()
    assert medseg.verify(team.mask).exit_code == 0


def test_queries_and_the_trail(team: Team):
    query = acts.ask_query(team.project, team.case, "Which phase?", by="p-ada")
    acts.answer_query(team.project, team.case, query, "Venous.", by="p-lea")
    acts.close_query(team.project, team.case, query, by="p-ada")
    (found,) = team.project.case(team.case).queries
    assert (found.state, found.answer) == ("closed", "Venous.")
    assert (
        acts.review_trail(team.project, "Nothing unusual.", by="p-lea") == len(team.entries()) - 1
    )
    acts.note_failed_auth(team.project, KEYS["ada"].keyid, "wrong passphrase")
    assert team.entries()[-1].kind == "failed-auth"


def test_a_reading_is_handed_over(team: Team):
    packet = acts.hand_over(team.project, team.reading, "p-ben", by="p-ada", note="look low")
    (kept,) = team.mask.parent.glob("handover-*.json")
    assert canonical(packet.to_json()) + b"\n" == kept.read_bytes()
    assert team.entries()[-1].data["packet"] == packet.digest()
    assert packet.note == "look low"
    assert team.project.case(team.case).reading(team.reading).reader == "p-ben"
    assert acts.open_reading(team.project, team.reading, by="p-ben").reading.reader == "p-ben"


def test_of_two_acts_on_one_base_the_first_wins(team: Team):
    team.draw()
    team.submit()
    seen = team.project.case(team.case).seq
    team.review("reject", reason="no", seen=seen)
    with pytest.raises(ReviewError):
        team.review(seen=seen)
    size = len(team.entries())
    with pytest.raises(ReviewError, match="first"):
        acts.comment(team.project, team.reading, "late", by="p-rob", seen=seen)
    assert len(team.entries()) == size


def test_opened_anew_from_any_place_in_it(team: Team):
    team.to_locked()
    with Project.open(team.mask.parent) as again:
        assert again.findings == ()
        assert again.case(team.case) == team.project.case(team.case)
        assert again.person_of(KEYS["rob"]).person_id == person_id("rob")
        assert again.case_of(team.reading).case_id == team.case
    assert team.project.case(team.case).readings[0].newest.ending == LESIONS


def test_of_several_at_once_one_wins_and_the_others_are_told(team: Team):
    team.draw()
    team.submit()
    seen = team.project.case(team.case).seq

    def once(number: int) -> str:
        with Project.open(team.project.layout.root) as own:
            try:
                return acts.review(
                    own,
                    team.reading,
                    by="p-rob",
                    key=KEYS["rob"],
                    decision="approve" if number % 2 else "reject",
                    reason="as I see it",
                    seen=seen,
                )
            except ReviewError as error:
                return f"refused: {error}"

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(once, range(4)))
    won = [one for one in told if not one.startswith("refused")]
    assert len(won) == 1
    assert [one.data["record"] for one in team.entries() if one.kind == "review"] == won
    lines = team.project.layout.signoffs(team.case, team.reading).read_bytes().splitlines()
    assert len(lines) == 1


def test_a_reading_is_saved_by_whoever_has_it_in_hand(team: Team, tmp_path: Path):
    team.draw()
    session = Session.open(team.image, author="p-ada", mask=team.mask)
    session.new_lesion()
    acts.hand_over(team.project, team.reading, "p-ben", by="p-ada")
    before = team.mask.read_bytes()
    quiet = QuietSave(session)
    quiet.copy()
    assert quiet.begin()
    for save in (session.save, quiet.write):
        with pytest.raises(ReviewError, match=r"not with Ada any more.* outside the project"):
            save()
    assert team.mask.read_bytes() == before
    session.save(tmp_path / "mine.nii.gz")
    session.close()


@pytest.mark.parametrize(
    ("name", "at"),
    [("p-ben", "open"), ("Ben", "open"), ("p-rob", "open"), ("p-ben", "submitted")],
)
def test_nobody_else_saves_over_a_reading(team: Team, name: str, at: str):
    team.draw()
    if at == "submitted":
        team.submit()
    with pytest.raises(ReviewError, match="whoever has it in hand"):
        check_may_save(team.mask, by=name)


@pytest.mark.parametrize(
    ("name", "at"),
    [("p-ada", "open"), ("Ada", "open"), ("A Program", "open"), ("p-rob", "submitted")],
)
def test_its_reader_saves_it_and_a_reviewer_may_correct_what_was_handed_in(
    team: Team, name: str, at: str
):
    team.draw()
    if at == "submitted":
        team.submit()
    check_may_save(team.mask, by=name)
