"""What a worklist costs as a project grows: `python benchmarks/bench_worklist.py`.

The same queries on stores of 100 and of 10,000 cases, in turns in one process, in processor time.
The pages are short enough to be full in both. Goal: on 10,000 cases at most three times as long.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from medseg.model import CaseState, Person, Role, StageName, Viewing
from medseg.project.store import BlindReader, CaseSummary, ReaderOf, Store, Turn
from medseg.project.store.index import write_summaries
from medseg.project.viewings import add_viewings, read_viewings
from medseg.project.worklist import WorklistRow, next_case, worklist
from medseg.project.worklist_queries import Filters

SIZES = (100, 10_000)
READERS = [f"p-reader{number}" for number in range(4)]
ROUNDS = 25
PAGE = 8
GOAL = 3.0
LEAD = Person("p-lead", "Lead", frozenset({Role.LEAD}))
REVIEWER = Person("p-review", "Reviewer", frozenset({Role.REVIEWER}))
READER = Person(READERS[0], "Reader", frozenset({Role.ANNOTATOR}))


def _page(store: Store, person: Person, **options: Any) -> tuple[WorklistRow, ...]:
    return worklist(store, person, limit=PAGE, **options)


Query = Callable[[Store], object]
QUERIES: dict[str, Query] = {
    "all, by date": lambda store: _page(store, LEAD),
    "all, by last change": lambda store: _page(store, LEAD, sort="changed"),
    "all, by comments": lambda store: _page(store, LEAD, sort="comments"),
    "in review, by subject": lambda store: _page(
        store, LEAD, filters=Filters(state=CaseState.REVIEW), sort="subject"
    ),
    "one reader's": lambda store: _page(store, LEAD, filters=Filters(reader=READERS[3])),
    "little agreement": lambda store: _page(
        store, LEAD, filters=Filters(agreement_below=0.5), sort="agreement"
    ),
    "with comments, in review": lambda store: _page(
        store, LEAD, filters=Filters(state=CaseState.REVIEW, with_comments=True)
    ),
    "due this week": lambda store: _page(store, LEAD, filters=Filters(due_until="2026-03-04")),
    "second page": lambda store: _page(store, LEAD, after=_page(store, LEAD)[-1].place),
    "a blind reader's cases": lambda store: _page(store, READER),
    "a reader's turns": lambda store: _page(store, READER, mine=True),
    "a reviewer's turns": lambda store: _page(store, REVIEWER, mine=True),
    "next case": lambda store: next_case(store, REVIEWER),
}


def main() -> None:
    """Print each query's medians, and the ratio of the two."""
    with tempfile.TemporaryDirectory() as name:
        stores = [_filled(Path(name) / f"{size}.db", size) for size in SIZES]
        worst = max(_compare(what, query, stores) for what, query in QUERIES.items())
        print(f"worst ratio {worst:.2f}, goal {GOAL:g}: {'met' if worst <= GOAL else 'MISSED'}")
        _report_viewings(stores[-1])
        for store in stores:
            store.close()


def _compare(what: str, query: Query, stores: list[Store]) -> float:
    for store in stores:
        query(store)
    rounds = [[_seconds(query, store) for store in stores] for _ in range(ROUNDS)]
    small, large = (statistics.median(times) for times in zip(*rounds, strict=True))
    ratio = statistics.median(one[1] / one[0] for one in rounds)
    print(f"{what}: {small * 1e3:.2f} ms of 100, {large * 1e3:.2f} ms of 10,000: {ratio:.2f}")
    return ratio


def _seconds(query: Query, store: Store) -> float:
    start = time.process_time()
    query(store)
    return time.process_time() - start


def _filled(path: Path, cases: int) -> Store:
    chance = np.random.default_rng(0)
    store = Store.create(path, origin="example.org/study")
    with store.act() as act:
        write_summaries(act.connection, [_summary(number, chance) for number in range(cases)])
    return store


def _summary(number: int, chance: np.random.Generator) -> CaseSummary:
    readers = [str(one) for one in chance.choice(READERS, 2, replace=False)]
    others = [state for state in CaseState if state is not CaseState.READING]
    state = others[int(chance.integers(len(others)))]
    if chance.random() < 0.4:
        state = CaseState.READING
    due = f"2026-03-{chance.integers(1, 29):02d}"
    readings = [f"r-{number}-{place}" for place in range(2)]
    turn = Turn(StageName.REVIEW, Role.REVIEWER, readings[0], None, due, frozenset(readers))
    if state is CaseState.READING:
        turn = Turn(StageName.ANNOTATE, Role.ANNOTATOR, readings[0], readers[0], due)
    blind = [BlindReader(one, 0, due, "2026-01-01T00:00:00Z") for one in readers]
    return CaseSummary(
        case_id=f"c-{number:08d}",
        seq=number,
        state=state,
        subject=f"s-{chance.integers(1000):04d}",
        time_point=1,
        specialty=str(chance.choice(["chest", "brain"])),
        changed=f"2026-02-{chance.integers(1, 29):02d}T00:00:00Z",
        open_comments=int(chance.integers(4)),
        agreement=float(chance.random()),
        readers=tuple(map(ReaderOf, readings, readers)),
        turns=(turn,),
        blind=tuple(blind) if state is CaseState.READING else (),
    )


def _report_viewings(store: Store) -> None:
    at = "2026-01-05T09:00:00.000+00:00"
    shown = [
        Viewing(READERS[0], "r-1-0", 0, "axial", first, first + 3, 0.5, True, "lung", at)
        for first in range(100)
    ]
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        add_viewings(store, shown)
        times.append(time.perf_counter() - start)
    start = time.perf_counter()
    found = len(read_viewings(store, reading="r-1-0", person=READERS[0]))
    took = time.perf_counter() - start
    print(f"100 intervals kept in {statistics.median(times) * 1e3:.1f} ms", end="; ")
    print(f"{found} read in {took * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
