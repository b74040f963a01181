"""A project's whole story in memory: people, log, records with receipts, and what is held up."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from medseg.model import Policy, Role, Segmentation, Stage, StageName, Verification, Volume
from medseg.signoff import (
    Claim,
    Exhibits,
    LogExhibit,
    PeopleExhibit,
    SignedContent,
    SigningKey,
    build_statement,
    image_identity,
    judge_exhibits,
    mask_digest,
    read_mask,
    seal,
)
from medseg.signoff.canonical import canonical
from medseg.signoff.envelope import open_envelope
from medseg.signoff.log.checkpoint import Checkpoint, sign_checkpoint
from medseg.signoff.log.entry import START, Entry, make_entry
from medseg.signoff.log.proof import ActPlace, with_proof
from medseg.signoff.log.receipt import receipt_keys
from medseg.signoff.log.tree import Tree
from medseg.signoff.people.registry import Registry
from medseg.signoff.people.sealing import open_registry, seal_registry
from tests.phantoms import ramp_volume
from tests.signoff.cases import key_of, three_lesions
from tests.signoff.people.teams import ROOT, team

ORIGIN = "lung.example/7f3a"
NAMES = {1: "Ada Reader", 2: "Ben Reviewer", 3: "Cho Signer"}
BEGIN = datetime.fromisoformat("2026-06-01T12:00:00.000+02:00")
POLICY = Policy(
    (
        Stage(StageName.ANNOTATE, frozenset({Role.ANNOTATOR})),
        Stage(StageName.REVIEW, frozenset({Role.REVIEWER})),
        Stage(StageName.SIGN, frozenset({Role.SIGNER})),
        Stage(StageName.LOCK, frozenset({Role.LEAD})),
    )
)
DECIDES = Stage(StageName.ADJUDICATE, frozenset({Role.ADJUDICATOR}))
DOUBLE = replace(POLICY, stages=(*POLICY.stages[:2], DECIDES, *POLICY.stages[2:]))
RULES = "ab" * 32
LESIONS = {"kind": "lesions", "reason": None, "text": ""}


@dataclass
class Story:
    """A log that grows, and the lines beside the mask of reading r-1 of case c-1."""

    registry: Registry = field(default_factory=team)
    origin: str = ORIGIN
    policy: Policy = POLICY
    mask: Segmentation = field(default_factory=three_lesions)
    volume: Volume = field(default_factory=ramp_volume)
    entries: list[Entry] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    minutes: int = 0
    digest: str = RULES

    @classmethod
    def begun(cls, **parts: Any) -> Story:
        """With a case that was read and handed in by p-1."""
        return cls(**parts).begin().handed_in()

    def begin(self) -> Story:
        """The log opened, and the people told."""
        self.add("open", {"origin": self.origin, "project": "Lung", "site": None})
        self.tell_people()
        return self

    def handed_in(self) -> Story:
        """A case imported, read and handed in by p-1."""
        story = self
        image = image_identity(story.volume)
        about = {"subject": "s", "timePoint": 1, "specialty": "", "gold": False, "findings": []}
        story.add("import", {"image": image, **about}, case="c-1")
        reader = {"reader": "p-1", "round": 1, "order": None, "note": ""}
        story.add("assign", reader, case="c-1", reading="r-1")
        story.submit(1)
        return story

    def approved(self) -> Story:
        """A review by p-2 and a signature by p-3."""
        self.say(2, "review", "reviewer")
        self.say(3, "sign", "signer")
        return self

    @classmethod
    def signed(cls, **parts: Any) -> Story:
        """With a review by p-2 and a signature by p-3."""
        return cls.begun(**parts).approved()

    @property
    def state(self) -> Checkpoint:
        root = Tree(entry.leaf for entry in self.entries).root()
        return Checkpoint(self.origin, len(self.entries), root)

    @property
    def at(self) -> str:
        return (BEGIN + timedelta(minutes=self.minutes)).isoformat(timespec="milliseconds")

    def add(
        self, kind: str, data: dict[str, Any], *, key: SigningKey | None = None, **about: Any
    ) -> Entry:
        """One more entry; `key` proves it."""
        self.minutes += 1
        prev = self.entries[-1].head if self.entries else START
        if key is not None:
            where = (about.get(name) for name in ("actor", "case", "reading"))
            data = with_proof(data, ActPlace(kind, *where, len(self.entries), prev), key)
        entry = make_entry(kind, data, seq=len(self.entries), prev=prev, at=self.at, **about)
        self.entries.append(entry)
        return entry

    def tell_people(self) -> None:
        digest = open_registry(seal_registry(self.registry, ROOT)).digest
        told = {"version": self.registry.version, "digest": digest, "change": "enrolled"}
        self.add("people", told)

    def rule(self, key: SigningKey | None, actor: str | None = None, **rules: Any) -> Entry:
        """Rules of these values in force, proven by the key; and named by records from here on."""
        self.digest = hashlib.sha256(canonical(rules)).hexdigest()
        return self.add("policy", {"policy": rules, "digest": self.digest}, key=key, actor=actor)

    def disagree(self, *between: str) -> None:
        """Other readings handed in, and found to differ."""
        for reading in between[1:]:
            self.submit(1, reading=reading)
        data = {"between": list(between), "why": ["one lesion more"]}
        self.add("disagree", data, case="c-1")

    def submit(
        self,
        version: int,
        *annotators: str,
        reading: str = "r-1",
        actor: str = "p-1",
        key: SigningKey | None = None,
        **said: Any,
    ) -> Entry:
        data = {
            "version": version,
            "ending": LESIONS,
            "mask": mask_digest(self.mask),
            "marks": [],
            "annotators": list(annotators or ["p-1"]),
            "findings": [],
            "coverage": {},
            "provenanceDigest": None,
        }
        about = {"actor": actor, "case": "c-1", "reading": reading}
        return self.add("submit", data | said, key=key, **about)

    def claim(self, stage: str, role: str, decision: str = "approve", **parts: Any) -> Claim:
        digests = [open_envelope(line).digest for line in self.lines]
        known = {
            "previous": tuple(digests),
            "case_version": len(digests) + 1,
            "case": "c-1",
            "reading": "r-1",
            "annotators": ("p-1",),
            "ending": LESIONS,
            "policy_digest": self.digest,
            "registry_version": self.registry.version,
            "log_anchor": self.state.to_anchor(),
        }
        return Claim(role, stage, decision, **{**known, **parts})

    def envelope(self, person: int, claim: Claim, *, at: str | None = None) -> dict[str, Any]:
        key = replace(key_of(person, NAMES.get(person, "Eve")), person_id=f"p-{person}")
        content = SignedContent(read_mask(self.mask), image_identity(self.volume))
        return seal(build_statement(claim, content, key, signed_at=at or self.at), key)

    def say(
        self,
        person: int,
        stage: str,
        role: str,
        decision: str = "approve",
        *,
        at: str | None = None,
        **parts: Any,
    ) -> dict[str, Any]:
        """One more record: in the log, and as a line with its receipt."""
        envelope = self.envelope(person, self.claim(stage, role, decision, **parts), at=at)
        return self.enter(person, stage, decision, envelope)

    def enter(
        self, person: int, stage: str, decision: str, envelope: dict[str, Any], version: int = 1
    ) -> dict[str, Any]:
        opened = open_envelope(canonical(envelope))
        data = {"version": version, "record": opened.digest, "envelope": envelope}
        kind = "unlock" if decision == "unlock" else stage
        if kind in ("review", "unlock", "adjudicate"):
            data["reason"] = opened.record.predicate["reason"]
        if kind in ("review", "adjudicate"):
            data["decision"] = decision
        if kind == "adjudicate":
            data |= {"chosen": "r-1", "from": ["r-1", "r-2"]}
        entry = self.add(
            kind, data, actor=f"p-{person}", case=opened.record.case, reading=opened.record.reading
        )
        tree = Tree(one.leaf for one in self.entries)
        note = sign_checkpoint(self.state, key_of(person))
        line = {**envelope, **receipt_keys(entry, tree.inclusion_proof(entry.seq), note)}
        self.lines.append(canonical(line))
        return line

    def exhibits(self, **parts: Any) -> Exhibits:
        people = PeopleExhibit(seal_registry(self.registry, ROOT), frozenset({ROOT.keyid}))
        known: dict[str, Any] = {
            "now": BEGIN + timedelta(days=1),
            "people": people,
            "logs": (self.log(),),
            "policies": {self.digest: self.policy},
            "case": "c-1",
            "reading": "r-1",
        }
        return replace(Exhibits(self.mask, self.volume, **known), **parts)

    def log(self, *remembered: Checkpoint, upto: int | None = None) -> LogExhibit:
        return LogExhibit([entry.raw for entry in self.entries[:upto]], remembered)

    def judged(self, lines: list[bytes] | None = None, **parts: Any) -> Verification:
        held = self.lines if lines is None else lines
        return judge_exhibits(b"\n".join(held), self.exhibits(**parts))

    def found(self, lines: list[bytes] | None = None, **parts: Any) -> dict[str, str]:
        """Code -> severity of all verdicts but the note on superseded records."""
        verdicts = self.judged(lines, **parts).verdicts
        return {
            one.code: one.severity
            for one in verdicts
            if (one.code, one.severity) != ("SUPERSEDED", "note")
        }


def rewritten(story: Story, at: int, **data: Any) -> list[bytes]:
    """The log with one entry changed and everything after it chained anew."""
    raws: list[bytes] = []
    prev = story.entries[0].prev
    for entry in story.entries:
        changed = {**entry.data, **(data if entry.seq == at else {})}
        about = {"actor": entry.actor, "case": entry.case, "reading": entry.reading}
        new = make_entry(entry.kind, changed, seq=entry.seq, prev=prev, at=entry.at, **about)
        raws.append(new.raw)
        prev = new.head
    return raws
