"""Undo and redo."""

from __future__ import annotations

from collections import deque

from medseg.model import Change, Segmentation


class History:
    """The changes made to one segmentation, to be taken back and made again.

    It works with any `Change`: edits of voxels and of the list of segments share one order.

    Args:
        segmentation: what is changed; nothing else may change it meanwhile.
        budget_bytes: memory for all changes kept, done and undone. Beyond it the oldest are
            forgotten, but never the newest.
    """

    def __init__(self, segmentation: Segmentation, *, budget_bytes: int = 256 * 2**20) -> None:
        self._segmentation = segmentation
        self._budget_bytes = budget_bytes
        self._done: deque[Change] = deque()
        self._undone: list[Change] = []
        self._nbytes = 0
        self._dropped = 0
        self._last_dropped: Change | None = None

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to make again."""
        return bool(self._undone)

    @property
    def last(self) -> Change | None:
        """The change that made the present state; None for the state the history began with.

        It tells two states apart also after the oldest changes were forgotten.
        """
        return self._done[-1] if self._done else self._last_dropped

    @property
    def dropped(self) -> int:
        """How many changes can no longer be taken back, because the budget was reached."""
        return self._dropped

    @property
    def nbytes(self) -> int:
        """Memory that the changes hold, in bytes."""
        return self._nbytes

    def do(self, change: Change) -> None:
        """Make a change and remember it; what was undone before can no longer be redone.

        Raises:
            MedsegError: the change does not apply; segmentation and history stay as they were.
        """
        change.apply(self._segmentation)
        self._nbytes += change.nbytes - sum(undone.nbytes for undone in self._undone)
        self._undone.clear()
        self._done.append(change)
        while self._nbytes > self._budget_bytes and len(self._done) > 1:
            self._last_dropped = self._done.popleft()
            self._nbytes -= self._last_dropped.nbytes
            self._dropped += 1

    def undo(self) -> Change | None:
        """Take back the newest change and return it; None where there is none.

        What was applied to the segmentation is its inverse.

        Raises:
            MedsegError: the segmentation was changed by other hands; all stays as it was.
        """
        if not self._done:
            return None
        change = self._done[-1]
        change.inverse().apply(self._segmentation)
        self._undone.append(self._done.pop())
        return change

    def redo(self) -> Change | None:
        """Make the change again that was undone last and return it; None where there is none.

        Raises:
            MedsegError: the segmentation was changed by other hands; all stays as it was.
        """
        if not self._undone:
            return None
        change = self._undone[-1]
        change.apply(self._segmentation)
        self._done.append(self._undone.pop())
        return change
