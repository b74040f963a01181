"""What the crash journal costs, and how fast work comes back: `python benchmarks/bench_journal.py`.

A 40 mm ball painted on 512 x 512 x 400, as each event of a brush does, with a journal and
without, in turns in one process; then the journal of 2,000 such events is recovered. Goals: a
journal adds at most a tenth to an event; nothing is lost; 2,000 events are back within 5 s.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from medseg.annotate import History, Protection, Safekeeping, paint_edit, recover
from medseg.annotate.journal.mask_state import MaskState
from medseg.model import Authorship, Geometry, Segment, Segmentation

SHAPE = (400, 512, 512)
SPACING_MM = (1.25, 0.75, 0.75)
BALL_MM = 40.0
EVENTS = 500
ROUNDS = 7


def main() -> None:
    """Print the costs per event, the size of a record, and the time to recover."""
    ball = _ball()
    print(f"ball of {BALL_MM:g} mm: {np.count_nonzero(ball)} voxels of {ball.shape}")
    with tempfile.TemporaryDirectory() as name:
        _report_events(ball, Path(name))
        _report_recovery(ball, Path(name) / "long")


def _ball() -> np.ndarray:
    radius = [int(BALL_MM / 2 / step) for step in SPACING_MM]
    axes = np.ogrid[tuple(slice(-r, r + 1) for r in radius)]
    squared = sum((axis * step) ** 2 for axis, step in zip(axes, SPACING_MM, strict=True))
    return np.asarray(squared <= (BALL_MM / 2) ** 2)


def _begun() -> Segmentation:
    geometry = Geometry.from_spacing(SHAPE, SPACING_MM)
    return Segmentation.empty(geometry, (Segment.unnamed(1), Segment.unnamed(2)))


class _Desk:
    """A mask at work, with a journal or without."""

    def __init__(self, ball: np.ndarray, folder: Path | None) -> None:
        self.segmentation = _begun()
        self.history = History(self.segmentation)
        self.kept = Safekeeping(self.segmentation, self.history, folder=folder)
        self._ball, self._count = ball, 0
        self._random = np.random.default_rng(0)

    def event(self) -> tuple[float, float]:
        """Seconds to build an edit, and to make it."""
        corner = tuple(int(at) for at in self._random.integers(0, np.array(SHAPE) - 60))
        by = Authorship("Reader", "brush", active_seconds=0.02)
        number, self._count = 1 + self._count % 2, self._count + 1
        start = time.perf_counter()
        edit = paint_edit(
            self.segmentation, corner, self._ball, number, by, protection=Protection("everything")
        )
        built = time.perf_counter()
        self.history.do(edit)
        return built - start, time.perf_counter() - built


def _report_events(ball: np.ndarray, folder: Path) -> None:
    desks = {"without": _Desk(ball, None), "with": _Desk(ball, folder / "short")}
    first = {name: desk.event() for name, desk in desks.items()}
    print(f"first event: {_ms(sum(first['without']))} without, {_ms(sum(first['with']))} with")
    times: dict[str, list[float]] = {name: [] for name in desks}
    parts: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        for name, desk in desks.items():
            events = []
            for _ in range(EVENTS // ROUNDS):
                events.append(desk.event())
                time.sleep(0.002)  # a hand moves, and the writer gets its turn
            times[name].append(statistics.median(map(sum, events)))
            parts += events if name == "without" else []
    build, do = (statistics.median(part) for part in zip(*parts, strict=True))
    print(f"an event without a journal: {_ms(build)} to build, {_ms(do)} to make and remember")
    ratios = sorted(a / b for a, b in zip(times["with"], times["without"], strict=True))
    print(
        f"with a journal / without: {statistics.median(ratios):.3f} "
        f"({ratios[0]:.3f} to {ratios[-1]:.3f})"
    )
    nbytes = desks["with"].history.nbytes / (1 + EVENTS // ROUNDS * ROUNDS)
    print(f"memory for undo: {nbytes / 1000:.1f} kB an event")
    desks["with"].kept.close(clean=True)


def _report_recovery(ball: np.ndarray, folder: Path) -> None:
    desk = _Desk(ball, folder)
    start = time.perf_counter()
    for _ in range(2000):
        desk.event()
    made = time.perf_counter() - start
    desk.kept.close(clean=False)
    written = time.perf_counter() - start - made
    size = (folder / "edits.journal").stat().st_size
    print(f"2,000 events in {made:.2f} s, on the disk {written:.2f} s later, {size / 1e6:.1f} MB")
    again = _begun()
    start = time.perf_counter()
    found = recover(folder, again)
    read = time.perf_counter() - start
    found.replay(again, History(again))
    print(
        f"recovery: {read:.2f} s to read, {time.perf_counter() - start - read:.2f} s to make again"
    )
    if not np.array_equal(again.array, desk.segmentation.array):
        raise SystemExit("the mask that came back is not the one that was made")
    start = time.perf_counter()
    MaskState.of(again)
    print(f"digest of the mask on opening: {_ms(time.perf_counter() - start)}")


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms"


if __name__ == "__main__":
    main()
