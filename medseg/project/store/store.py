"""A store: opened once, then read and acted on, from any thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import Connection, Engine, insert, inspect

from medseg.durable import flush_folder
from medseg.errors import StoreError
from medseg.project.store.engine import (
    PATIENCE_SECONDS,
    WRITES,
    is_server,
    make_engine,
    name_of,
)
from medseg.project.store.migration import migrate
from medseg.project.store.reading import LogView, read_meta, read_tip
from medseg.project.store.refusals import in_words, is_repeatable
from medseg.project.store.schema import SCHEMA_VERSION, create_tables, meta, tip
from medseg.project.store.transaction import Act, empty_tip, tip_values

_TRIES = 20

Result = TypeVar("Result")


class Store:
    """A project's log and its index, in a SQLite file or on a PostgreSQL server.

    Make or open it with `create` and `open`. Nothing is kept between two acts, so any number of
    processes may have the same one open.
    """

    def __init__(self, engine: Engine, name: str, origin: str) -> None:
        self.name = name
        self.origin = origin
        self._engine = engine

    @classmethod
    def create(
        cls, where: str | Path, *, origin: str, patience_seconds: float = PATIENCE_SECONDS
    ) -> Self:
        """A new store with an empty log.

        Args:
            where: path of the SQLite file to be made, or URL of an empty PostgreSQL database.
            origin: the log's name, unique to the project.
            patience_seconds: how long an act waits for another process.

        Raises:
            StoreError: there is one already, or it cannot be made.
        """
        engine = make_engine(where, patience_seconds=patience_seconds)
        store = cls(engine, name_of(where), origin)
        file = None if is_server(where) else Path(where)
        if file is not None:
            _make_empty_file(file)
        try:
            store._fill()
            if file is not None:
                flush_folder(file.absolute().parent)
        except BaseException:
            engine.dispose()
            if file is not None:
                file.unlink(missing_ok=True)
            raise
        return store

    @classmethod
    def open(
        cls,
        where: str | Path,
        *,
        origin: str | None = None,
        backup_folder: Path | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> Self:
        """The store that is there; tables of an earlier version are brought up, after a backup.

        Args:
            where: path of the SQLite file, or URL of the PostgreSQL database.
            origin: the log's name as the project's folder has it; None takes any.
            backup_folder: where a backup is written; None: beside the file.
            patience_seconds: how long an act waits for another process.

        Raises:
            StoreError: it is absent, no project's, another project's, damaged, locked, on a
                network share, or of a later version.
        """
        engine = make_engine(where, patience_seconds=patience_seconds)
        name = name_of(where)
        file = None if is_server(where) else Path(where)
        if file is not None and not file.is_file():
            raise StoreError(
                f"A project keeps its log in a database; there is no file {file}. Check the "
                "path, or make a project with `medseg init`."
            )
        try:
            migrate(engine, name, file=file, backup_folder=backup_folder)
            with in_words(name), engine.connect() as connection:
                store = cls(engine, name, _checked_origin(connection, origin, name))
                read_tip(connection)
        except BaseException:
            engine.dispose()
            raise
        return store

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def act(self) -> Iterator[Act]:
        """Within it the store is this process's alone: read, decide, append, index.

        What was written is kept as a whole when the block ends, on the disk before the next line
        runs; whatever is raised in it takes everything back.

        Raises:
            StoreError: others kept the store locked, or it cannot be written.
        """
        with in_words(self.name), self._engine.connect() as connection:
            writer = connection.execution_options(**{WRITES: True})
            with writer.begin():
                _take_turn(writer)
                yield Act(writer, self.origin)

    def attempt(self, work: Callable[[Act], Result]) -> Result:
        """What `work` returns of an act; done again where the act only met another's.

        Raises:
            StoreError: as `act`, or it met others' acts 20 times.
        """
        for _ in range(_TRIES - 1):
            try:
                with self.act() as act:
                    return work(act)
            except StoreError as error:
                if not is_repeatable(error):
                    raise
        with self.act() as act:
            return work(act)

    @contextmanager
    def read(self) -> Iterator[LogView]:
        """Within it everything is read as of one moment, whatever others do.

        Keep it short, and never act within it: acts may have to wait for its end.
        """
        with in_words(self.name), self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(  # noqa: PLW2901
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                read_meta(connection, "origin")  # what is read first fixes the moment
                yield LogView(connection, self.origin)

    def _fill(self) -> None:
        with in_words(self.name), self._engine.connect() as connection:
            writer = connection.execution_options(**{WRITES: True})
            with writer.begin():
                if inspect(writer).has_table(meta.name):
                    raise _exists(self.name)
                create_tables(writer)
                values = {"schema": str(SCHEMA_VERSION), "origin": self.origin}
                writer.execute(
                    insert(meta), [{"key": key, "value": value} for key, value in values.items()]
                )
                writer.execute(insert(tip), [{"id": 1, **tip_values(empty_tip())}])


def _take_turn(connection: Connection) -> None:
    """On a server, wait for the one turn to write; SQLite's BEGIN IMMEDIATE has done so.

    A table's lock rather than an advisory one: that would be taken by a SELECT, which fixes the
    transaction's snapshot before the wait, so that whoever had to wait would always have to begin
    again (PostgreSQL manual, section 13.3.1).
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE {tip.name} IN EXCLUSIVE MODE")


def _make_empty_file(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))
    except FileExistsError as error:
        raise _exists(str(path)) from error
    except OSError as error:
        raise StoreError(
            f"A project's database is made in its folder; {path} cannot be made "
            f"({error.strerror}). Check that {path.parent} is a folder you may write to."
        ) from error


def _exists(name: str) -> StoreError:
    return StoreError(
        f"A new project has a new database; there is one at {name}. Open that project, or choose "
        "another place."
    )


def _checked_origin(connection: Connection, expected: str | None, name: str) -> str:
    origin = read_meta(connection, "origin")
    if origin is None or (expected is not None and origin != expected):
        raise StoreError(
            f"A database belongs to one project; {name} is that of {origin!r}, the folder's "
            f"medseg.toml is that of {expected!r}. Put the right two together."
        )
    return origin
