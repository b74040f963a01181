"""Opening and scrolling of one window against napari's own path, in turns; see bench_window."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import napari
import numpy as np
from napari.components import ViewerModel
from napari.qt import QtViewer
from qtpy.QtWidgets import QApplication

from medseg.model import Geometry, Source, Volume
from napari_medseg.collecting import spare_the_program
from napari_medseg.display import display_of
from napari_medseg.layers import warm_up
from napari_medseg.value_range import value_range
from napari_medseg.viewer import give_room, make_viewer
from napari_medseg.viewmodels.looking.planes import planes_of
from napari_medseg.viewmodels.opening.loading import Found, Listing
from napari_medseg.views.looking.docks import NapariDocks

SHAPE = (400, 512, 512)
SPACING_MM = (1.0, 0.8, 0.8)
STEPS, ROUNDS = 6, 5
STEP_GOAL = 1.2
_QUIET_TURNS, _GLANCE_S = 200, 0.01
_CANVAS = (420, 320)
_FEW = (-1000.0, 1000.0)


def volume() -> Any:

    random = np.random.default_rng(0)
    voxels = np.empty(SHAPE, np.int16)
    for plane in voxels:
        plane[:] = random.integers(-1000, 1000, SHAPE[1:])
    # Columns to the left, rows to the back, slices to the head: nothing is turned.
    geometry = Geometry.from_spacing(SHAPE, SPACING_MM)
    return Volume(
        voxels,
        geometry,
        "HU",
        Source("none", Path(tempfile.gettempdir()) / "scan", ""),
        "CT",
        "scan",
    )


def _draw() -> None:

    QApplication.processEvents()


class _Peer:
    """napari's own path: one viewer, an Image and a Labels layer on the same arrays."""

    def __init__(self, volume: Any, mask: np.ndarray, order: tuple[int, int, int]) -> None:

        self.model = ViewerModel()
        self.widget = QtViewer(self.model)
        self.widget.dims.hide()
        self.widget.resize(*_CANVAS)
        self.model.dims.ndim = 3
        self.model.dims.order = order
        self.widget.show()
        self.volume, self.mask = volume, mask

    @classmethod
    def in_window(cls, volume: Any, mask: np.ndarray) -> Any:
        """The first plane as napari's users see it: in napari's window, whose docks are hidden.

        Status line and list of layers are kept up to date there, as they are in medseg's.
        """
        peer = cls.__new__(cls)
        peer.model = napari.Viewer(show=True)
        NapariDocks(peer.model).show(False)
        peer.widget = peer.model.window
        peer.widget.resize(_CANVAS[0], _CANVAS[1] + 120)
        peer.volume, peer.mask = volume, mask
        return peer

    def open(self) -> None:
        """Add the layers as `viewer.add_image` and `add_labels` do."""
        self.model.add_image(self.volume.voxels, scale=SPACING_MM, colormap="gray")
        self.model.add_labels(self.mask, scale=SPACING_MM)

    def step(self, through: int, index: int) -> None:
        """Show a slice."""
        self.model.dims.set_current_step(through, index)

    def close(self) -> None:
        """Leave nothing running."""
        if isinstance(self.widget, QtViewer):
            self.widget.dims.stop()
        self.widget.close()


