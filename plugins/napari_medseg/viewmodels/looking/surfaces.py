"""The lesions as surfaces in the patient, made in a thread: coarse ones first, then fine ones.

The work never holds up the window. An edit forgets the lesions that it touched and gives up what
is being made; what was made of the others stays.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from medseg.model import Edit, Segmentation
from medseg.raster import box_of, smooth_surface

#: Voxels or blocks along a lesion's box: for the first look, and for the lasting one.
COARSE, FINE = 20, 64


@dataclass(frozen=True, eq=False)
class Surface:
    """One lesion's surface.

    Args:
        corners_lps: (n, 3) in LPS mm.
        triangles: (m, 3) places in `corners_lps`.
        is_fine: whether it is the lasting one.
    """

    corners_lps: NDArray[np.float64]
    triangles: NDArray[np.int64]
    is_fine: bool


class SurfacesViewModel:
    """The surfaces of all lesions of one mask, kept up as it changes.

    The thread only fills a queue; `poll` takes its results up in the thread of the window.
    """

    changed = Signal()
    """Other surfaces, or none, are to be seen."""

    def __init__(self) -> None:
        self.surfaces: dict[int, Surface] = {}
        self._segmentation: Segmentation | None = None
        self._results: queue.SimpleQueue[tuple[int, Surface | None]] = queue.SimpleQueue()
        self._given_up = threading.Event()
        self._thread: threading.Thread | None = None
        self._stale: set[int] = set()

    @property
    def is_busy(self) -> bool:
        """Whether surfaces are being made, or wait to be taken up."""
        return self._thread is not None

    @property
    def is_stale(self) -> bool:
        """Whether a lesion has changed since its surface was made."""
        return bool(self._stale)

    def show(self, segmentation: Segmentation | None) -> None:
        """Have the lesions of another mask; its surfaces are made by `begin`."""
        self.give_up()
        self._segmentation, self.surfaces = segmentation, {}
        self._stale = set(segmentation.numbers) if segmentation is not None else set()
        self.changed.emit()

    def touch(self, edit: Edit | None) -> None:
        """Take note of an edit: what is being made is given up, `begin` makes it anew.

        Args:
            edit: None where the list of lesions has changed, or their colours.
        """
        if self._segmentation is None:
            return
        listed = set(self._segmentation.numbers)
        gone = set(self.surfaces) - listed
        # Whatever number a voxel had or has.
        touched = {int(n) for n in (*edit.old.distinct, *edit.new.distinct)} if edit else set()
        if touched or gone:
            self.give_up()
            self._stale = (self._stale | touched) & listed
        for number in gone:
            del self.surfaces[number]
        if gone or edit is None:
            self.changed.emit()

    def begin(self) -> None:
        """Make the surfaces of what has changed, unless that is under way."""
        segmentation = self._segmentation
        if self.is_busy or segmentation is None or not self._stale:
            return
        self._given_up, self._results = threading.Event(), queue.SimpleQueue()
        work = (segmentation, sorted(self._stale), self._results, self._given_up)
        self._thread = threading.Thread(target=_make, args=work, name="medseg surfaces")
        self._thread.start()

    def poll(self) -> None:
        """Take up what was made meanwhile."""
        has_news = False
        while self.is_busy and not self._results.empty():
            number, surface = self._results.get()
            has_news = True
            if number == 0:
                self._end()
            elif surface is None:
                self.surfaces.pop(number, None)
                self._stale.discard(number)
            else:
                self.surfaces[number] = surface
                if surface.is_fine:
                    self._stale.discard(number)
        if has_news:
            self.changed.emit()

    def give_up(self) -> None:
        """Stop what is being made, within the time of one surface."""
        self._given_up.set()
        self._end()

    def wait(self) -> None:
        """Wait until all is made, for whoever has no window."""
        if self._thread is not None:
            self._thread.join()
        self.poll()

    def _end(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None and not self._given_up.is_set():
            thread.join()  # its last word was read, so it is at its end


def _make(
    segmentation: Segmentation,
    numbers: Collection[int],
    results: queue.SimpleQueue[tuple[int, Surface | None]],
    given_up: threading.Event,
) -> None:
    try:
        boxes = {}
        for number in numbers:
            if given_up.is_set():
                return
            boxes[number] = box_of(segmentation.array, number)
            if boxes[number] is None:
                results.put((number, None))
        for most_along in (COARSE, FINE):
            for number, box in boxes.items():
                if given_up.is_set():
                    return
                if box is None:
                    continue
                mask = segmentation.array[box] == number
                corners, triangles = smooth_surface(mask, most_along=most_along)
                corners += [side.start for side in box]
                corners_lps = segmentation.geometry.to_patient(corners)
                results.put((number, Surface(corners_lps, triangles, most_along == FINE)))
    finally:
        results.put((0, None))
