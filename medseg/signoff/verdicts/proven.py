"""Whether who acted proved it, entry by entry, and by which rules that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from medseg.model import Finding, Role
from medseg.signoff.log.entry import Entry
from medseg.signoff.log.proof import Proof, check_proof, read_proof
from medseg.signoff.people.checks import Signature, judge_signer
from medseg.signoff.people.registry import Registry
from medseg.signoff.refusal import RecordError
from medseg.signoff.verdicts.dispute import behind, newest

NO_POLICY, NO_SUBMITTER = "POLICY_NOT_ESTABLISHED", "SUBMITTER_NOT_ESTABLISHED"
_STOPPING = frozenset({"error", "undecided"})


@dataclass(frozen=True)
class RulesTaken:
    """The rules at a place of a log, as far as they are established.

    Args:
        ask_proof: whether they ask for proofs; so do rules that should have been proven.
        digest: of those in force; None if there are none.
        findings: what is to be said of those that were not taken, and of the others' keys.
    """

    ask_proof: bool = False
    digest: str | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, eq=False)
class Proofs:
    """What proofs are held against.

    Args:
        registry: of the people, if one is believed.
        policies: the log's `policy` entries, in order.
    """

    registry: Registry | None
    policies: Sequence[Entry] = field(default_factory=tuple)
    _found: dict[int, list[Finding]] = field(default_factory=dict, init=False, repr=False)

    def rules_before(self, seq: int) -> RulesTaken:
        """The rules at a number of the log: each judged by those before it and by its own."""
        taken = RulesTaken()
        for entry in self.policies:
            if entry.seq >= seq:
                break
            own = entry.data["policy"].get("proven") is True
            said = self._of_rules(entry) if own or taken.ask_proof else []
            if stops(said):
                taken = RulesTaken(True, taken.digest, (*taken.findings, *said))
            else:
                taken = RulesTaken(own, str(entry.data["digest"]), tuple(said))
        return taken

    def of_hand_ins(
        self, before: Sequence[Entry], reading: str | None, seq: int, *, decides: bool = False
    ) -> list[Finding]:
        """What is to be said of the hand-ins that a judgement of a reading stands on.

        Args:
            before: the case's entries before the judgement.
            reading: id of the reading.
            seq: number of the judgement in the log.
            decides: whether it is an adjudicator's.
        """
        mine = newest(before, reading)
        asks = self.rules_before(mine.seq if mine else seq).ask_proof
        findings: list[Finding] = []
        for one in behind(before, reading, decides=decides):
            if one is None:
                findings += [_NOT_HANDED_IN] if asks else []
            elif self.rules_before(one.seq).ask_proof:
                findings += self._established(one, NO_SUBMITTER)
        return findings

    def _of_rules(self, entry: Entry) -> list[Finding]:
        """What speaks against rules; of the log's first nothing if a lead proved the same later.

        A root key proves the first; root keys are replaced, and no registry tells of former ones.
        """
        said = self._established(entry, NO_POLICY)
        if entry is not self.policies[0] or not any(one.code == NO_POLICY for one in said):
            return said
        for later in self.policies:
            is_same = later.actor is not None and later.data["digest"] == entry.data["digest"]
            if is_same and not stops(self._established(later, NO_POLICY)):
                return []
        return said

    def _established(self, entry: Entry, code: str) -> list[Finding]:
        """What speaks against an entry's actor having made it; empty where their key says so."""
        if entry.seq not in self._found:
            self._found[entry.seq] = self._judged(entry, code)
        return self._found[entry.seq]

    def _judged(self, entry: Entry, code: str) -> list[Finding]:
        try:
            proof = read_proof(entry)
            public = _public_key(self.registry, entry, proof)
            if proof is None or public is None:
                return [_unproven(entry, code, self.registry)]
            check_proof(entry, proof, public)
        except RecordError as error:
            return [Finding(error.code, "error", str(error))]
        if entry.actor is None or self.registry is None:
            return []
        role = Role.LEAD if entry.kind == "policy" else None
        signature = Signature(proof.keyid, role, entry.time, entry.actor, None, entry.seq)
        said = judge_signer(self.registry, signature)
        if not stops(said):
            return said
        return [Finding(code, "undecided", f"Entry {entry.seq} of the log: {said[-1].text}")]


def stops(findings: Iterable[Finding]) -> bool:
    """Whether one of them leaves something invalid or undecided."""
    return any(one.severity in _STOPPING for one in findings)


_NOT_HANDED_IN = Finding(
    NO_SUBMITTER,
    "undecided",
    "What is judged was handed in, or made of readings that were; the log does not show that of "
    "all of them. Find out who wrote that they were.",
)


def _public_key(registry: Registry | None, entry: Entry, proof: Proof | None) -> bytes | None:
    """The key that the registry gives to the entry's actor by that id; a root's for nobody's."""
    if registry is None or proof is None:
        return None
    if entry.actor is None:
        roots = registry.roots if entry.kind == "policy" else ()
        return next((one.public_key for one in roots if one.keyid == proof.keyid), None)
    owner, key = registry.owner(proof.keyid), registry.key(proof.keyid)
    is_theirs = owner is not None and key is not None and owner.person_id == entry.actor
    return key.public_key if is_theirs and key else None


def _unproven(entry: Entry, code: str, registry: Registry | None) -> Finding:
    who = entry.actor or "the holder of a root key"
    what = "changed the rules" if entry.kind == "policy" else "handed it in"
    why = f"no key of theirs signed entry {entry.seq} of the log. Have it done anew, with their key"
    if registry is None:
        why = "without a registry of people that you trust their key is not known"
    text = f"The rules ask that who acts proves it. That {who} {what} is not proven: {why}."
    return Finding(code, "undecided", text)
