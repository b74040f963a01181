"""All that is known when the single records are judged: each thing opened and checked once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from medseg.model import Finding, Policy
from medseg.signoff.canonical import canonical
from medseg.signoff.envelope import OpenedEnvelope, open_envelope
from medseg.signoff.image_identity import Matcher, image_matcher
from medseg.signoff.log.entry import Entry
from medseg.signoff.log.kinds import SIGNED_KINDS
from medseg.signoff.log.receipt import Receipt
from medseg.signoff.people.registry import Registry
from medseg.signoff.record import Record
from medseg.signoff.refusal import RecordError
from medseg.signoff.verdicts.exhibits import Exhibits
from medseg.signoff.verdicts.log_exhibit import LogExhibit


@dataclass(frozen=True, eq=False)
class Dossier:
    """The exhibits together with what was opened of them.

    Args:
        exhibits: what was handed in.
        opened: the sound records in the lines, by digest.
        receipts: their receipts, by the record's digest.
        registry: the registry of people, if there is one and it is believed.
        troubles: what speaks against the registry or a log as a whole; the logs' by number.
    """

    exhibits: Exhibits
    opened: dict[str, OpenedEnvelope]
    receipts: dict[str, Receipt] = field(default_factory=dict)
    registry: Registry | None = None
    troubles: dict[int | str, list[Finding]] = field(default_factory=dict)

    def log_of(self, one: OpenedEnvelope) -> LogExhibit | None:
        """The log that the record says it is in; without such a word, one that holds it."""
        anchor = one.record.anchor
        for log in self.exhibits.logs:
            if anchor is not None and log.origin == anchor.origin:
                return log
            if anchor is None and one.digest in log.by_record:
                return log
        return None

    def entry_of(self, one: OpenedEnvelope) -> Entry | None:
        """The record's entry in its log, if it is there."""
        log = self.log_of(one)
        return log.by_record.get(one.digest) if log else None

    def person_of(self, record: Record) -> str:
        """An id of who signed: the registry's, or the record's own word, or else the key's."""
        owner = self.registry.owner(record.keyid) if self.registry else None
        return owner.person_id if owner else record.person_id or record.keyid

    def is_self_attested(self, record: Record) -> bool:
        """Whether one person does everything: the registry's word, or else the record's."""
        return self.registry.self_attested if self.registry else record.is_self_attested

    def policy_of(self, record: Record) -> Policy | None:
        """The rules under which the record was made, if they are at hand."""
        return self.exhibits.policies.get(str(record.predicate["policyDigest"]))

    @cached_property
    def known(self) -> dict[str, OpenedEnvelope]:
        """The records in the lines and those that the logs hold of the same cases, by digest."""
        cases = {one.record.case for one in self.opened.values()} - {None}
        found = dict(self.opened)
        for log in self.exhibits.logs:
            for case in sorted(str(one) for one in cases):
                for entry in log.by_case.get(case, ()):
                    if entry.kind in SIGNED_KINDS and entry.data["record"] not in found:
                        found |= _opened(entry)
        return found

    @cached_property
    def match(self) -> Matcher | None:
        """How the image at hand is matched with a signed identity; None without an image."""
        image = self.exhibits.image
        return image_matcher(image) if image is not None else None


def _opened(entry: Entry) -> dict[str, OpenedEnvelope]:
    """The record in an entry; none if it is not sound, which its own line would tell."""
    try:
        one = open_envelope(canonical(entry.data["envelope"]))
    except RecordError:
        return {}
    return {one.digest: one} if one.digest == entry.data["record"] else {}
