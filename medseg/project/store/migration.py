"""From the tables of an earlier version to today's, with a backup first."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select, update

from medseg.durable import flush_folder
from medseg.errors import StoreError
from medseg.project.store.engine import WRITES
from medseg.project.store.reading import read_meta
from medseg.project.store.refusals import in_words
from medseg.project.store.schema import LOG_INDEXES, SCHEMA_VERSION, log, meta, tip

#: Version -> what turns its tables into those of the next one.
Steps = Mapping[int, Callable[[Connection], None]]


def _index_the_log(connection: Connection) -> None:
    """1 to 2: what each act asks of the log is found without reading all of it."""
    for name in ("ix_log_case_id", "ix_log_kind"):
        connection.exec_driver_sql(f"DROP INDEX {name}")
    for index in LOG_INDEXES:
        index.create(connection)


#: Every step there is; the newest leads to `schema.SCHEMA_VERSION`.
STEPS: Steps = {1: _index_the_log}


def schema_version(connection: Connection, name: str) -> int:
    """The version of the tables in a database.

    Raises:
        StoreError: it is no project's database.
    """
    text = read_meta(connection, "schema") if inspect(connection).has_table("meta") else None
    if text is None or not text.isdecimal():
        raise StoreError(
            f"A project's database says which version of medseg's tables it holds; {name} does "
            "not. It is another program's, empty, or copied by half: check the path, or take the "
            "newest backup."
        )
    return int(text)


def migrate(
    engine: Engine,
    name: str,
    *,
    file: Path | None,
    backup_folder: Path | None,
    steps: Steps = STEPS,
    wanted: int = SCHEMA_VERSION,
) -> Path | None:
    """Bring the tables to the wanted version, all steps or none, and return the backup's path.

    Where they have it already nothing is done, and None is returned.

    Args:
        engine: the way to the database.
        name: its name for people.
        file: the SQLite file; None for a server.
        backup_folder: where the backup is written; None: beside the file.
        steps: what leads from each version to the next.
        wanted: the version to arrive at.

    Raises:
        StoreError: the tables are of a later version, of one with no way from it, or the backup
            cannot be written.
    """
    with in_words(name), engine.connect() as connection:
        found = schema_version(connection, name)
    _check_way(found, wanted, steps, name)
    if found == wanted:
        return None
    backup = _back_up(engine, name, file, backup_folder, found)
    with in_words(name), engine.connect().execution_options(**{WRITES: True}) as writer:
        _step_up(writer, name, steps, wanted)
    return backup


def _step_up(connection: Connection, name: str, steps: Steps, wanted: int) -> None:
    with connection.begin():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"LOCK TABLE {tip.name} IN EXCLUSIVE MODE")
        # Read again: another process may have been first.
        for version in range(schema_version(connection, name), wanted):
            steps[version](connection)
        connection.execute(update(meta).where(meta.c.key == "schema").values(value=str(wanted)))


def _check_way(found: int, wanted: int, steps: Steps, name: str) -> None:
    if found > wanted:
        raise StoreError(
            f"This medseg knows a project's database up to version {wanted}; {name} is of version "
            f"{found}, written by a later medseg. Install that one to open it."
        )
    missing = [version for version in range(found, wanted) if version not in steps]
    if missing:
        raise StoreError(
            f"A project's database is brought up from each version to the next; {name} is of "
            f"version {found}, from which this medseg knows no way to {wanted}."
        )


def _back_up(
    engine: Engine, name: str, file: Path | None, folder: Path | None, version: int
) -> Path:
    at = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    place = folder or (file.parent if file else None)
    if place is None:
        raise StoreError(
            f"A backup is written before {name} is brought up from version {version}; no folder "
            "was named for it. Open it through its project's folder."
        )
    if file is not None:
        return _copy_file(file, place / f"{file.name}.version-{version}.{at}.backup")
    return _copy_log(engine, name, place / f"log.version-{version}.{at}.backup.jsonl")


def _copy_file(file: Path, backup: Path) -> Path:
    """A whole copy of a SQLite database, made while others may write."""
    try:
        with (
            closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)) as source,
            closing(sqlite3.connect(backup)) as copy,
        ):
            source.backup(copy)
        _flush(backup)
    except (sqlite3.Error, OSError) as error:
        raise _no_backup(backup, error) from error
    return backup


def _copy_log(engine: Engine, name: str, backup: Path) -> Path:
    """The log of a server's database, one entry a line: all else can be made again from it."""
    with in_words(name), engine.connect() as connection:
        entries = list(connection.scalars(select(log.c.entry).order_by(log.c.seq)))
    try:
        with backup.open("xb") as file:
            file.writelines(entry + b"\n" for entry in entries)
        _flush(backup)
    except OSError as error:
        raise _no_backup(backup, error) from error
    return backup


def _flush(backup: Path) -> None:
    descriptor = os.open(backup, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    flush_folder(backup.parent)


def _no_backup(backup: Path, error: Exception) -> StoreError:
    return StoreError(
        f"A backup is written before a database is brought up to a new version; {backup} cannot "
        f"be written ({error}). Nothing was changed: make room or get the right to write there."
    )
