"""The line that tells what is being done in the background, with the way out of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QWidget

from napari_medseg.panels.looks import without_argument
from napari_medseg.viewmodels.reviewing.project.jobs import Jobs

# Often enough that nobody notices, seldom enough that it costs nothing.
_EVERY_MS = 30
# What is done sooner than this flickers more than it tells.
_PATIENCE_MS = 250


class BusyLine(QWidget):
    """Shown while something is done that takes a while; it also brings its news into the window.

    Args:
        jobs: what is told of.
        stop: gives up what is being done; None forgets what comes of it.
        tip: what that means.
        patience_ms: so long nothing is shown of it.
    """

    def __init__(
        self,
        jobs: Jobs,
        *,
        stop: Callable[[], None] | None = None,
        tip: str = "Forget what is being read; nothing is opened",
        patience_ms: int = _PATIENCE_MS,
    ) -> None:
        super().__init__()
        self._jobs, self._patience_ms = jobs, patience_ms
        self.within: Callable[[], AbstractContextManager[None]] = nullcontext
        self.text, self.bar, self.stop = QLabel(), QProgressBar(), QPushButton("Cancel")
        self.bar.setRange(0, 0)
        self.bar.setMaximumWidth(90)
        self.bar.setTextVisible(False)
        # A long name asks for no width of the panel; its end is cut off.
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.bar)
        row.addWidget(self.text, stretch=1)
        row.addWidget(self.stop)
        self._poll, self._patience = QTimer(self), QTimer(self)
        self._poll.setInterval(_EVERY_MS)
        self._poll.timeout.connect(self._take_up)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._appear)
        self.stop.setToolTip(tip)
        self.stop.clicked.connect(without_argument(stop or jobs.give_up))
        jobs.changed.connect(self.render_state)
        self.hide()

    def let_go(self) -> None:
        """Stop listening; Qt has taken the widget away."""
        self._jobs.changed.disconnect(self.render_state)

    def render_state(self) -> None:
        """Show what is done now; hide when nothing is."""
        is_busy = self._jobs.is_busy
        if is_busy != self._poll.isActive():
            self._poll.start() if is_busy else self._poll.stop()
        if not self._jobs.text:
            self._patience.stop()
            self.hide()
        elif not self.isVisible() and not self._patience.isActive():
            self._patience.start(self._patience_ms)
        self.text.setText(self._jobs.text)
        self.text.setToolTip(self._jobs.text)
        self.stop.setVisible(self._jobs.can_give_up)

    def _take_up(self) -> None:
        with self.within():
            self._jobs.poll()

    def _appear(self) -> None:
        self.setVisible(bool(self._jobs.text))
