"""The preview of the gaps beside a key slice that was just edited, against ITK on the same crop.

`python -m benchmarks.bench_preview`. What is timed is all that a let-go mouse has medseg do until
the dashes can be drawn: look the key up anew, compute its two gaps, settle whose each voxel is,
find the slices on which something is proposed, and trace the contours of three planes. ITK's
MorphologicalContourInterpolator fills the same slices of the same box, from the key before to the
key after, in a process of its own (MEDSEG_ITK_PYTHON; without it its columns stay empty). The
lesions are the LIDC file of the test data; without it that part is left out.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.interpolate import warm_up
from medseg.model import Authorship, Edit, Geometry, Segment, Segmentation, Source, Volume
from medseg.raster import box_of
from medseg.session import Session
from tests.interpolate import shapes
from tests.interpolate.lesions import lidc_lesions

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugins"))
from benchmarks.bench_interpolation import SHARED_DATA, Itk
from napari_medseg.viewmodels.contouring.filling.filling import FillingViewModel
from napari_medseg.viewmodels.contouring.filling.proposal_sketch import ProposalSketch
from napari_medseg.viewmodels.contouring.lesions.lesions import LesionsViewModel
from napari_medseg.viewmodels.notice import Notice

ROUNDS = 9
GOAL = 10.0
#: Room around the lesion in the crop that both get, in pixels.
_ROOM = 4


@dataclass
class Hand:
    """A lesion with key slices in a volume, and a hand that edits one of them again and again.

    Args:
        sparse: the lesion on its key slices alone, (slice, row, column).
        keys: those.
        spacing_mm: slice, row, column.
        volume_shape: of the volume that it is in; None for the lesion's own.
    """

    sparse: NDArray[Any]
    keys: list[int]
    spacing_mm: tuple[float, float, float]
    volume_shape: tuple[int, int, int] | None = None

    def __post_init__(self) -> None:
        shape = self.volume_shape or self.sparse.shape
        geometry = Geometry.from_spacing(shape, self.spacing_mm)
        source = Source("nifti", Path("image.nii"), "")
        volume = Volume(np.zeros(shape, np.int16), geometry, "HU", source=source)
        self.corner = [
            (size - own) // 2 for size, own in zip(shape, self.sparse.shape, strict=True)
        ]
        mask = Segmentation(np.zeros(shape, np.uint8), geometry, (Segment.unnamed(1),))
        self.session = Session(volume, mask, author="bench")
        lesions = LesionsViewModel(Notice(""))
        lesions.work_on(self.session)
        self.filling = FillingViewModel(lesions)
        self.sketch = ProposalSketch(self.filling, lesions)
        for key in self.keys:
            self._draw(key, self.sparse[key])
        self.filling.work_on(self.session)
        self.middle = self.keys[len(self.keys) // 2]
        self.filling.live.wait()

    def crop(self) -> NDArray[np.uint8]:
        """The two gaps beside the key that is edited, around the lesion, on their key slices."""
        place = self.keys.index(self.middle)
        first, last = self.keys[place - 1], self.keys[place + 1]
        part = self.sparse[first : last + 1].astype(np.uint8)
        rows, columns = (box_of(part, 1) or (slice(0),) * 3)[1:]
        low = max(rows.start - _ROOM, 0), max(columns.start - _ROOM, 0)
        return part[:, low[0] : rows.stop + _ROOM, low[1] : columns.stop + _ROOM]

    def seconds(self) -> tuple[float, float]:
        """Edit the key once more; by the clock and in processor time until contours are there."""
        edit = self._draw(self.middle, self._changed())
        start, begun = time.perf_counter(), time.process_time()
        self.filling.live.touch(edit)
        self.filling.live.wait()
        _, rows, columns = self.sparse.shape
        for through, place in enumerate((self.middle + 1, rows // 2, columns // 2)):
            self.sketch.shapes_on(through, self.corner[through] + place)
        return time.perf_counter() - start, time.process_time() - begun

    def _changed(self) -> NDArray[np.bool_]:
        """The key's section with one pixel off its rim, or with it again."""
        section = self._now(self.middle)
        own = self.sparse[self.middle] > 0
        if (section != own).any():
            return own
        row, column = np.argwhere(own)[0]
        changed = own.copy()
        changed[row, column] = False
        return changed

    def _now(self, key: int) -> NDArray[np.bool_]:
        index, row, column = self.corner
        rows, columns = self.sparse.shape[1:]
        array = self.session.segmentation.array
        return np.asarray(array[index + key, row : row + rows, column : column + columns] == 1)

    def _draw(self, key: int, section: NDArray[Any]) -> Edit:
        corner = self.corner[0] + key, self.corner[1], self.corner[2]
        by = Authorship("bench", "outline")
        edit = Edit.from_patch(
            self.session.segmentation, corner, (section > 0)[None].astype(np.uint8), by
        )
        self.session.do(edit)
        return edit


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    warm_up(in_background=False)
    python = os.environ.get("MEDSEG_ITK_PYTHON")
    for name, hands in _cases().items():
        if python:
            with Itk(python, {str(n): hand.crop() for n, hand in enumerate(hands)}) as itk:
                _in_turns(name, hands, itk)
        else:
            _in_turns(name, hands, None)


