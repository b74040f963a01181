"""A reading in its reader's hands: opened, and handed in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from medseg.errors import ReviewError
from medseg.formats import read_segmentation
from medseg.model import Case, Ending, Finding, Reading, Segmentation, Volume
from medseg.project.acts.acting import Done, Moment, perform
from medseg.project.acts.guard import check_saving
from medseg.project.acts.handing_in import Standing, handed_in
from medseg.project.acts.proving import check_key_given
from medseg.project.acts.reading_files import (
    place_version,
    read_reading,
    start_mask,
    written_version,
)
from medseg.project.store import LogView
from medseg.review.visibility import view_of
from medseg.review.workflow.requests import HandedIn, Submit
from medseg.signoff.keys import SigningKey

if TYPE_CHECKING:
    from medseg.project.face import Project


@dataclass(frozen=True, eq=False)
class OpenReading:
    """What a reader gets to work on.

    Args:
        case: the case as this reader may see it.
        reading: theirs.
        mask_path: the mask, there to be changed and saved.
        image: the image, known to be the one that was imported.
        seen: the case's `seq` as seen now, to be handed to the act that follows.
    """

    case: Case
    reading: Reading
    mask_path: Path
    image: Volume
    seen: int


def open_reading(
    project: Project, reading: str, *, by: str, for_changes: bool = True
) -> OpenReading:
    """What is needed to work on a reading; a mask is made where there is none.

    An adjudicator's own reading starts as a copy of the first disputed one.

    Args:
        project: where.
        reading: id of the reading.
        by: id of who opens it.
        for_changes: whether it shall be changed; a signed one can be looked at.

    Raises:
        ReviewError: this person cannot see the reading, or it cannot be changed now.
        FormatError: the image cannot be read, or the folder not written.
        SignoffError: another image lies in the image's place.
    """
    case, person = project.case_of(reading), project.person(by)
    seen = view_of(project.policy, case, person)
    own = seen.reading(reading)
    if own is None:
        raise ReviewError(
            f"One opens a reading that one may see; {person.printed_name} cannot see {reading}. "
            "`medseg worklist` lists your own."
        )
    if for_changes:
        check_saving(own)
    path = start_mask(project.layout, case, reading, _drawn_from(project, case, own))
    return OpenReading(seen, own, path, project.image(case.case_id), seen.seq)


def submit(
    project: Project,
    reading: str,
    *,
    by: str,
    ending: Ending,
    key: SigningKey | None = None,
    seen: int | None = None,
    unsaved: int = 0,
) -> tuple[Finding, ...]:
    """Hand in the mask as it is saved, and return what the rule checks found.

    The version is kept as `versions/<n>.nii.gz`, whatever becomes of the mask later.

    Args:
        project: where.
        reading: id of the reading.
        by: id of who hands in: its reader, or a reviewer with changes of their own.
        ending: how the reading ended.
        key: of who hands in, unlocked: it signs what the log is told. None where the policy does
            not ask for that (`policy.proven`).
        seen: the case's `seq` as the actor saw it; None: whatever is there now.
        unsaved: how many changes a session holds that were not saved.

    Raises:
        ReviewError: not this person, not at this stage, another was first, or a check blocks.
        FormatError, GeometryError: mask or image cannot be read, or do not belong together.
        SignoffError: another image lies in the image's place, two segments are alike, there is
            no key and the policy asks for one, or it is another's or signs no longer.
        StoreError: the log cannot be written.
    """
    check_key_given(key, project.policy, "a hand-in")
    case = project.case_of(reading)
    files = read_reading(project.layout, case, reading)

    def gathered(view: LogView, case: Case) -> HandedIn:
        standing = Standing.of(project, view, case, reading)
        return handed_in(project, standing, reading, files, by=by, ending=ending, unsaved=unsaved)

    with project.store.read() as view:  # what takes long, before the log's transaction
        before = gathered(view, case)
    folder = project.layout.version(case.case_id, reading, 1).parent
    with written_version(files, folder) as waiting:

        def work(moment: Moment) -> Done:
            now, had = moment.case, case.reading(reading)
            is_same = now is not None and now.reading(reading) == had
            told = before if is_same or now is None else gathered(moment.act, now)
            request = Submit(actor=by, expected_seq=seen, reading=reading, work=told)
            check_key_given(key, project.policy_at(moment.act), "a hand-in")
            done = moment.append(moment.decide(request), key=key)
            version = done.entry.data["version"]
            # Before the log is kept: what it names must be there.
            place_version(files, waiting, project.layout.version(case.case_id, reading, version))
            return done

        perform(project, case.case_id, work)
    return before.findings


def _drawn_from(project: Project, case: Case, reading: Reading) -> Segmentation | None:
    for one in reading.drawn_from:
        source = case.reading(one)
        if source is not None and source.newest is not None:
            version = project.layout.version(case.case_id, one, source.newest.version)
            return read_segmentation(version)
    return None
