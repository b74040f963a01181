"""The tables. The log is the truth; all others but `viewings` can be made again from it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

#: The form of the tables below; `migration.STEPS` leads from each earlier one to the next.
SCHEMA_VERSION = 2

metadata = MetaData()

# Compared byte by byte on every server, so that all sort alike.
_WORD = String().with_variant(String(collation="C"), "postgresql")
_COUNT = BigInteger().with_variant(Integer, "sqlite")

meta = Table(
    "meta",
    metadata,
    Column("key", _WORD, primary_key=True),
    Column("value", Text, nullable=False),
)

log = Table(
    "log",
    metadata,
    Column("seq", _COUNT, primary_key=True, autoincrement=False),
    Column("case_id", _WORD),
    Column("reading_id", _WORD),
    Column("kind", _WORD, nullable=False),
    Column("entry", LargeBinary, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("head", LargeBinary, nullable=False),
)

#: What acts ask of the log: a case's entries, a reading's case, the newest policy and people.
LOG_INDEXES = (
    Index("log_by_case", log.c.case_id, log.c.reading_id, log.c.kind),
    Index("log_by_reading", log.c.reading_id, log.c.case_id),
    Index("log_by_kind", log.c.kind, log.c.seq),
)

# One row: where the log ends, with the frontier of its Merkle tree.
tip = Table(
    "tip",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", _COUNT, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", _COUNT, primary_key=True, autoincrement=False),
    Column("keyid", _WORD, primary_key=True),
    Column("note", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)

case_index = Table(
    "case_index",
    metadata,
    Column("case_id", _WORD, primary_key=True),
    Column("seq", _COUNT, nullable=False),
    Column("state", _WORD, nullable=False),
    Column("subject", _WORD, nullable=False),
    Column("time_point", Integer, nullable=False),
    Column("specialty", _WORD, nullable=False),
    Column("open_comments", Integer, nullable=False),
    Column("open_queries", Integer, nullable=False),
    Column("agreement", Float(53), nullable=False),
    Column("due", _WORD, nullable=False),
    Column("changed", _WORD, nullable=False),
)
for _name in ("subject", "open_comments", "agreement", "due", "changed"):
    Index(f"case_by_{_name}", case_index.c[_name], case_index.c.case_id)
    Index(f"case_by_state_{_name}", case_index.c.state, case_index.c[_name], case_index.c.case_id)
Index("case_by_state", case_index.c.state, case_index.c.case_id)


def _of_case() -> Column[str]:
    return Column(
        "case_id", _WORD, ForeignKey("case_index.case_id", ondelete="CASCADE"), primary_key=True
    )


case_readers = Table(
    "case_readers",
    metadata,
    _of_case(),
    Column("reading_id", _WORD, primary_key=True),
    Column("person", _WORD, nullable=False),
)
Index("case_readers_by_person", case_readers.c.person, case_readers.c.case_id)

turns = Table(
    "turns",
    metadata,
    _of_case(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("reading_id", _WORD),
    Column("stage", _WORD, nullable=False),
    Column("person", _WORD),
    Column("role", _WORD, nullable=False),
    Column("due", _WORD, nullable=False),
)
Index("turns_by_person", turns.c.person, turns.c.due, turns.c.case_id)
Index("turns_by_role", turns.c.role, turns.c.due, turns.c.case_id)

# Who may not take a turn that is open to a role, as the readings' own annotators.
barred = Table(
    "barred",
    metadata,
    _of_case(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("person", _WORD, primary_key=True),
)

# From whom the others' work on a case is still hidden, and what they see in its place.
blind_readers = Table(
    "blind_readers",
    metadata,
    _of_case(),
    Column("person", _WORD, primary_key=True),
    Column("open_comments", Integer, nullable=False),
    Column("due", _WORD, nullable=False),
    Column("changed", _WORD, nullable=False),
)
for _name in ("open_comments", "due", "changed"):
    Index(
        f"blind_by_{_name}",
        blind_readers.c.person,
        blind_readers.c[_name],
        blind_readers.c.case_id,
    )

viewings = Table(
    "viewings",
    metadata,
    Column("id", _COUNT, primary_key=True, autoincrement=True),
    Column("person", _WORD, nullable=False),
    Column("reading_id", _WORD, nullable=False),
    Column("intervals", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
Index("viewings_by_reading", viewings.c.reading_id, viewings.c.person, viewings.c.id)

#: The tables that `rebuild_index` fills again from the log, those that point at others first.
INDEX_TABLES = (blind_readers, barred, turns, case_readers, case_index)

#: Tables whose rows are never changed or taken away.
KEPT_FOR_GOOD = ("log", "checkpoints", "viewings")
_REFUSAL = "what was recorded stays recorded"


def create_tables(connection: Connection) -> None:
    """Make all tables and the triggers that keep what was recorded.

    The triggers are a seat belt: they hinder mistakes, and whoever can drop them is caught by
    the log's chain and its checkpoints.
    """
    metadata.create_all(connection)
    if connection.dialect.name == "sqlite":
        for table in KEPT_FOR_GOOD:
            for verb in ("UPDATE", "DELETE"):
                connection.exec_driver_sql(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
                )
        return
    connection.exec_driver_sql(
        "CREATE FUNCTION medseg_kept() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    for table in KEPT_FOR_GOOD:
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION medseg_kept()"
        )
