"""The line that tells how far the reading is, with the way out of it."""

from __future__ import annotations

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from napari_medseg.viewmodels.opening.loading import Loading

# Often enough that nobody notices, seldom enough that it costs nothing.
_EVERY_MS = 30


class ProgressLine(QWidget):
    """Shown while an image is being read; it also brings the reading's news into the window.

    Args:
        loading: what is told of.
    """

    def __init__(self, loading: Loading) -> None:
        super().__init__()
        self._loading = loading
        self.bar, self.stop = QProgressBar(), QPushButton("Cancel")
        self.bar.setRange(0, 1000)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.bar, stretch=1)
        row.addWidget(self.stop)
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(loading.poll)
        self.stop.clicked.connect(self._cancel)
        loading.changed.connect(self.render_state)
        self.render_state()

    def render_state(self) -> None:
        """Show how far it is; hide when nothing is read."""
        is_busy = self._loading.is_busy
        self.setVisible(is_busy)
        self.bar.setValue(round(1000 * self._loading.fraction))
        self.bar.setFormat(self._loading.text)
        if is_busy != self._timer.isActive():
            self._timer.start() if is_busy else self._timer.stop()

    def _cancel(self) -> None:
        self._loading.cancel()
