"""A reading from its assignment to its hand-in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from medseg.errors import ReviewError
from medseg.formats import atomic, read_segmentation
from medseg.formats.folders import make_folder
from medseg.model import Case, Ending, Finding, Reading, Segmentation, Volume
from medseg.project.acting import Done, Moment, enter, perform
from medseg.project.displayed import coverage_in
from medseg.project.guard import check_saving
from medseg.project.handing_in import Standing, handed_in
from medseg.project.opaque import new_id
from medseg.project.reading_files import (
    place_version,
    read_reading,
    start_mask,
    written_version,
)
from medseg.project.store import LogView
from medseg.review.assignment import assignments
from medseg.review.coverage import Coverage
from medseg.review.handover import Packet, Position, packet_for
from medseg.review.visibility import view_of
from medseg.review.workflow.requests import Assign, AssignReviewer, HandedIn, HandOver, Submit
from medseg.signoff.canonical import canonical

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


def assign(  # noqa: PLR0913 - each option is a field of the assignment
    project: Project,
    case: str,
    reader: str,
    *,
    by: str,
    round_: int = 1,
    order: int = 0,
    note: str = "",
    drawn_from: Sequence[str] = (),
    seen: int | None = None,
) -> str:
    """Give a case to a reader, and return the new reading's id.

    Args:
        project: where.
        case: id of the case.
        reader: id of who shall read it.
        by: id of who assigns: the lead, or an adjudicator who takes a disputed case to edit.
        round_: 1; 2 and more for the same reader once more, unannounced.
        order: place in the reader's list; 0 for none.
        note: for the reader.
        drawn_from: ids of the disputed readings, where an adjudicator draws a new one.
        seen: the case's `seq` as the actor saw it; None: whatever is there now.

    Raises:
        ReviewError: this person may not assign, or that one not read it.
    """
    reading = new_id("r")
    request = Assign(
        actor=by,
        expected_seq=seen,
        reading=reading,
        reader=reader,
        round=round_,
        order=order,
        note=note,
        drawn_from=tuple(drawn_from),
    )
    enter(project, case, request)
    return reading


def assign_all(project: Project, *, by: str, seed: int) -> list[tuple[str, str, str]]:
    """Assign what waits for readers, by load and specialty; returns (case, reading, reader) ids.

    Each assignment is an act of its own; the first that is refused ends it, and those before stay.

    Args:
        project: where.
        by: id of the lead.
        seed: of the lots; the same one gives the same lists.

    Raises:
        ReviewError: this person may not assign, or somebody else did meanwhile.
    """
    with project.store.read() as view:
        policy, people = project.policy_at(view), project.people_at(view)
    planned = assignments(
        policy, people, project.cases(), lead=by, seed=seed, new_id=lambda: new_id("r")
    )
    for one in planned:
        enter(project, one.case, one.request)
    return [(one.case, one.request.reading, one.request.reader) for one in planned]


def assign_reviewer(project: Project, reading: str, reviewer: str, *, by: str) -> None:
    """Ask somebody to review a reading.

    Raises:
        ReviewError: this person may not ask, or that one not review it.
    """
    request = AssignReviewer(actor=by, reading=reading, reviewer=reviewer)
    enter(project, project.case_of(reading).case_id, request)


def open_reading(project: Project, reading: str, *, by: str) -> OpenReading:
    """What is needed to work on a reading; a mask is made where there is none.

    An adjudicator's own reading starts as a copy of the first disputed one.

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
    check_saving(own)
    path = start_mask(project.layout, case.case_id, reading, _drawn_from(project, case, own))
    return OpenReading(seen, own, path, project.image(case.case_id), seen.seq)


def submit(
    project: Project,
    reading: str,
    *,
    by: str,
    ending: Ending,
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
        seen: the case's `seq` as the actor saw it; None: whatever is there now.
        unsaved: how many changes a session holds that were not saved.

    Raises:
        ReviewError: not this person, not at this stage, another was first, or a check blocks.
        FormatError, GeometryError: mask or image cannot be read, or do not belong together.
        SignoffError: another image lies in the image's place, or two segments are alike.
        StoreError: the log cannot be written.
    """
    case = project.case_of(reading)
    files = read_reading(project.layout, case.case_id, reading)

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
            decided = moment.decide(request)
            done = moment.append(decided)
            version = done.entry.data["version"]
            # Before the log is kept: what it names must be there.
            place_version(files, waiting, project.layout.version(case.case_id, reading, version))
            return done

        perform(project, case.case_id, work)
    return before.findings


def hand_over(  # noqa: PLR0913 - each option is a part of the packet
    project: Project,
    reading: str,
    to: str,
    *,
    by: str,
    note: str = "",
    position: Position | None = None,
    zones: tuple[tzinfo, tzinfo] = (UTC, UTC),
    seen: int | None = None,
) -> Packet:
    """Give an open reading, or a review, to the next person, and return what they are told.

    The packet is kept beside the reading as `handover-<n>.json`, and its digest stands in the log.

    Args:
        project: where.
        reading: id of the reading.
        to: id of the next person.
        by: id of who hands over.
        note: in their own words.
        position: where their cursor was last.
        zones: time zones of who hands over and of the next person.
        seen: the case's `seq` as the actor saw it; None: whatever is there now.

    Raises:
        ReviewError: it is not theirs to give, or that person may not do this work.
        FormatError: the packet cannot be written.
    """
    case = project.case_of(reading)
    with project.store.read() as view:
        policy, people = project.policy_at(view), project.people_at(view)
    for one in (by, to):
        project.person(one)
    packet = packet_for(
        policy,
        people,
        case,
        reading=reading,
        giver=by,
        taker=to,
        at=datetime.now(UTC),
        zones=zones,
        coverage=_displayed(project, case, reading, by),
        position=position,
        note=note,
    )
    request = HandOver(
        actor=by, expected_seq=seen, reading=reading, to=to, packet_digest=packet.digest()
    )

    def work(moment: Moment) -> Done:
        done = moment.enter(request)
        folder = project.layout.reading(case.case_id, reading)
        make_folder(folder)
        target = folder / f"handover-{done.entry.seq}.json"
        atomic.write_bytes(target, canonical(packet.to_json()) + b"\n")
        return done

    perform(project, case.case_id, work)
    return packet


def _displayed(project: Project, case: Case, reading: str, by: str) -> Coverage | None:
    """What was displayed so far; None where there is no mask to speak of slices."""
    if not project.layout.mask(case.case_id, reading).exists():
        return None
    files = read_reading(project.layout, case.case_id, reading)
    return coverage_in(project, case, reading, files, by)


def _drawn_from(project: Project, case: Case, reading: Reading) -> Segmentation | None:
    for one in reading.drawn_from:
        source = case.reading(one)
        if source is not None and source.newest is not None:
            version = project.layout.version(case.case_id, one, source.newest.version)
            return read_segmentation(version)
    return None
