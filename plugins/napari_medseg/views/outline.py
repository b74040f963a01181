"""The outline tool on the canvas: mouse to points, points to a line that is seen at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

from medseg.model import Volume
from napari_medseg.display import Display
from napari_medseg.layers import shown_slice
from napari_medseg.viewmodels.drawing import DrawingViewModel

_LEFT_BUTTON = 1
_ADDING, _SUBTRACTING = "#ffe14d", "#ff4d4d"


class OutlineView:
    """Draws a freehand outline with the mouse; Shift takes away, Escape gives up.

    napari's public mouse callbacks bring the moves. The line is drawn over the canvas, so the
    image is not drawn anew for it; the mask is touched on release.

    Args:
        viewer: napari's viewer.
        drawing: what collects the points.
        say: shows a message to the user.
        draw: draws a line over the canvas through shown indices (n, 3), in a colour; none of
            them takes the line away.
    """

    def __init__(
        self,
        viewer: Any,
        drawing: DrawingViewModel,
        say: Callable[[str], None],
        draw: Callable[[NDArray[np.float64], str], None],
    ) -> None:
        self._viewer, self._drawing, self._say, self._draw = viewer, drawing, say, draw
        self._image: Image | None = None
        self._plane = ""
        drawing.changed.connect(self._take_mouse)
        drawing.line_changed.connect(self._show_line)
        viewer.layers.selection.events.active.connect(self._take_mouse, position="last")
        viewer.mouse_drag_callbacks.append(self._drag)

    def show(self, volume: Volume, layer: Image) -> None:
        """Draw on this volume, shown by this layer, from now on."""
        self._image, self._plane = layer, Display(volume.geometry).plane

    def close(self) -> None:
        """Let go of the viewer's mouse."""
        if self._drag in self._viewer.mouse_drag_callbacks:
            self._viewer.mouse_drag_callbacks.remove(self._drag)

    def why_not(self) -> str | None:
        """Why no outline can be drawn on what is on screen; None if one can."""
        if self._image is None or self._image not in self._viewer.layers:
            return "The image is not on screen; open it first."
        if self._viewer.dims.ndisplay != 2:
            return "Outlines are drawn in 2D; the button below the layer list leaves 3D (Ctrl+Y)."
        if shown_slice(self._image, self._viewer.dims) is None:
            return f"Outlines are drawn on {self._plane} slices; turn the axes back (Ctrl+E)."
        return None

    def _drag(self, _viewer: Any, event: Any) -> Iterator[None]:
        if not self._drawing.is_active or event.button != _LEFT_BUTTON:
            return
        why_not = self.why_not()
        if why_not is not None:
            self._say(why_not)
            return
        subtract = "Shift" in _names(event.modifiers)
        self._drawing.begin(_shown_index(self._image, event.position), subtract=subtract)
        yield
        while event.type == "mouse_move":
            self._drawing.extend(_shown_index(self._image, event.position))
            yield
        self._drawing.extend(_shown_index(self._image, event.position))
        self._drawing.finish()

    def _show_line(self, points: NDArray[np.float64]) -> None:
        self._draw(points, _SUBTRACTING if self._drawing.is_subtracting else _ADDING)

    def _take_mouse(self, _event: Any = None) -> None:
        """While the tool is up, dragging draws; napari sets panning anew with each selection."""
        self._viewer.scene.camera.mouse_pan = not self._drawing.is_active
        self._viewer.cursor.style = "crosshair" if self._drawing.is_active else "standard"


def _shown_index(layer: Image | None, position: Any) -> NDArray[np.float64]:
    """Where a world position lies, as a shown index held within the image."""
    if layer is None:  # why_not has refused before
        return np.zeros(3)
    index = np.asarray(layer.world_to_data(position), dtype=np.float64)
    return np.clip(index, -0.5, np.array(layer.data.shape) - 0.5)


def _names(modifiers: Any) -> set[str]:
    """The modifiers' names, whichever way the backend gives them."""
    return {getattr(modifier, "name", modifier) for modifier in modifiers}
