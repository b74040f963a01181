"""Processes killed at any moment lose nothing that they acknowledged a second before."""

from __future__ import annotations

import heapq
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from medseg.annotate import History, recover
from tests.annotate.journal_work import NOTE, digest_of, read_mask

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9")
ROOT = Path(__file__).resolve().parents[2]
SIDE_BY_SIDE = 10


class Workshop:
    """A process that forks workers and kills them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, folder: Path, seed: int) -> int:
        return int(self._ask(f"start {folder} {seed}"))

    def kill(self, pid: int) -> None:
        assert self._ask(f"kill {pid}") == "dead"

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()


@contextmanager
def workshop(*options: str) -> Iterator[Workshop]:
    command = [sys.executable, "-m", "tests.annotate.journal_work", *options]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    ) as process:
        yield Workshop(process)
        assert process.stdin is not None
        process.stdin.close()


def notes_in(folder: Path) -> tuple[dict[int, bytes], dict[int, float]]:
    """Digest of each state, and time of each acknowledgement, by the change's number."""
    data = (folder / "notes").read_bytes() if (folder / "notes").exists() else b""
    whole = data[: len(data) // NOTE.size * NOTE.size]
    states, acknowledged = {}, {}
    for kind, number, when, digest in NOTE.iter_unpack(whole):
        if kind == b"S":
            states[number] = digest
        else:
            acknowledged[number] = when
    return states, acknowledged


def recovered_digest(folder: Path) -> bytes:
    segmentation = read_mask(folder)
    recovery = recover(folder / "journal", segmentation)
    assert not recovery.is_foreign, recovery.findings
    replayed = recovery.replay(segmentation, History(segmentation))
    assert len(replayed.changes) == len(recovery.changes), replayed.findings
    return digest_of(segmentation)


def loss_in(folder: Path, killed_at: float, before: bytes, found: bytes) -> str | None:
    """What a killed worker lost, None if nothing that counts.

    Args:
        folder: the worker's.
        killed_at: when.
        before: digest of the mask that it must have opened.
        found: digest of the mask as it can be recovered.
    """
    states, acknowledged = notes_in(folder)
    if states.get(0, before) != before:
        return "it did not open what the one before it left"
    safe = max((n for n, when in acknowledged.items() if when <= killed_at - 1.0), default=0)
    possible = {digest: number for number, digest in states.items() if number >= safe}
    possible.setdefault(before if safe == 0 else b"", 0)
    if found in possible:
        return None
    known = [number for number, digest in states.items() if digest == found]
    return f"{safe} changes were safe; recovered {known or 'a state that never was'}"


def losses(tmp_path: Path, kills: int, *options: str, seed: int = 0) -> list[str]:
    """Kill so many workers at random moments, some side by side; what they lost, in words."""
    random = np.random.default_rng(seed)
    found: list[str] = []
    started = 0
    with workshop(*options) as shop:
        running: list[tuple[float, int, int, Path, bytes]] = []

        def start(folder: Path, before: bytes) -> None:
            nonlocal started
            started += 1
            (folder / "notes").unlink(missing_ok=True)
            life = random.uniform(0, 0.3) if random.random() < 0.5 else random.uniform(1.05, 1.6)
            pid = shop.start(folder, int(random.integers(2**31)))
            heapq.heappush(running, (time.monotonic() + life, started, pid, folder, before))

        for slot in range(min(SIDE_BY_SIDE, kills)):
            (tmp_path / str(slot)).mkdir()
            start(tmp_path / str(slot), recovered_digest(tmp_path / str(slot)))
        while running:
            deadline, _, pid, folder, before = heapq.heappop(running)
            time.sleep(max(0.0, deadline - time.monotonic()))
            killed_at = time.monotonic()
            shop.kill(pid)
            after = recovered_digest(folder)
            loss = loss_in(folder, killed_at, before, after)
            found += [loss] if loss else []
            if started < kills:
                start(folder, after)
    return found


def test_two_hundred_kills_lose_nothing(tmp_path: Path) -> None:
    assert losses(tmp_path, 200) == []


@pytest.mark.long
def test_two_thousand_kills_lose_nothing(tmp_path: Path) -> None:
    assert losses(tmp_path, 2000, seed=1) == []


def test_the_harness_catches_a_journal_that_is_not_flushed(tmp_path: Path) -> None:
    assert losses(tmp_path, 20, "without_flush")
