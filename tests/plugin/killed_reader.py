"""`medseg open` with a reader at work in a process of its own, which somebody kills.

Run as `python -m tests.plugin.killed_reader FOLDER KEY SLICE`: opens the project, goes on with the
case that waits, draws on a slice with the mouse, tells so, and does not save.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import napari
from qtpy.QtWidgets import QApplication

import napari_medseg.viewer as opening
from tests.plugin.hands import Hands, wait, wait_for

#: Where the lesion is drawn, (row, column) as shown, and how large.
MIDDLE, RADIUS_MM = (19.5, 24.5), 5.0


def draw_unsaved(panel: Any, slice_index: int) -> None:
    """Open the case that waits, and draw on one of its slices."""
    hands = Hands(panel)
    wait_for(lambda: panel.room.page.table.rows, "the worklist")
    hands.press("Shift+N")
    wait_for(lambda: panel.model.session is not None and not panel.jobs.is_busy, "the case")
    wait(200)
    hands.press("0", "D")
    hands.wheel(0, slice_index - int(panel.reading.planes.crosshair[0]))
    hands.draw_circle(slice_index, MIDDLE, RADIUS_MM)
    keeping = panel.model.keeping
    print("drawn, unsaved:", keeping.has_unsaved_changes, flush=True)


def main(folder: Path, key: Path, slice_index: int) -> None:
    """The window, until it is killed."""
    made: list[Any] = []
    make = opening.make_viewer

    def make_and_keep(**options: Any) -> Any:
        made.append(make(**options))
        return made[0]

    def run_with_reader() -> None:
        draw_unsaved(made[0][1], slice_index)
        QApplication.instance().exec()

    opening.make_viewer = make_and_keep
    napari.run = run_with_reader
    opening.open_viewer([folder], key=key)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
