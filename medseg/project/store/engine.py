"""The way to a database: SQLite in the project's folder, or PostgreSQL by its URL.

A SQLite journal in WAL mode can damage the database in versions before 3.51.3, when two
connections write and checkpoint at once; there the older rollback journal is taken.

Reference:
    https://www.sqlite.org/wal.html, section "The WAL-reset bug";
    https://www.sqlite.org/pragma.html#pragma_synchronous.
"""

from __future__ import annotations

import importlib.util
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from medseg.errors import StoreError
from medseg.project.store.mounts import refuse_network_share

#: How long an act waits for another process, in seconds.
PATIENCE_SECONDS = 10.0
#: Execution option of a connection that will write.
WRITES = "medseg_writes"

_WAL_IS_SAFE_FROM = (3, 51, 3)


def is_server(where: str | Path) -> bool:
    """Whether it is the URL of a server rather than the path of a file."""
    return isinstance(where, str) and "://" in where


def name_of(where: str | Path) -> str:
    """The database's name for people; a URL shows no password."""
    return _url(str(where)).render_as_string(hide_password=True) if is_server(where) else str(where)


def make_engine(where: str | Path, *, patience_seconds: float = PATIENCE_SECONDS) -> Engine:
    """The engine for a SQLite file or a PostgreSQL URL; nothing is opened yet.

    Its transactions take SQLite's write lock at once (`BEGIN IMMEDIATE`) if their connection has
    the execution option `WRITES`.

    Raises:
        StoreError: the file is on a network share, the URL is none, or its driver is absent.
    """
    if is_server(where):
        return _server_engine(str(where), patience_seconds)
    path = Path(where)
    refuse_network_share(path)
    # mode=rw: opening never makes an empty database where one was expected.
    place = URL.create("sqlite+pysqlite", database=path.absolute().as_uri())
    engine = create_engine(
        place.update_query_dict({"mode": "rw", "uri": "true"}),
        connect_args={"timeout": patience_seconds},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def journal_mode(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> tuple[str, str]:
    """SQLite's journal mode and its `synchronous`, both as safe as that version can be."""
    return ("wal", "FULL") if version >= _WAL_IS_SAFE_FROM else ("delete", "EXTRA")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says
    wanted, synchronous = journal_mode()
    if _mode_of(connection) != wanted:
        got = connection.execute(f"PRAGMA journal_mode={wanted}").fetchone()[0]
        if got != wanted:
            raise StoreError(
                f"This SQLite ({sqlite3.sqlite_version}) is safe with the journal mode {wanted} "
                f"only; the project's database is in mode {got}. Close every other program that "
                "has the project open, then try again."
            )
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA trusted_schema=OFF")


def _mode_of(connection: Any) -> str:
    """The journal mode the database is in: the first thing that is read of it."""
    try:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])
    except UnicodeDecodeError as error:  # SQLite quotes what is damaged in its message
        damage = sqlite3.DatabaseError("its description of its tables cannot be read")
        damage.sqlite_errorname = "SQLITE_CORRUPT"
        raise damage from error


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _url(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise StoreError(
            "A project's database is a SQLite file or a PostgreSQL URL, as "
            '"postgresql://user@host/name"; what medseg.toml names is neither.'
        ) from error
    if url.get_backend_name() != "postgresql":
        raise StoreError(
            "A project's database is a SQLite file or a PostgreSQL server; found a URL of "
            f"{url.get_backend_name()!r}."
        )
    return url.set(drivername="postgresql+pg8000")


def _server_engine(text: str, patience_seconds: float) -> Engine:
    url = _url(text)
    if importlib.util.find_spec("pg8000") is None:
        raise StoreError(
            "A project on PostgreSQL needs the driver pg8000, which is not installed: say "
            "pip install 'medseg[postgres]'."
        )
    engine = create_engine(url, isolation_level="SERIALIZABLE", pool_pre_ping=True)
    milliseconds = int(patience_seconds * 1000)

    def prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET lock_timeout = {milliseconds}")
        # An entry that was acknowledged must be on the server's disk, whatever its default is.
        cursor.execute("SET synchronous_commit = on")
        cursor.close()
        connection.commit()

    event.listen(engine, "connect", prepare)
    return engine