def _cases() -> dict[str, list[Hand]]:
    cases: dict[str, list[Hand]] = {}
    if SHARED_DATA.is_dir():
        lesions = [one for one in lidc_lesions(SHARED_DATA)[::12] if len(one.mask) >= 9]
        sparse = [(one.without(3), one.spacing_mm) for one in lesions]
        hands = [
            Hand(kept, [key for key in keys if kept[key].any()], spacing)
            for (kept, keys, _), spacing in sparse
        ]
        cases[f"{len(hands)} lesion crops, every third slice a key"] = hands
    for across_mm in (30, 60, 100):
        ball = _ball(across_mm)
        kept, keys = shapes.sparse(ball, 5)
        held = [key for key in keys if kept[key].any()]
        name = f"a lesion {across_mm} mm across in 512 x 512 x 200, every fifth slice a key"
        cases[name] = [Hand(kept, held, shapes.SPACING_MM, (200, 512, 512))]
    large, keys = shapes.sparse(shapes.make("large_ellipsoid"), 5)
    held = [key for key in keys if large[key].any()]
    cases[f"one large object, {large.shape}, every fifth slice a key"] = [
        Hand(large, held, shapes.SPACING_MM)
    ]
    return cases


def _ball(across_mm: float) -> NDArray[np.bool_]:
    """A ball, longer along the slices, in its box."""
    sizes = [
        round(across_mm * factor / step)
        for factor, step in zip((1.5, 1, 1), shapes.SPACING_MM, strict=True)
    ]
    z, y, x = np.ogrid[tuple(slice(-1, 1, size * 1j) for size in sizes)]
    return np.asarray(z**2 + y**2 + x**2 < 1)


def _in_turns(name: str, hands: list[Hand], itk: Itk | None) -> None:
    for hand in hands:
        hand.seconds()
    rounds = []
    for _ in range(ROUNDS):
        took = [hand.seconds() for hand in hands]
        theirs = [_theirs(itk, str(n)) for n in range(len(hands))]
        times = (*zip(*took, strict=True), *zip(*theirs, strict=True))
        rounds.append([sum(each) / len(hands) for each in times])
    ours, busy, other, other_busy = (
        1e3 * statistics.median(each) for each in zip(*rounds, strict=True)
    )
    print(
        f"{name}: medseg {ours:.3f} ms ({busy:.3f} ms of processor time), ITK {other:.3f} ms "
        f"({other_busy:.3f} ms)"
    )
    for what, place in (("by the clock", 0), ("in processor time", 1)):
        ratios = [one[place + 2] / one[place] for one in rounds]
        low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
        word = "met" if middle >= GOAL else "MISSED"
        print(f"    {what} {middle:.1f} ({low:.1f} to {high:.1f}), goal {GOAL:.0f}: {word}")


def _theirs(itk: Itk | None, name: str) -> tuple[float, float]:
    """ITK's seconds by the clock and in processor time; not numbers without it."""
    if itk is None:
        return float("nan"), float("nan")
    return itk.seconds(name), itk.busy


if __name__ == "__main__":
    main()
