"""Whether a store is whole: its log's chain and tree, and an index that tells the same."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, create_engine, func, select, text

from medseg.errors import MedsegError, StoreError
from medseg.model import Finding
from medseg.project.store.index import read_summaries
from medseg.project.store.reading import LogView, checked_entry, read_meta
from medseg.project.store.schema import (
    INDEX_TABLES,
    KEPT_FOR_GOOD,
    SCHEMA_VERSION,
    case_index,
    create_tables,
    log,
)
from medseg.project.store.store import Store
from medseg.project.store.summary import Summarise
from medseg.project.store.viewing_rows import read_rows
from medseg.signoff.log.contents import holds_what_it_names
from medseg.signoff.log.entry import START
from medseg.signoff.log.tree import Frontier

_CHUNK = 1000
# PostgreSQL: those of this schema that are switched on.
_TRIGGERS = text(
    "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "WHERE c.relnamespace = current_schema()::regnamespace AND t.tgenabled IN ('O', 'A')"
)


def check_store(store: Store, summarise: Summarise | None = None) -> tuple[Finding, ...]:
    """What is wrong with a store; nothing where it is whole.

    The database's own pages and tables, each entry, the chain and the tree over all of them, the
    checkpoints, and the index against the log. Signatures are not judged here.

    Args:
        store: any.
        summarise: the fold that the index was made with; None leaves the index unjudged.
    """
    try:
        with store.read() as view:
            findings = list(_of_database(view.connection, store.origin))
            findings += _of_log(view)
            findings += _of_viewings(view.connection)
            if summarise is not None and not findings:
                findings += _of_index(view, summarise)
    except MedsegError as error:
        findings = [Finding("STORE_DAMAGED", "error", str(error))]
    return tuple(findings)


def rebuild_index(store: Store, summarise: Summarise) -> int:
    """Make the index again from the log, in one transaction, and return the number of cases.

    Raises:
        StoreError: the log is damaged, or the store locked.
    """
    with store.act() as act:
        return act.index_all(summarise)


def _of_database(connection: Connection, origin: str) -> Iterator[Finding]:
    if connection.dialect.name == "sqlite":
        told = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
        if told != ["ok"]:
            yield _error("STORE_DAMAGED", f"SQLite finds damage: {'; '.join(told[:5])}.")
        is_as_made = _tables(connection) == _tables_expected()
    else:
        is_as_made = set(connection.scalars(_TRIGGERS)) >= {
            f"{name}_kept" for name in KEPT_FOR_GOOD
        }
    if not is_as_made:
        yield _error(
            "SCHEMA_ALTERED",
            "The database's tables, indexes and triggers are those that medseg made; they were "
            "altered, so that the log may no longer be append-only. Ask the database's keeper.",
        )
    if (found := read_meta(connection, "origin")) != origin:
        yield _error("ORIGIN_DIFFERS", f"The log is that of {origin!r}; found {found!r}.")
    if (version := read_meta(connection, "schema")) != str(SCHEMA_VERSION):
        yield _error("SCHEMA_ALTERED", f"The tables are version {SCHEMA_VERSION}; found {version}.")


def _of_log(view: LogView) -> Iterator[Finding]:
    """Chain, tree, the note of the end, and the checkpoints."""
    head, frontier = START, Frontier()
    for row in _rows(view.connection):
        entry = checked_entry(row)
        if (entry.seq, entry.prev) != (frontier.size, head):
            yield _error("LOG_CHAIN_BROKEN", f"The log's chain breaks before entry {row.seq}.")
            return
        if not holds_what_it_names(entry):
            yield _error("LOG_CHAIN_BROKEN", f"Entry {row.seq} names another digest than it holds.")
        if entry.seq == 0 and entry.data.get("origin") != view.origin:
            yield _error("ORIGIN_DIFFERS", f"The log calls itself another than {view.origin!r}.")
        head, frontier = entry.head, frontier.append(entry.leaf)
    if (view.tip.size, view.tip.head, view.tip.frontier) != (frontier.size, head, frontier):
        yield _error("TIP_DIFFERS", "The noted end of the log is not where its chain and tree end.")
    if any(one.size > frontier.size for one in view.checkpoints()):
        yield _error("LOG_TRUNCATED", "A signed checkpoint is of more entries than the log has.")


def _of_viewings(connection: Connection) -> Iterator[Finding]:
    try:
        deque(read_rows(connection), maxlen=0)
    except StoreError as error:
        yield _error("VIEWINGS_DAMAGED", str(error))


def _of_index(view: LogView, summarise: Summarise) -> Iterator[Finding]:
    found = read_summaries(view.connection)
    by_case = view.entries_by_case()
    for case_id in sorted(found.keys() | by_case.keys()):
        due = summarise(by_case[case_id]) if case_id in by_case else None
        if found.get(case_id) != due:
            yield _error(
                "INDEX_DIFFERS",
                f"The worklist shows case {case_id} otherwise than the log tells it; say "
                "`medseg log check --mend` to make the worklist again from the log.",
            )
    for table in INDEX_TABLES:
        stray = select(func.count()).where(table.c.case_id.not_in(select(case_index.c.case_id)))
        if view.connection.scalar(stray):
            yield _error("INDEX_DIFFERS", f"Table {table.name} speaks of cases that are none.")


def _rows(connection: Connection) -> Iterable[Row[Any]]:
    return connection.execute(select(log).order_by(log.c.seq).execution_options(yield_per=_CHUNK))


def _tables(connection: Connection) -> list[tuple[str, ...]]:
    query = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name"
    return [tuple(row) for row in connection.exec_driver_sql(query)]


@cache
def _tables_expected() -> list[tuple[str, ...]]:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        create_tables(connection)
        tables = _tables(connection)
    engine.dispose()
    return tables


def _error(code: str, words: str) -> Finding:
    return Finding(code, "error", words)
