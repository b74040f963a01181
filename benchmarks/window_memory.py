"""The memory of one window, in a process of its own: `empty` or `medseg`; see bench_window."""

from __future__ import annotations

import os
import sys
import time

import napari
import numpy as np
import psutil
from napari.components import ViewerModel
from napari.qt import QtViewer
from qtpy.QtWidgets import QApplication

from benchmarks.window_scroll import volume
from napari_medseg.viewer import give_room, make_viewer
from napari_medseg.viewmodels.opening.loading import Found, Listing


def main(which: str) -> None:
    """Print the resident memory in MB once all is drawn."""
    kept = empty() if which == "empty" else medseg()
    print(psutil.Process().memory_info().rss / 2**20)
    kept.clear()
    sys.stdout.flush()
    os._exit(0)  # nothing is to be saved, and Qt need not be taken down


def empty() -> list[object]:
    """napari with three canvases, in each a small image and mask that were drawn."""
    viewer = napari.Viewer(show=True)
    models = [viewer, ViewerModel(), ViewerModel()]
    widgets = [QtViewer(model) for model in models[1:]]
    for widget in widgets:
        widget.resize(420, 320)
        widget.show()
    for model in models:
        model.add_image(np.zeros((4, 8, 8), np.int16), contrast_limits=(0, 1))
        model.add_labels(np.zeros((4, 8, 8), np.uint8))
    settle()
    return [*models, *widgets]


def medseg() -> list[object]:
    """A case in medseg's three planes, every one of them scrolled."""
    image = volume()
    viewer, panel = make_viewer(author="bench")
    give_room(panel)
    panel.model.take(Found(Listing(image.source.path, ()), image))
    settle()
    for through in range(3):
        for _ in range(5):
            panel.reading.planes.step(through, 1)
            settle(1)
    return [viewer, panel]


def settle(times: int = 20) -> None:
    """Let everything be drawn."""
    for _ in range(times):
        QApplication.processEvents()
        time.sleep(0.02)


if __name__ == "__main__":
    main(*sys.argv[1:])
