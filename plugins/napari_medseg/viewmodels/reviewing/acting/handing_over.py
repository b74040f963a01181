"""Giving a reading to the next person, with all that they need to go on."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import partial
from zoneinfo import ZoneInfo, available_timezones

from medseg.errors import EditError, MedsegError, ReviewError
from medseg.model import Person, QueryState, StageName
from medseg.project import Project, acts
from medseg.review import Packet, Position
from medseg.review.workflow.facts import IN_READERS_HANDS
from medseg.review.workflow.states import stage_of
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.viewmodels.reviewing.acting.acting import ActingViewModel
from napari_medseg.viewmodels.reviewing.comparing.kept import slices_with_labels
from napari_medseg.viewmodels.reviewing.project.project import ProjectViewModel
from napari_medseg.viewmodels.reviewing.project.standing import Standing


class HandOverViewModel(ActingViewModel):
    """Handing over the reading on screen: the mask is saved, and the next person told.

    Args:
        home: the project and the reading on screen.
        case: its mask, which is saved first.
        planes: the crosshair, from which the next person goes on.
    """

    def __init__(
        self, home: ProjectViewModel, case: CaseViewModel, planes: PlanesViewModel
    ) -> None:
        super().__init__(home)
        self._case, self._planes = case, planes
        self.people: tuple[Person, ...] = ()
        self.zones: tuple[str, ...] = ()
        self.taker: Person | None = None
        self.note, self.zone = "", ""
        self.packet: Packet | None = None
        self._is_looked_up = False

    @property
    def cannot_hand_over(self) -> str | None:
        """Why it cannot be handed over now, a sentence; None if it can."""
        if self.is_done:
            return "It is handed over."
        if self.home.standing is None:
            return "A reading of a project is handed over; open one first."
        if self.is_busy or not self._is_looked_up:
            return "Who may go on is still being looked up."
        if not self.people:
            return "Nobody else in the project may do this work."
        return None if self.taker is not None else "Choose who goes on."

    @property
    def told(self) -> str:
        """What the next person is told, line by line; empty until one is chosen."""
        if self.packet is not None:
            return self.packet.in_words()
        standing, giver = self.home.standing, self.home.person
        if standing is None or giver is None or self.taker is None:
            return ""
        try:
            zones = self._zones()
        except ReviewError as error:
            return str(error)
        return self._packet(standing, giver, self.taker, zones).in_words()

    def begin(self) -> None:
        """Look up who may go on."""
        try:
            project, person, standing, _ = self.at_hand()
        except MedsegError as error:
            self.refuse(error)
            return
        self.home.keep_viewings()
        work = partial(_looked_up, project, person, standing)
        self.run("Looking up who may go on", work, self._take)

    def choose(self, person_id: str) -> None:
        """Choose who goes on; an empty id chooses nobody."""
        self.taker = next((one for one in self.people if one.person_id == person_id), None)
        self.say("")

    def write(self, note: str) -> None:
        """What the next person should know, in one's own words."""
        self.note = note
        self.changed.emit()

    def choose_zone(self, name: str) -> None:
        """The next person's time zone, as "Asia/Tokyo"; empty for UTC."""
        self.zone = name.strip()
        self.changed.emit()

    def hand_over(self) -> None:
        """Save what is unsaved, write the packet, and give the reading away."""
        try:
            project, person, standing, _ = self.at_hand()
            if self.cannot_hand_over or self.taker is None:
                raise ReviewError(self.cannot_hand_over or "")
            zones = self._zones()
            self._save()
        except MedsegError as error:
            self.refuse(error)
            return
        self.home.keep_viewings()
        give = partial(
            acts.hand_over,
            project,
            standing.reading.reading_id,
            self.taker.person_id,
            by=person.person_id,
            note=self.note.strip(),
            position=self._position,
            zones=zones,
        )
        self.run("Handing over", give, self._handed_over, failed=self.refuse_act)

    def _save(self) -> None:
        keeping = self._case.keeping
        if keeping.has_unsaved_changes:
            keeping.save()
        if keeping.has_unsaved_changes:
            raise EditError("There are changes that could not be saved. Save them first.")

    @property
    def _position(self) -> Position | None:
        if self._case.session is None:
            return None
        x, y, z = (float(part) for part in self._planes.point_lps)
        return Position((x, y, z), int(self._planes.stored_index[0]))

    def _zones(self) -> tuple[tzinfo, tzinfo]:
        """Local time of who hands over, and of who goes on."""
        here = datetime.now(UTC).astimezone().tzinfo or UTC
        try:
            return here, ZoneInfo(self.zone) if self.zone else UTC
        except (KeyError, ValueError, OSError) as error:
            raise ReviewError(
                f"A time zone has a name of the IANA list, as Europe/Rome; found {self.zone!r}."
            ) from error

    def _packet(
        self, standing: Standing, giver: Person, taker: Person, zones: tuple[tzinfo, tzinfo]
    ) -> Packet:
        """What the act will tell, of all that the giver may see and that is known by now."""
        case, reading, session = standing.case, standing.reading, self._case.session
        labelled = slices_with_labels(session.segmentation.array).nonzero()[0] if session else ()
        return Packet(
            case.case_id,
            reading,
            giver,
            taker,
            datetime.now(UTC),
            zones,
            tuple(
                one for one in case.comments if one.reading == reading.reading_id and one.is_open
            ),
            tuple(one for one in case.queries if one.state is not QueryState.CLOSED),
            self.home.viewings.coverage([int(one) for one in labelled]),
            self._position,
            self.note.strip(),
        )

    def _take(self, found: tuple[tuple[Person, ...], tuple[str, ...]]) -> None:
        (self.people, self.zones), self._is_looked_up = found, True
        self.say("")

    def _handed_over(self, packet: Packet) -> None:
        self.packet = packet
        self.finish(f"Handed over to {packet.taker.printed_name}.", gives_away=True)


def _looked_up(
    project: Project, person: Person, standing: Standing
) -> tuple[tuple[Person, ...], tuple[str, ...]]:
    """Who may go on, and the names of all time zones: those stand in many files."""
    return _takers(project, person, standing), tuple(sorted(available_timezones()))


def _takers(project: Project, person: Person, standing: Standing) -> tuple[Person, ...]:
    """Who has the role for it, apart from who has it."""
    reading = standing.reading
    stage = StageName.REVIEW
    if reading.state in IN_READERS_HANDS:
        stage = StageName.ADJUDICATE if reading.method == "edit" else StageName.ANNOTATE
    roles = stage_of(standing.policy, stage).roles
    have = {person.person_id, reading.reader}
    able = [
        one
        for one in project.registry.people
        if one.may_act_as(roles) and one.person_id not in have
    ]
    return tuple(sorted(able, key=lambda one: one.printed_name))
