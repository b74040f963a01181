"""The outline tool on the canvas: mouse to points, points to a line that is seen at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from napari.layers import Image, Vectors
from numpy.typing import NDArray

from medseg.model import Volume
from napari_medseg.display import AXIS_LABELS, Display
from napari_medseg.layers import shown_slice
from napari_medseg.viewmodels.drawing import DrawingViewModel

_LEFT_BUTTON = 1
_ADDING, _SUBTRACTING = "yellow", "red"


class OutlineView:
    """Draws a freehand outline with the mouse; Shift takes away, Escape gives up.

    napari's public mouse callbacks bring the moves. The line is a Vectors layer of its own,
    whose cost does not grow with the length of the line; the mask is touched on release.

    Args:
        viewer: napari's viewer.
        drawing: what collects the points.
        say: shows a message to the user.
    """

    def __init__(self, viewer: Any, drawing: DrawingViewModel, say: Callable[[str], None]) -> None:
        self._viewer, self._drawing, self._say = viewer, drawing, say
        self._image: Image | None = None
        self._plane = ""
        self.line = _line_layer((1.0, 1.0, 1.0))
        drawing.changed.connect(self._take_mouse)
        drawing.line_changed.connect(self._show_line)
        viewer.layers.selection.events.active.connect(self._take_mouse, position="last")
        viewer.mouse_drag_callbacks.append(self._drag)

    def show(self, volume: Volume, layer: Image) -> None:
        """Draw on this volume, shown by this layer, from now on."""
        self._image, self._plane = layer, Display(volume.geometry).plane
        self.line = _line_layer(tuple(layer.scale))
        self._viewer.add_layer(self.line)

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
        steps = np.stack([points[:-1], np.diff(points, axis=0)], axis=1)
        if len(self.line.data) == 0:
            self.line.edge_color = _SUBTRACTING if self._drawing.is_subtracting else _ADDING
        self.line.data = steps

    def _take_mouse(self, _event: Any = None) -> None:
        """While the tool is up, dragging draws; napari sets panning anew with each selection."""
        self._viewer.scene.camera.mouse_pan = not self._drawing.is_active
        self._viewer.cursor.style = "crosshair" if self._drawing.is_active else "standard"


def _line_layer(scale_mm: tuple[float, ...]) -> Vectors:
    layer = Vectors(
        np.empty((0, 2, 3)),
        name="outline being drawn",
        scale=scale_mm,
        units=("mm", "mm", "mm"),
        axis_labels=AXIS_LABELS,
        edge_color=_ADDING,
        edge_width=0.7,
        vector_style="line",
        opacity=1.0,
    )
    layer.editable = False
    return layer


def _shown_index(layer: Image | None, position: Any) -> NDArray[np.float64]:
    """Where a world position lies, as a shown index held within the image."""
    if layer is None:  # why_not has refused before
        return np.zeros(3)
    index = np.asarray(layer.world_to_data(position), dtype=np.float64)
    return np.clip(index, -0.5, np.array(layer.data.shape) - 0.5)


def _names(modifiers: Any) -> set[str]:
    """The modifiers' names, whichever way the backend gives them."""
    return {getattr(modifier, "name", modifier) for modifier in modifiers}
