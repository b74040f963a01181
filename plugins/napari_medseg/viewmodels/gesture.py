"""What a hand is in the middle of, as a brush stroke or an outline, on whichever plane."""

from __future__ import annotations

from collections.abc import Callable


class Gesture:
    """Whether a hand is down, and the way to end what it does.

    What a person commands meanwhile ends it first (`settle`), so that it is a step of its own and
    whole; what a clock or a thread brings by itself waits while it `is_under_way`.
    """

    def __init__(self) -> None:
        self._end: Callable[[], None] | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether a hand is down now."""
        return self._end is not None

    def begin(self, end: Callable[[], None]) -> None:
        """A hand went down; `end` does what letting go does."""
        self._end = end

    def over(self) -> None:
        """The hand has let go."""
        self._end = None

    def settle(self) -> None:
        """Let go now, where a hand is down; nothing happens where none is."""
        end, self._end = self._end, None
        if end is not None:
            end()
