"""Readers measured: against known truths, against each other, and against themselves.

Truths stand in a folder of their own under ids that only the project's secret connects with a
case, so that nothing in a case's folder tells that its truth is known.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from medseg.errors import ReviewError
from medseg.formats import read_segmentation, write_segmentation
from medseg.formats.folders import make_folder
from medseg.model import Case, Reading, Role, Segmentation
from medseg.project.acts.reading_files import image_record_of
from medseg.project.folder.opaque import hidden, read_secret
from medseg.project.images.image_record import read_image
from medseg.review.double.agreement import (
    Pair,
    PairAgreement,
    pair_agreement,
    pairs_between_readers,
    pairs_within_readers,
)
from medseg.review.gold import GoldScore, gold_score, shows_score
from medseg.review.visibility import allows

if TYPE_CHECKING:
    from medseg.project.face import Project


def keep_truth(project: Project, case_id: str, mask: str | Path, *, by: str) -> Path:
    """Keep the known truth of a gold case, and return where it stands.

    Args:
        project: where.
        case_id: id of a case that was imported as gold.
        mask: the true mask, on the image's lattice.
        by: id of the lead.

    Raises:
        ReviewError: this person is not the lead, or the case is no gold case.
        GeometryError: the mask lies on another grid than the image.
        FormatError: mask or image cannot be read, or the folder not written.
    """
    if not project.person(by).may_act_as({Role.LEAD}):
        raise ReviewError("Truths are kept by the lead; ask them, or the keeper for the role.")
    case = project.case(case_id)
    if not case.gold:
        raise ReviewError(
            f"A truth belongs to a gold case; {case_id} was imported as ordinary work. Import "
            "cases of known truth with --gold."
        )
    volume = read_image(image_record_of(project.layout, case))
    path = _truth_path(project, case_id)
    make_folder(path.parent)
    write_segmentation(read_segmentation(mask, like=volume), path)
    return path


def gold_scores(project: Project, *, by: str) -> tuple[GoldScore, ...]:
    """How readings of gold cases met the truth, as far as this person may see it.

    A case without a truth yet, and a reading not yet handed in, has no score.

    Raises:
        FormatError: a truth or a mask cannot be read.
        GeometryError: they lie on different grids.
    """
    person, policy = project.person(by), project.policy
    scores = []
    for case in (one for one in project.cases() if one.gold):
        path = _truth_path(project, case.case_id)
        if not path.exists():
            continue
        truth = read_segmentation(path)
        for reading in case.readings:
            score = _score(project, case, reading, truth)
            if score is not None and shows_score(policy.gold, case, score, person):
                scores.append(score)
    return tuple(scores)


def gold_feedback(project: Project, reading_id: str, *, by: str) -> GoldScore | None:
    """How one reading met the known truth; None where there is none, or this person may not see it.

    Raises:
        ReviewError: there is no such reading.
        FormatError: truth or mask cannot be read.
        GeometryError: they lie on different grids.
    """
    person, policy = project.person(by), project.policy
    case = project.case_of(reading_id)
    reading, path = case.reading(reading_id), _truth_path(project, case.case_id)
    if not case.gold or reading is None or not path.exists():
        return None
    score = _score(project, case, reading, read_segmentation(path))
    is_shown = score is not None and shows_score(policy.gold, case, score, person)
    return score if is_shown else None


def agreements(project: Project, *, by: str) -> tuple[tuple[Pair, PairAgreement], ...]:
    """How readings of one case agree, between readers and of each with themselves.

    Cases of which this person must not see it yet are left out.

    Raises:
        FormatError: a mask cannot be read.
    """
    person, policy = project.person(by), project.policy
    shown = {
        one.case_id: one for one in project.cases() if allows(policy, one, person, "agreement")
    }
    pairs = [*pairs_between_readers(shown.values()), *pairs_within_readers(shown.values())]
    return tuple(
        (
            pair,
            pair_agreement(
                _newest(project, shown[pair.case], pair.first),
                _newest(project, shown[pair.case], pair.second),
            ),
        )
        for pair in pairs
    )


def _score(project: Project, case: Case, reading: Reading, truth: Segmentation) -> GoldScore | None:
    if reading.newest is None:
        return None
    return gold_score(
        project.policy.gold,
        truth,
        _newest(project, case, reading.reading_id),
        case=case.case_id,
        reading=reading.reading_id,
        reader=reading.reader,
        at=reading.newest.at,
    )


def _newest(project: Project, case: Case, reading_id: str) -> Segmentation:
    reading = case.reading(reading_id)
    version = len(reading.submissions) if reading else 0
    return read_segmentation(project.layout.version(case.case_id, reading_id, version))


def _truth_path(project: Project, case_id: str) -> Path:
    name = hidden(read_secret(project.layout.secret), "g", case_id)
    return project.layout.root / "truths" / f"{name}.nii.gz"
