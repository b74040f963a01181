"""What every tool of the palette is: a hand touches a plane, moves, lets go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from napari_medseg.viewmodels.contouring.tools.begun import Begun
from napari_medseg.viewmodels.sketch import Shape


@dataclass(frozen=True, eq=False)
class Touch:
    """Where a hand is on one plane.

    Args:
        index: shown index (slice, row, column), fractions kept; the one along `through` is
            that of the slice on screen.
        through: the shown axis that runs through the plane.
        takes_away: whether Shift is held, or a pen's other end is down.
        pressure: of a pen, 0 to 1; a mouse has 1.
        near_mm: what lies nearer than this on screen counts as the same place.
    """

    index: NDArray[np.float64]
    through: int
    takes_away: bool = False
    pressure: float = 1.0
    near_mm: float = 1.5

    @property
    def slice_index(self) -> int:
        """The shown index of the slice on screen, along `through`."""
        return round(float(self.index[self.through]))


class Tool:
    """One tool; by itself it does nothing and draws nothing.

    Attributes:
        command: what takes it up, as in the key table.
        hint: what the hand does with it, in a line.
        wants: names of the choices (`Choices`) that matter to it.
        draws: whether it changes the mask; one that only measures can be used on a pane that
            shows the image alone.
    """

    command: ClassVar[str] = ""
    hint: ClassVar[str] = ""
    wants: ClassVar[tuple[str, ...]] = ()
    draws: ClassVar[bool] = True
    changed = Signal()
    """What the tool draws over the planes has changed."""

    @property
    def begun(self) -> Begun | None:
        """What is in the making and would be lost by `cancel`, while no hand is down."""
        return None

    @property
    def waits(self) -> bool:
        """Whether something is brought into the mask by `poll`, as was asked for."""
        return False

    def give_up_waiting(self) -> bool:
        """Bring nothing into the mask by itself; False if nothing waited."""
        return False

    def set_aside(self) -> None:
        """Another tool is taken up: what `begun` still tells of afterwards is kept."""
        self.cancel()

    def take_up(self) -> None:
        """It is in the hand again."""

    def why_not(self, through: int) -> str | None:  # noqa: ARG002
        """Why it cannot be used on a plane of this shown axis now; None if it can."""
        return None

    def press(self, touch: Touch) -> None:
        """The hand goes down."""

    def drag(self, touch: Touch) -> None:
        """The hand moves while it is down."""

    def release(self, touch: Touch) -> None:
        """The hand lets go."""

    def hover(self, touch: Touch | None) -> None:
        """The pointer moves over a plane without a button; None: it has left."""

    @property
    def is_busy(self) -> bool:
        """Whether something is being worked out that `poll` will take up."""
        return False

    def poll(self) -> None:
        """Take up what was worked out in the background."""

    def finish(self) -> bool:
        """Bring what is begun to its end, as Return and a double click do; False if nothing is."""
        return False

    def step_back(self) -> bool:
        """Take back the last step of what is begun; False if nothing is."""
        return False

    def step_forward(self) -> bool:
        """Do again what `step_back` took back last; False if there is no such thing."""
        return False

    def cancel(self) -> bool:
        """Give up what is begun; False if nothing was."""
        return False

    def resize(self, steps: float) -> bool:  # noqa: ARG002
        """Make it larger by so many steps, smaller below 0; False if it has no size."""
        return False

    def close(self) -> None:
        """Give up what is begun, and let no thread go on: the window is gone."""
        self.cancel()

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:  # noqa: ARG002
        """What it draws over one slice."""
        return ()
