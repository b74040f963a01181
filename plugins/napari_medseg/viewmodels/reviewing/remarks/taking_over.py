"""What was left for whoever opens a reading: the hand-over, and what the lead wrote with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from psygnal import Signal

from medseg.errors import MedsegError
from medseg.model import Person, Viewing, slices_in_words
from medseg.project import Project, acts
from medseg.project.viewings import read_viewings
from medseg.review import visible_entries
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.viewmodels.reviewing.project.jobs import Jobs
from napari_medseg.viewmodels.reviewing.project.project import ProjectViewModel
from napari_medseg.viewmodels.reviewing.remarks.comment_rows import when_text


@dataclass(frozen=True)
class Left:
    """What was left for somebody with a reading.

    Args:
        reading: id of the reading.
        packet: how it was handed over to them; None if it was not.
        giver: printed name of who handed over.
        note: what the lead wrote when assigning it; empty for nothing, and for a blind reader.
        is_new: whether nothing of it was displayed to them since.
    """

    reading: str
    packet: acts.HandedOver | None = None
    giver: str = ""
    note: str = ""
    is_new: bool = False


class TakingOverViewModel:
    """Goes on where the person before ended, and says what is open.

    Args:
        home: the project and the reading on screen.
        planes: the crosshair, which goes to the last position.
        jobs: what does the work.
    """

    changed = Signal()
    """Something else was left, or nothing."""

    def __init__(self, home: ProjectViewModel, planes: PlanesViewModel, jobs: Jobs) -> None:
        self.notice = home.notice
        self._home, self._planes, self._jobs = home, planes, jobs
        self.left: Left | None = None
        home.opened.connect(self._look)

    def let_go(self) -> None:
        """Stop listening."""
        self._home.opened.disconnect(self._look)

    @property
    def text(self) -> str:
        """What was left, in a line or two; empty for nothing."""
        left = self.left
        if left is None:
            return ""
        note = f"Note of the lead: {left.note}" if left.note else ""
        if left.packet is None:
            return note
        return "\n".join(part for part in (_in_words(left.packet, left.giver), note) if part)

    @property
    def can_go(self) -> bool:
        """Whether it is known where the person before was last."""
        packet = self.left.packet if self.left is not None else None
        return packet is not None and packet.position is not None

    def go(self) -> None:
        """Go to where the person before was last."""
        packet = self.left.packet if self.left is not None else None
        if packet is not None and packet.position is not None:
            self._planes.go_to_patient(packet.position.point_lps)

    def _look(self, opened: acts.OpenReading | None) -> None:
        project, person = self._home.project, self._home.person
        self._take(None)
        if opened is not None and project is not None and person is not None:
            work = partial(_left_for, project, person, opened.reading.reading_id)
            self._jobs.run("", work, self._take, failed=self._refuse)

    def _take(self, left: Left | None) -> None:
        reading = self._home.reading
        if left is not None and (reading is None or reading.reading_id != left.reading):
            return  # another one was opened meanwhile
        self.left = left
        if left is not None and left.is_new:
            self.go()
            where = " You are where they were last." if self.can_go else ""
            self.notice.say(f"Handed over by {left.giver}.{where}")
            self.notice.changed.emit()
        self.changed.emit()

    def _refuse(self, error: MedsegError) -> None:
        self.notice.refuse(error)
        self.notice.changed.emit()


def _left_for(project: Project, person: Person, reading: str) -> Left:
    packet = acts.handed_over(project, reading, by=person.person_id)
    note = _note(project, person, reading)
    if packet is None:
        return Left(reading, note=note)
    giver = project.registry.person(packet.giver)
    shown = read_viewings(project.store, reading=reading, person=person.person_id)
    return Left(
        reading,
        packet,
        giver.printed_name if giver else packet.giver,
        note,
        is_new=not _was_seen_since(shown, packet.at),
    )


def _note(project: Project, person: Person, reading: str) -> str:
    """What the lead wrote for its reader, where the reader may see that."""
    case = project.case_of(reading)
    found = case.reading(reading)
    if found is None or found.reader != person.person_id or found.submissions:
        return ""
    with project.store.read() as view:
        entries = view.case_entries(case.case_id)
    notes = [
        str(data.get("note") or "")
        for entry, data in visible_entries(project.policy, case, person, entries)
        if entry.kind == "assign" and entry.reading == reading
    ]
    return notes[-1] if notes else ""


def _was_seen_since(shown: Iterable[Viewing], at: str) -> bool:
    moment = datetime.fromisoformat(at)
    return any(datetime.fromisoformat(one.at) > moment for one in shown)


def _in_words(packet: acts.HandedOver, giver: str) -> str:
    """As "Handed over by Dr A. Reader, 22 Nov 14:05: “lungs done” 2 comments open, ..."."""
    note = f": “{packet.note}”" if packet.note else "."
    open_ = [
        f"{len(found)} {name}{'s' if len(found) > 1 else ''} open"
        for name, found in (("comment", packet.comments), ("question", packet.queries))
        if found
    ]
    shown = ""
    if packet.not_displayed:
        shown = f"not displayed to them with the mask: {slices_in_words(packet.not_displayed)}"
    elif packet.not_displayed is not None:
        shown = "every slice was displayed to them with the mask"
    where = f"last on slice {packet.position.slice}" if packet.position else ""
    rest = ", ".join(part for part in (*open_, shown, where) if part)
    end = f" {rest[:1].upper()}{rest[1:]}." if rest else ""
    return f"Handed over by {giver}, {when_text(packet.at)}{note}{end}"
