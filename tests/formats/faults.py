"""One fault of a file or a folder: how it is made, and what must become of it."""

from __future__ import annotations

import faulthandler
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import medseg
from medseg.errors import FormatError, MedsegError

HANG_S = 120
MEMORY_LIMIT = 512 * 1024 * 1024


@dataclass(frozen=True)
class Grid:
    """Where a stack must lie: LPS mm of its first voxel and that of its last slice.

    Args:
        shape: slice, row, column.
        first: of voxel (0, 0, 0).
        last: of voxel (n - 1, 0, 0).
        spacing: distance of rows, then of columns.
    """

    shape: tuple[int, int, int]
    first: tuple[float, float, float]
    last: tuple[float, float, float]
    spacing: tuple[float, float]

    def corner(self, share: tuple[int, int, int]) -> np.ndarray:
        """LPS mm of a corner of an axial stack; 0 or 1 along slice, row and column."""
        place = np.array(self.last if share[0] else self.first)
        place[1] += share[1] * (self.shape[1] - 1) * self.spacing[0]
        place[0] += share[2] * (self.shape[2] - 1) * self.spacing[1]
        return place


@dataclass(frozen=True)
class Fault:
    """What is wrong, and what becomes of it.

    Args:
        make: makes it in an empty folder; what it returns, if it is a path, is opened.
        error: the type it is refused with; None where it is read.
        words: all in the refusal; a file's name among them.
        codes: of the findings where it is read.
        grid: where the voxels must lie where it is read.
        voxels: what they must hold where it is read.
        whole: depths of the volumes in it that can be read, whatever becomes of the rest.
    """

    make: Callable[[Path], Any]
    error: type[MedsegError] | None = None
    words: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    grid: Grid | None = None
    voxels: Any = None
    whole: tuple[int, ...] | None = None


def refused(make: Callable[[Path], Any], *words: str, error: Any = FormatError, **more: Any):
    """A fault that is refused in words."""
    return Fault(make, error, words, **more)


def read(make: Callable[[Path], Any], *codes: str, **more: Any) -> Fault:
    """A fault that is read, with these findings."""
    return Fault(make, codes=codes, **more)


def check(fault: Fault, folder: Path) -> None:
    """Pass if what the fault promises becomes of it, quickly and in little memory."""
    made = fault.make(folder)
    path = made if isinstance(made, Path) else folder
    with _within_bounds():
        infos = medseg.list_series(path)
        volume = None
        if fault.error is None:
            volume = medseg.read_volume(path)
        else:
            with pytest.raises(fault.error) as refusal:
                medseg.read_volume(path)
            missing = [word for word in fault.words if word not in str(refusal.value)]
            assert not missing, f"not said: {missing} in {refusal.value}"
    readable = [info.shape[0] for info in infos if info.shape and info.reason is None]
    assert fault.whole is None or sorted(readable) == sorted(fault.whole)
    if volume is not None:
        _check_volume(volume, fault)


def _check_volume(volume: Any, fault: Fault) -> None:
    assert [finding.code for finding in volume.report] == list(fault.codes)
    assert all(finding.text for finding in volume.report)
    if fault.grid is not None:
        grid = fault.grid
        assert volume.voxels.shape == volume.geometry.shape == grid.shape
        for share in product((0, 1), repeat=3):
            index = [*(part * (size - 1) for part, size in zip(share, grid.shape, strict=True)), 1]
            there = (volume.geometry.affine @ index)[:3]
            assert np.allclose(there, grid.corner(share), rtol=0, atol=0.01), share
    if fault.voxels is not None:
        assert np.array_equal(volume.voxels, fault.voxels)


@contextmanager
def _within_bounds() -> Iterator[None]:
    """A hang ends the run with a trace; memory must not grow beyond the limit."""
    start = _peak_from_now()
    faulthandler.dump_traceback_later(HANG_S, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
    assert peak_memory() - start < MEMORY_LIMIT


def peak_memory() -> int:
    """The most bytes that this process has held since `_peak_from_now`; 0 where none tells."""
    try:
        status = Path("/proc/self/status").read_text("utf-8")
    except OSError:
        return 0
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def _peak_from_now() -> int:
    try:
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    except OSError:
        return peak_memory()
    return peak_memory()
