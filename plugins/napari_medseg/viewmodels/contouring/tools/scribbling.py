"""The scribbles of one image, and what they would make of its mask, worked out in a thread."""

from __future__ import annotations

from collections.abc import Callable

from psygnal import Signal

from medseg.annotate import Protection, Scribbled, scribbled
from medseg.errors import MedsegError
from medseg.session import Session
from napari_medseg.viewmodels.contouring.tools.seeds import Seeds
from napari_medseg.viewmodels.errand import Errand

BACKGROUND = 0


class Scribbling:
    """Seeds, and what is proposed from them; the mask is only read.

    Args:
        session: whose image and mask.
        rules: asked for what a tool may change, each time.
        axis: asked for the stored axis across which seeds stay in one layer; None for none.
    """

    changed = Signal()
    """Something else is proposed, or nothing."""
    failed = Signal(object)
    """It could not be worked out: the MedsegError."""

    def __init__(
        self,
        session: Session,
        *,
        rules: Callable[[Session], Protection],
        axis: Callable[[], int | None],
    ) -> None:
        self.session, self._rules, self._axis = session, rules, axis
        self.seeds = Seeds(session.volume.geometry)
        self.proposal: Scribbled | None = None
        self._errand = Errand("medseg scribbles")
        self._is_stale = False
        self._asked: object = None  # what the present work is worth something for

    @property
    def is_busy(self) -> bool:
        """Whether what is proposed is older than the last scribble, or than the mask."""
        return self._errand.is_busy or self._is_stale

    @property
    def has_two_kinds(self) -> bool:
        """Whether there are seeds that can meet others."""
        return len(self.kinds) > 1

    @property
    def kinds(self) -> tuple[int, ...]:
        """The kinds scribbled that there still are: lesions of the mask, and 0 for the rest."""
        known = {BACKGROUND, *self.session.segmentation.numbers}
        return tuple(kind for kind in self.seeds.kinds if kind in known)

    @property
    def lesions(self) -> tuple[int, ...]:
        """The lesions scribbled for that there still are."""
        return tuple(kind for kind in self.kinds if kind != BACKGROUND)

    def look_again(self) -> None:
        """Hand, options or mask are others: `poll` has it worked out anew."""
        self._is_stale, self._asked = self.has_two_kinds, None
        if not self._is_stale:
            self._show(None)

    def poll(self) -> None:
        """Take up what was worked out, and work out what has come since."""
        self._errand.poll()
        if self._is_stale and not self._errand.is_busy:
            self._begin()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it is worked out, no longer than this; None: to the end."""
        self._errand.wait(seconds)

    def give_up(self) -> None:
        """Tell nothing any more; a thread that works on it comes to its end, and is polled out."""
        self._is_stale, self._asked = False, None
        self.changed.disconnect()
        self.failed.disconnect()

    def _begin(self) -> None:
        """Let the thread work on the mask as it is; where that changes it is done again."""
        self._is_stale, asked = False, object()
        self._asked = asked
        session, known = self.session, self.kinds
        points = {kind: at for kind, at in self.seeds.points_lps().items() if kind in known}
        rules, axis, state = self._rules(session), self._axis(), session.history.state

        def work() -> Scribbled:
            mask, volume = session.segmentation, session.volume
            return scribbled(mask, volume, points, axis=axis, protection=rules)

        def done(result: Scribbled) -> None:
            if self._asked is asked and session.history.state is state:
                self._show(result)

        def fail(error: MedsegError) -> None:
            if self._asked is asked:
                self._show(None)
                self.failed.emit(error)

        self._errand.begin(work, done, fail)

    def _show(self, proposal: Scribbled | None) -> None:
        self.proposal = proposal
        self.changed.emit()
