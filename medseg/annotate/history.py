"""Undo and redo."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from medseg.errors import EditError
from medseg.model import Change, Changes, Finding, Segmentation, compacted


class Kind(Enum):
    """How a change came to be made; the values are the journal's."""

    DO = 1
    CONTINUE = 2
    UNDO = 3
    REDO = 4
    GIVE_UP = 6  # 5 is the journal's own


#: Told of each change right after it was made: how, and what was applied (for an undo, and for
#: what is given up, the inverse).
Listener = Callable[[Kind, Change], None]


# A stroke is merged when it ends; one of this many events, in the middle, to bound its memory.
_MOST_EVENTS = 256


@dataclass(eq=False)
class _Step:
    """One undo step: a change, or the events of a stroke until they are merged."""

    events: list[Change]
    nbytes: int
    is_merged: bool = False

    @property
    def change(self) -> Change:
        return self.events[0] if len(self.events) == 1 else Changes(tuple(self.events))

    @property
    def author(self) -> str:
        return self.events[-1].authorship.author

    def merge(self) -> None:
        """Make one change in few bytes of the events; the step stays the same object."""
        if not self.is_merged:
            self.events, self.is_merged = [compacted(self.events)], True
            self.nbytes = self.events[0].nbytes


class History:
    """The changes made to one segmentation, to be taken back and made again.

    It works with any `Change`: edits of voxels and of the list of segments share one order.

    Args:
        segmentation: what is changed; nothing else may change it meanwhile.
        budget_bytes: memory for all changes kept, done and undone. Beyond it the oldest are
            forgotten, but never the newest.
        listener: told of each change made, as a journal is.

    Attributes:
        closed_because: why nothing may be changed now, a sentence; empty while it may.
    """

    def __init__(
        self,
        segmentation: Segmentation,
        *,
        budget_bytes: int = 256 * 2**20,
        listener: Listener | None = None,
    ) -> None:
        self._segmentation = segmentation
        self._budget_bytes = budget_bytes
        self.listener = listener
        self.closed_because = ""
        self._done: deque[_Step] = deque()
        self._undone: list[_Step] = []
        self._could_be_redone: list[_Step] = []  # before the newest step began
        self._has_lost_redo = False
        self._nbytes = 0
        self._dropped = 0
        self._first: object = None

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to make again."""
        return bool(self._undone)

    @property
    def has_lost_redo(self) -> bool:
        """Whether what was undone cannot be made again because a change was made since."""
        return self._has_lost_redo and not self._undone

    @property
    def last(self) -> Change | None:
        """The newest change that can be taken back; None where there is none."""
        return self._done[-1].change if self._done else None

    @property
    def next_redo(self) -> Change | None:
        """The change that `redo` would make; None where there is none."""
        return self._undone[-1].change if self._undone else None

    @property
    def state(self) -> object:
        """A token of the present state: the same object where the same changes are in effect.

        None for the state that the history began with. It tells two states apart also after
        the oldest changes were forgotten.
        """
        return self._done[-1] if self._done else self._first

    @property
    def dropped(self) -> int:
        """How many changes can no longer be taken back, because the budget was reached."""
        return self._dropped

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the user should know: that the oldest changes can no longer be taken back."""
        if not self._dropped:
            return ()
        what = "The oldest change" if self._dropped == 1 else f"The {self._dropped} oldest changes"
        text = (
            f"{what} can no longer be undone: the changes kept reached "
            f"{self._budget_bytes / 2**20:.3g} MB of memory. Nothing in the mask is lost."
        )
        return (Finding("UNDO_LIMIT", "note", text),)

    @property
    def nbytes(self) -> int:
        """Memory that the changes hold, in bytes."""
        return self._nbytes

    def do(self, change: Change, *, continues: bool = False) -> None:
        """Make a change and remember it; what was undone before can no longer be redone.

        Args:
            change: what to make.
            continues: whether it goes on with the newest change, as the events of a brush
                stroke do, so that one undo takes both back. It starts a step of its own where
                there is none to go on with, or that one is somebody else's or was undone.

        Raises:
            EditError: nothing may be changed now (`closed_because`).
            MedsegError: the change does not apply; segmentation and history stay as they were.
        """
        self._check_open()
        change.apply(self._segmentation)
        continues = continues and self._can_go_on_with(change)
        if not continues:
            self._forget_undone()
        self._push(change, continues=continues)
        self._tell(Kind.CONTINUE if continues else Kind.DO, change)

    def end_stroke(self) -> None:
        """Merge the events of the newest step, so that it takes less memory."""
        if self._done:
            self._merge(self._done[-1])

    def undo(self) -> Change | None:
        """Take back the newest change and return it; None where there is none.

        What was applied to the segmentation is its inverse.

        Raises:
            EditError: nothing may be changed now.
            MedsegError: the segmentation was changed by other hands; all stays as it was.
        """
        step = self._take_back()
        if step is None:
            return None
        self._undone.append(step)
        self._could_be_redone, self._has_lost_redo = [], False
        self._tell(Kind.UNDO, step.change.inverse())
        return step.change

    def give_up(self) -> Change | None:
        """Take back the newest change for good and return it; None where there is none.

        It cannot be made again; what could be before it was begun can be again, unless that
        takes more memory than there is.

        Raises:
            EditError: nothing may be changed now.
            MedsegError: the segmentation was changed by other hands; all stays as it was.
        """
        step = self._take_back()
        if step is None:
            return None
        # What was undone after it went on from it, and goes with it.
        self._nbytes -= step.nbytes + sum(one.nbytes for one in self._undone)
        self._undone, self._could_be_redone = self._could_be_redone, []
        self._nbytes += sum(one.nbytes for one in self._undone)
        self._tell(Kind.GIVE_UP, step.change.inverse())
        return step.change

    def redo(self) -> Change | None:
        """Make the change again that was undone last and return it; None where there is none.

        Raises:
            EditError: nothing may be changed now.
            MedsegError: the segmentation was changed by other hands; all stays as it was.
        """
        self._check_open()
        if not self._undone:
            return None
        step = self._undone[-1]
        step.change.apply(self._segmentation)
        self._done.append(self._undone.pop())
        self._could_be_redone = []
        self._tell(Kind.REDO, step.change)
        return step.change

    def _take_back(self) -> _Step | None:
        """Undo the newest step on the segmentation and take it off the list; None without one."""
        self._check_open()
        if not self._done:
            return None
        self.end_stroke()
        self._done[-1].change.inverse().apply(self._segmentation)
        return self._done.pop()

    def _check_open(self) -> None:
        if self.closed_because:
            raise EditError(self.closed_because)

    def _can_go_on_with(self, change: Change) -> bool:
        if self._undone or not self._done:
            return False
        return self._done[-1].author == change.authorship.author

    def _forget_undone(self) -> None:
        """Have nothing to redo; it comes back if the change that is made now is given up."""
        self._nbytes -= sum(step.nbytes for step in self._undone)
        self._has_lost_redo = self._has_lost_redo or self.can_redo
        self._could_be_redone, self._undone = self._undone, []

    def _push(self, change: Change, *, continues: bool) -> None:
        step = _Step([change], change.nbytes)
        if continues:
            earlier = self._done.pop()
            step = _Step([*earlier.events, change], earlier.nbytes + change.nbytes)
            self._nbytes -= earlier.nbytes
            if len(step.events) >= _MOST_EVENTS:
                step.merge()
        else:
            self.end_stroke()
        self._done.append(step)
        self._nbytes += step.nbytes
        while self._nbytes > self._budget_bytes and len(self._done) > 1:
            self._first = oldest = self._done.popleft()
            self._nbytes -= oldest.nbytes
            self._dropped += 1
        beside = sum(one.nbytes for one in self._could_be_redone)
        if self._nbytes + beside > self._budget_bytes:
            self._could_be_redone = []

    def _merge(self, step: _Step) -> None:
        self._nbytes -= step.nbytes
        step.merge()
        self._nbytes += step.nbytes

    def _tell(self, kind: Kind, change: Change) -> None:
        if self.listener is not None:
            self.listener(kind, change)
