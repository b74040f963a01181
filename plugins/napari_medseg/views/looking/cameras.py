"""The zoom and place of all canvases: fitted, refitted as they change their size, linked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from qtpy.compat import isalive
from qtpy.QtCore import QTimer

from napari_medseg.viewmodels.looking.reading import ReadingViewModel
from napari_medseg.views.looking.plane import PlaneView


class Cameras:
    """Lets the planes fill their canvases, and zooms and moves them together where they are linked.

    Args:
        reading: tells whether they are linked.
        views: the planes that there are, asked each time.
    """

    def __init__(self, reading: ReadingViewModel, views: Callable[[], Sequence[PlaneView]]) -> None:
        self._reading, self._views = reading, views
        self._is_linking = False
        self._all_soon, self._some_soon = self._timer(self.fit), self._timer(self._refit)

    def watch(self, view: PlaneView) -> None:
        """Go with this plane from now on."""
        camera = view.viewer.scene.camera
        camera.events.zoom.connect(partial(self._follow, view))
        camera.events.center.connect(partial(self._follow, view))
        view.marks.resized.connect(self._some_soon.start)

    def fit_soon(self) -> None:
        """Fit all planes once their canvases have their new sizes."""
        self._all_soon.start()

    def fit(self) -> None:
        """Let each plane fill its canvas; where planes are linked, all by the same measure."""
        shown = self._shown
        self._is_linking = True
        try:
            for view in shown:
                view.fit()
            if self._reading.is_linked and shown:
                zoom = min(float(view.viewer.scene.camera.zoom) for view in shown)
                for view in shown:
                    view.viewer.scene.camera.zoom = zoom
                    view.keep_fitted()
        finally:
            self._is_linking = False

    def close(self) -> None:
        """Do nothing any more."""
        for timer in (self._all_soon, self._some_soon):
            if isalive(timer):  # Qt takes what it finds unused when the window goes
                timer.stop()

    @property
    def _shown(self) -> list[PlaneView]:
        return [view for view in self._views() if view.canvas.isVisible() and view.image]

    def _refit(self) -> None:
        """Fit again what still is as it was fitted: a reader's own zoom stays."""
        if all(view.is_fitted for view in self._shown):
            self.fit()
        elif not self._reading.is_linked:
            for view in self._shown:
                if view.is_fitted:
                    view.fit()

    def _follow(self, leader: PlaneView, _event: Any = None) -> None:
        """Where planes are linked, the others zoom and move as the one that was moved."""
        if not self._reading.is_linked or self._is_linking:
            return
        self._is_linking = True
        try:
            for view in self._shown:
                if view is not leader:
                    _look_alike(leader.viewer, view.viewer)
        finally:
            self._is_linking = False

    def _timer(self, then: Callable[[], None]) -> QTimer:
        timer = QTimer()
        timer.setSingleShot(True)
        timer.setInterval(0)
        timer.timeout.connect(then)
        return timer


def _look_alike(leader: Any, other: Any) -> None:
    """Give a canvas the zoom of another, and its centre along the axis that both show."""
    centers = dict(
        zip(leader.dims.displayed, np.asarray(leader.scene.camera.center)[-2:], strict=True)
    )
    own = np.asarray(other.scene.camera.center)[-2:]
    wanted = [
        float(centers.get(axis, center))
        for axis, center in zip(other.dims.displayed, own, strict=True)
    ]
    if other.scene.camera.zoom != leader.scene.camera.zoom:
        other.scene.camera.zoom = leader.scene.camera.zoom
    if not np.allclose(wanted, own):
        other.scene.camera.center = tuple(wanted)
