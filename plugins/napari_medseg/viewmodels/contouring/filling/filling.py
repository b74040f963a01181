"""Filling between key slices: proposed as the hand draws, accepted or rejected by a person."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from numpy.typing import ArrayLike
from psygnal import Signal

from medseg.errors import EditError, MedsegError
from medseg.interpolate import Preview
from medseg.model import Change, Changes, Edit, Finding, slices_in_words
from medseg.session import Session
from napari_medseg.viewmodels.contouring.filling.corrections import (
    PATIENCE_SECONDS,
    TOOL,
    Corrections,
)
from napari_medseg.viewmodels.contouring.filling.proposal import LiveProposal, Proposed
from napari_medseg.viewmodels.contouring.filling.slice_states import SliceState
from napari_medseg.viewmodels.contouring.filling.standing import Standing
from napari_medseg.viewmodels.contouring.filling.waiting import Asked, Waiting
from napari_medseg.viewmodels.contouring.lesions.lesions import LesionsViewModel
from napari_medseg.viewmodels.notice import in_words, in_words_by_itself
from napari_medseg.viewmodels.remembering import remember, remembered
from napari_medseg.viewmodels.rows import sentences

#: The setting of whether slices are proposed by themselves.
_REMEMBERED = "proposes_live"

_COMES = "It is being computed, and taken as soon as it is there; Esc or Ctrl+Z gives that up."
_DROPPED = "What was to be accepted when it is computed is given up; nothing of it was taken."

#: Lesion -> the slices to be accepted.
Wanted = dict[int, Collection[int]]


class FillingViewModel:
    """What is proposed between the key slices of all lesions, and what becomes of it.

    Args:
        lesions: whose slices are filled.
        settings: where it is remembered whether slices are proposed by themselves.
    """

    changed = Signal()
    """Something else is proposed, or key slices are others."""

    def __init__(self, lesions: LesionsViewModel, *, settings: Path | None = None) -> None:
        self._lesions, self.notice, self._settings = lesions, lesions.notice, settings
        self.live = LiveProposal()
        self.is_live = remembered(settings, _REMEMBERED, absent=True)
        self._session: Session | None = None
        self._waiting, self._standing = Waiting(), Standing(lesions, self.live)
        self._corrections = Corrections(lesions, self.live)
        self.live.changed.connect(self.changed.emit)
        self.live.failed.connect(self._tell_failure)
        self._is_closed = True  # whether nothing may be changed
        lesions.edited.connect(self._touch)
        lesions.notice.changed.connect(self._look)
        lesions.proposed = lambda: {one.number for one in self.proposed}

    def work_on(self, session: Session) -> None:
        """Propose for this session's lesions from now on."""
        self._session = session
        self._drop_waiting()
        self.live.work_on(session if self.is_live else None)

    def poll(self) -> None:
        """Take up what was computed, and do what has waited for it, in no hand's way."""
        self.live.poll()
        is_free = not (self.live.is_busy or self.notice.gesture.is_under_way)
        for asked in self._waiting.take() if is_free else ():
            self._accept_then(asked)

    @property
    def is_waiting(self) -> bool:
        """Whether something is accepted as soon as it is computed."""
        return self._waiting.is_any

    def give_up_waiting(self) -> bool:
        """Accept nothing that was asked for and is not computed yet; False: nothing waited."""
        if not self._waiting.take():
            return False
        self.notice.say("What was to be accepted when it is computed is not; it stays proposed.")
        self.notice.changed.emit()
        return True

    def close(self) -> None:
        """Let the thread end."""
        self._lesions.edited.disconnect(self._touch)
        self.notice.changed.disconnect(self._look)
        self.live.close()

    @property
    def proposed(self) -> tuple[Proposed, ...]:
        """What is proposed now; nothing where nothing may be changed."""
        return self._standing.proposed

    def slices(self, number: int | None) -> frozenset[int]:
        """The stored slices that something is proposed on for a lesion."""
        return self._standing.slices(number)

    @property
    def current_slices(self) -> frozenset[int]:
        """The stored slices that something is proposed on for the current lesion."""
        return self.slices(self._lesions.current)

    @property
    def keys(self) -> tuple[int, ...]:
        """The key slices of the current lesion, ascending."""
        return self._standing.keys(self._lesions.current)

    @property
    def states(self) -> dict[int, SliceState]:
        """The current lesion's slices and how each came to be."""
        return self._standing.states(self._lesions.current)

    @property
    def summary(self) -> str:
        """How far the current lesion is, or why nothing is proposed for it."""
        return self._standing.summary(self._lesions.current, is_live=self.is_live)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What a person should know of what is proposed for the current lesion: parts that end."""
        return self._standing.findings(self._wanted_of(self._lesions.current))

    def key_beside(self, index: int, by: int) -> int | None:
        """The next key slice of the current lesion above a slice (`by` > 0) or below it."""
        beyond = [key for key in self.keys if (key - index) * by > 0]
        return (min(beyond) if by > 0 else max(beyond)) if beyond else None

    @in_words
    def accept_slice(self, index: int) -> None:
        """Take what is proposed on a slice: of the current lesion, else of all that are there."""
        self._accept(Asked(self._lesions.current, index))

    @in_words
    def accept_lesion(self) -> None:
        """Take all that is proposed for the current lesion."""
        self._accept(Asked(self._lesions.current))

    @in_words
    def accept_all(self) -> None:
        """Take all that is proposed, for all lesions."""
        self._accept(Asked(None, is_all=True))

    def fill(self) -> None:
        """Fill the current lesion at once: as it is proposed, else as filling makes it."""
        self.notice.gesture.settle()
        self.live.wait(PATIENCE_SECONDS)
        if self.is_live and self.slices(self._lesions.current):
            self.accept_lesion()
        else:
            self._lesions.fill()

    def reject(self) -> bool:
        """Propose nothing more for the current lesion until a key changes; False: nothing was."""
        number, slices = self._lesions.current, self.slices(self._lesions.current)
        if number is None or not slices or not self.live.wait(PATIENCE_SECONDS):
            return False
        self.live.reject(number)
        self.notice.say(
            f"{self._label(number)}: the proposal on {slices_in_words(sorted(slices))} is "
            "rejected. It returns when a key slice beside it changes."
        )
        self.notice.changed.emit()
        return True

    def toggle_live(self) -> None:
        """Propose as the hand draws, or only fill when asked; on again, all is proposed anew."""
        self.set_live(not self.is_live)

    def set_live(self, is_live: bool) -> None:
        """Whether slices between keys are proposed by themselves."""
        self.notice.gesture.settle()
        self.is_live = is_live
        remember(self._settings, _REMEMBERED, is_live)
        self.live.work_on(self._session if is_live else None)
        self.notice.say(
            "Slices between key slices are proposed as you draw."
            if is_live
            else "Nothing is proposed by itself now; filling is done when asked for."
        )
        self._drop_waiting()
        self.notice.changed.emit()

    def before_edit(
        self,
        slices: Collection[int] | int,
        *,
        continues: bool = False,
        redraws: ArrayLike | None = None,
    ) -> bool:
        """Let a tool start from what is proposed on slices; whether something was taken.

        What is taken is the beginning of an undo step, which the tool's own change continues.

        Args:
            slices: stored slices that the tool will touch.
            continues: whether its step has begun already.
            redraws: stored (row, column) points of an outline that adds; one that covers most
                of what is proposed draws the slice anew, and nothing is taken.
        """
        touched = {slices} if isinstance(slices, int) else set(slices)
        if not self.is_live or self._lesions.cannot_draw:
            return False
        return self._corrections.begin(touched, continues=continues, redraws=redraws)

    def give_back(self) -> None:
        """Nothing came of the edit: what was taken for it is proposed again."""
        self._corrections.give_back()

    def _accept(self, asked: Asked) -> None:
        if self._lesions.cannot_draw:
            raise EditError(self._lesions.cannot_draw)
        if self._is_gone(asked.number):
            raise EditError("The lesion to be accepted is no longer there; nothing was taken.")
        if not self.live.wait(PATIENCE_SECONDS):
            self._waiting.add(asked)
            self.notice.say(_COMES)
            return
        wanted, preview = self._wanted(asked), self.live.preview
        if preview is None or not any(wanted.values()):
            number = self._lesions.current if asked.is_all else asked.number
            summary = self._standing.summary(number, is_live=self.is_live)
            raise EditError(f"Nothing is proposed here. {summary}".strip())
        self._lesions.made(*self._made(preview, wanted))

    @in_words_by_itself
    def _accept_then(self, asked: Asked) -> None:
        self._accept(asked)

    def _made(self, preview: Preview, wanted: Wanted) -> tuple[Change | None, str]:
        """What is accepted is put into the mask, as one step; the change, and what to say."""
        session = self._session
        assert session is not None  # noqa: S101 - there is a preview of it
        made: list[Edit] = []
        said, told = [], self._standing.findings(wanted)
        for number, slices in wanted.items():
            edit = preview.accept(session.by(TOOL), slices=slices, numbers=(number,))
            if edit is not None:
                session.do(edit, continues=bool(made))
                made.append(edit)
                said.append(f"{self._label(number)}: {slices_in_words(sorted(slices))} accepted.")
        text = " ".join([*said, sentences(told)]).strip()
        return (Changes(tuple(made)) if made else None), text

    def _wanted_of(self, number: int | None) -> Wanted:
        return {} if number is None else {number: self.slices(number)}

    def _wanted(self, asked: Asked) -> Wanted:
        """The slices that are meant, of what is proposed now."""
        number, index = asked.number, asked.index
        if asked.is_all:
            return {one: self.slices(one) for one in sorted(self._lesions.proposed())}
        if index is None:
            return self._wanted_of(number)
        here = {one.number: (index,) for one in self.proposed if index in one.slices}
        return {number: here[number]} if number in here else dict(sorted(here.items()))

    def _is_gone(self, number: int | None) -> bool:
        session = self._session
        return number is not None and (
            session is None or number not in session.segmentation.numbers
        )

    def _drop_waiting(self) -> None:
        """What has happened leaves nothing to be accepted; it is said after what was said of it."""
        if self._waiting.take():
            self.notice.say(f"{self.notice.text} {_DROPPED}".strip())

    def _label(self, number: int) -> str:
        return self._session.segmentation.segment(number).label if self._session else ""

    def _touch(self, change: Change) -> None:
        if self._session is not None and self._session.history.can_redo:
            self._drop_waiting()  # something was undone: the acceptance came after it
        if self.is_live:
            self.live.touch(change)
        if self.live.is_busy or not self.is_live:  # else the proposal has told already
            self.changed.emit()

    def _look(self) -> None:
        """Nothing is proposed where nothing may be changed, as after a sign-off."""
        is_closed = self._lesions.cannot_draw is not None
        if is_closed != self._is_closed:
            self._is_closed = is_closed
            self.changed.emit()

    def _tell_failure(self, error: MedsegError) -> None:
        self._waiting.take()
        self.notice.refuse(error)
        self.notice.changed.emit()
