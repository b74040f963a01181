"""Scribbles: a few strokes on the lesion and a few beside it, and the image decides the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from medseg.errors import EditError, MedsegError
from medseg.model import Change
from medseg.session import Session
from napari_medseg.viewmodels.contouring.tools import scribble_words as words
from napari_medseg.viewmodels.contouring.tools.begun import Begun
from napari_medseg.viewmodels.contouring.tools.easel import Easel
from napari_medseg.viewmodels.contouring.tools.points import GIVEN_UP
from napari_medseg.viewmodels.contouring.tools.scribble_shapes import ring_of, shapes_of
from napari_medseg.viewmodels.contouring.tools.scribbling import BACKGROUND, Scribbling
from napari_medseg.viewmodels.contouring.tools.tool import Tool, Touch
from napari_medseg.viewmodels.sketch import Shape

#: So long Return waits for what is being worked out, before it says that it comes.
_PATIENCE_SECONDS = 0.06


class ScribbleTool(Tool):
    """Seeds of lesions and of what is none; what they reach first is proposed, dashed.

    Nothing is in the mask until it is taken, as one step.

    Args:
        easel: what it is drawn on.
        seconds: a clock that never goes back, for the time the hand was at work.
    """

    command = "scribble"
    hint = "Scribble inside, with Shift beside; Return takes it."
    wants = ("seed_mm", "is_ball", "over", "limits")

    def __init__(self, easel: Easel, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._easel, self._seconds = easel, seconds
        self._work: Scribbling | None = None
        self._left: list[Scribbling] = []  # given up while a thread was at work on it
        self._is_wanted = self._is_aside = self._tells_size = False
        self._plane = (0, 0)
        self._at: Touch | None = None
        self._last: NDArray[np.float64] | None = None  # stored index, while the hand is down
        self._began = self._spent = 0.0
        self._drawn: dict[tuple[int, int], tuple[Shape, ...]] = {}
        easel.options.changed.connect(self._look_again)
        easel.case.lesions.edited.connect(self._take_note)

    @property
    def is_busy(self) -> bool:
        """Whether what is dashed is older than the last scribble."""
        return self._work is not None and self._work.is_busy

    @property
    def waits(self) -> bool:
        """Whether what is worked out is taken when it is there."""
        return self._is_wanted

    def give_up_waiting(self) -> bool:
        """Let what is worked out be dashed alone; False if it was not to be taken."""
        self._is_wanted, waited = False, self._is_wanted
        return waited

    @property
    def begun(self) -> Begun | None:
        """The scribbles that nothing was made of yet."""
        return self._begun if self._work is not None else None

    @property
    def _begun(self) -> Begun:
        plane = None if self._easel.options.now.is_ball else self._plane
        return Begun("scribble", f"on {self._easel.place(*self._plane)}", plane)

    def set_aside(self) -> None:
        """Keep the scribbles; what was to be taken when it is worked out is taken."""
        self._is_aside = True

    def take_up(self) -> None:
        """Go on with the scribbles that were kept."""
        self._is_aside = False
        self._look_again()

    def press(self, touch: Touch) -> None:
        """Begin a stroke of seeds: of the current lesion, or with Shift of what is none."""
        if (session := self._easel.session) is None:
            return
        try:
            kind = self._kind_of(touch, session)
        except MedsegError as error:
            self._easel.refuse(error)
            return
        work = self._work = self._work or self._new_work(session)
        self._plane, self._began = (touch.through, touch.slice_index), self._seconds()
        work.seeds.begin(kind)
        self._last = self._stored(touch)
        self._draw(touch)

    def drag(self, touch: Touch) -> None:
        """Scribble on, on the slice where the stroke began."""
        if self._last is not None:
            self._draw(touch)

    def release(self, touch: Touch) -> None:
        """Lift the hand: what the seeds reach is worked out."""
        self._at = touch
        if self._last is None or self._work is None:
            return
        self._last, self._spent = None, self._spent + self._seconds() - self._began
        self._look_again()
        self._say_what_comes()

    def hover(self, touch: Touch | None) -> None:
        """Let the ring follow the pointer."""
        self._at, self._tells_size = touch, False
        self.changed.emit()

    def resize(self, steps: float) -> bool:
        """Make the strokes wider or narrower."""
        self._tells_size = True
        self._easel.options.resize("seed_mm", steps)
        return True

    def finish(self) -> bool:
        """Take what is dashed into the mask; what is being worked out when it is there."""
        if self._work is None:
            return False
        if not self._work.has_two_kinds:
            self._easel.refuse(EditError(words.ONE_KIND))
            return True
        self.poll()
        self._work.wait(_PATIENCE_SECONDS)
        if self.is_busy:
            self._is_wanted = True
            self._easel.case.say(words.COMES)
        else:
            self._accept()
        return True

    def step_back(self) -> bool:
        """Take the last scribble away."""
        if self._work is None:
            return False
        self._work.seeds.step_back()
        self._is_wanted = False
        if self._work.seeds.is_empty:
            self._easel.case.say(GIVEN_UP)
            return self.cancel()
        self._look_again()
        self._say_what_comes()
        return True

    def step_forward(self) -> bool:
        """Put the scribble back that was taken away last."""
        if self._work is None or not self._work.seeds.step_forward():
            return False
        self._look_again()
        self._say_what_comes()
        return True

    def cancel(self) -> bool:
        """Give up all scribbles, and what was proposed."""
        work, self._work = self._work, None
        self._last, self._is_wanted, self._spent = None, False, 0.0
        if work is not None:
            work.give_up()
            self._left = [one for one in (*self._left, work) if one.is_busy]
            self._forget()
        return work is not None

    def poll(self) -> None:
        """Take up what was worked out, and work out what has come since."""
        for one in self._left:
            one.poll()
        self._left = [one for one in self._left if one.is_busy]
        if self._work is not None and self._last is None:
            self._work.poll()
        if self._is_wanted and not (self.is_busy or self._easel.notice.gesture.is_under_way):
            self._is_wanted = False
            self._accept()

    def wait(self) -> None:
        """Wait until what is dashed is up to date."""
        while self._work is not None and self.is_busy:
            self._work.wait()
            self.poll()

    def close(self) -> None:
        """Give all up, and wait for the threads."""
        self.cancel()
        for one in self._left:
            one.wait()
        self._left.clear()

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """The seeds, what is proposed, and the ring."""
        if self._easel.session is None:
            return ()
        if (through, index) not in self._drawn:
            axis, layer = self._easel.layer(through, index)
            work, to_shown = self._work, self._easel.display.to_shown
            found = () if work is None else shapes_of(work, axis, layer, to_shown)
            self._drawn[through, index] = tuple(found)
        if self._at is None:
            return self._drawn[through, index]
        ring = ring_of(self._easel, self._at, (through, index), tells=self._tells_size)
        return (*self._drawn[through, index], *ring)

    def _kind_of(self, touch: Touch, session: Session) -> int:
        is_flat = not self._easel.options.now.is_ball
        is_elsewhere = self._plane != (touch.through, touch.slice_index)
        if self._work is not None and is_flat and is_elsewhere:
            raise EditError(f"{self._begun.elsewhere} With 3D it goes through the slices.")
        segment = session.segmentation.segment(self._easel.case.lesions.ready())
        if segment.is_locked:
            raise EditError(
                f"A locked segment stays as it is; {segment.label} is. Unlock it first."
            )
        return BACKGROUND if touch.takes_away else segment.number

    def _new_work(self, session: Session) -> Scribbling:
        work = Scribbling(session, rules=self._easel.protection, axis=self._axis)
        work.changed.connect(self._tell)
        work.failed.connect(self._easel.refuse)
        return work

    def _axis(self) -> int | None:
        """The stored axis across which scribbles stay in their layer."""
        return None if self._easel.options.now.is_ball else self._easel.layer(*self._plane)[0]

    def _draw(self, touch: Touch) -> None:
        self._at = touch
        if self._work is None or self._last is None:
            return
        here, radius = self._stored(touch), self._easel.options.now.seed_mm / 2
        self._work.seeds.draw(self._last, here, radius, self._easel.layer(*self._plane)[0])
        self._last = here
        self._forget()

    def _stored(self, touch: Touch) -> NDArray[np.float64]:
        index = np.array(touch.index, dtype=np.float64)
        index[self._plane[0]] = self._plane[1]
        return np.asarray(self._easel.display.to_stored(index), dtype=np.float64)

    def _take_note(self, _change: object) -> None:
        """The mask is another one; it may lack a lesion that was scribbled for."""
        if self._work is None:
            return
        gone = set(self._work.seeds.kinds) - set(self._work.kinds)
        if gone and not self._work.lesions:
            self.cancel()
            self._easel.case.say(f"{self._easel.notice.text} {words.GONE}".strip())
            return
        self._look_again()
        if gone and not self._work.has_two_kinds:
            self._is_wanted = False
            self._easel.case.say(f"{self._easel.notice.text} {words.ONE_KIND}".strip())

    def _look_again(self) -> None:
        """Hand, options or mask are others: what is dashed is worked out anew."""
        if self._work is not None:
            self._work.look_again()
            if self._is_wanted or not self._is_aside:
                self.poll()
        self._forget()

    def _say_what_comes(self) -> None:
        """What is so now; not where it was worked out at once, and has been told."""
        work = self._work
        if work is not None and (self.is_busy or not work.has_two_kinds):
            self._easel.case.say(words.WORKING if work.has_two_kinds else words.ONE_KIND)

    def _tell(self) -> None:
        proposal = self._work.proposal if self._work is not None else None
        if proposal is not None and not self._is_aside:
            self._easel.case.say(words.NOTHING if proposal.is_empty else words.DASHED)
        self._forget()

    def _accept(self) -> None:
        work = self._work
        if work is None or (proposal := work.proposal) is None:
            return
        before, spent = self._easel.at_work.history.state, self._spent

        def build(session: Session, _number: int) -> Change:
            return proposal.edit(session.segmentation, session.by("scribbles", spent))

        self._work = None  # the change is its own, and nothing to look at again
        self._easel.make(build, words.TAKEN, nothing=words.NOTHING, of=work.lesions)
        self._work = work
        if self._easel.at_work.history.state is not before:
            self.cancel()

    def _forget(self) -> None:
        self._drawn.clear()
        self.changed.emit()
