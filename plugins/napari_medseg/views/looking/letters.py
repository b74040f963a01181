"""The patient's sides at the edges of a canvas, and the camera that they belong to."""

from __future__ import annotations

from typing import Any

from psygnal import Signal

from medseg.model import Volume
from napari_medseg.display import Display

# Images are read on black, whatever the theme of the window.
_FILM = "#000000"

_EDGES = ("left", "right", "top", "bottom")


class PatientOverlays:
    """The letters R, L, A, P, S, I at the edges of one canvas.

    Letters come from the geometry and follow whatever axes are on screen; in 3D there are
    none. The camera is mirrored where a plane other than the main one needs it. The marks over
    the canvas draw them: napari's own texts take half a second to make, and time at each frame.

    Args:
        viewer: napari's viewer.
    """

    changed = Signal()
    """Other letters belong on the canvas."""

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._display: Display | None = None
        self._letters = dict.fromkeys(_EDGES, "")
        self._background_before = viewer.canvas.background_color_override
        viewer.canvas.background_color_override = _FILM
        viewer.dims.events.order.connect(self._follow)
        viewer.dims.events.ndisplay.connect(self._follow)

    def show(self, volume: Volume) -> None:
        """Letter the canvas for this volume."""
        self._display = Display(volume.geometry)
        self._follow()

    def close(self) -> None:
        """Let go of the viewer's events and of its background."""
        self._viewer.canvas.background_color_override = self._background_before
        self._viewer.dims.events.order.disconnect(self._follow)
        self._viewer.dims.events.ndisplay.disconnect(self._follow)

    def letters(self) -> dict[str, str]:
        """The letters now on screen, by edge; empty strings where there are none."""
        return dict(self._letters)

    def _follow(self, _event: Any = None) -> None:
        if self._display is None:
            return
        dims = self._viewer.dims
        if dims.ndisplay == 2:
            down, right = (axis - (dims.ndim - 3) for axis in dims.displayed)
            letters = self._mirror(self._display, down, right)
        else:
            letters = dict.fromkeys(_EDGES, "")
        if letters != self._letters:
            self._letters = letters
            self.changed.emit()

    def _mirror(self, display: Display, down: int, right: int) -> dict[str, str]:
        """Set the camera for these axes; the letters that it then shows."""
        letters = display.letters(down, right)
        up, left = display.runs_backwards(down), display.runs_backwards(right)
        mirrored = ("up" if up else "down", "left" if left else "right")
        self._viewer.scene.camera.orientation2d = mirrored
        if up:
            letters["top"], letters["bottom"] = letters["bottom"], letters["top"]
        if left:
            letters["left"], letters["right"] = letters["right"], letters["left"]
        return letters