def _turn(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the work on a processor in this thread, and by the clock."""
    begun, ran = time.perf_counter(), time.thread_time()
    work()
    return time.thread_time() - ran, time.perf_counter() - begun


def _until_quiet() -> list[tuple[float, float]]:
    """What each turn of Qt's loop took that is longer than a glance, until there are none."""
    turns: list[tuple[float, float]] = []
    quiet = 0
    while quiet < _QUIET_TURNS:
        turns.append(_turn(_draw))
        quiet = quiet + 1 if turns[-1][1] < _GLANCE_S else 0
        time.sleep(0.001)
    return [turn for turn in turns if turn[1] >= _GLANCE_S]


def _report_opening(panel: Any, found: Found, peers: list[_Peer]) -> None:
    """As `medseg open` does: a canvas in each turn of Qt's loop, napari's own first."""
    turns = [_turn(lambda: panel.loading.loaded.emit(found)), *_until_quiet()]
    theirs = [_turn(lambda: [peer.open() for peer in peers]), *_until_quiet()]
    for place, clock in ((0, "processor time of the window's thread"), (1, "by the clock")):
        own = [turn[place] for turn in turns]
        other = sum(turn[place] for turn in theirs)
        print(
            f"opening {SHAPE}, three planes, {clock}: medseg {sum(own):.2f} s in {len(own)} turns, "
            f"longest {max(own):.3f} s (with what is drawn in it); three napari viewers "
            f"{other:.2f} s; medseg / napari {sum(own) / other:.2f}"
        )


def _report_floor(window: _Peer) -> None:
    """What napari takes for a layer that comes into its own window, its limits given."""
    image, mask = window.volume.voxels, window.mask
    adds: dict[str, Callable[[], object]] = {
        "add_image": lambda: window.model.add_image(image, scale=SPACING_MM, contrast_limits=_FEW),
        "add_labels": lambda: window.model.add_labels(mask, scale=SPACING_MM),
    }
    for name, add in adds.items():
        took, _ = _turn(add)
        _until_quiet()
        print(f"napari's own window, {name} alone, processor time: {took:.3f} s")


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the work itself on a processor in this thread, and by the clock until drawn."""
    begun, ran = time.perf_counter(), time.thread_time()
    work()
    ran = time.thread_time() - ran
    _draw()
    return ran, time.perf_counter() - begun


def report() -> None:

    image = volume()
    found = Found(Listing(image.source.path, ()), image)
    value_range(image)  # as the thread does that reads
    viewer, panel = make_viewer(author="bench")
    viewer.window.resize(3 * _CANVAS[0] + 460, _CANVAS[1] + 120)
    give_room(panel)
    panel.desk.on_screen.prepare(then=spare_the_program)
    _until_quiet()
    warm_up().join()
    _warm_napari_up()
    planes = planes_of(display_of(image.geometry))
    mask = np.zeros(SHAPE, np.uint8)
    peers = [_Peer(image, mask, plane.order) for plane in planes]
    for _ in range(5):
        _draw()
    _report_opening(panel, found, peers)
    for plane, peer in zip(planes, peers, strict=True):
        _report_steps(panel, plane, peer, "bare canvas")
    window = _Peer.in_window(image, mask)
    _until_quiet()
    _report_floor(window)
    _report_steps(panel, planes[0], window, "window")
    for peer in (*peers, window):
        peer.close()
    panel.questions.what_about_changes = lambda: "discard"
    viewer.close()


def _warm_napari_up() -> None:
    """Whatever napari loads and compiles for its first layers counts for neither side."""
    seen = napari.Viewer(show=True)
    seen.add_image(np.zeros((4, 8, 8), np.int16))
    seen.add_labels(np.zeros((4, 8, 8), np.uint8))
    for _ in range(5):
        _draw()
    seen.close()


def _report_steps(panel: Any, plane: Any, peer: _Peer, where: str) -> None:
    through, middle = plane.through, SHAPE[plane.through] // 2
    # medseg's Python alone, then with drawing; both against napari's of the same round.
    own: list[tuple[float, float]] = []
    other: list[tuple[float, float]] = []
    for turn in range(ROUNDS * STEPS):
        index = middle + turn % 40
        own.append(_timed(lambda at=index: panel.reading.planes.go_to_slice(through, at)))
        other.append(_timed(lambda at=index: peer.step(through, at)))
    for place, name in ((0, "without drawing, processor time"), (1, "drawn")):
        ratios = [_round(own, place, n) / _round(other, place, n) for n in range(ROUNDS)]
        low, middle_one, high = statistics.quantiles(ratios, n=4, method="inclusive")
        word = "met" if middle_one <= STEP_GOAL else "MISSED"
        mine = 1e3 * statistics.median(one[place] for one in own)
        theirs = 1e3 * statistics.median(one[place] for one in other)
        print(
            f"scroll step, {plane.name}, {name}: medseg {mine:.2f} ms, napari's {where} "
            f"{theirs:.2f} ms, "
            f"medseg / napari {middle_one:.2f} ({low:.2f} to {high:.2f}), goal {STEP_GOAL}: {word}"
        )


def _round(times: list[tuple[float, float]], place: int, number: int) -> float:
    return statistics.median(one[place] for one in times[number * STEPS : (number + 1) * STEPS])


if __name__ == "__main__":
    report()
    sys.stdout.flush()
    os._exit(0)  # nothing is to be saved, and Qt need not be taken down
