"""Random work on a small mask, and a process that does it until it is killed.

Run as `python -m tests.annotate.journal_work` it forks a worker for each line that it is given,
so that 200 kills do not wait for 200 imports.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from medseg.annotate.history import History, Kind
from medseg.annotate.journal.handle import JournalHandle
from medseg.annotate.journal.mask_state import MaskState
from medseg.annotate.journal.safekeeping import Safekeeping
from medseg.model import (
    Authorship,
    Change,
    Edit,
    Geometry,
    Origin,
    Segment,
    Segmentation,
    SegmentsEdit,
    removal,
)

GRID = Geometry.from_spacing((4, 20, 24), (2.5, 0.7, 0.8))
#: State or acknowledgement, its number, the time, the digest of the mask.
NOTE = struct.Struct("<cQd32s")


def digest_of(segmentation: Segmentation) -> bytes:
    state = MaskState.of(segmentation)
    whole = json.dumps(state.to_json()).encode() + segmentation.array.tobytes()
    return hashlib.sha256(whole).digest()


def read_mask(folder: Path) -> Segmentation:
    """The mask as it was saved last, an empty one if never."""
    try:
        plain, voxels = (folder / "mask").read_bytes().split(b"\n", 1)
    except FileNotFoundError:
        return Segmentation.empty(GRID, (Segment.unnamed(1), Segment.unnamed(2)))
    state = MaskState.from_json(json.loads(plain))
    array = np.frombuffer(voxels, np.uint8).reshape(GRID.shape)
    return Segmentation(array, GRID, state.segments, state.provenance)


def save_mask(folder: Path, segmentation: Segmentation) -> None:
    plain = json.dumps(MaskState.of(segmentation).to_json()).encode()
    (folder / "new").write_bytes(plain + b"\n" + segmentation.array.tobytes())
    os.replace(folder / "new", folder / "mask")


def random_change(
    segmentation: Segmentation, random: np.random.Generator, by: Authorship
) -> Change:
    numbers = segmentation.numbers
    kind = random.integers(10)
    if kind == 0:
        name = f"Lesion {random.integers(1000)}"
        number = int(random.choice(numbers))
        return SegmentsEdit.of_segment(segmentation, number, by, label=name)
    if kind == 1 and len(numbers) < 6:
        new = Segment.unnamed(segmentation.free_number)
        return SegmentsEdit.to_list(segmentation, (*segmentation.segments, new), by)
    if kind == 2 and len(numbers) > 2:
        return removal(segmentation, int(random.choice(numbers)), by)
    if kind == 3:
        order = [int(number) for number in random.permutation(numbers)]
        return SegmentsEdit.in_order(segmentation, order, by)
    size = random.integers(1, (4, 12, 12), 3)
    corner = [int(at) for at in random.integers(0, GRID.shape - size + 1)]
    patch = random.choice((0, *numbers), size).astype(np.uint8)
    if random.random() < 0.5:
        patch[:] = random.choice(numbers)
    origin = list(Origin)[random.integers(5)]
    return Edit.from_patch(segmentation, (corner[0], corner[1], corner[2]), patch, by, origin)


def random_step(history: History, segmentation: Segmentation, random: np.random.Generator) -> None:
    choice = random.random()
    by = Authorship("Reader", "brush", active_seconds=float(random.random()))
    if choice < 0.15 and history.can_undo:
        history.undo()
    elif choice < 0.25 and history.can_redo:
        history.redo()
    elif choice < 0.3 and history.can_undo:
        history.give_up()
    else:
        change = random_change(segmentation, random, by)
        history.do(change, continues=bool(random.random() < 0.3))


class Worker:
    """Opens what is there, recovers, and changes it until the process ends; notes each change.

    A state is noted before the journal hears of it, an acknowledgement after.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._random = np.random.default_rng(seed)
        self._notes = os.open(folder / "notes", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        self._segmentation = read_mask(folder)
        self._history = History(self._segmentation)
        self._kept = Safekeeping(self._segmentation, self._history, folder=folder / "journal")
        if self._kept.recovery and self._kept.recovery.changes:
            self._kept.take_up()
        self._count = 0
        self._note(b"S")
        self._note(b"A")
        keep = self._history.listener
        assert keep is not None
        self._history.listener = self._noting(keep)

    def run(self) -> None:
        while True:
            random_step(self._history, self._segmentation, self._random)
            if self._random.random() < 0.015:
                with self._kept.saving(self._folder / "journal"):
                    save_mask(self._folder, self._segmentation)
            time.sleep(self._random.exponential(0.04))

    def _noting(self, keep: Callable[[Kind, Change], None]) -> Callable[[Kind, Change], None]:
        def listen(kind: Kind, change: Change) -> None:
            self._count += 1
            self._note(b"S")
            keep(kind, change)
            self._note(b"A")

        return listen

    def _note(self, kind: bytes) -> None:
        digest = digest_of(self._segmentation)
        os.write(self._notes, NOTE.pack(kind, self._count, time.monotonic(), digest))


def without_flush() -> None:
    """The broken control: a journal that keeps its bytes to itself until it is closed."""

    def keep(_handle: JournalHandle, _at: int, _data: bytes) -> None:
        """Write nothing."""

    JournalHandle.write_at = keep  # type: ignore[method-assign]


def answer(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    if "without_flush" in sys.argv:
        without_flush()
    for line in sys.stdin:
        command, argument, *rest = line.split()
        if command == "start":
            pid = os.fork()
            if pid == 0:
                try:
                    Worker(Path(argument), int(rest[0])).run()
                finally:
                    os._exit(1)
            answer(str(pid))
        else:
            os.kill(int(argument), signal.SIGKILL)
            os.waitpid(int(argument), 0)
            answer("dead")


if __name__ == "__main__":
    main()
