"""A paint event in three planes against napari's Labels: one part of `bench_window`.

A ball of 40 voxels on 512 x 512 x 400. Ours goes from the mouse's move to the patch on all
three canvases; napari's is `Labels.paint` in one view and a full refresh of two others. Both are
counted in Python, in the thread's processor time, outside drawing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import thread_time
from typing import Any

import napari
import nibabel
import numpy as np
from napari.components import ViewerModel
from napari.qt import QtViewer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_medseg.viewer import make_viewer

GOAL = 1 / 5
_SHAPE, _SIZE_MM, _ROUNDS = (400, 512, 512), 40.0, 3
_CENTRE = np.array([200.0, 256.0, 256.0])
_SIDES = ((1, 0, 2), (2, 0, 1))


def main() -> None:
    """Print the medians and their ratio."""
    viewer, panel = _ours()
    peer = _Peer()
    turns = np.linspace(0, 6, 60)
    around = np.column_stack([0 * turns, 30 * np.sin(turns), 10 * turns * np.cos(turns)])
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(_ROUNDS):
        _stroke(viewer, panel, peer, _CENTRE + around, ours, theirs)
    own, other = 1000 * float(np.median(ours)), 1000 * float(np.median(theirs))
    word = "met" if own <= GOAL * other else "MISSED"
    print(
        f"paint event, three planes: medseg {own:.2f} ms, napari {other:.2f} ms, "
        f"medseg/napari {own / other:.2f}, goal {GOAL:.2f}: {word}"
    )
    panel.questions.what_about_changes = lambda: "discard"
    peer.close()
    viewer.close()


@dataclass
class _Move:
    """What the mouse sends."""

    position: Any
    type: str = "mouse_press"
    button: int = 1
    modifiers: tuple[str, ...] = ()
    handled: bool = False


class _Peer:
    """napari's own: a Labels layer in a viewer, and the same array in two canvases beside."""

    def __init__(self) -> None:
        self.labels = np.zeros(_SHAPE, np.uint8)
        self.viewer = napari.Viewer(show=True)
        self.main = self.viewer.add_labels(self.labels)
        self.viewer.dims.set_point(0, _CENTRE[0])
        self.widgets, self.sides = [], []
        for order in _SIDES:
            model = ViewerModel()
            widget = QtViewer(model)
            self.sides.append(model.add_labels(self.labels))
            model.dims.order = order
            model.dims.set_point(order[0], _CENTRE[order[0]])
            widget.resize(400, 400)
            widget.show()
            self.widgets.append(widget)
        self.main.brush_size, self.main.n_edit_dimensions = _SIZE_MM, 3
        self.main.mode = "paint"
        QTest.qWait(500)

    def paint(self, point: Any) -> None:
        """One event on the array, and what the other planes need to show it."""
        self.main.paint(point, 1)
        for side in self.sides:
            side.refresh()

    def close(self) -> None:
        for widget in self.widgets:
            widget.close()
        self.viewer.close()


def _ours() -> tuple[Any, Any]:
    """The window on an image of noise, the brush up as a ball."""
    plane = np.random.default_rng(0).integers(-1000, 1000, _SHAPE[1:]).astype(np.int16)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "noise.nii")
        voxels = np.ascontiguousarray(np.broadcast_to(plane, _SHAPE).transpose(2, 1, 0))
        nibabel.save(nibabel.Nifti1Image(voxels, np.diag([-1.0, -1.0, 1.0, 1.0])), path)
        viewer, panel = make_viewer([path], author="A. Reader")
    panel.layout_model.choose("one and two")
    panel.window().resize(1500, 900)
    QTest.qWait(500)
    panel.desk.easel.options.choose(size_mm=_SIZE_MM, is_ball=True)
    panel.desk.toolbox.toggle("brush")
    panel.desk.reading.planes.go_to(_CENTRE)
    QTest.qWait(300)
    return viewer, panel


def _stroke(
    viewer: Any, panel: Any, peer: _Peer, path: Any, ours: list[float], theirs: list[float]
) -> None:
    """One stroke by the mouse, each of its events in turns with one of napari's."""
    image, callbacks = panel.desk.screen.views[0].image, viewer.mouse_drag_callbacks
    move = _Move(image.data_to_world(path[0]))
    hands: list[Iterator[None]] = [one(viewer, move) for one in list(callbacks)]
    hands = [hand for hand in hands if hand is not None]
    for hand in hands:
        next(hand, None)
    move.type = "mouse_move"
    for point in path[1:]:
        move.position = image.data_to_world(point)
        began = thread_time()
        for hand in hands:
            next(hand, None)
        ours.append(thread_time() - began)
        QApplication.processEvents()
        began = thread_time()
        peer.paint(point)
        theirs.append(thread_time() - began)
        QApplication.processEvents()
    move.type = "mouse_release"
    for hand in hands:
        next(hand, None)
    panel.desk.commands["undo"]()
    peer.labels[...] = 0
    QTest.qWait(100)


if __name__ == "__main__":
    main()
