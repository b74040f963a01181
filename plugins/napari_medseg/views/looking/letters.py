"""The patient's sides, which napari draws over the image."""

from __future__ import annotations

from typing import Any

from napari.components.overlays import TextOverlay

from medseg.model import Volume
from napari_medseg.display import Display

_YELLOW = "#ffd84d"

#: Edge of the screen -> where napari puts a text there.
_EDGES = {
    "left": "middle_left",
    "right": "middle_right",
    "top": "top_center",
    "bottom": "bottom_center",
}


class PatientOverlays:
    """The letters R, L, A, P, S, I at the edges of one canvas.

    Letters come from the geometry and follow whatever axes are on screen; in 3D there are
    none. The camera is mirrored where a plane other than the main one needs it.

    Args:
        viewer: napari's viewer.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._display: Display | None = None
        overlays = viewer.canvas.overlays
        for edge, position in _EDGES.items():
            overlays[f"medseg_{edge}"] = TextOverlay(
                position=position, font_size=15, color=_YELLOW, box=True
            )
        viewer.dims.events.order.connect(self._follow)
        viewer.dims.events.ndisplay.connect(self._follow)

    def show(self, volume: Volume) -> None:
        """Letter the canvas for this volume."""
        self._display = Display(volume.geometry)
        self._follow()

    def close(self) -> None:
        """Let go of the viewer's events."""
        self._viewer.dims.events.order.disconnect(self._follow)
        self._viewer.dims.events.ndisplay.disconnect(self._follow)

    def letters(self) -> dict[str, str]:
        """The letters now on screen, by edge; empty strings where there are none."""
        texts = self._viewer.canvas.overlays
        return {edge: str(texts[f"medseg_{edge}"].text) for edge in _EDGES}

    def _follow(self, _event: Any = None) -> None:
        if self._display is None:
            return
        dims = self._viewer.dims
        if dims.ndisplay == 2:
            down, right = (axis - (dims.ndim - 3) for axis in dims.displayed)
            letters = self._mirror(self._display, down, right)
        else:
            letters = dict.fromkeys(_EDGES, "")
        for edge, text in letters.items():
            overlay = self._viewer.canvas.overlays[f"medseg_{edge}"]
            overlay.text, overlay.visible = text, bool(text)

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
