"""Slices that run by themselves, one after the other."""

from __future__ import annotations

from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer

from napari_medseg.viewmodels.looking.planes import PlanesViewModel

#: Slices in a second.
PACE = 10


class Cine(QObject):
    """Runs through the slices of one plane, from the last on to the first, until it is stopped.

    A slow screen shows fewer of them: the next slice waits until this one is drawn.

    Args:
        planes: whose crosshair is moved.
    """

    def __init__(self, planes: PlanesViewModel) -> None:
        super().__init__()
        self._planes = planes
        self._through = 0
        self._timer = QTimer(self)
        self._timer.setInterval(round(1000 / PACE))
        self._timer.timeout.connect(self._next)

    @property
    def is_running(self) -> bool:
        """Whether slices run."""
        return bool(self._timer.isActive())

    def toggle(self, through: int) -> None:
        """Run through the slices along this shown axis, or stop."""
        self._through = through
        if self.is_running or self._planes.shape[through] < 2:
            self._timer.stop()
        else:
            self._timer.start()

    def stop(self) -> None:
        """Stop, if it runs; Qt may have taken the timer away with the window."""
        if isalive(self._timer):
            self._timer.stop()

    def _next(self) -> None:
        self._planes.cycle(self._through)
