"""Which tool is in the hand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from psygnal import Signal

from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.tools.options import ToolOptions
from napari_medseg.viewmodels.contouring.tools.tool import Tool, Touch
from napari_medseg.viewmodels.sketch import Shape


class Toolbox:
    """The tools, of which one at most is up; what it draws is seen on all planes.

    Args:
        case: what is drawn on; without an image no tool can be taken up.
        tools: all there are.
        options: what they are set to.
    """

    picked = Signal()
    """Another tool, or none, is up."""
    changed = Signal()
    """What the tool that is up draws over the planes has changed."""

    def __init__(
        self, case: CaseViewModel, tools: Sequence[Tool], options: ToolOptions | None = None
    ) -> None:
        self._case, self.options = case, options or ToolOptions()
        self.tools = {tool.command: tool for tool in tools}
        self.active: Tool | None = None
        self._held: Touch | None = None  # where the hand is while it is down
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

    def press(self, touch: Touch) -> None:
        """The hand goes down."""
        self.settle()
        if self.active is not None:
            self._held = touch
            self.active.press(touch)

    def press_twice(self, touch: Touch) -> bool:
        """The hand goes down again at once: that ends what is begun; False: it is a press."""
        if self.finish():
            return True
        self.press(touch)
        return False

    def drag(self, touch: Touch) -> None:
        """The hand moves while it is down; not after its stroke was ended by something else."""
        if self._held is not None and self.active is not None:
            self._held = touch
            self.active.drag(touch)

    def release(self, touch: Touch) -> None:
        """The hand lets go."""
        if self._held is not None and self.active is not None:
            self._held = None
            self.active.release(touch)

    def settle(self) -> None:
        """Let go where the hand is, so that what comes next finds a stroke that has ended."""
        if self._held is not None:
            self.release(self._held)

    def cancel(self) -> bool:
        """Give up what the tool has begun; if that is nothing, put it down; False if none is up."""
        if self.active is None:
            return False
        if not self.active.cancel():
            self.put_down()
        return True

    def finish(self) -> bool:
        """Bring what the tool has begun to its end; False if nothing is begun."""
        return self.active is not None and self.active.finish()

    def step_back(self) -> bool:
        """Take back the last step of what the tool has begun; False if nothing is begun."""
        return self.active is not None and self.active.step_back()

    def resize(self, steps: float) -> bool:
        """Make the tool larger or smaller; False if none is up, or it has no size."""
        return self.active is not None and self.active.resize(steps)

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """What the tool that is up draws over one slice."""
        return self.active.shapes_on(through, index) if self.active is not None else ()

    def _take(self, tool: Tool | None) -> None:
        self._held = None
        if self.active is not None:
            self.active.cancel()
            self.active.hover(None)
        if tool is not self.active:
            self.active = tool
            self.picked.emit()
        self.changed.emit()


def settled(
    commands: Mapping[str, Callable[[], None]], toolbox: Toolbox, *, but: Collection[str]
) -> dict[str, Callable[[], None]]:
    """The commands, each of which first ends the stroke that is under way.

    One in the middle of a stroke would become part of its step, or cut it in two.

    Args:
        commands: by name.
        toolbox: which tool is up.
        but: names of those that are nothing to a stroke, or give it up.
    """

    def run(command: Callable[[], None]) -> None:
        toolbox.settle()
        command()

    return {
        name: command if name in but else partial(run, command)
        for name, command in commands.items()
    }


def tool_commands(toolbox: Toolbox, case: CaseViewModel) -> dict[str, Callable[[], None]]:
    """What keys do for whichever tool is up; undo first takes back what is not in the mask yet."""

    def resize(steps: float) -> None:
        if not toolbox.resize(steps):
            case.say("No tool that has a size is up: take the brush (W) or the region (8).")

    def undo() -> None:
        if not toolbox.step_back():
            case.lesions.undo()

    def step_back() -> None:
        if not toolbox.step_back():
            case.say("No contour is begun whose last point could be taken back.")

    def change_shape() -> None:
        toolbox.options.choose(is_ball=not toolbox.options.now.is_ball)

    return {
        "smaller": lambda: resize(-1),
        "larger": lambda: resize(+1),
        "undo": undo,
        "step_back": step_back,
        "brush_shape": change_shape,
    }
