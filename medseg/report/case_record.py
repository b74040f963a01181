"""The record of a case for people: who judged what and when, on pictures of what they signed."""

from __future__ import annotations

from datetime import datetime

from medseg.errors import ReviewError
from medseg.model import Person
from medseg.project import Project
from medseg.report.case_history import Moment, event_of
from medseg.report.html import environment
from medseg.report.reading_record import reading_record
from medseg.review import allows, view_of, visible_entries


def case_record_page(project: Project, case_id: str, person: Person) -> str:
    """The page as HTML: no script, nothing fetched, every text in it escaped.

    Whatever is hidden from the person is not on it.

    Args:
        project: open.
        case_id: id of the case.
        person: for whom it is printed.

    Raises:
        ReviewError: there is no such case, or none of its readings may be seen.
        FormatError, SignoffError: its image is not there, or is another one.
    """
    case, policy = project.case(case_id), project.policy
    seen = view_of(policy, case, person)
    if case.readings and not seen.readings:
        raise ReviewError(
            f"A record is about readings; {person.printed_name} may see none of {case_id} now. "
            "Ask for it again once you have done your part, or ask the lead."
        )
    with project.store.read() as view:
        entries, log = view.case_entries(case_id), view.state
    shown = list(visible_entries(policy, case, person, entries))
    names = {one.person_id: one.printed_name for one in project.registry.people}
    verified = allows(policy, case, person, "readings of others")
    volume, told = project.image(case_id), [entry for entry, _data in shown]
    readings = [
        reading_record(project, seen, one, names, volume, told, verified=verified)
        for one in seen.readings
    ]
    now = datetime.now().astimezone()
    return (
        environment()
        .get_template("case_record.html")
        .render(
            project=project.settings,
            case=seen,
            person=person,
            readings=readings,
            lesions={uid: name for one in readings for uid, name in one.lesions.items()},
            events=[event_of(entry, data, names, now=now) for entry, data in shown],
            names=names,
            geometry=volume.geometry.describe(),
            printed=Moment.of(now.isoformat()),
            log=log,
            verified=verified,
        )
    )
