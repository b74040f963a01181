"""`medseg open` with a reader at work in a process of its own, which somebody kills.

Run as `python -m tests.plugin.killed_reader FOLDER KEY SLICE`: opens the project, goes on with the
case that waits, draws on a slice with the mouse, tells so, and does not save.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import napari

import napari_medseg.viewer as opening
from tests.plugin.hands import Hands, wait_for

#: Where the lesion is drawn, (row, column) as shown, and how large.
MIDDLE, RADIUS_MM = (19.5, 24.5), 5.0


def draw_unsaved(panel: Any, slice_index: int) -> None:
    """Open the case that waits, and draw on one of its slices."""
    hands = Hands(panel)
    wait_for(lambda: panel.room.page.table.rows, "the worklist")
    hands.open_case()
    hands.press("D")
    hands.wheel(0, slice_index - int(panel.reading.planes.crosshair[0]))
    hands.draw_circle(slice_index, MIDDLE, RADIUS_MM)
    sys.stdout.write(f"drawn, unsaved: {panel.model.keeping.has_unsaved_changes}\n")
    sys.stdout.flush()


def main(folder: Path, key: Path, slice_index: int) -> None:
    """The window, until it is killed."""
    made: list[Any] = []
    make = opening.make_viewer

    def make_and_keep(**options: Any) -> Any:
        made.append(make(**options))
        return made[0]

    def run_with_reader() -> None:
        draw_unsaved(made[0][1], slice_index)
        threading.Event().wait()  # not Qt's loop: on a slow machine autosave would come first

    opening.make_viewer = make_and_keep
    napari.run = run_with_reader
    opening.open_viewer([folder], key=key)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
