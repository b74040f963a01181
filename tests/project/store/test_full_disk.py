"""A disk that is full at any byte: nothing half-kept, and a sentence that says so."""

from __future__ import annotations

import multiprocessing
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from medseg.errors import StoreError
from medseg.project.store import Store, check_store
from tests.project.store.acts import CASE, ORIGIN, ask, new_store, summarise

resource = pytest.importorskip("resource", reason="limits on the size of files are a thing of Unix")

LIMITS = 24


def test_nothing_is_half_kept_when_the_disk_is_full(tmp_path: Path) -> None:
    with new_store(tmp_path / "project.db") as store:
        for number in range(5):
            ask(store, f"{number} " * 1500)
    size = (tmp_path / "project.db").stat().st_size
    limits = [512 + number * (2 * size - 512) // LIMITS for number in range(LIMITS)]
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    child = context.Process(target=_sweep, args=(tmp_path, limits, sending))
    child.start()
    sending.close()
    results = receiving.recv()
    child.join()
    assert len(results) == LIMITS
    for message, acknowledged, kept, findings in results:
        assert "disk" in message
        assert ("taken back as a whole" in message) or ("Nothing was changed" in message)
        assert kept == acknowledged
        assert findings == ()
    counts = [len(acknowledged) for _, acknowledged, _, _ in results]
    assert min(counts) == 5
    assert max(counts) > 8


def _sweep(folder: Path, limits: list[int], results: Any) -> None:
    told = []
    for limit in limits:
        file = folder / f"{limit}.db"
        shutil.copyfile(folder / "project.db", file)
        message = _fill(file, limit)
        with Store.open(file, origin=ORIGIN) as store:
            with store.read() as view:
                kept = [entry.data["text"][:2].strip() for entry in view.case_entries(CASE)]
            findings = check_store(store, summarise)
        told.append((message[0], message[1], kept, findings))
        os.unlink(file)
    results.send(told)


def _fill(file: Path, limit: int) -> tuple[str, list[str]]:
    """Act until the disk is full; the sentence, and what had been acknowledged by then."""
    acknowledged = [str(number) for number in range(5)]
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    with Store.open(file, origin=ORIGIN) as store:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            for number in range(5, 100):
                ask(store, f"{number} " * 1500)
                acknowledged.append(str(number))
        except StoreError as error:
            return str(error), acknowledged
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    return "the disk was never full", acknowledged
