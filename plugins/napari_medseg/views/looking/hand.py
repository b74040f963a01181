"""What the mouse does on a plane: wheel, click, drag, double click.

| the hand | what happens |
|---|---|
| wheel | the next slice: up goes to the head, to the front, to the right |
| Ctrl and wheel | zoom about the pointer; with a tool that has a size, that size |
| left click, or Shift and move | the crosshair comes here |
| left drag | the image moves |
| right drag | the window: to the side its width, up and down its level |
| double click | this plane fills the screen, or goes back among the others |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medseg.viewmodels.contouring.tools.toolbox import Toolbox
from napari_medseg.viewmodels.looking.reading import ReadingViewModel

if TYPE_CHECKING:
    from napari_medseg.views.looking.plane import PlaneView

_LEFT, _RIGHT = 1, 2
_ZOOM_STEP = 1.15
# A hand that moves less than this between press and release has clicked, in pixels.
_STILL = 3.0


class Hand:
    """The mouse on one canvas.

    napari's own wheel and double click are put aside while it is attached.

    Args:
        reading: what the mouse changes.
        toolbox: which tool has the left button, if any; None where nothing is drawn.
        maximise: lets this plane fill the screen, or puts it back.
        is_bare: whether tools that change the mask do not work here, so that the left button
            keeps its meaning.
    """

    def __init__(
        self,
        reading: ReadingViewModel,
        *,
        toolbox: Toolbox | None,
        maximise: Callable[[], None],
        is_bare: bool = False,
    ) -> None:
        self._is_bare = is_bare
        self._reading, self._toolbox, self._maximise = reading, toolbox, maximise
        self._view: PlaneView | None = None
        self._naparis: dict[str, list[Any]] = {}
        self._turned = 0.0  # touchpads send parts of a wheel's notch

    def attach(self, view: PlaneView) -> None:
        """Take the mouse of a plane's canvas."""
        self._view, viewer = view, view.viewer
        for name, ours in self._callbacks().items():
            callbacks = getattr(viewer, name)
            self._naparis[name] = list(callbacks)
            if name in ("mouse_wheel_callbacks", "mouse_double_click_callbacks"):
                callbacks.clear()
            callbacks.append(ours)
        viewer.scene.camera.mouse_zoom = False

    def detach(self) -> None:
        """Give the mouse back as it was."""
        if self._view is None:
            return
        viewer, self._view = self._view.viewer, None
        for name, ours in self._callbacks().items():
            callbacks = getattr(viewer, name)
            others = [one for one in callbacks if one != ours]
            missing = [one for one in self._naparis[name] if one not in others]
            callbacks[:] = [*missing, *others]
        viewer.scene.camera.mouse_zoom = True

    def _callbacks(self) -> dict[str, Callable[..., Any]]:
        return {
            "mouse_wheel_callbacks": self._wheel,
            "mouse_double_click_callbacks": self._double_click,
            "mouse_move_callbacks": self._move,
            "mouse_drag_callbacks": self._drag,
        }

    def _is_busy(self) -> bool:
        tool = self._toolbox.active if self._toolbox is not None else None
        return tool is not None and not (self._is_bare and tool.draws)

    def _wheel(self, viewer: Any, event: Any) -> None:
        if self._view is None or self._view.through is None:
            return
        event.handled = True
        delta = float(event.delta[1])
        if "Control" in _names(event.modifiers):
            if self._toolbox is None or self._is_bare or not self._toolbox.resize(delta):
                zoom_about(viewer, event.position, _ZOOM_STEP**delta)
            return
        self._turned += delta
        whole = int(self._turned)
        if whole:
            self._turned -= whole
            self._reading.planes.step_up(self._view.through, whole)

    def _double_click(self, _viewer: Any, event: Any) -> None:
        event.handled = True
        if not self._is_busy():
            self._maximise()

    def _move(self, _viewer: Any, event: Any) -> None:
        if self._view is None:
            return
        if "Shift" in _names(event.modifiers) and not self._is_busy():
            self._point_at(event.position)
        self._view.read_out(event.position)

    def _drag(self, _viewer: Any, event: Any) -> Iterator[None]:
        if event.button == _RIGHT:
            yield from self._drag_window(event)
        elif event.button == _LEFT and not self._is_busy():
            pressed = np.asarray(event.pos, dtype=float)
            yield
            while event.type == "mouse_move":
                yield
            if np.abs(np.asarray(event.pos, dtype=float) - pressed).max() <= _STILL:
                self._point_at(event.position)

    def _drag_window(self, event: Any) -> Iterator[None]:
        event.handled = True  # or napari zooms
        begun, pressed = self._reading.windows.window, np.asarray(event.pos, dtype=float)
        yield
        while event.type == "mouse_move":
            right, down = np.asarray(event.pos, dtype=float) - pressed
            self._reading.windows.drag(begun, float(right), float(-down))
            event.handled = True
            yield

    def _point_at(self, position: Any) -> None:
        if self._view is not None and self._view.through is not None:
            self._reading.planes.go_to(self._view.shown_index(position))


def zoom_about(viewer: Any, position: Any, factor: float) -> None:
    """Enlarge what a canvas shows by a factor; what is under the position stays there."""
    camera = viewer.scene.camera
    here = np.asarray(position, dtype=float)[list(viewer.dims.displayed)]
    center = np.asarray(camera.center, dtype=float)[-2:]
    camera.zoom *= factor
    camera.center = tuple(center + (here - center) * (1 - 1 / factor))


def _names(modifiers: Any) -> set[str]:
    """The modifiers' names, whichever way the backend gives them."""
    return {getattr(modifier, "name", modifier) for modifier in modifiers}
