"""SQLite on a disk that fails at each of its steps in turn, in a process that has such a disk.

`failing_disk.c` stands between SQLite and the system: it lets the n-th write, flush, cutting or
removal of one folder's files fail, once or from then on. The n rises until no step is left.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from medseg.errors import MedsegError, StoreError
from medseg.project.store import Store, check_store
from tests.project.store.acts import CASE, ORIGIN, ask, new_store, summarise
from tests.project.team import Team
from tests.reliability.project_acts import made, reopened

ROOT = Path(__file__).resolve().parents[2]
_STEPS = {"write": 1, "flush": 2, "cut": 4, "remove": 8}
#: No error: half is written, and then no more.
SHORT = 0
_BEFORE = 3


@dataclass(frozen=True)
class Fault:
    """A step that failed, and what came of it.

    Args:
        step: "write", "flush", "cut" or "remove".
        number: which of them.
        error: the number of the system's error; 0: half of it was written.
        goes_on: whether all later ones failed too.
        acknowledged: how many acts were said to be kept.
        kept: how many there are afterwards.
        message: what the person was told; empty: all went well in spite of it.
        findings: what is wrong afterwards.
    """

    step: str
    number: int
    error: int
    goes_on: bool
    acknowledged: int
    kept: int
    message: str
    findings: tuple[str, ...] = ()

    @property
    def problem(self) -> str:
        """What is not as it should be; empty if it is."""
        if self.findings:
            return f"damage: {self.findings}"
        if self.message and "disk" not in self.message:
            return "the sentence tells nothing of the disk"
        may_be_kept = "may have been kept" in self.message
        if self.kept == self.acknowledged + 1 and may_be_kept:
            return ""
        if self.kept != self.acknowledged:
            return f"{self.acknowledged} acknowledged, {self.kept} kept"
        return ""


Writer = Callable[[Store, str], None]
#: Step, number, error, and whether it goes on.
Setting = tuple[str, int, int, bool]
#: What comes of one fault; None where the act has no such step.
Trial = Callable[[Setting], Fault | None]


def writes(store: Store, text: str) -> None:
    """An act, which is acknowledged when it returns."""
    ask(store, text)


def hopes(store: Store, text: str) -> None:
    """The broken control: it takes an act for kept that was refused."""
    try:
        ask(store, text)
    except StoreError:
        return


WRITERS: dict[str, Writer] = {one.__name__: one for one in (writes, hopes)}


class Disk:
    """The disk that fails, as this process has it loaded."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(os.environ["LD_PRELOAD"])

    def arm(self, folder: Path, setting: Setting) -> None:
        """Let a step about files below a folder fail."""
        step, number, error, goes_on = setting
        where = os.fsencode(folder)
        self._library.failing_disk_arm(
            where, _STEPS[step], ctypes.c_long(number), error, int(goes_on)
        )

    def disarm(self) -> bool:
        """Let all pass again; whether anything failed."""
        return bool(self._library.failing_disk_disarm())


def sweep(trial: Trial, errors: list[int], stride: int) -> Iterator[Fault]:
    """Each step in turn, until one is asked for that the act has no more."""
    for step in _STEPS:
        for error in errors if step == "write" else [one for one in errors if one != SHORT]:
            for goes_on in (False, True):
                number = 1
                while (found := trial((step, number, error, goes_on))) is not None:
                    yield found
                    number += stride


def on_store(folder: Path, writer: Writer) -> Trial:
    """Two acts on a store."""
    disk, base, place = Disk(), folder / "base.db", folder / "copy"
    with new_store(base) as store:
        for number in range(_BEFORE):
            ask(store, str(number))

    def trial(setting: Setting) -> Fault | None:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        shutil.copyfile(base, place / "project.db")
        done, message = _BEFORE, ""
        with Store.open(place / "project.db", origin=ORIGIN) as store:
            disk.arm(place, setting)
            try:
                for text in ("one", "two"):
                    writer(store, text)
                    done += 1
            except StoreError as refused:
                message = str(refused)
        failed = disk.disarm()
        with Store.open(place / "project.db", origin=ORIGIN) as store:
            with store.read() as view:
                kept = len(list(view.case_entries(CASE)))
            findings = tuple(one.text for one in check_store(store, summarise))
            ask(store, "and on it goes")
        return Fault(*setting, done, kept, message, findings) if failed else None

    return trial


def on_project(folder: Path) -> Trial:
    """A review, signed and logged."""
    disk, base, place = Disk(), folder / "base", folder / "copy"
    base.mkdir()
    team = made(base)
    team.submit()
    before = len(team.entries())
    team.project.close()

    def trial(setting: Setting) -> Fault | None:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(base, place)
        message = ""
        acting = reopened(place, case=team.case, reading=team.reading)
        with acting.project:
            disk.arm(place / "study" / "project.db", setting)
            try:
                acting.review()
            except MedsegError as refused:
                message = str(refused)
        if not disk.disarm():
            return None
        kept, findings = _afterwards(place, team)
        return Fault(*setting, before + (not message), kept, message, findings)

    return trial


def _afterwards(place: Path, team: Team) -> tuple[int, tuple[str, ...]]:
    """How many entries there are, and what is wrong; the work goes on from there."""
    again = reopened(place, case=team.case, reading=team.reading)
    with again.project as project:
        kept = len(again.entries())
        findings = [one.text for one in project.findings if one.code != "SIGNOFFS_WRITTEN_AGAIN"]
        findings += [one.text for one in check_store(project.store, project.summarise)]
        is_reviewed = any(one.kind == "review" for one in again.entries())
        again.sign() if is_reviewed else again.review()
    return kept, tuple(findings)


def compiled(folder: Path) -> Path:
    """The failing disk as a library; without Linux and a C compiler the test is skipped."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("the failing disk is made by a C compiler, for Linux")
    path = folder / "failing_disk.so"
    source = Path(__file__).with_suffix(".c")
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(path), str(source), "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return path


def run_with(library: Path, folder: Path, *words: str) -> list[Fault]:
    """The faults of a sweep in a process of its own that has the failing disk."""
    command = [sys.executable, "-m", "tests.reliability.failing_disk", str(folder), *words]
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    return [
        Fault(**{**one, "findings": tuple(one["findings"])}) for one in json.loads(ended.stdout)
    ]


def main() -> None:
    """Sweep: a folder, "store" or "project", the writer, errors by name, and the stride."""
    folder, what, writer, names, stride = sys.argv[1:]
    errors = [SHORT if name == "short" else getattr(errno, name) for name in names.split(",")]
    at = Path(folder)
    trial = on_store(at, WRITERS[writer]) if what == "store" else on_project(at)
    found = sweep(trial, errors, int(stride))
    sys.stdout.write(json.dumps([asdict(one) for one in found]))


if __name__ == "__main__":
    main()
