"""Mutated files, seeded: each is read where its bytes say, or refused with a MedsegError.

`MEDSEG_FUZZ` sets how many are tried for each format in the long run. A fault tells format, seed
and number; `fuzzing.run(format, seed, 1, first=number)` shows it again.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.formats import fuzzing
from tests.formats.broken_readers import BROKEN_READERS
from tests.formats.fuzz_formats import FORMATS
from tests.formats.fuzzing import Outcome
from tests.formats.mutation import mutated

QUICK = 2_000
LONG = int(os.environ.get("MEDSEG_FUZZ", "0"))
PROCESSES = 2
SEED = 2026

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="memory is bounded and measured as Linux does"
)


class Fuzzers:
    """Two processes that fuzz; new ones where one has died."""

    def __init__(self, folder: Path) -> None:
        self._slips = folder
        self._pool: ProcessPoolExecutor | None = None

    def run(self, name: str, count: int, **more: Any) -> Outcome:
        """Half of the files in each process; their outcomes together."""
        share = -(-count // PROCESSES)
        jobs = [
            self._submit(name, SEED, min(share, count - start), first=start, **more)
            for start in range(0, count, share)
        ]
        total = Outcome()
        for job in jobs:
            outcome = self._result(job)
            total.read += outcome.read
            total.refused += outcome.refused
            total.faults += outcome.faults
            total.slowest_s = max(total.slowest_s, outcome.slowest_s)
        return total

    def _submit(self, *args: Any, **more: Any) -> Future[Outcome]:
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")
            slips = (str(self._slips),)
            self._pool = ProcessPoolExecutor(PROCESSES, spawn, fuzzing.prepare, slips)
        return self._pool.submit(fuzzing.run, *args, **more)

    def _result(self, job: Future[Outcome]) -> Outcome:
        try:
            return job.result()
        except BrokenProcessPool:
            self.close()
            last = [slip.read_text("utf-8").strip() for slip in self._slips.iterdir()]
            for slip in self._slips.iterdir():
                slip.unlink()
            return Outcome(faults=[f"a process hung or died, at one of {last}"])

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


@pytest.fixture(scope="module")
def fuzzers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzers]:
    both = Fuzzers(tmp_path_factory.mktemp("slips"))
    yield both
    both.close()


def _check(outcome: Outcome, count: int) -> None:
    assert not outcome.faults, "\n".join(outcome.faults)
    assert outcome.read + outcome.refused == count
    assert outcome.read, "some are read, or nothing would be shown"
    assert outcome.refused, "some are refused, or nothing would be shown"


@pytest.mark.parametrize("name", FORMATS)
def test_mutated_files_are_read_right_or_refused(fuzzers: Fuzzers, name: str) -> None:
    _check(fuzzers.run(name, QUICK), QUICK)


@pytest.mark.long
@pytest.mark.skipif(LONG < 1, reason="MEDSEG_FUZZ says how many to try for each format")
@pytest.mark.parametrize("name", FORMATS)
def test_very_many_mutated_files_are_read_right_or_refused(fuzzers: Fuzzers, name: str) -> None:
    _check(fuzzers.run(name, LONG, is_strict=True), LONG)


def test_the_table_holds_each_kind() -> None:
    assert len(FORMATS) >= 19


@pytest.mark.parametrize(
    ("control", "name", "words"),
    [
        ("key error", ".nii", "KeyError"),
        ("zeros", ".nii", "other values were read"),
        ("zeros", "DICOM explicit", "other values were read"),
        ("greedy", ".nii", "Memory|held"),
        ("hoarding", ".nii", "MB more"),
        ("speaking", ".nii", "said 'odd header"),
        ("warning", ".nii", "divide by zero"),
        ("shifting", ".nii", "corner"),
        ("shifting", "DICOM explicit", "slice 0 has"),
        ("nameless", ".nii", "no file is named"),
        ("sleeping", ".nii", "a process hung or died"),
        ("dying", ".nii", "a process hung or died"),
    ],
)
def test_a_broken_reader_is_found_out(
    fuzzers: Fuzzers, control: str, name: str, words: str
) -> None:
    hang_s = 2.0 if control == "sleeping" else 60.0
    outcome = fuzzers.run(name, 100, control=control, hang_s=hang_s, room=1 << 30)
    assert any(word in fault for fault in outcome.faults for word in words.split("|"))


def test_each_broken_reader_is_tried() -> None:
    ((marked,),) = [
        mark.args[1:]
        for mark in test_a_broken_reader_is_found_out.pytestmark
        if mark.name == "parametrize"
    ]
    assert {control for control, _, _ in marked} == set(BROKEN_READERS)


def test_a_seed_and_a_number_give_the_same_mutation() -> None:
    content = bytes(range(200))
    first, again, other = (mutated(content, np.random.default_rng([1, n])) for n in (5, 5, 6))
    assert first == again != other
