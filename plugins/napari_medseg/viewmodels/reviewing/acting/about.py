"""What a window is about: it acts on that and on nothing else, and ends when that is left."""

from __future__ import annotations

from psygnal import Signal

from medseg.errors import ReviewError
from napari_medseg.viewmodels.reviewing.project.project import ProjectViewModel

_LEFT = (
    "A window acts on what was on screen when it came up; now another reading, version or person "
    "is there. Nothing was done: open the window again."
)


class BoundToScreen:
    """Bound to the project, the person, and the reading with its version, as they are now.

    Args:
        home: the project and the reading on screen.
    """

    ended = Signal(str)
    """What it is about was left, in words; the window closes."""

    is_done = False

    def __init__(self, home: ProjectViewModel, *, is_of_reading: bool = True) -> None:
        self.home, self._is_of_reading = home, is_of_reading
        self._about = self._on_screen()
        self.is_ended = False
        home.changed.connect(self._follow)

    def let_go(self) -> None:
        """Stop listening, as when the window is closed; twice does no harm."""
        self.home.changed.disconnect(self._follow, missing_ok=True)

    def check_bound(self) -> None:
        """Pass if what it is about is still on screen, or all is done.

        Raises:
            ReviewError: something else is.
        """
        if self.is_ended or (not self.is_done and self._on_screen() != self._about):
            raise ReviewError(_LEFT)

    def look_again(self) -> None:
        """What it is about is still there, and may stand otherwise."""

    def _on_screen(self) -> tuple[object, ...]:
        home, reading = self.home, self.home.reading
        if not self._is_of_reading:
            return home.project, home.person
        # Each opening is another: the mask on screen is another one, too.
        versions = len(reading.submissions) if reading is not None else 0
        return home.project, home.person, home.on_screen, versions

    def _follow(self) -> None:
        if self.is_done or self.is_ended:
            return
        if self._on_screen() == self._about:
            self.look_again()
            return
        self.is_ended = True
        self.let_go()
        self.ended.emit(_LEFT)
