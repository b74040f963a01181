"""A process that goes the way of a case round and round, killed at any moment of it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from medseg.errors import MedsegError
from medseg.formats import atomic, read_segmentation
from medseg.project.folder.signoff_lines import signoff_lines
from medseg.project.store import check_store
from medseg.signoff import mask_digest
from tests.project.team import Team
from tests.reliability.contexts import warm_context
from tests.reliability.project_acts import made, next_act, reopened

_PATIENCE = 60.0
_KILLS_EACH = 10


@dataclass
class Aftermath:
    """What came of the kills.

    Args:
        acts: how often each act was acknowledged.
        kills: how many processes were killed while at work.
        faults: what was lost, torn or left undone, in words.
    """

    acts: dict[str, int] = field(default_factory=dict)
    kills: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass
class _Heard:
    """What the processes acknowledged: heads of the log by its size, and the mask."""

    heads: dict[int, str] = field(default_factory=dict)
    saved: set[str] = field(default_factory=set)


def honest() -> None:
    """Work with medseg as it is."""


def without_replace() -> None:
    """The broken control: files are written over where they stand."""

    def write_over(swaps: Any) -> None:
        for swap in swaps:
            data = swap.new.read_bytes()
            with swap.target.open("wb") as file:
                file.write(data[: len(data) // 2])
                file.flush()
                time.sleep(0.02)
                file.write(data[len(data) // 2 :])

    atomic._swap_all = write_over


def kill_workers(
    folder: Path, prepare: Callable[[], None], *, kills: int, seed: int = 1
) -> Aftermath:
    """Start a process and kill it after some milliseconds of work, again and again.

    Ten kills are about one project; the folders `0`, `1` ... hold them.
    """
    chance = random.Random(seed)  # noqa: S311 - a test's own
    context = warm_context()
    aftermath = Aftermath()
    for number in range(0, kills, _KILLS_EACH):
        root = folder / str(number // _KILLS_EACH)
        root.mkdir()
        rounds = range(number, min(kills, number + _KILLS_EACH))
        _kill_some(context, root, prepare, rounds, aftermath, chance)
        if aftermath.faults:
            break
    return aftermath


def _kill_some(
    context: Any,
    folder: Path,
    prepare: Callable[[], None],
    rounds: range,
    aftermath: Aftermath,
    chance: random.Random,
) -> None:
    team = made(folder)
    team.project.close()
    heard = _Heard(saved={mask_digest(read_segmentation(team.mask))})
    for number in rounds:
        work = (str(folder), team.case, team.reading, prepare, number * 100)
        when = chance.randrange(1, 9), chance.uniform(0, 0.06)
        _kill_one(context, work, when, aftermath, heard)
        is_last = number == rounds[-1]
        aftermath.faults += _faults(folder, team, heard, is_thorough=is_last)


def _kill_one(
    context: Any, work: Any, when: tuple[int, float], aftermath: Aftermath, heard: _Heard
) -> None:
    """Let the process tell so many things, then wait for so many seconds, and kill it."""
    receiving, sending = context.Pipe(duplex=False)
    worker = context.Process(target=_work, args=(*work, sending))
    worker.start()
    sending.close()
    told = _first_of(receiving, when[0])
    time.sleep(when[1])
    aftermath.kills += worker.is_alive()
    worker.kill()
    worker.join()
    _hear([*told, *_all_of(receiving)], aftermath, heard)


def _first_of(receiving: Connection, count: int) -> list[str]:
    told: list[str] = []
    while len(told) < count and receiving.poll(_PATIENCE):
        try:
            told.append(receiving.recv())
        except EOFError:
            break
    return told


def _hear(told: list[str], aftermath: Aftermath, heard: _Heard) -> None:
    for one in told:
        kind, _, what = one.partition(" ")
        if kind == "saving":
            heard.saved.add(what)
        elif kind == "saved":
            heard.saved = {what}
        elif kind == "failed":
            aftermath.faults.append(what)
        elif kind == "done":
            act, size, head = what.split()
            heard.heads[int(size)] = head
            aftermath.acts[act] = aftermath.acts.get(act, 0) + 1


def _all_of(receiving: Connection) -> list[str]:
    told: list[str] = []
    try:
        while True:
            told.append(receiving.recv())
    except EOFError:
        receiving.close()
    return told


def _work(
    folder: str, case: str, reading: str, prepare: Callable[[], None], first: int, told: Connection
) -> None:
    prepare()
    number = first
    try:
        with reopened(Path(folder), case=case, reading=reading).project as project:
            team = Team(project, Path(folder), case, reading)
            told.send("ready")
            while True:
                act = next_act(team, number, told.send)
                with project.store.read() as view:
                    told.send(f"done {act} {view.size} {view.tip.head}")
                number += 1
    except MedsegError as error:
        told.send(f"failed {type(error).__name__}: {error}")


def _faults(folder: Path, team: Team, heard: _Heard, *, is_thorough: bool) -> list[str]:
    """What a reader who opens the project after the crash finds wrong."""
    try:
        with reopened(folder, case=team.case, reading=team.reading).project as project:
            faults = [f"{one.code}: {one.text}" for one in project.findings if _is_fault(one.code)]
            with project.store.read() as view:
                entries = list(view.entries())
                lines = signoff_lines(view, team.case, team.reading)
            if is_thorough:
                faults += [one.text for one in check_store(project.store, project.summarise)]
            signoffs = project.layout.signoffs(team.case, team.reading)
            if lines and signoffs.read_bytes() != lines:
                faults.append("the sign-offs beside the mask are not those of the log")
            for size, head in heard.heads.items():
                if len(entries) < size or entries[size - 1].head != head:
                    faults.append(f"entry {size - 1} was acknowledged and is lost")
            heard.heads = {len(entries): entries[-1].head}
            digest = mask_digest(read_segmentation(team.mask))
            if digest not in heard.saved:
                faults.append("the mask is neither the saved one nor the one being saved")
            heard.saved = {digest}
            faults += _versions(project, team, entries)
    except (MedsegError, OSError) as error:
        return [f"{type(error).__name__}: {error}"]
    return faults


def _is_fault(code: str) -> bool:
    return code != "SIGNOFFS_WRITTEN_AGAIN"


def _versions(project: Any, team: Team, entries: list[Any]) -> list[str]:
    """The newest version is the one that the log names; older ones were looked at before."""
    submits = [one for one in entries if one.kind == "submit"][-2:]
    wrong = []
    for one in submits:
        path = project.layout.version(team.case, team.reading, one.data["version"])
        if mask_digest(read_segmentation(path)) != one.data["mask"]:
            wrong.append(f"version {one.data['version']} is not the one that was handed in")
    return wrong
