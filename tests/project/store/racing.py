"""Many processes act on one case at the same moment; who won, and is the store whole?"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medseg.errors import ReviewError, StoreError
from medseg.model import Finding
from medseg.project.store import Act, Store, check_store
from tests.project.store.acts import CASE, ORIGIN, new_store, question, record, summarise

_PATIENCE = 120.0

Contest = Callable[[Store, int, str], None]


@dataclass(frozen=True)
class Outcome:
    """What came of the races.

    Args:
        winners: how many of each race believe that they won.
        errors: what went wrong besides losing.
        findings: what `check_store` says afterwards.
        entries: how many entries the case has.
    """

    winners: tuple[int, ...]
    errors: tuple[str, ...]
    findings: tuple[Finding, ...]
    entries: int

    @property
    def is_fair(self) -> bool:
        """One winner each, nothing lost, nothing added, nothing else happened."""
        one_each = all(count == 1 for count in self.winners)
        whole = not self.findings and self.entries == len(self.winners)
        return one_each and whole and not self.errors


def careful(store: Store, base: int, who: str) -> None:
    """Decide on what the act itself reads."""
    with store.act() as act:
        _must_stand_at(base, len(act.case_entries(CASE)))
        record(act, [question(who)])


def decides_outside(store: Store, base: int, who: str) -> None:
    """The broken control: decide on what was read before the act began."""
    with store.read() as view:
        _must_stand_at(base, len(view.case_entries(CASE)))
    with store.act() as act:
        record(act, [question(who)])


def begins_late(store: Store, base: int, who: str) -> None:
    """The other broken control: take SQLite's lock at the first write, not at once."""
    with store.read() as view:
        act = Act(view.connection, view.origin)
        _must_stand_at(base, len(act.case_entries(CASE)))
        record(act, [question(who)])


def race(where: str | Path, contest: Contest, *, processes: int, races: int) -> Outcome:
    """Race on a new store: 2 to `processes` contestants in turn, all starting from one base."""
    new_store(where).close()
    context = multiprocessing.get_context("spawn")
    start, told = context.Barrier(processes), context.Queue()
    arguments = (str(where), contest, processes, races, start, told)
    contestants = [
        context.Process(target=_contestant, args=(number, *arguments))
        for number in range(processes)
    ]
    for one in contestants:
        one.start()
    results = [told.get(timeout=_PATIENCE + races) for _ in contestants]
    for one in contestants:
        one.join()
    wins = Counter(number for won, _ in results for number in won)
    with Store.open(where, origin=ORIGIN) as store, store.read() as view:
        entries = len(view.case_entries(CASE))
    with Store.open(where, origin=ORIGIN) as store:
        findings = check_store(store, summarise)
    errors = tuple(error for _, errors in results for error in errors)
    return Outcome(tuple(wins[number] for number in range(races)), errors, findings, entries)


def _contestant(
    number: int, where: str, contest: Contest, processes: int, races: int, start: Any, told: Any
) -> None:
    won: list[int] = []
    errors: list[str] = []
    with Store.open(where, origin=ORIGIN) as store:
        for one in range(races):
            start.wait(_PATIENCE)
            if number < 2 + one % (processes - 1):
                with _kept(errors):
                    contest(store, one, f"contestant {number}")
                    won.append(one)
    told.put((won, errors))


@contextmanager
def _kept(errors: list[str]) -> Any:
    try:
        yield
    except ReviewError:
        pass  # lost
    except StoreError as error:
        errors.append(str(error))


def _must_stand_at(base: int, found: int) -> None:
    if found != base:
        raise ReviewError(f"The case was acted on by another: entry {found}, not {base}.")
