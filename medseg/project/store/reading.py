"""What can be read from a store, all at one moment."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection, LargeBinary, Row, Select, func, literal, select

from medseg.errors import SignoffError, StoreError
from medseg.project.store.index import read_summaries
from medseg.project.store.schema import checkpoints, log, meta, tip
from medseg.project.store.summary import CaseSummary
from medseg.signoff.log.checkpoint import Checkpoint
from medseg.signoff.log.entry import START, Entry, read_entry
from medseg.signoff.log.tree import Frontier

_CHUNK = 1000


@dataclass(frozen=True)
class KeptCheckpoint:
    """A signed checkpoint: of how many entries, by whose key, and the note's text."""

    size: int
    keyid: str
    note: str


@dataclass(frozen=True)
class Tip:
    """Where the log ends: how many entries, the chain's head (hexadecimal), the tree's frontier."""

    size: int
    head: str
    frontier: Frontier


class LogView:
    """The log and its index at one moment; later acts of others do not show.

    Whatever is read of the log is checked against its leaf hash.
    """

    def __init__(self, connection: Connection, origin: str) -> None:
        self.connection = connection
        self.origin = origin

    @cached_property
    def tip(self) -> Tip:
        """Where the log ends."""
        return read_tip(self.connection)

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self.tip.size

    @property
    def head(self) -> str:
        """The chain's head, hexadecimal; 64 zeros before the first entry."""
        return self.tip.head

    @property
    def state(self) -> Checkpoint:
        """Origin, size and root: what a record anchors itself to, and a checkpoint signs."""
        return Checkpoint(self.origin, self.size, self.root)

    @property
    def root(self) -> bytes:
        """The root of the Merkle tree over all entries (RFC 6962)."""
        return self.tip.frontier.root

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """The entries from `start` up to, not including, `stop`; None: to the end."""
        end = self.size if stop is None else min(stop, self.size)
        for first in range(start, end, _CHUNK):
            last = min(first + _CHUNK, end)
            found = self._read(select(log).where(log.c.seq >= first, log.c.seq < last))
            if len(found) != last - first:
                raise _damaged(f"entries {first} to {last - 1} are not all there")
            yield from found

    def case_entries(self, case_id: str) -> list[Entry]:
        """All entries about a case, in order; none if there is no such case."""
        return self._read(select(log).where(log.c.case_id == case_id))

    def check_case(self, case_id: str) -> None:
        """Pass if no entry about the case hides behind a column that was changed.

        It looks into the bytes of all entries, so it is for acts that somebody signs.

        Raises:
            StoreError: there are more than are found, or fewer.
        """
        # Inside a text of JSON each quote has a backslash: this stands in an entry once or never.
        words = literal(b'"case":"' + case_id.encode() + b'","data":{', LargeBinary)
        is_sqlite = self.connection.dialect.name == "sqlite"
        place = func.instr if is_sqlite else func.pg_catalog.position
        telling = select(func.count()).select_from(log).where(place(log.c.entry, words) > 0)
        if self.connection.scalar(telling) != len(self.case_entries(case_id)):
            raise _damaged(f"entries about {case_id} are filed elsewhere")

    def entries_by_case(self) -> dict[str, list[Entry]]:
        """All entries about cases, in order, by case id."""
        by_case: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries():
            if entry.case is not None:
                by_case[entry.case].append(entry)
        return dict(by_case)

    def entries_of_kind(self, *kinds: str) -> list[Entry]:
        """All entries of these kinds, in order, as "policy" or "people"."""
        return self._read(select(log).where(log.c.kind.in_(kinds)))

    def leaves(self, stop: int | None = None) -> list[bytes]:
        """The leaf hashes of the first `stop` entries, None: of all; for proofs of inclusion."""
        end = self.size if stop is None else min(stop, self.size)
        return list(
            self.connection.scalars(select(log.c.leaf).where(log.c.seq < end).order_by(log.c.seq))
        )

    def case_ids(self) -> list[str]:
        """The ids of all cases, in the order of their first entries."""
        first = func.min(log.c.seq)
        of_cases = select(log.c.case_id).where(log.c.case_id.is_not(None)).group_by(log.c.case_id)
        return list(self.connection.scalars(of_cases.order_by(first)))

    def summary(self, case_id: str) -> CaseSummary | None:
        """A case as the index has it; None if there is no such case."""
        return read_summaries(self.connection, [case_id]).get(case_id)

    def checkpoints(self) -> list[KeptCheckpoint]:
        """All signed checkpoints, those of fewer entries first."""
        rows = self.connection.execute(
            select(checkpoints).order_by(checkpoints.c.size, checkpoints.c.keyid)
        )
        return [_checkpoint(row) for row in rows]

    def _read(self, query: Select[tuple[object, ...]]) -> list[Entry]:
        return [checked_entry(row) for row in self.connection.execute(query.order_by(log.c.seq))]


def read_meta(connection: Connection, key: str) -> str | None:
    """A value of the table `meta`, or None."""
    return connection.scalar(select(meta.c.value).where(meta.c.key == key))


def read_tip(connection: Connection) -> Tip:
    """Where the log ends, checked against its last entry.

    Raises:
        StoreError: the two differ.
    """
    row = connection.execute(select(tip)).one_or_none()
    last = connection.execute(
        select(log.c.seq, log.c.head).order_by(log.c.seq.desc()).limit(1)
    ).one_or_none()
    ends = (last.seq + 1, last.head) if last else (0, bytes.fromhex(START))
    frontier = _frontier(row)
    if row is None or (row.size, row.head) != ends or frontier.size != row.size:
        raise _damaged(f"it holds {ends[0]} entries, and was noted to hold {frontier.size}")
    return Tip(row.size, row.head.hex(), frontier)


def _frontier(row: Row[tuple[object, ...]] | None) -> Frontier:
    # A damaged page can change a value's very type.
    if row is None or type(row.frontier) is not bytes:
        raise _damaged("the note of where it ends is absent")
    try:
        return Frontier.from_bytes(row.frontier)
    except SignoffError as error:
        raise _damaged(f"the note of where it ends is not whole: {error}") from error


def checked_entry(row: Row[tuple[object, ...]]) -> Entry:
    """The entry of a row of the log.

    Raises:
        StoreError: the row's other columns do not fit it.
    """
    try:
        entry = read_entry(bytes(row.entry))
    except TypeError as error:
        raise _damaged(f"entry {row.seq} is of another type") from error
    except SignoffError as error:
        raise _damaged(f"entry {row.seq} cannot be read: {error}") from error
    told = (row.seq, row.case_id, row.reading_id, row.kind, row.leaf, row.head)
    due = (entry.seq, entry.case, entry.reading, entry.kind, entry.leaf, bytes.fromhex(entry.head))
    if told != due:
        raise _damaged(f"entry {row.seq} is not what was written")
    return entry


def note_digest(size: int, keyid: str, note: str) -> bytes:
    """SHA-256 over a stored checkpoint, so that damage shows before any key is at hand."""
    return hashlib.sha256(f"{size}\n{keyid}\n{note}".encode()).digest()


def _checkpoint(row: Row[tuple[object, ...]]) -> KeptCheckpoint:
    if row.digest != note_digest(row.size, row.keyid, row.note):
        raise _damaged(f"the checkpoint of {row.size} entries is not what was written")
    return KeptCheckpoint(row.size, row.keyid, row.note)


def _damaged(what: str) -> StoreError:
    return StoreError(
        f"The project's log is a whole chain; {what}. Say `medseg log check` to see how far it "
        "reaches, and take the newest backup."
    )
