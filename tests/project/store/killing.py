"""A writer that is killed at any moment; what it had acknowledged must be there afterwards."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

from medseg.project.store import Store, check_store
from tests.project.store.acts import ORIGIN, new_store, question, record, summarise
from tests.reliability.contexts import warm_context

Writer = Callable[[Store, str, Connection], None]


@dataclass(frozen=True)
class Aftermath:
    """What came of the kills: acknowledged entries in all, those lost, and what was found."""

    acknowledged: int
    lost: tuple[str, ...]
    findings: tuple[str, ...]


def honest(store: Store, text: str, acknowledge: Connection) -> None:
    """Acknowledge what is kept."""
    with store.act() as act:
        record(act, [question(text)])
    acknowledge.send(text)


def hasty(store: Store, text: str, acknowledge: Connection) -> None:
    """The broken control: acknowledge what is about to be kept."""
    with store.act() as act:
        record(act, [question(text)])
        acknowledge.send(text)


def kill_writers(where: str | Path, writer: Writer, *, kills: int, seed: int = 1) -> Aftermath:
    """Start two writers and kill them after some milliseconds, again and again."""
    new_store(where).close()
    chance = random.Random(seed)  # noqa: S311 - a test's own
    context = warm_context()
    acknowledged: list[str] = []
    findings: list[str] = []
    for number in range(kills):
        acknowledged += _kill_two(context, str(where), writer, number, chance)
        if number % 10 == 9 or number == kills - 1:
            with Store.open(where, origin=ORIGIN) as store:
                findings += [one.text for one in check_store(store, summarise)]
    with Store.open(where, origin=ORIGIN) as store, store.read() as view:
        kept = [entry.data["text"] for entry in view.entries(1)]
    lost = sorted(set(acknowledged) - set(kept))
    findings += [] if len(kept) == len(set(kept)) else ["an entry is there twice"]
    return Aftermath(len(acknowledged), tuple(lost), tuple(findings))


def _kill_two(
    context: object, where: str, writer: Writer, number: int, chance: random.Random
) -> list[str]:
    pairs = [context.Pipe(duplex=False) for _ in range(2)]  # type: ignore[attr-defined]
    writers = [
        context.Process(target=_write, args=(where, writer, f"{number}-{which}", sending))  # type: ignore[attr-defined]
        for which, (_, sending) in enumerate(pairs)
    ]
    for one in writers:
        one.start()
    wait([receiving for receiving, _ in pairs], 20)  # until they are at work
    time.sleep(chance.uniform(0, 0.03))
    for one in writers:
        one.kill()
        one.join()
    told: list[str] = []
    for receiving, sending in pairs:
        sending.close()
        try:
            while True:
                told.append(receiving.recv())
        except EOFError:
            receiving.close()
    return told


def _write(where: str, writer: Writer, name: str, acknowledge: Connection) -> None:
    with Store.open(where, origin=ORIGIN) as store:
        count = 0
        while True:
            writer(store, f"{name}-{count}", acknowledge)
            count += 1
