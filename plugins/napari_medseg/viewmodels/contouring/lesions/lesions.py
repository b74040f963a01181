"""The lesions of the case: listed, started, drawn, filled between slices, taken back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from numpy.typing import ArrayLike
from psygnal import Signal

from medseg.errors import EditError
from medseg.model import Change, Contour, key_slices, slices_in_words
from medseg.session import Session
from napari_medseg.viewmodels.contouring.lesions.looks import LooksViewModel
from napari_medseg.viewmodels.contouring.lesions.measured import Measured
from napari_medseg.viewmodels.notice import Notice, in_words
from napari_medseg.viewmodels.rows import LesionRow, lesion_row, origin_counts, sentences

#: Why nothing is changed while the changes of an earlier session are offered.
UNDECIDED = "Unsaved changes of before wait in the panel: recover or discard them first."


class LesionsViewModel:
    """The lesions of one session and the work on them.

    `cannot_...` says why a command is not possible now, None if it is.

    Args:
        notice: where commands say what they did, or why not.
    """

    edited = Signal(object)
    """A change was applied to the mask: an Edit, a SegmentsEdit, or Changes of both."""
    painted = Signal(object)
    """An Edit was applied that is part of a stroke; `edited` follows with all of it at its end."""

    def __init__(self, notice: Notice) -> None:
        self.notice = notice
        self.current: int | None = None
        self._former: int | None = None
        """The one that was current before the last one was started."""
        self._aside = ""
        self._session: Session | None = None
        self.measured = Measured()
        self.looks = LooksViewModel()
        self.seen_slices: Callable[[], Collection[int]] | None = None
        """The stored slices that were looked at with the mask, where somebody keeps count."""
        self.proposed: Callable[[], Collection[int]] = tuple
        """The lesions that something is proposed for."""

    def work_on(self, session: Session) -> None:
        """List and change the lesions of this session from now on."""
        self.measured.close()
        self._session, self.measured = session, Measured(session)
        self.measured.changed.connect(self._tell)
        self.looks.work_on_another()
        self.current, self._former = next(iter(session.segmentation.numbers), None), None

    @property
    def rows(self) -> tuple[LesionRow, ...]:
        """The lesions, in the order of the mask's list."""
        if self._session is None:
            return ()
        mask, proposed = self._session.segmentation, self.proposed()
        origins = origin_counts(mask)
        seen = None if self.seen_slices is None else frozenset(self.seen_slices())
        return tuple(
            lesion_row(
                segment,
                self.measured,
                origins=origins[segment.number],
                seen=seen,
                is_proposed=segment.number in proposed,
                is_hidden=segment.number in self.looks.hidden,
            )
            for segment in mask.segments
        )

    @property
    def session(self) -> Session | None:
        """What is worked on."""
        return self._session

    @property
    def cannot_draw(self) -> str | None:
        """Why no lesion can be started or drawn."""
        if self._session is None:
            return "Open an image first."
        if self._session.history.closed_because:
            return self._session.history.closed_because
        return UNDECIDED if self._session.safekeeping.offered else None

    @property
    def cannot_fill(self) -> str | None:
        """Why the current lesion cannot be filled between its slices."""
        why_not = self.cannot_draw
        if why_not or self._session is None or self.current is None:
            return why_not or "Start a lesion first."
        drawn = key_slices(self._session.segmentation.provenance, self.current)
        if len({*drawn, *self.slices_of(self.current)}) > 1:
            return None
        return "Filling goes from one drawn slice to the next; draw the lesion on two at least."

    @property
    def cannot_undo(self) -> str | None:
        """Why nothing can be taken back."""
        history = self._session.history if self._session is not None else None
        if history is not None and history.can_undo:
            return None
        if history is not None and history.dropped:
            return "What came before can no longer be undone: the memory for changes was used up."
        return "There is nothing to undo."

    @property
    def cannot_redo(self) -> str | None:
        """Why nothing can be made again."""
        history = self._session.history if self._session is not None else None
        if history is not None and history.can_redo:
            return None
        if history is not None and history.has_lost_redo:
            return "What was undone cannot be made again: a change was made since."
        return "There is nothing to redo."

    def slices_of(self, number: int) -> tuple[int, ...]:
        """The stored slices that a lesion is on, ascending."""
        return self.measured.slices(number)

    def select(self, number: int) -> None:
        """Make a lesion the current one; outlines go to it from now on."""
        self.notice.gesture.settle()  # what a hand has begun goes to the former one
        if self._session and number in self._session.segmentation.numbers:
            self.current = number
            self.notice.changed.emit()

    def step(self, by: int) -> None:
        """Make the lesion `by` places further down the list current; it stops at the ends."""
        numbers = self._session.segmentation.numbers if self._session else ()
        if numbers:
            here = numbers.index(self.current) if self.current in numbers else 0
            self.select(numbers[min(max(here + by, 0), len(numbers) - 1)])

    @in_words
    def new_lesion(self, label: str | None = None) -> None:
        """Start a lesion, numbered if it gets no name; outlines go to it from now on."""
        self._start(label)

    @in_words
    def add_outline(
        self,
        slice_index: int,
        points_rc: ArrayLike,
        *,
        subtract: bool = False,
        seconds: float = 0.0,
    ) -> None:
        """Add what an outline encloses to the current lesion, or take it away.

        Where there is no lesion yet, one is started.

        Args:
            slice_index: stored slice.
            points_rc: (n, 2) points as stored (row, column) indices.
            subtract: whether to take away.
            seconds: time the hand was at work.
        """
        session, number = self._at_work(), self.ready()
        contour = Contour.on_slice(session.volume.geometry, slice_index, points_rc, number)
        edit = session.draw(contour, mode="subtract" if subtract else "add", active_seconds=seconds)
        label = session.segmentation.segment(number).label
        verb = "taken away" if subtract else "drawn"
        self.made(edit, f"{label}: outline {verb} on slice {slice_index}.")

    @in_words
    def fill(self) -> None:
        """Fill the current lesion between its drawn slices; the notice says which."""
        if self.cannot_fill or self.current is None:
            raise EditError(self.cannot_fill or "Start a lesion first.")
        result = self._at_work().fill_between(self.current)
        said = f"Filled {slices_in_words(result.filled)}." if result.filled else ""
        self._after(result.edit, f"{said} {sentences(result.skipped)}".strip())

    def ready(self) -> int:
        """The number of the current lesion, which is seen; one is started where there is none.

        Raises:
            EditError: nothing can be drawn now, or what is drawn would not be seen.
        """
        self._at_work()
        self._aside = ""
        if self.looks.is_held_back:
            raise EditError(
                "Nothing is drawn on lesions that are not seen; let go of H, then draw."
            )
        if self.current is None:
            return self._start()
        if self.current in self.looks.hidden:
            self._open_eye(self.current)
        return self.current

    def made(self, change: Change | None, text: str) -> None:
        """Take note of a change that a tool has made, and say so; None: only say it."""
        aside, self._aside = self._aside, ""
        self._after(change, f"{text} {aside}".strip())

    @in_words
    def undo(self) -> None:
        """Take the last change back."""
        self._travel(Session.undo, "Undone.", self.cannot_undo)

    @in_words
    def redo(self) -> None:
        """Make the change last taken back again."""
        self._travel(Session.redo, "Done again.", self.cannot_redo)

    def _travel(
        self, step: Callable[[Session], Change | None], done: str, why_not: str | None
    ) -> None:
        session = self._at_work()
        before = session.segmentation.numbers
        change = step(session)
        self._follow(before, session.segmentation.numbers)
        self._after(change, done if change else why_not or "")

    def _follow(self, before: Sequence[int], after: Sequence[int]) -> None:
        """The lesion that came back is current; in place of one that went, its neighbour."""
        back = [number for number in after if number not in before]
        if back:
            self.current = back[-1]
        elif self.current in before and self.current not in after and after:
            place = before.index(self.current)
            is_left = self._former in after and place == len(before) - 1
            self.current = self._former if is_left else after[min(place, len(after) - 1)]

    def _open_eye(self, number: int) -> None:
        self.looks.toggle_eye(number)
        label = self._at_work().segmentation.segment(number).label
        self._aside = f"{label} was hidden and is shown again: what is drawn is seen."
        self.notice.say(self._aside)
        self.notice.changed.emit()

    def _tell(self) -> None:
        self.notice.changed.emit()

    def _at_work(self) -> Session:
        if self._session is None:
            raise EditError("Lesions are drawn on an image; open one first.")
        if self._session.safekeeping.offered:
            raise EditError(UNDECIDED)
        return self._session

    def _start(self, label: str | None = None) -> int:
        session = self._at_work()
        lesion = session.new_lesion(label)
        self._former, self.current = self.current, lesion.number
        self._after(session.history.last, f"{lesion.label} started.")
        return lesion.number

    def _after(self, change: Change | None, text: str) -> None:
        self.notice.say(text)
        numbers = self._at_work().segmentation.numbers
        if self.current not in numbers:
            self.current = numbers[-1] if numbers else None
        if change is not None:
            self.measured.take(change)
            self.edited.emit(change)
