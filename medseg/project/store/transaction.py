"""An act: what is read, decided and written within one transaction, or not at all."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import insert, select, update

from medseg.errors import StoreError
from medseg.project.store.draft import Draft
from medseg.project.store.index import clear_index, write_summaries
from medseg.project.store.reading import LogView, Tip, note_digest
from medseg.project.store.schema import checkpoints, log, tip
from medseg.project.store.summary import CaseSummary, Summarise
from medseg.signoff.log.entry import START, Entry, make_entry
from medseg.signoff.log.tree import Frontier


class Act(LogView):
    """The only writer of a store until it ends; what it has appended shows in what it reads."""

    def append(self, drafts: Iterable[Draft], *, actor: str | None, at: str) -> list[Entry]:
        """Add entries to the log, and return them with their numbers.

        Args:
            drafts: what happened, in order.
            actor: id of the person who acts; None where the software does by itself.
            at: ISO 8601 with an offset from UTC.

        Raises:
            SignoffError: a draft is of no known kind or its data of another form.
        """
        end, entries, rows = self.tip, [], []
        for draft in drafts:
            entry = make_entry(
                draft.kind,
                draft.data,
                seq=end.size,
                prev=end.head,
                at=at,
                actor=actor,
                case=draft.case,
                reading=draft.reading,
            )
            end = Tip(end.size + 1, entry.head, end.frontier.append(entry.leaf))
            entries.append(entry)
            rows.append(_row(entry))
        if rows:
            self.connection.execute(insert(log), rows)
            self._end_at(end)
        return entries

    def index(self, summary: CaseSummary) -> None:
        """Put a case's summary in the index, as its entries now tell it."""
        write_summaries(self.connection, [summary])

    def index_all(self, summarise: Summarise) -> int:
        """Make the whole index again, as after a change of the rules, and return how many cases.

        Args:
            summarise: the fold, by the rules that now hold.
        """
        clear_index(self.connection)
        by_case = self.entries_by_case()
        write_summaries(self.connection, [summarise(entries) for entries in by_case.values()])
        return len(by_case)

    def checkpoint(self, note: str, *, keyid: str, size: int | None = None) -> None:
        """Keep a signed checkpoint of the first `size` entries; None: of all.

        A second one of the same size by the same key is dropped.

        Raises:
            StoreError: the log has fewer entries.
        """
        of = self.size if size is None else size
        if not 0 < of <= self.size:
            raise StoreError(
                f"A checkpoint is of entries that are there; found one of {of}, the log has "
                f"{self.size}. Make it of what the log holds."
            )
        same = select(checkpoints.c.size).where(
            checkpoints.c.size == of, checkpoints.c.keyid == keyid
        )
        if self.connection.execute(same).first() is None:
            digest = note_digest(of, keyid, note)
            row = {"size": of, "keyid": keyid, "note": note, "digest": digest}
            self.connection.execute(insert(checkpoints), [row])

    def _end_at(self, end: Tip) -> None:
        self.connection.execute(update(tip).values(**tip_values(end)))
        self.__dict__["tip"] = end


def tip_values(end: Tip) -> dict[str, int | bytes]:
    """The columns of the one row of the table `tip`."""
    return {
        "size": end.size,
        "head": bytes.fromhex(end.head),
        "frontier": end.frontier.to_bytes(),
    }


def empty_tip() -> Tip:
    """Where a log of no entries ends."""
    return Tip(0, START, Frontier())


def _row(entry: Entry) -> dict[str, object]:
    return {
        "seq": entry.seq,
        "case_id": entry.case,
        "reading_id": entry.reading,
        "kind": entry.kind,
        "entry": entry.raw,
        "leaf": entry.leaf,
        "head": bytes.fromhex(entry.head),
    }
