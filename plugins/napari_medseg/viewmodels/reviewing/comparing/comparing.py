"""Another version of the mask beside the one on screen: chosen, compared, shown or not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from psygnal import Signal

from medseg.errors import EditError, MedsegError
from medseg.model import Change, Changes, Edit, Segmentation, Volume
from medseg.raster.boxes import Box
from medseg.session import Session
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.notice import in_words
from napari_medseg.viewmodels.reviewing.comparing.compared import Compared, compare
from napari_medseg.viewmodels.reviewing.comparing.kept import Kept
from napari_medseg.viewmodels.reviewing.comparing.others import Other, file_other
from napari_medseg.viewmodels.reviewing.project.jobs import Jobs

#: How the other mask is shown, in the order in which one key goes through them.
MODES = ("off", "outline", "difference", "side by side")

#: So long after the last edit the masks are compared anew.
SETTLED_SECONDS = 0.4


class ComparingViewModel:
    """The comparison of the mask on screen with another version of it.

    It is done in a thread, and again once edits have settled; `poll` takes up what came of it.

    Args:
        case: whose mask is on screen.
        seconds: a clock that never goes back.

    Attributes:
        check_file: refuses a file that must not be seen.
        jobs: what is being compared now.
    """

    changed = Signal()
    """Another mask is compared with, it is shown otherwise, or the comparison has ended."""
    edited = Signal()
    """The mask on screen was changed while it is compared."""

    def __init__(
        self, case: CaseViewModel, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self.notice = case.notice
        self.mode = "off"
        self.chosen: Other | None = None
        self.theirs: Segmentation | None = None
        self.result: Compared | None = None
        self._case, self._seconds = case, seconds
        self.check_file: Callable[[Path], None] = lambda _path: None
        self.jobs = Jobs(case.notice)
        self._session: Session | None = None
        self._before: Kept | None = None
        self._handed_in: tuple[Other, ...] = ()
        self._files: tuple[Other, ...] = ()
        self._former: tuple[Other, Segmentation, Compared] | None = None
        self._given_up = threading.Event()  # set when what is being compared is not wanted
        self._touched_at: float | None = None
        # Boxes of edits before and since the comparison under way was begun.
        self._edited_before: tuple[Box, ...] = ()
        self._edited_since: tuple[Box, ...] = ()
        case.opened.connect(self._begin)
        case.lesions.edited.connect(self._touch)

    @property
    def choices(self) -> tuple[Other, ...]:
        """What the mask on screen can be compared with."""
        if self._session is None:
            return ()
        before = Other("before", "before the changes made now", self._as_before)
        path = self._session.mask_path
        saved = (file_other(path, "as last saved", key="saved"),) if path else ()
        return (*self._handed_in, before, *saved, *self._files)

    @property
    def is_busy(self) -> bool:
        """Whether masks are being compared, or will be once the hand rests."""
        return self.jobs.is_busy or self._touched_at is not None

    @property
    def text(self) -> str:
        """What came of it, in a line."""
        if self.chosen is None:
            return "Choose what the mask on screen is compared with."
        if self.result is None:
            return f"Comparing with {self.chosen.title} …"
        return self.result.text + (" (being compared anew)" if self.is_busy else "")

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Where in the image there is anything to compare, edits of this moment included."""
        found = self.result.boxes if self.result is not None else ()
        return (*found, *self._edited_before, *self._edited_since)

    def offer(self, handed_in: tuple[Other, ...]) -> None:
        """Offer these versions of a project besides, the first by default."""
        self._handed_in = handed_in
        self.changed.emit()

    @in_words
    def choose(self, key: str) -> None:
        """Compare with one of the choices."""
        found = next((one for one in self.choices if one.key == key), None)
        if found is None:
            raise EditError("A mask is compared with another version of it; choose one listed.")
        self._compare_with(found)

    @in_words
    def choose_file(self, path: Path) -> None:
        """Compare with a mask file of this image."""
        if self._session is None:
            raise EditError("Masks are compared on their image; open that first.")
        other = file_other(path, check=self.check_file)
        self._files = (*(one for one in self._files if one.key != other.key), other)
        self._compare_with(other)

    def next_mode(self) -> None:
        """Outline, difference, side by side, off; without a choice the first one is taken."""
        self.show(MODES[(MODES.index(self.mode) + 1) % len(MODES)])

    @in_words
    def show(self, mode: str) -> None:
        """Show the other mask in one of `MODES`."""
        if mode != "off" and self._session is None:
            raise EditError("Masks are compared on their image; open that first.")
        self.mode = mode if mode in MODES else "off"
        if self.chosen is None and mode != "off":
            self._compare_with(self._first_choice)
        elif self.chosen is not None:
            self.notice.say(f"Compared with {self.chosen.title}: {self.mode}.")
        self.changed.emit()

    def poll(self) -> None:
        """Take up what has been compared, and compare again what was edited and has settled."""
        self.jobs.poll()
        has_settled = (
            self._touched_at is not None and self._seconds() - self._touched_at >= SETTLED_SECONDS
        )
        if has_settled and not self.jobs.is_busy:
            self._start()

    def finish(self) -> None:
        """Compare now, and come back when it is done."""
        self.jobs.finish()
        if self._touched_at is not None:
            self._start()
            self.jobs.finish()

    def give_up(self) -> None:
        """Stop what is being compared: what was compared before comes back, or nothing is."""
        if not self.is_busy or self.chosen is None:
            return
        self._given_up.set()
        self.jobs.give_up()
        self._touched_at = None
        if self.result is not None:  # edits are compared anew: once is enough to say no
            self._former = None
        self._go_back()
        self.notice.say("The comparison was given up.")
        self.notice.changed.emit()
        self.changed.emit()

    def close(self) -> None:
        """Give up what is being compared, and wait for its thread to end."""
        self._given_up.set()
        self._case.opened.disconnect(self._begin)
        self._case.lesions.edited.disconnect(self._touch)
        self._touched_at = None
        self.jobs.finish()

    def _begin(self, session: Session) -> None:
        if session is self._session:  # the same mask, with what was recovered
            self._touch()
            return
        self._given_up.set()
        self._session, self._before = session, Kept(session.segmentation)
        self._handed_in = self._files = ()
        self._former = None
        self.chosen = self.theirs = self.result = self._touched_at = None
        self.mode = "off"
        self.changed.emit()

    @property
    def _first_choice(self) -> Other:
        """What most want: what was handed in; where nothing was changed since, the one before."""
        own = [one for one in self._handed_in if one.is_own]
        is_as_opened = self._session is not None and self._session.history.state is None
        return own[1] if is_as_opened and len(own) > 1 else self.choices[0]

    def _as_before(self, _volume: Volume) -> Segmentation:
        if self._before is None:
            raise EditError("There is no mask of before; open a case first.")
        return self._before.again()

    def _compare_with(self, other: Other) -> None:
        self._given_up.set()
        if self.chosen is not None and self.theirs is not None and self.result is not None:
            self._former = self.chosen, self.theirs, self.result
        self.chosen, self.theirs, self.result = other, None, None
        self.notice.say(f"Comparing with {other.title}.")
        self._start()
        self.changed.emit()

    def _touch(self, change: Change | None = None) -> None:
        if self.chosen is not None:
            leaves = Changes((change,)).leaves if change is not None else ()
            edits = (leaf for leaf in leaves if isinstance(leaf, Edit) and not leaf.is_empty)
            self._edited_since += tuple(edit.box for edit in edits)
            self._touched_at = self._seconds()
            self.edited.emit()

    def _start(self) -> None:
        session, other, theirs = self._session, self.chosen, self.theirs
        if session is None or other is None:
            return
        self._touched_at, given_up = None, threading.Event()
        self._edited_before, self._edited_since = self._edited_before + self._edited_since, ()
        self._given_up = given_up

        def go_on() -> None:
            if given_up.is_set():
                raise EditError("The comparison was given up.")

        def work() -> tuple[Segmentation, Compared]:
            read = theirs or other.read(session.volume)
            return read, compare(read, session.segmentation, go_on)

        def done(found: tuple[Segmentation, Compared]) -> None:
            if not given_up.is_set():
                (self.theirs, self.result), self._edited_before = found, ()
                self._former = None
                self.changed.emit()

        def failed(error: MedsegError) -> None:
            if not given_up.is_set():
                self._fall_back(other)
                self.notice.refuse(error)
                self.notice.changed.emit()
                self.changed.emit()

        text = f"Comparing with {other.title}"
        self.jobs.run(text, work, done, failed=failed, can_be_given_up=True)

    def _fall_back(self, refused: Other) -> None:
        """The comparison of before in place of one that cannot be made; it is offered no more."""
        self._files = tuple(one for one in self._files if one is not refused)
        self._go_back()

    def _go_back(self) -> None:
        """The comparison of before, brought up to date; where there was none, no comparison."""
        if self._former is None:
            self.chosen = self.theirs = self.result = None
            self.mode = "off"
            return
        (self.chosen, self.theirs, self.result), self._former = self._former, None
        self._touched_at = self._seconds() if self._edited_before + self._edited_since else None
