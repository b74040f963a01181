"""Which tool is in the hand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from psygnal import Signal

from medseg.errors import EditError
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.tools.begun import Begun
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
        self._gesture = case.notice.gesture
        self.tools = {tool.command: tool for tool in tools}
        self.active: Tool | None = None
        self._held: Touch | None = None  # where the hand is while it is down
        for tool in tools:
            tool.changed.connect(self.changed.emit)
        case.opened.connect(self._leave)

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
            self.active.press(touch)
            self._held = touch
            self._gesture.begin(self._let_go)

    def press_twice(self, touch: Touch) -> bool:
        """The hand goes down again at once: that ends what is begun; False: it is a press."""
        if self.finish({(touch.through, touch.slice_index)}):
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
        if self._held is not None:
            self._held = touch
            self.settle()

    def settle(self) -> None:
        """Let go where the hand is, so that what comes next finds a stroke that has ended."""
        self._gesture.settle()

    def cancel(self) -> bool:
        """Give up what the tool has begun; if that is nothing, put it down; False if none is up."""
        if self.active is None:
            return False
        if not self.give_up():
            self.put_down()
        return True

    def give_up(self) -> bool:
        """Give up what the tool has begun, or what waits of another; False if there is nothing."""
        begun = self.active.begun if self.active is not None else None
        if self.active is not None and self.active.cancel():
            if begun is not None:
                self._case.say(f"{begun} is given up.")
            return True
        return self.give_up_waiting()

    def give_up_waiting(self) -> bool:
        """Bring nothing into the mask that was asked for and is not worked out yet."""
        waiting = [tool for tool in self.tools.values() if tool.give_up_waiting()]
        if waiting:
            self._case.say("What was to be taken when it is worked out is not; it stays begun.")
        return bool(waiting)

    @property
    def begun(self) -> tuple[Begun, ...]:
        """What is in the making, of the tool that is up and of those that were put aside."""
        return tuple(one for tool in self.tools.values() if (one := tool.begun) is not None)

    def finish(self, seen: Collection[tuple[int, int]] | None = None) -> bool:
        """Bring what the tool has begun to its end; False if nothing is begun.

        Args:
            seen: the planes on screen, each a shown axis and its slice; what is begun on another
                one is not ended out of sight. None: all are.
        """
        self.settle()
        if self.active is None:
            return False
        begun = self.active.begun
        if begun is not None and seen is not None and begun.plane not in (None, *seen):
            self._refuse(EditError(begun.elsewhere))
            return True
        return self.active.finish()

    def step_back(self) -> bool:
        """Take back the last step of what the tool has begun; False if nothing is begun."""
        self.settle()
        return self.active is not None and self.active.step_back()

    def step_forward(self) -> bool:
        """Do again what the last step back took back; False if there is no such thing."""
        self.settle()
        return self.active is not None and self.active.step_forward()

    def resize(self, steps: float) -> bool:
        """Make the tool larger or smaller; False if none is up, or it has no size."""
        return self.active is not None and self.active.resize(steps)

    @property
    def is_busy(self) -> bool:
        """Whether a tool waits for something that `poll` will take up."""
        return any(tool.is_busy or tool.waits for tool in self._at_work)

    def poll(self) -> None:
        """Let the tool that is up, or has promised something, take up what was worked out."""
        for tool in self._at_work:
            tool.poll()

    def close(self) -> None:
        """End what a hand has begun, and let no thread go on."""
        self.settle()
        for tool in self.tools.values():
            tool.close()

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """What the tool that is up draws over one slice."""
        return self.active.shapes_on(through, index) if self.active is not None else ()

    def _take(self, tool: Tool | None) -> None:
        self.settle()
        if self.active is not None:
            self._set_aside(self.active)
            self.active.hover(None)
        if tool is not self.active:
            self.active = tool
            if tool is not None:
                tool.take_up()
            self.picked.emit()
        self.changed.emit()

    def _leave(self, _session: object) -> None:
        """Another image or mask is worked on: what was begun on the one before is given up."""
        lost = [f"{one} was given up." for one in self.begun]
        for tool in self.tools.values():
            if tool is self.active or tool.begun is not None:
                tool.cancel()
        if lost:
            self._case.say(" ".join([self._case.notice.text, *lost]))

    @property
    def _at_work(self) -> list[Tool]:
        return [tool for tool in self.tools.values() if tool is self.active or tool.waits]

    def _set_aside(self, tool: Tool) -> None:
        """Put a tool out of the hand, and say what becomes of what it has begun."""
        begun = tool.begun
        tool.set_aside()
        if tool.waits:
            self._case.say(f"{begun} is taken as soon as it is worked out.")
        elif tool.begun is not None:
            self._case.say(f"{begun} is kept: take its tool up again to go on with it.")
        elif begun is not None:
            self._case.say(f"{begun} was given up.")

    def _refuse(self, error: EditError) -> None:
        self._case.notice.refuse(error)
        self._case.notice.changed.emit()

    def _let_go(self) -> None:
        touch, self._held = self._held, None
        if touch is not None and self.active is not None:
            self.active.release(touch)


def tool_commands(toolbox: Toolbox, case: CaseViewModel) -> dict[str, Callable[[], None]]:
    """What keys do for whichever tool is up; undo and redo are first of what is not in the mask."""

    def resize(steps: float) -> None:
        if not toolbox.resize(steps):
            case.say("No tool that has a size is up: take the brush (W) or the region (8).")

    def undo() -> None:
        if not (_give_up_waiting(toolbox, case) or toolbox.step_back()):
            case.lesions.undo()

    def redo() -> None:
        if not toolbox.step_forward():
            case.lesions.redo()

    def step_back() -> None:
        if not toolbox.step_back():
            case.say("No contour is begun whose last point could be taken back.")

    def change_shape() -> None:
        toolbox.options.choose(is_ball=not toolbox.options.now.is_ball)

    return {
        "smaller": lambda: resize(-1),
        "larger": lambda: resize(+1),
        "undo": undo,
        "redo": redo,
        "step_back": step_back,
        "brush_shape": change_shape,
    }


def _give_up_waiting(toolbox: Toolbox, case: CaseViewModel) -> bool:
    """What was commanded last and is not done yet is the first to be taken back."""
    toolbox.settle()
    return toolbox.give_up_waiting() or case.filling.give_up_waiting()
