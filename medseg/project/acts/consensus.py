"""Several readings become one: by agreement, or by an adjudicator's decision."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from medseg.formats import read_segmentation
from medseg.measure import compare_masks
from medseg.model import Case, Ending, EndingKind, Reading, now_iso
from medseg.project.acts.acting import Done, Moment, enter, perform
from medseg.project.acts.handing_in import computed
from medseg.project.acts.judgement import NEWEST
from medseg.project.acts.reading_files import (
    ReadingFiles,
    place_version,
    read_reading,
    start_mask,
    written_version,
)
from medseg.project.acts.signed_acts import entered
from medseg.project.folder.opaque import new_id
from medseg.review.double.combined import combined
from medseg.review.double.disagreement import Outcome, disagreements
from medseg.review.workflow import facts
from medseg.review.workflow.requests import Adjudicate, Consensus, Disagree
from medseg.signoff.keys import SigningKey
from medseg.signoff.statement import Meaning

if TYPE_CHECKING:
    from medseg.project.face import Project


def adjudicate(  # noqa: PLR0913 - each option is a field of the record
    project: Project,
    chosen: str,
    *,
    by: str,
    key: SigningKey,
    reason: str | None = None,
    meaning: Meaning | None = None,
    seen: int | None = None,
    session_first: bool = True,
) -> str:
    """Decide for one of the disputed readings, signed, and return the record's digest.

    Args:
        project: where.
        chosen: id of one of them, or of the reading that the adjudicator drew from them.
        by: id of the adjudicator.
        key: theirs, unlocked.
        reason: why.
        meaning: what the signature says; None takes the sentence for the decision.
        seen: the case's `seq` as the adjudicator saw it; None: whatever is there now.
        session_first: whether it is the first signature since the key was unlocked.

    Raises:
        ReviewError, SignoffError, FormatError, GeometryError, StoreError: as `review`.
    """
    request = Adjudicate(
        actor=by, expected_seq=seen, chosen=chosen, between=(), version=NEWEST, reason=reason
    )
    return entered(project, request, key=key, meaning=meaning, session_first=session_first)


def bring_together(
    project: Project,
    case: str,
    *,
    by: str | None = None,
    responses: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """Compare the blind readings of a case, and make one of them where they agree.

    What comes back says in what they differ over the policy's limits: an adjudicator then decides.
    Empty: they agree, and the case has the reading that is to be signed.

    Args:
        project: where.
        case: id of the case.
        by: id of the lead or adjudicator who asks; None for the program itself.
        responses: reading id -> category of response, as "PR", where the case is a follow-up.

    Raises:
        ReviewError: not all readings are in, or they were brought together already.
        FormatError: a submitted mask cannot be read.
    """
    found = project.case(case)
    handed_in = {
        one.reading_id: _outcome(project, case, one, (responses or {}).get(one.reading_id))
        for one in facts.competing(found)
        if one.newest is not None
    }
    between = tuple(handed_in)
    why: tuple[str, ...] = ()
    if len(handed_in) > 1:
        why = disagreements(project.policy.double.trigger, handed_in)
    measured = _agreement(handed_in.values())
    if why:
        request = Disagree(
            actor=by,
            expected_seq=_seq(found, by),
            between=between,
            why=why,
            agreement=measured,
        )
        enter(project, case, request)
        return why
    _agree(project, found, by, handed_in, measured)
    return ()


def _agreement(outcomes: Iterable[Outcome]) -> float | None:
    """The smallest Dice of any two readings, all segments as one; two empty ones agree."""
    pairs = combinations([one.segmentation for one in outcomes], 2)
    found = [compare_masks(one.array, other.array, one.geometry).dice for one, other in pairs]
    return min((1.0 if math.isnan(one) else one for one in found), default=None)


def _agree(
    project: Project,
    case: Case,
    by: str | None,
    outcomes: Mapping[str, Outcome],
    measured: float | None,
) -> None:
    """Enter the consensus: the first reading, or one that is computed and kept as its own."""
    method, between = project.policy.double.consensus, tuple(outcomes)
    first = Consensus(
        actor=by,
        expected_seq=_seq(case, by),
        reading=next(iter(between), ""),
        method="first",
        drawn_from=between,
        agreement=measured,
    )
    if method == "first" or len(between) < 2:
        enter(project, case.case_id, first)
        return
    reading = new_id("r")
    mask = combined(
        method, {name: one.segmentation for name, one in outcomes.items()}, at=now_iso()
    )
    path = start_mask(project.layout, case, reading, mask)
    try:
        files = read_reading(project.layout, case, reading)
        folder = project.layout.version(case.case_id, reading, 1).parent
        with written_version(files, folder) as waiting:

            def work(moment: Moment) -> Done:
                told = computed(files, _ending(files, outcomes))
                request = replace(first, reading=reading, method=method, work=told)
                done = moment.enter(request)
                target = project.layout.version(case.case_id, reading, 1)
                place_version(files, waiting, target)
                return done

            perform(project, case.case_id, work)
    except BaseException:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise


def _outcome(project: Project, case: str, reading: Reading, response: str | None) -> Outcome:
    newest = reading.newest
    assert newest is not None  # noqa: S101 - only those that were handed in are asked for
    version = project.layout.version(case, reading.reading_id, newest.version)
    return Outcome(read_segmentation(version), newest.ending, response)


def _ending(files: ReadingFiles, outcomes: Mapping[str, Outcome]) -> Ending:
    first = next(iter(outcomes.values())).ending
    if first.kind is EndingKind.NOT_EVALUABLE:
        return first  # where some but not all say so, they disagree
    is_empty = not files.segmentation.array.any()
    return Ending(EndingKind.NO_LESION_FOUND if is_empty else EndingKind.LESIONS)


def _seq(case: Case, by: str | None) -> int | None:
    """The program acts on the case as it read it; a person who asks has looked at it."""
    return case.seq if by is None else None
