"""Remarks pinned to points and lesions: written, listed, answered; a project's rules say whose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from psygnal import Signal

from medseg.errors import MedsegError, ReviewError
from medseg.model import Case, Comment, Person, Reading
from medseg.model.finding import Severity
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.viewmodels.looking.readout import lps_text
from napari_medseg.viewmodels.notice import in_words
from napari_medseg.viewmodels.reviewing.comparing.in_hand import ProjectInHand
from napari_medseg.viewmodels.reviewing.project.jobs import Jobs

if TYPE_CHECKING:
    from medseg.project import Project

Point = tuple[float, float, float]

#: How much a remark matters, the least first.
SEVERITIES: tuple[Severity, ...] = ("note", "warning", "error")

OUTSIDE = (
    "Comments are kept in a project, where they have an author and stay with the case; this mask "
    "is in none. Import the image into one: medseg import"
)


#: Who wrote something, where the rules keep names from whoever looks.
HIDDEN = "somebody else"


@dataclass(frozen=True)
class Draft:
    """A remark that is being written.

    Args:
        point_lps: where the crosshair was when it was begun.
        lesion: tracking UID of the lesion there, or of the current one; None without lesions.
        lesion_label: its name.
        is_on_lesion: whether the crosshair was on it.
    """

    point_lps: Point
    lesion: str | None
    lesion_label: str
    is_on_lesion: bool


@dataclass(frozen=True)
class CommentRow:
    """A remark as the list shows it.

    Args:
        number: as on its pin, from 1 in the order in which they were written.
        comment: the remark.
        author: printed name; `HIDDEN` where it may not be seen.
        when: as "22 Nov 14:05".
        where: the lesion's name, or the point in words.
        answer: what was done, and by whom; empty while it is open.
    """

    number: int
    comment: Comment
    author: str
    when: str
    where: str
    answer: str


class CommentsViewModel:
    """The remarks that this person may see of the case on screen.

    Args:
        case: the image and the mask on screen.
        planes: the crosshair.
        go_to_lesion: shows a lesion by its number.
    """

    changed = Signal()
    """Remarks have come or gone, one is being written, or another one is looked at."""

    def __init__(
        self, case: CaseViewModel, planes: PlanesViewModel, go_to_lesion: Callable[[int], None]
    ) -> None:
        self.notice = case.notice
        self.draft: Draft | None = None
        self.selected: str | None = None
        self._case, self._planes, self._go_to_lesion = case, planes, go_to_lesion
        self._project: ProjectInHand | None = None
        self._jobs: Jobs | None = None
        case.opened.connect(self._forget)

    def attach(self, project: ProjectInHand, jobs: Jobs) -> None:
        """Take and keep remarks in this project, in the background."""
        self._project, self._jobs = project, jobs
        project.changed.connect(self.changed.emit)

    @property
    def cannot_comment(self) -> str | None:
        """Why nothing can be remarked here; None if it can."""
        if self._case.session is None:
            return "Open an image first."
        return OUTSIDE if self._in_hand is None else None

    @property
    def rows(self) -> tuple[CommentRow, ...]:
        """The remarks, in the order in which they were written; their pins have these numbers."""
        in_hand = self._in_hand
        if in_hand is None:
            return ()
        return tuple(
            self._row(number, comment)
            for number, comment in enumerate(in_hand[1].comments, start=1)
        )

    @property
    def title(self) -> str:
        """As "Comments: 2 open, 1 resolved"."""
        rows = self.rows
        count = sum(row.comment.is_open for row in rows)
        return f"Comments: {count} open, {len(rows) - count} resolved" if rows else "No comments"

    @in_words
    def begin(self) -> None:
        """Begin a remark where the crosshair is."""
        if self.cannot_comment:
            raise ReviewError(self.cannot_comment)
        x, y, z = (float(part) for part in self._planes.point_lps)
        uid, label, is_on = self._lesion_here()
        self.draft = Draft((x, y, z), uid, label, is_on)
        self.changed.emit()

    def give_up(self) -> None:
        """Write no remark after all."""
        if self.draft is not None:
            self.draft = None
            self.changed.emit()

    @in_words
    def post(self, text: str, severity: str = "note", *, on_lesion: bool = False) -> None:
        """Keep the remark that was begun.

        Args:
            text: what it says.
            severity: one of `SEVERITIES`.
            on_lesion: whether it is about the lesion; the point is kept too if it lies on it.
        """
        project, _, reading, person = self._needed()
        draft = self.draft
        if draft is None:
            raise ReviewError("A comment has a place; begin one at the crosshair first.")
        if not text.strip():
            raise ReviewError("A comment says something; found no text. Write a sentence.")
        lesion = draft.lesion if on_lesion else None
        point = None if on_lesion and not draft.is_on_lesion else draft.point_lps

        def work() -> str:
            from medseg.project import acts  # noqa: PLC0415 - opens the database's library

            return acts.comment(
                project,
                reading.reading_id,
                text.strip(),
                by=person.person_id,
                point_lps=point,
                lesion=lesion,
                severity=cast(Severity, severity),
            )

        self._run("Keeping the comment", work, lambda _id: self._kept("Comment kept.", is_new=True))

    @in_words
    def resolve(self, comment_id: str, text: str) -> None:
        """Close a remark with what was done about it."""
        project, case, _, person = self._needed()
        if not text.strip():
            raise ReviewError("A comment is closed with what was done. Write a reply.")

        def work() -> None:
            from medseg.project import acts  # noqa: PLC0415 - opens the database's library

            acts.resolve(project, case.case_id, comment_id, text.strip(), by=person.person_id)

        self._run("Keeping the reply", work, lambda _none: self._kept("Comment resolved."))

    def go_to(self, comment_id: str) -> None:
        """Show the place of a remark: its point, else its lesion."""
        row = next((row for row in self.rows if row.comment.comment_id == comment_id), None)
        if row is None:
            return
        self.selected = comment_id
        number = self._number_of(row.comment.lesion)
        if row.comment.point_lps is not None:
            self._planes.go_to_patient(row.comment.point_lps)
        elif number is not None:
            self._go_to_lesion(number)
        self.changed.emit()

    @property
    def _in_hand(self) -> tuple[Project, Case, Reading, Person] | None:
        here = self._project
        if here is None or here.project is None or here.case is None:
            return None
        if here.reading is None or here.person is None:
            return None
        return here.project, here.case, here.reading, here.person

    def _needed(self) -> tuple[Project, Case, Reading, Person]:
        if self._in_hand is None:
            raise ReviewError(self.cannot_comment or OUTSIDE)
        return self._in_hand

    def _run(self, text: str, work: Callable[[], object], done: Callable[[object], None]) -> None:
        if self._jobs is not None:
            self._jobs.run(text, work, done, failed=self._refuse)

    def _refuse(self, error: MedsegError) -> None:
        self.notice.refuse(error)  # and the draft stays, with its text
        self.notice.changed.emit()

    def _kept(self, text: str, *, is_new: bool = False) -> None:
        if is_new:
            self.draft = None
        self.notice.say(text)
        self.notice.changed.emit()
        if self._project is not None:
            self._project.reload()
        self.changed.emit()

    def _forget(self, _session: object) -> None:
        self.draft = self.selected = None
        self.changed.emit()

    def _lesion_here(self) -> tuple[str | None, str, bool]:
        session = self._case.session
        if session is None:
            return None, "", False
        mask = session.segmentation
        under = int(mask.array[self._planes.stored_index])
        number = under if under in mask.numbers else self._case.lesions.current
        if number is None or number not in mask.numbers:
            return None, "", False
        segment = mask.segment(number)
        return segment.tracking_uid, segment.label, number == under

    def _number_of(self, lesion: str | None) -> int | None:
        session = self._case.session
        segments = session.segmentation.segments if session else ()
        found = (one.number for one in segments if one.tracking_uid == lesion)
        return next(found, None)

    def _row(self, number: int, comment: Comment) -> CommentRow:
        answer = ""
        if comment.resolved_by is not None:
            answer = f"{self._name(comment.resolved_by)}: {comment.resolution or 'resolved'}"
        return CommentRow(
            number,
            comment,
            self._name(comment.author),
            _when(comment.at),
            self._where(comment),
            answer,
        )

    def _name(self, person_id: str) -> str:
        standing = self._project.standing if self._project is not None else None
        return (standing.names if standing else {}).get(person_id, HIDDEN)

    def _where(self, comment: Comment) -> str:
        number, session = self._number_of(comment.lesion), self._case.session
        if number is not None and session is not None:
            return session.segmentation.segment(number).label
        if comment.point_lps is not None:
            return lps_text(comment.point_lps)
        return "a lesion that is not in this mask" if comment.lesion else "the case"


def _when(at: str) -> str:
    """As "22 Nov 14:05", in the time of this machine."""
    try:
        return f"{datetime.fromisoformat(at).astimezone():%d %b %H:%M}"
    except ValueError:
        return at
