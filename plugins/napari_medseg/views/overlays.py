"""What stands on the canvas beside the image: the patient's sides, a caption, a scale in mm."""

from __future__ import annotations

from typing import Any

from napari.components.overlays import TextOverlay
from napari.layers import Image

from medseg.model import Volume
from napari_medseg.display import Display
from napari_medseg.layers import shown_slice

_YELLOW = "#ffd84d"
_GREY = "#d8d8d8"

#: Edge of the screen -> where napari puts a text there.
_EDGES = {
    "left": "middle_left",
    "right": "middle_right",
    "top": "top_center",
    "bottom": "bottom_center",
}


class PatientOverlays:
    """The letters R, L, A, P, S, I at the edges, plane, slice and window, and a scale bar.

    Letters come from the geometry and follow whatever axes are on screen; in 3D there are
    none. The camera is mirrored where a plane other than the main one needs it.

    Args:
        viewer: napari's viewer.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._display: Display | None = None
        self._layer: Image | None = None
        overlays = viewer.canvas.overlays
        for edge, position in _EDGES.items():
            overlays[f"medseg_{edge}"] = TextOverlay(
                position=position, font_size=15, color=_YELLOW, box=True
            )
        overlays["medseg_caption"] = TextOverlay(
            position="top_left", font_size=9, color=_GREY, box=True
        )
        overlays["scale_bar"].visible = True
        viewer.dims.events.order.connect(self._follow)
        viewer.dims.events.ndisplay.connect(self._follow)
        viewer.dims.events.point.connect(self._write_caption)

    def show(self, volume: Volume, layer: Image) -> None:
        """Letter and caption the canvas for this volume."""
        self._display, self._layer = Display(volume.geometry), layer
        layer.events.contrast_limits.connect(self._write_caption)
        self._follow()

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
        self._write_caption()

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

    def _write_caption(self, _event: Any = None) -> None:
        if self._display is None or self._layer is None:
            return
        overlay = self._viewer.canvas.overlays["medseg_caption"]
        index = shown_slice(self._layer, self._viewer.dims)
        low, high = self._layer.contrast_limits
        lines = [self._layer.name, f"W {high - low:.0f}  L {(low + high) / 2:.0f}"]
        if index is not None:
            last = self._display.geometry.shape[0] - 1
            lines.insert(1, f"{self._display.plane}, slice {index} (0 to {last})")
        overlay.text, overlay.visible = "\n".join(lines), True
