"""A worker that reads mutated files and judges what becomes of each.

Right is a refusal by a `MedsegError` that names the file, or a result that lies where the mutated
bytes say. All else is a fault: another error, a word on stdout or stderr, a warning, a hang, memory
beyond what the file holds, values that were not there.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import medseg
from medseg.errors import MedsegError, SeveralSeriesError
from tests.formats.broken_readers import BROKEN_READERS, Reader
from tests.formats.fuzz_formats import FORMATS, FuzzedFormat
from tests.formats.fuzz_oracles import WrongError
from tests.formats.mutation import mutated

GROWTH = 512 * 1024 * 1024
#: Address space beside that: threads, and pydicom, which asks for any 32-bit length and fills none.
ROOM = 5 * 1024 * 1024 * 1024
MEMORY = Path("/dev/shm")  # noqa: S108 (a private folder is made in it)
SLOW_S = 2.0
HANG_S = 10.0
MOST_FAULTS = 5
WATCHED = 20  # the guard against a hang is set for so many at once
LISTED = 8  # one of so many is listed too
MOST_SERIES = 3


@dataclass
class Outcome:
    """What became of the mutated files of a run.

    Args:
        read: how many were read and lie where their bytes say.
        refused: how many were refused by name.
        faults: what happened else, with what it takes to see it again.
        slowest_s: the longest that one took.
    """

    read: int = 0
    refused: int = 0
    faults: list[str] = field(default_factory=list)
    slowest_s: float = 0.0


class _Worker:
    """What a process is given before it fuzzes: streams that are watched, and a slip to fill in."""

    now: int = -1
    stderr: Any = None

    @classmethod
    def prepare(cls, folder: str) -> None:
        cls.stderr = os.fdopen(os.dup(2), "w")
        said = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the process)
        for stream in (1, 2):
            os.dup2(said.fileno(), stream)
        cls.now = os.open(f"{folder}/{os.getpid()}", os.O_CREAT | os.O_WRONLY)
        logging.lastResort = logging.StreamHandler()

    @classmethod
    def begin(cls, where: str, hang_s: float | None) -> None:
        os.pwrite(cls.now, where.ljust(200).encode(), 0)
        if hang_s is not None:
            faulthandler.dump_traceback_later(hang_s, exit=True, file=cls.stderr)


def prepare(folder: str) -> None:
    """Make a process ready; what it is at stands in `folder`, for the case that it dies."""
    _Worker.prepare(folder)


def run(
    name: str,
    seed: int,
    count: int,
    *,
    first: int = 0,
    control: str | None = None,
    hang_s: float = HANG_S,
    room: int = ROOM,
    is_strict: bool = False,
) -> Outcome:
    """Mutate, read and judge `count` files of one format.

    Args:
        name: of the format.
        seed: of the mutations.
        count: how many.
        first: number of the first; a fault tells its number, which shows it again.
        control: name of a broken reader that must be found out; None reads with medseg.
        hang_s: after so long the process ends itself.
        room: address space that may be asked for beside what may be used.
        is_strict: whether 2 seconds are too long, where it takes them twice.
    """
    known = FORMATS[name]
    outcome = Outcome()
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as made:
        folder = Path(made)
        known.make(folder)
        whole = (folder / known.target).read_bytes()
        readers = (
            [partial(BROKEN_READERS[control], read) for read in known.reads] if control else None
        )
        judge = Judge(known, folder, readers or list(known.reads))
        with _limited_memory(room):
            for number in range(first, first + count):
                content, is_cut = mutated(whole, np.random.default_rng([seed, number]))
                where = f"{name}, seed {seed}, number {number}"
                _Worker.begin(where, None if (number - first) % WATCHED else hang_s)
                (folder / known.target).write_bytes(content)
                _one(judge, is_cut, number % LISTED == 0, outcome, where, is_strict)
                if len(outcome.faults) >= (1 if control else MOST_FAULTS):
                    break
    faulthandler.cancel_dump_traceback_later()
    return outcome


def _one(
    judge: Judge, is_cut: bool, is_listed: bool, outcome: Outcome, where: str, is_strict: bool
) -> None:
    taken, before = [], _peak()
    for _ in range(2 if is_strict else 1):
        start = time.perf_counter()
        try:
            is_read = judge(is_cut=is_cut, is_listed=is_listed)
        except Exception as error:
            outcome.faults.append(f"{where}: {type(error).__name__}: {error}")
            break
        taken.append(time.perf_counter() - start)
        if taken[-1] < SLOW_S:
            outcome.read += is_read
            outcome.refused += not is_read
            break
    outcome.slowest_s = max(outcome.slowest_s, min(taken, default=0.0))
    if is_strict and min(taken, default=0.0) >= SLOW_S:
        outcome.faults.append(f"{where}: it took {min(taken):.1f} s")
    if said := _said():
        outcome.faults.append(f"{where}: said {said!r}")
    if _peak() - before > GROWTH:
        outcome.faults.append(f"{where}: held {(_peak() - before) >> 20} MB more")
        _forget_peak()


class Judge:
    """Reads what stands in a folder, and tells what is wrong with what comes of it."""

    def __init__(self, known: FuzzedFormat, folder: Path, readers: list[Reader]) -> None:
        self._known = known
        self._path = folder / known.opened if known.opened else folder
        self._readers = readers
        self._names = {self._path.name, *(file.name for file in folder.iterdir())}
        with _watched():
            self._whole = [_values(result) for result in self._all_read()]

    def _all_read(self) -> Iterator[Any]:
        for read in self._known.reads:
            for series in self._readable() if read is medseg.read_volume else [None]:
                yield read(self._path, **({"series": series} if series else {}))

    def _readable(self) -> list[str]:
        infos = medseg.list_series(self._path)
        return [info.id for info in infos if info.reason is None and info.shape][:MOST_SERIES]

    def __call__(self, *, is_cut: bool, is_listed: bool) -> bool:
        """Whether anything could be read.

        Raises:
            Exception: something is wrong.
        """
        with _watched():
            if is_listed:
                self._or_refused(medseg.list_series)
            results = [self._read(read) for read in self._readers]
        done = [(result, is_chosen) for found, is_chosen in results for result in found]
        for result, is_chosen in done:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the libraries that are asked for the truth
                self._known.states(self._path, result, is_chosen=is_chosen)
            must_be_whole = is_cut or self._known.is_sealed
            if must_be_whole and not self._is_whole(result, is_part=is_chosen):
                raise WrongError("the file was cut or damaged, and other values were read")
        return bool(done)

    def _is_whole(self, result: Any, *, is_part: bool) -> bool:
        """Whether values are those of a whole file; of a part, each slice of one."""
        found = _values(result)
        if not is_part:
            return any(np.array_equal(found, values) for values in self._whole)
        slices = [plane for values in self._whole for plane in values]
        return all(any(np.array_equal(plane, one) for one in slices) for plane in found)

    def _read(self, read: Reader) -> tuple[list[Any], bool]:
        """What could be read, and whether it was chosen from several volumes."""
        try:
            return [read(self._path)], False
        except SeveralSeriesError as refusal:
            self._check_refusal(refusal)
            found = [self._or_refused(read, series=series) for series in self._readable()]
            return [result for result in found if result is not None], True
        except MedsegError as refusal:
            self._check_refusal(refusal)
            return [], False

    def _or_refused(self, read: Reader, **more: Any) -> Any:
        try:
            return read(self._path, **more)
        except MedsegError as refusal:
            self._check_refusal(refusal)
            return None

    def _check_refusal(self, refusal: MedsegError) -> None:
        if not any(name in str(refusal) for name in self._names):
            raise WrongError(f"no file is named in {refusal}")
        cause: BaseException | None = refusal
        while cause is not None:
            if isinstance(cause, MemoryError | Warning):
                raise WrongError(f"{type(cause).__name__} behind {refusal}")
            cause = cause.__cause__ or cause.__context__


def _values(result: Any) -> Any:
    return result.voxels if hasattr(result, "voxels") else result.array


def _watched() -> warnings.catch_warnings[None]:
    """Within it every warning goes to stderr, which is watched."""
    return warnings.catch_warnings(action="always")


def _said() -> str:
    """What was written to stdout and stderr since last time."""
    sys.stdout.flush()
    size = os.lseek(2, 0, os.SEEK_CUR)
    if size == 0:
        return ""
    text = os.pread(2, size, 0)
    os.lseek(2, 0, os.SEEK_SET)
    os.ftruncate(2, 0)
    return text.decode("utf-8", "replace")[:1000]


class _limited_memory:  # noqa: N801 (it is used like a function)
    """Within it the address space grows by what is allowed, and no more."""

    def __init__(self, room: int) -> None:
        self._room = room

    def __enter__(self) -> None:
        _forget_peak()
        self._old = resource.getrlimit(resource.RLIMIT_AS)
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        limit = pages * resource.getpagesize() + GROWTH + self._room
        resource.setrlimit(resource.RLIMIT_AS, (limit, self._old[1]))

    def __exit__(self, *_: object) -> None:
        resource.setrlimit(resource.RLIMIT_AS, self._old)


def _peak() -> int:
    """The most bytes that the process held since `_forget_peak`.

    Not by `getrusage`: what it tells of a new process begins with its parent's peak.
    """
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", "ascii")
