"""How many planes are on screen and where, remembered from one session to the next."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from psygnal import Signal

#: Layout -> the columns of the screen, each with its panes from top to bottom. Panes 0 to 2 are
#: the planes, that of the acquisition first; pane 3 shows the first plane without contours.
LAYOUTS: dict[str, tuple[tuple[int, ...], ...]] = {
    "one": ((0,),),
    "one and two": ((0,), (1, 2)),
    "two by two": ((0, 2), (1, 3)),
    "side by side": ((0,), (1,), (2,)),
}

#: The pane that shows the image alone, so that a contour can be judged by what it covers.
BARE_PANE = 3

DEFAULT_LAYOUT = "one and two"


class LayoutViewModel:
    """Which layout is on screen, and which pane fills it meanwhile.

    Args:
        path: where the choice is remembered; it need not exist, and what cannot be read or
            written there changes nothing but the memory.
    """

    changed = Signal()

    def __init__(self, path: Path) -> None:
        self._path = path
        self.layout = self._remembered()
        self.maximised: int | None = None

    @property
    def columns(self) -> tuple[tuple[int, ...], ...]:
        """The columns now on screen, each with its panes from top to bottom."""
        return LAYOUTS[self.layout] if self.maximised is None else ((self.maximised,),)

    def choose(self, layout: str) -> None:
        """Show a layout, one of `LAYOUTS`, and remember it; anything else changes nothing."""
        if layout in LAYOUTS:
            self.layout, self.maximised = layout, None
            self._remember()
            self.changed.emit()

    def next(self) -> None:
        """The next layout of the table; after the last comes the first."""
        names = list(LAYOUTS)
        self.choose(names[(names.index(self.layout) + 1) % len(names)])

    def toggle_maximised(self, pane: int) -> None:
        """Let a pane fill the screen, or put it back among the others."""
        alone = LAYOUTS[self.layout] == ((pane,),)
        self.maximised = pane if self.maximised is None and not alone else None
        self.changed.emit()

    def _remembered(self) -> str:
        found = self._settings().get("layout")
        return found if isinstance(found, str) and found in LAYOUTS else DEFAULT_LAYOUT

    def _settings(self) -> dict[str, Any]:
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return found if isinstance(found, dict) else {}
        return {}

    def _remember(self) -> None:
        text = json.dumps({**self._settings(), "layout": self.layout}, indent=2)
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(text + "\n", encoding="utf-8")
