"""Which tool is in the hand."""

from __future__ import annotations

from collections.abc import Sequence

from psygnal import Signal

from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.tool import Tool
from napari_medseg.viewmodels.sketch import Shape


class Toolbox:
    """The tools, of which one at most is up; what it draws is seen on all planes.

    Args:
        case: what is drawn on; without an image no tool can be taken up.
        tools: all there are.
    """

    picked = Signal()
    """Another tool, or none, is up."""
    changed = Signal()
    """What the tool that is up draws over the planes has changed."""

    def __init__(self, case: CaseViewModel, tools: Sequence[Tool]) -> None:
        self._case = case
        self.tools = {tool.command: tool for tool in tools}
        self.active: Tool | None = None
        for tool in tools:
            tool.changed.connect(self.changed.emit)

    def toggle(self, command: str) -> None:
        """Take a tool up, or put it down; where nothing can be drawn it says why."""
        wanted = self.tools[command]
        why_not = self._case.lesions.cannot_draw
        if wanted is not self.active and why_not:
            self._case.say(why_not)
            return
        self._take(None if wanted is self.active else wanted)

    def put_down(self) -> None:
        """Have no tool in the hand."""
        self._take(None)

    def cancel(self) -> bool:
        """Give up what the tool has begun; if that is nothing, put it down; False if none is up."""
        if self.active is None:
            return False
        if not self.active.cancel():
            self.put_down()
        return True

    def resize(self, steps: float) -> bool:
        """Make the tool larger or smaller; False if none is up, or it has no size."""
        return self.active is not None and self.active.resize(steps)

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """What the tool that is up draws over one slice."""
        return self.active.shapes_on(through, index) if self.active is not None else ()

    def _take(self, tool: Tool | None) -> None:
        if self.active is not None:
            self.active.cancel()
            self.active.hover(None)
        if tool is not self.active:
            self.active = tool
            self.picked.emit()
        self.changed.emit()
