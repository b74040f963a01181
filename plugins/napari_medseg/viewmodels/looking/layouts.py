"""How many planes are on screen and where, remembered from one session to the next."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from psygnal import Signal

#: Layout -> the columns of the screen, each with its panes from top to bottom. Panes 0 to 2 are
#: the planes, that of the acquisition first; pane 3 shows the first plane without contours, pane 4
#: the lesions in 3D, pane 5 another image.
LAYOUTS: dict[str, tuple[tuple[int, ...], ...]] = {
    "one": ((0,),),
    "one and two": ((0,), (1, 2)),
    "one and three": ((0,), (1, 2, 4)),
    "two by two": ((0, 2), (1, 4)),
    "with and without": ((0,), (3,)),
    "with a prior": ((0,), (5,)),
    "side by side": ((0,), (1,), (2,)),
}

#: The pane that shows the image alone, so that a contour can be judged by what it covers.
BARE_PANE = 3

#: The pane that shows the lesions' surfaces.
SCENE_PANE = 4

#: The pane of an image beside the case, and the layout that shows it.
PRIOR_PANE, PRIOR_LAYOUT = 5, "with a prior"

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
        self._lent: tuple[tuple[int, ...], ...] | None = None

    @property
    def columns(self) -> tuple[tuple[int, ...], ...]:
        """The columns now on screen, each with its panes from top to bottom."""
        if self.maximised is not None:
            return ((self.maximised,),)
        return self._lent or LAYOUTS[self.layout]

    @property
    def is_lent(self) -> bool:
        """Whether panes are on screen that stand in no layout, for a while."""
        return self._lent is not None

    def lend(self, columns: tuple[tuple[int, ...], ...] | None) -> None:
        """Show these columns for a while; None, or choosing a layout, ends that."""
        if columns != self._lent:
            self._lent, self.maximised = columns, None
            self.changed.emit()

    def choose(self, layout: str) -> None:
        """Show a layout, one of `LAYOUTS`, and remember it; anything else changes nothing."""
        if layout in LAYOUTS:
            self.layout, self.maximised, self._lent = layout, None, None
            self._remember()
            self.changed.emit()

    def next(self) -> None:
        """The next layout of the table; after the last comes the first."""
        names = list(LAYOUTS)
        self.choose(names[(names.index(self.layout) + 1) % len(names)])

    def toggle_maximised(self, pane: int) -> None:
        """Let a pane fill the screen, or put it back among the others."""
        alone = (self._lent or LAYOUTS[self.layout]) == ((pane,),)
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
