"""Work of the window's own thread done in parts, so that it answers and draws in between."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from qtpy.compat import isalive
from qtpy.QtCore import QTimer


class Turns:
    """Does one step in each turn of Qt's loop, in the order they came."""

    def __init__(self) -> None:
        self._steps: deque[Callable[[], None]] = deque()
        self._is_at_work = False
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._take)

    @property
    def is_busy(self) -> bool:
        """Whether a step is being done or waits."""
        return self._is_at_work or bool(self._steps)

    def add(self, step: Callable[[], None], *, is_next: bool = False) -> None:
        """Do this after all that waits, or before it."""
        if is_next:
            self._steps.appendleft(step)
        else:
            self._steps.append(step)
        if isalive(self._timer):  # Qt takes it away with the window
            self._timer.start()

    def finish(self) -> None:
        """Do all that waits, and what comes of it, now."""
        while self._steps:
            self._take()

    def clear(self) -> None:
        """Do nothing of what waits."""
        self._steps.clear()
        if isalive(self._timer):
            self._timer.stop()

    def _take(self) -> None:
        if not self._steps:
            return
        step, self._is_at_work = self._steps.popleft(), True
        try:
            step()
        finally:
            self._is_at_work = False
            if self._steps and isalive(self._timer):
                self._timer.start()
