"""A disk that fails under the database at any step: no act is lost or half-kept, and it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reliability.failing_disk import Fault, compiled, run_with


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("disk"))


def problems(faults: list[Fault]) -> list[tuple[Fault, str]]:
    return [(one, one.problem) for one in faults if one.problem]


def check(faults: list[Fault]) -> None:
    assert problems(faults) == []
    assert {one.step for one in faults} >= {"write", "flush"}
    assert any(one.message for one in faults)


def test_a_store_on_a_disk_that_fails(library: Path, tmp_path: Path):
    check(run_with(library, tmp_path, "store", "writes", "EIO", "3"))


def test_whole_acts_on_a_disk_that_fails(library: Path, tmp_path: Path):
    check(run_with(library, tmp_path, "project", "writes", "EIO", "11"))


@pytest.mark.long
@pytest.mark.parametrize("what", ["store", "project"])
def test_every_step_and_every_error(library: Path, tmp_path: Path, what: str):
    faults = run_with(library, tmp_path, what, "writes", "EIO,ENOSPC,short", "1")
    check(faults)
    assert len(faults) > 200


def test_the_faults_catch_a_writer_that_only_hopes(library: Path, tmp_path: Path):
    found = problems(run_with(library, tmp_path, "store", "hopes", "EIO", "5"))
    assert any("acknowledged" in told for _, told in found)
