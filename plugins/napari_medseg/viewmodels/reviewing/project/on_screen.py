"""The reading on screen: its image and mask, how it stands, and what is displayed of it."""

from __future__ import annotations

from medseg.model import Person
from medseg.project import acts
from medseg.session import Session
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.reviewing.project.entering import ReadFiles, ShownImage
from napari_medseg.viewmodels.reviewing.project.standing import Standing
from napari_medseg.viewmodels.reviewing.remarks.viewings import ViewingsViewModel

_LEFT = "This reading was left; open it again from the worklist, as who you are now."


class ReadingOnScreen:
    """At most one reading of a project; nothing of another one, and nothing where it was left.

    Args:
        case: what is on screen, of a project or not.
        viewings: what is displayed.
    """

    def __init__(self, case: CaseViewModel, viewings: ViewingsViewModel) -> None:
        self._case, self._viewings = case, viewings
        self._images, self._is_taking = ShownImage(), False
        self._session: Session | None = None
        self.standing: Standing | None = None
        self.opened: acts.OpenReading | None = None

    def take(self, read: ReadFiles, person: Person) -> bool:
        """Put a reading on screen; False where that was refused, and the notice says why.

        Args:
            read: what was read of it.
            person: who works on it.
        """
        self.standing, self.opened = read.standing, read.opened
        image = self._images.of(read, self._case.session)
        self._case.set_author(person.person_id)
        self._is_taking = True
        try:
            path, refusal = read.opened.mask_path, read.standing.refusal
            self._case.take_reading(image, read.mask, path, refusal=refusal)
        finally:
            self._is_taking = False
        self._session = self._case.session
        if self._session is None or self._session.volume is not image:
            return False
        self._viewings.begin(
            image.geometry,
            person=person.person_id,
            reading=read.standing.reading.reading_id,
            version=len(read.standing.reading.submissions),
            earlier=read.earlier,
        )
        return True

    def stands(self, standing: Standing, person: Person) -> None:
        """The same reading stands otherwise now, as after an act."""
        before, self.standing = self.standing, standing
        session, versions = self._session, len(standing.reading.submissions)
        if session is None:
            return
        session.history.closed_because = standing.refusal
        if before is not None and versions != len(before.reading.submissions):
            self._viewings.begin(
                session.volume.geometry,
                person=person.person_id,
                reading=standing.reading.reading_id,
                version=versions,
            )

    def is_another(self, session: Session) -> bool:
        """Whether this came on screen by another way than from the project."""
        return not self._is_taking and session is not self._session

    def leave(self) -> None:
        """It is nobody's any more; where it is still on screen it stays as it is."""
        if self._session is not None:
            self._session.history.closed_because = _LEFT
        self.standing, self._session, self.opened = None, None, None
