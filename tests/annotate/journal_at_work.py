"""A mask at work with its journal, for the tests of what the journal keeps."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from medseg.annotate import (
    History,
    Recovery,
    Safekeeping,
    recover,
)
from medseg.annotate.history import Kind
from medseg.model import Authorship, Change, Edit, Segment, Segmentation
from tests.annotate.journal_work import GRID, digest_of, random_step

BY = Authorship("Reader", "brush", time="2026-01-02T03:04:05.678+00:00", active_seconds=0.5)


def fresh() -> Segmentation:
    return Segmentation.empty(GRID, (Segment.unnamed(1), Segment.unnamed(2)))


def painted(segmentation: Segmentation, index: int, value: int = 1) -> Edit:
    patch = np.full((1, 2, 3), value, np.uint8)
    return Edit.from_patch(segmentation, (index, 1, 2), patch, BY)


class Work:
    """A mask at work, with its journal; `states` are the digests after each change."""

    def __init__(self, folder: Path, segmentation: Segmentation | None = None) -> None:
        self.segmentation = segmentation or fresh()
        self.history = History(self.segmentation)
        self.kept = Safekeeping(self.segmentation, self.history, folder=folder)
        self.states = [digest_of(self.segmentation)]
        keep = self.history.listener
        assert keep is not None

        def listen(kind: Kind, change: Change) -> None:
            keep(kind, change)
            self.states.append(digest_of(self.segmentation))

        self.history.listener = listen

    def steps(self, count: int, seed: int = 0) -> Work:
        random = np.random.default_rng(seed)
        for _ in range(count + 1 - len(self.states)):
            random_step(self.history, self.segmentation, random)
        return self

    def crash(self) -> None:
        """End without saying so; what is on its way to the disk still gets there."""
        self.kept.close(clean=False)


def replayed(folder: Path, segmentation: Segmentation | None = None) -> tuple[bytes, Recovery]:
    mask = segmentation or fresh()
    recovery = recover(folder, mask)
    recovery.replay(mask, History(mask))
    return digest_of(mask), recovery
