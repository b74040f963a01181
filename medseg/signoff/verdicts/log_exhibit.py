"""A log as it is held up: checked as a whole, once, however many records are held against it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from medseg.errors import SignoffError
from medseg.model import Finding
from medseg.signoff.log.chain import Chain, check_chain
from medseg.signoff.log.checkpoint import Checkpoint
from medseg.signoff.log.entry import Entry
from medseg.signoff.log.kinds import SIGNED_KINDS
from medseg.signoff.log.tree import Tree
from medseg.signoff.schema import decode_base64


@dataclass(frozen=True, eq=False)
class LogExhibit:
    """A log, checked once however many records are held against it.

    Args:
        entries: bytes of its entries, from the first on.
        remembered: checkpoints of it that were seen or countersigned earlier.
    """

    entries: Sequence[bytes]
    remembered: tuple[Checkpoint, ...] = ()

    @cached_property
    def chain(self) -> Chain:
        """The sound beginning of the log."""
        return check_chain(self.entries)

    @cached_property
    def tree(self) -> Tree:
        """The tree over its sound entries."""
        return Tree(entry.leaf for entry in self.chain.entries)

    @property
    def origin(self) -> str | None:
        """The log's name; None if its first entry does not tell."""
        first = self.chain.entries[0] if self.chain.entries else None
        return str(first.data["origin"]) if first and first.kind == "open" else None

    @cached_property
    def by_record(self) -> dict[str, Entry]:
        """Digest of a record -> its entry."""
        signed = (entry for entry in self.chain.entries if entry.kind in SIGNED_KINDS)
        return {str(entry.data["record"]): entry for entry in signed}

    @cached_property
    def by_case(self) -> dict[str, list[Entry]]:
        """Id of a case -> its entries, in order."""
        found: dict[str, list[Entry]] = {}
        for entry in self.chain.entries:
            if entry.case is not None:
                found.setdefault(entry.case, []).append(entry)
        return found

    @cached_property
    def people(self) -> list[Entry]:
        """The entries that tell of versions of the registry of people."""
        return [entry for entry in self.chain.entries if entry.kind == "people"]

    @cached_property
    def findings(self) -> list[Finding]:
        """LOG_CHAIN_BROKEN, LOG_TRUNCATED and LOG_FORKED of the log as a whole (step 4)."""
        findings = [self.chain.problem] if self.chain.problem else []
        if self.chain.entries and self.origin is None:
            text = "A log begins with the entry that opens it; this one lacks its beginning."
            findings.append(Finding("LOG_CHAIN_BROKEN", "error", text))
        for entry in self.chain.entries:
            if entry.kind in SIGNED_KINDS and not _holds_its_record(entry):
                text = f"Entry {entry.seq} of the log names another record than the one it holds."
                findings.append(Finding("LOG_CHAIN_BROKEN", "error", text))
        for checkpoint in self.remembered:
            if checkpoint.origin == self.origin:
                findings += self.against(checkpoint, "is remembered here")
        return findings

    def against(self, checkpoint: Checkpoint, what: str) -> list[Finding]:
        """LOG_TRUNCATED or LOG_FORKED if the log does not begin with what the checkpoint says.

        Args:
            checkpoint: of this log.
            what: how it is known, in words, as "is remembered here".
        """
        size = len(self.tree)
        if checkpoint.size > size:
            text = (
                f"A log only grows; this one has {size} entries, and one of {checkpoint.size} "
                f"{what}. Its end was cut off, or it is an old copy: restore the newest one."
            )
            return [Finding("LOG_TRUNCATED", "error", text)]
        if self.tree.root(checkpoint.size) != checkpoint.root:
            text = (
                f"A log is never rewritten; its first {checkpoint.size} entries are not those of "
                f"the log that {what}. Restore it from a copy, and find out who rewrote it."
            )
            return [Finding("LOG_FORKED", "error", text)]
        return []


def _holds_its_record(entry: Entry) -> bool:
    try:
        payload = decode_base64(entry.data["envelope"]["payload"], "payload")
    except SignoffError:
        return False
    return hashlib.sha256(payload).hexdigest() == str(entry.data["record"])
