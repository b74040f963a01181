"""A log as it is held up: checked as a whole, once, however many records are held against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from medseg.model import Finding
from medseg.signoff.log.chain import Chain, check_chain
from medseg.signoff.log.checkpoint import Checkpoint
from medseg.signoff.log.contents import holds_what_it_names
from medseg.signoff.log.entry import Entry, leaf_hash
from medseg.signoff.log.kinds import SIGNED_KINDS
from medseg.signoff.log.known import known_entry, record_of
from medseg.signoff.log.tree import Tree


@dataclass(frozen=True, eq=False)
class LogExhibit:
    """A log, checked once however many records are held against it.

    Args:
        entries: bytes of its entries, from the first on.
        remembered: checkpoints of it that were seen or countersigned earlier.
        found_sound: the checkpoint up to which it was found sound, entry by entry, by whoever
            asks; None if it never was. Where the bytes are still the same they are not read
            strictly again.
    """

    entries: Sequence[bytes]
    remembered: tuple[Checkpoint, ...] = ()
    found_sound: Checkpoint | None = None

    @cached_property
    def chain(self) -> Chain:
        """The sound beginning of the log."""
        known = self._known
        return check_chain(self.entries[len(known) :], known=known)

    @cached_property
    def _known(self) -> list[Entry]:
        """The entries whose bytes are those that were found sound before."""
        size = self.found_sound.size if self.found_sound else 0
        if not 0 < size <= len(self.entries):
            return []
        leaves = map(leaf_hash, self.entries[:size])
        if self.found_sound is None or Tree(leaves).root() != self.found_sound.root:
            return []
        return [known_entry(raw) for raw in self.entries[:size]]

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
        told = ((record_of(entry), entry) for entry in self.chain.entries)
        return {record: entry for record, entry in told if record is not None}

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
    def policies(self) -> list[Entry]:
        """The entries that tell of the project's rules."""
        return [entry for entry in self.chain.entries if entry.kind == "policy"]

    @cached_property
    def findings(self) -> list[Finding]:
        """LOG_CHAIN_BROKEN, LOG_TRUNCATED and LOG_FORKED of the log as a whole (step 4)."""
        findings = [self.chain.problem] if self.chain.problem else []
        if self.chain.entries and self.origin is None:
            text = "A log begins with the entry that opens it; this one lacks its beginning."
            findings.append(Finding("LOG_CHAIN_BROKEN", "error", text))
        for entry in self.chain.entries[len(self._known) :]:
            if not holds_what_it_names(entry):
                what = "record" if entry.kind in SIGNED_KINDS else "policy"
                text = f"Entry {entry.seq} of the log names another {what} than the one it holds."
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
