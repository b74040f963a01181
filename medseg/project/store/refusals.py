"""What a database's own errors mean to the person at the desk, and what they can do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from medseg.errors import StoreError

_LOCKED = (
    "is locked by another process, which kept it for the whole wait. Nothing was changed: try "
    "again when the other is done, or end it if it hangs"
)
_FULL = (
    "cannot grow: the disk is full, or a limit on the size of files is reached. The act was taken "
    "back as a whole: free some space and do it again"
)
_KEPT = "keeps every entry of its log for good. To take an act back, do the contrary act"

# SQLite's names of its result codes, by how they begin; the first that fits is taken.
_SQLITE = (
    (
        ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL"),
        _LOCKED,
    ),
    (
        ("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH"),
        "cannot be written. Nothing was changed: ask for the right to write to the project's "
        "folder and the files in it",
    ),
    (
        ("SQLITE_CANTOPEN",),
        "cannot be opened: it is absent, or its folder may not be written to. Check the path and "
        "your rights on the project's folder",
    ),
    (
        ("SQLITE_FULL", "SQLITE_TOOBIG"),
        _FULL,
    ),
    (
        # The act is kept by then; only the folder's entry for the journal may not be.
        ("SQLITE_IOERR_DIR_FSYNC",),
        "cannot be made safe: the disk reports an error at the last step of the act. The act may "
        "have been kept: check the disk, and look in the log before you do it again",
    ),
    (
        ("SQLITE_IOERR",),
        "cannot be read or written: the disk reports an error, or is full. The act was taken back "
        "as a whole: check the disk and do it again",
    ),
    (
        ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT", "SQLITE_MISMATCH"),
        "is damaged or copied by half. Copy it again with all its neighbours (project.db*) while "
        "no program has it open, or take the newest backup",
    ),
    (
        ("SQLITE_CONSTRAINT_TRIGGER",),
        _KEPT,
    ),
)
# PostgreSQL's SQLSTATE, whole or its class.
_POSTGRES = (
    (("55P03", "57014"), _LOCKED),
    (("25006", "42501"), "may not be written by this user. Ask its keeper for the right to write"),
    (("53",), _FULL),
    (("58", "XX"), "reports damage or an error of its disk. Tell the server's keeper"),
    (("28", "3D"), "does not let this user in. Check user, password and name in the URL"),
    (("P0001",), _KEPT),
    (
        ("40",),
        "was changed by others at the same moment, again and again. Nothing was changed: do it "
        "once more",
    ),
)
#: SQLSTATE of acts that met another's and can simply be done again.
_REPEATABLE = ("40001", "40P01")


@contextmanager
def in_words(where: str) -> Iterator[None]:
    """Within it, whatever the database raises becomes a StoreError about `where`."""
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(refusal(error, where)) from error


def refusal(error: SQLAlchemyError, where: str) -> str:
    """A sentence for the error, naming the database by `where`."""
    original = error.orig if isinstance(error, DBAPIError) else None
    name = getattr(original, "sqlite_errorname", None)
    if name is not None:
        return _sentence(where, name, _SQLITE, original)
    state = sql_state(error)
    if state is not None:
        return _sentence(where, state, _POSTGRES, original)
    if original is not None and "interface" in type(original).__name__.lower():
        return (
            f"The project's database {where} does not answer ({original}). Check that the server "
            "runs and can be reached; an act that was not confirmed may be looked up in the log."
        )
    return f"The project's database {where} refused ({original or error})."


def is_repeatable(error: BaseException) -> bool:
    """Whether the act only met another's, so that doing it again can succeed."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, SQLAlchemyError) and sql_state(cause) in _REPEATABLE:
            return True
        cause = cause.__cause__
    return False


def sql_state(error: SQLAlchemyError) -> str | None:
    """PostgreSQL's five-letter code of the error, if it has one."""
    original = error.orig if isinstance(error, DBAPIError) else None
    told: Any = original.args[0] if original is not None and original.args else None
    return str(told["C"]) if isinstance(told, dict) and "C" in told else None


def _sentence(
    where: str, code: str, table: tuple[tuple[tuple[str, ...], str], ...], original: object
) -> str:
    for starts, words in table:
        if code.startswith(starts):
            return f"The project's database {where} {words} ({code})."
    return f"The project's database {where} refused: {original} ({code})."
