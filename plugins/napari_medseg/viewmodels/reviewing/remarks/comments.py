"""Remarks pinned to points and lesions: written, listed, answered; a project's rules say whose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from psygnal import Signal

from medseg.errors import MedsegError, ReviewError
from medseg.model import Case, Person, Reading, Segmentation
from medseg.model.finding import Severity
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.viewmodels.notice import in_words
from napari_medseg.viewmodels.reviewing.comparing.in_hand import ProjectInHand
from napari_medseg.viewmodels.reviewing.project.jobs import Jobs
from napari_medseg.viewmodels.reviewing.remarks.comment_rows import (
    CommentRow,
    comment_row,
    lesion_number,
)

if TYPE_CHECKING:
    from medseg.project import Project

Point = tuple[float, float, float]

#: How much a remark matters, the least first.
SEVERITIES: tuple[Severity, ...] = ("note", "warning", "error")

OUTSIDE = (
    "Comments are kept in a project, where they have an author and stay with the case; this mask "
    "is in none. Import the image into one: medseg import"
)


@dataclass(frozen=True)
class Draft:
    """A remark that is being written.

    Args:
        point_lps: where the crosshair was when it was begun.
        lesion: tracking UID of the lesion there, or of the current one; None without lesions.
        lesion_label: its name.
        is_on_lesion: whether the crosshair was on it.
        case: id of the case that it is about.
    """

    point_lps: Point
    lesion: str | None
    lesion_label: str
    is_on_lesion: bool
    case: str


class CommentsViewModel:
    """The remarks that this person may see of the case on screen.

    Args:
        case: the image and the mask on screen.
        planes: the crosshair.
        go_to_lesion: shows a lesion by its number.
    """

    changed = Signal()
    """Remarks have come or gone, one is being written, or another one is looked at."""
    forgotten = Signal(object)
    """Another image or mask came on screen while a remark was written: its Draft."""

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
        standing = self._project.standing if self._project is not None else None
        names, mask = standing.names if standing is not None else {}, self._mask
        return tuple(
            comment_row(number, comment, names, mask)
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
        _, case, _, _ = self._needed()
        x, y, z = (float(part) for part in self._planes.point_lps)
        uid, label, is_on = self._lesion_here()
        self.draft = Draft((x, y, z), uid, label, is_on, case.case_id)
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
        number = lesion_number(self._mask, row.comment.lesion)
        if row.comment.point_lps is not None:
            self._planes.go_to_patient(row.comment.point_lps)
        elif number is not None:
            self._go_to_lesion(number)
        self.changed.emit()

    @property
    def _mask(self) -> Segmentation | None:
        return self._case.session.segmentation if self._case.session is not None else None

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
        begun, self.draft, self.selected = self.draft, None, None
        if begun is not None:
            self.forgotten.emit(begun)
        self.changed.emit()

    def _lesion_here(self) -> tuple[str | None, str, bool]:
        mask = self._mask
        if mask is None:
            return None, "", False
        under = int(mask.array[self._planes.stored_index])
        number = under if under in mask.numbers else self._case.lesions.current
        if number is None or number not in mask.numbers:
            return None, "", False
        segment = mask.segment(number)
        return segment.tracking_uid, segment.label, number == under
