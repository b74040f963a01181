"""A disk that is full, breaks or takes a part: each act is wholly there, or not at all and told."""

from __future__ import annotations

import errno
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.reliability.faulted_acts import ACTS, Bench, faulted
from tests.reliability.faulty_disk import FaultyDisk, FullDatabase

resource = pytest.importorskip("resource", reason="limits on the size of files are a thing of Unix")

FAULTS: dict[str, tuple[int | None, bool]] = {
    "full": (errno.ENOSPC, True),
    "full for a moment": (errno.ENOSPC, False),
    "broken": (errno.EIO, False),
    "takes a part": (None, False),
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDSEG_HOME", str(tmp_path / "home"))


@pytest.fixture(params=ACTS)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    return Bench.of(request.param, tmp_path / "made")


def counted(bench: Bench, tmp_path: Path) -> int:
    disk = FaultyDisk(is_lasting=False)
    assert faulted(bench, tmp_path / "counted", disk.mounted()) == ("", [])
    assert disk.calls > 5, disk.names
    return disk.calls


def sweep(bench: Bench, tmp_path: Path, *, every: int) -> list[str]:
    """The faults of all failing calls; each `every`-th pair of call and error is tried."""
    found = []
    pairs = [(call, name) for call in range(counted(bench, tmp_path)) for name in FAULTS]
    for call, name in pairs[::every]:
        error, is_lasting = FAULTS[name]
        disk = FaultyDisk(call, error, is_lasting=is_lasting)
        refusal, faults = faulted(bench, tmp_path / "copy", disk.mounted())
        where = f"call {call} ({disk.names[call]}), {name}"
        found += [f"{where}: {fault}" for fault in faults]
        if error is None and refusal:
            found.append(f"{where}: a short write is no error, but: {refusal}")
        if refusal and len(refusal) < 60:
            found.append(f"{where}: no clear message: {refusal}")
    return found


def test_nothing_is_half_done_whichever_call_fails(bench: Bench, tmp_path: Path):
    assert sweep(bench, tmp_path, every=5) == []


@pytest.mark.long
def test_nothing_is_half_done_at_any_call_and_error(bench: Bench, tmp_path: Path):
    assert sweep(bench, tmp_path, every=1) == []


@contextmanager
def limited(size: int) -> Any:
    """No file grows beyond this, as on a disk with so much room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_nothing_is_half_done_where_the_log_finds_no_room(bench: Bench, tmp_path: Path):
    database = (bench.folder / "study" / "project.db").stat().st_size
    disks = {"full": FullDatabase().mounted()}
    disks |= {f"up to {size}": limited(size) for size in (512, 4096, database - 4096, database)}
    refused = []
    for name, disk in disks.items():
        refusal, faults = faulted(bench, tmp_path / "copy", disk)
        assert faults == [], name
        refused += [name] if refusal else []
    if bench.act.entries:
        assert refused, "none of them was met"


def test_the_sweep_catches_a_writer_that_does_not_replace_files_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def write_over(swaps: Any) -> None:
        for swap in swaps:
            swap.target.write_bytes(swap.new.read_bytes())

    bench = Bench.of("save", tmp_path / "made")
    monkeypatch.setattr("medseg.formats.atomic._swap_all", write_over)
    assert sweep(bench, tmp_path, every=3) != []


def test_the_sweep_catches_a_project_that_does_not_mend_its_sign_offs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    bench = Bench.of("sign", tmp_path / "made")
    monkeypatch.setattr("medseg.project.folder.healing._is_behind", lambda *_: False)
    assert sweep(bench, tmp_path, every=5) != []


def test_the_bench_finds_nothing_where_nothing_fails(bench: Bench, tmp_path: Path):
    assert faulted(bench, tmp_path / "copy", nullcontext()) == ("", [])
