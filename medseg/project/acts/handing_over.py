"""Work that goes on in other hands, as of teams that take turns across time zones."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from medseg.formats import atomic
from medseg.formats.folders import make_folder
from medseg.model import Case
from medseg.project.acts.acting import Done, Moment, perform
from medseg.project.acts.displayed import coverage_in
from medseg.project.acts.reading_files import read_reading
from medseg.review.coverage import Coverage
from medseg.review.handover import Packet, Position, packet_for
from medseg.review.workflow.requests import HandOver
from medseg.signoff.canonical import canonical

if TYPE_CHECKING:
    from medseg.project.face import Project


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
    files = read_reading(project.layout, case, reading)
    return coverage_in(project, case, reading, files, by)
