"""The tool that is up, on one canvas: the mouse's moves become touches of a plane."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from napari_medseg.viewmodels.contouring.tools.tool import Tool, Touch
from napari_medseg.viewmodels.contouring.tools.toolbox import Toolbox
from napari_medseg.views.contouring.lifted import Lifted
from napari_medseg.views.contouring.pen import Pen
from napari_medseg.views.looking.plane import PlaneView

_LEFT_BUTTON = 1
#: What lies within so many pixels of the pointer is under it.
_NEAR_PX = 8.0
_LOOKED_AT = "This pane shows the image alone, to be compared; draw on a plane with contours."


class ToolHand:
    """Hands what the left button does on a plane to the tool that is up; Shift takes away.

    Args:
        view: the plane.
        toolbox: which tool is up.
        say: shows a message to the user.
        is_bare: whether the plane shows the image alone: it is looked at and measured on, and
            tools that change the mask say once that they do not work there.
    """

    def __init__(
        self,
        view: PlaneView,
        toolbox: Toolbox,
        say: Callable[[str], None],
        *,
        is_bare: bool = False,
    ) -> None:
        self._view, self._toolbox, self._say = view, toolbox, say
        self._is_bare, self._has_told = is_bare, False
        self._viewer = view.viewer
        self._pen = Pen(view.canvas)
        self._lifted = Lifted(view.canvas)
        self._lifted.happened.connect(self._lift)
        self._is_second = False  # whether the button is down as the second press of two
        toolbox.picked.connect(self._pick)
        self._viewer.layers.selection.events.active.connect(self._take_mouse, position="last")
        self._viewer.mouse_drag_callbacks.append(self._drag)
        self._viewer.mouse_move_callbacks.append(self._move)
        self._viewer.mouse_double_click_callbacks.append(self._double_click)
        view.marks.left.connect(self._leave)

    def close(self) -> None:
        """Let go of the canvas's mouse."""
        self._toolbox.picked.disconnect(self._pick)
        self._viewer.layers.selection.events.active.disconnect(self._take_mouse)
        self._pen.close()
        self._lifted.close()
        for callbacks, ours in (
            (self._viewer.mouse_drag_callbacks, self._drag),
            (self._viewer.mouse_move_callbacks, self._move),
            (self._viewer.mouse_double_click_callbacks, self._double_click),
        ):
            if ours in callbacks:
                callbacks.remove(ours)

    def why_not(self, tool: Tool) -> str | None:
        """Why the tool cannot be used on what this canvas shows; None if it can."""
        image, through = self._view.image, self._view.through
        if self._is_bare and tool.draws:
            return _LOOKED_AT
        if image is None or image not in self._viewer.layers:
            return "The image is not on screen; open it first."
        if through is None:
            return "Tools draw in 2D; the button below the layer list leaves 3D (Ctrl+Y)."
        return tool.why_not(through)

    def _drag(self, _viewer: Any, event: Any) -> Iterator[None]:
        if not self._may_press(event):
            return
        self._toolbox.press(self._touch(event))
        yield
        while event.type == "mouse_move":
            self._toolbox.drag(self._touch(event))
            yield
        self._toolbox.release(self._touch(event))

    def _move(self, _viewer: Any, event: Any) -> None:
        tool = self._toolbox.active
        if tool is None or self.why_not(tool) is not None:
            return
        if self._is_second:
            self._toolbox.drag(self._touch(event))
        else:
            tool.hover(self._touch(event))

    def _double_click(self, _viewer: Any, event: Any) -> None:
        """A double click ends what is begun, else it is a press.

        Qt sends it in place of the second of two quick presses, and napari takes what comes
        after for a move without a button.
        """
        if self._may_press(event):
            self._is_second = not self._toolbox.press_twice(self._touch(event))

    def _lift(self) -> None:
        if self._is_second:
            self._is_second = False
            self._toolbox.settle()

    def _may_press(self, event: Any) -> bool:
        """Whether the left button is a tool's here; where the tool cannot be used it says why."""
        tool = self._toolbox.active
        if tool is None or event.button != _LEFT_BUTTON:
            return False
        why_not = self.why_not(tool)
        if why_not is not None and not (why_not is _LOOKED_AT and self._has_told):
            self._has_told = why_not is _LOOKED_AT
            self._say(why_not)
        return why_not is None

    def _leave(self) -> None:
        if self._toolbox.active is not None:
            self._toolbox.active.hover(None)

    def _touch(self, event: Any) -> Touch:
        """Where the pointer is on the slice that is shown, held within the image."""
        view, image, plane = self._view, self._view.image, self._view.plane
        if image is None or plane is None:  # why_not has refused before
            return Touch(np.zeros(3), 0)
        through, slice_index = plane
        past = np.array(image.data.shape) - 0.5
        index = np.minimum(np.maximum(view.shown_index(event.position), -0.5), past)
        index[through] = slice_index
        return Touch(
            index,
            through,
            "Shift" in _names(event.modifiers) or self._pen.is_eraser,
            self._pen.pressure,
            _NEAR_PX / float(self._viewer.scene.camera.zoom),
        )

    def _pick(self) -> None:
        self._has_told = False
        self._take_mouse()

    def _take_mouse(self, _event: Any = None) -> None:
        """While a tool is up, dragging draws; napari sets panning anew with each selection."""
        tool = self._toolbox.active
        is_up = tool is not None and not (self._is_bare and tool.draws)
        self._viewer.scene.camera.mouse_pan = not is_up
        self._viewer.cursor.style = "crosshair" if is_up else "standard"


def _names(modifiers: Any) -> set[str]:
    """The modifiers' names, whichever way the backend gives them."""
    return {getattr(modifier, "name", modifier) for modifier in modifiers}
