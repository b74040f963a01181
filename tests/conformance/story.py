"""The good case that the attacks start from: a mask through review, signing and locking."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from medseg.model import Code, Person, PersonKey, Role, Segment, Segmentation
from medseg.review import policy_from_tables, policy_json
from medseg.signoff import (
    Claim,
    SignedContent,
    SigningKey,
    build_statement,
    image_identity,
    read_mask,
)
from medseg.signoff.canonical import canonical
from medseg.signoff.envelope import PAYLOAD_TYPE, pae
from medseg.signoff.log.checkpoint import Checkpoint, sign_checkpoint
from medseg.signoff.log.entry import START, Entry, make_entry
from medseg.signoff.log.proof import ActPlace, with_proof
from medseg.signoff.log.receipt import receipt_keys
from medseg.signoff.log.tree import Tree
from medseg.signoff.people.changes import new_registry
from medseg.signoff.people.registry import Registry, RootKey
from medseg.signoff.people.sealing import PAYLOAD_TYPE as PEOPLE_TYPE
from medseg.signoff.people.sealing import open_registry, seal_registry
from medseg.signoff.provenance import provenance_digest
from medseg.signoff.schema import encode_base64
from tests.conformance.stored_files import image_file, mask_files
from tests.phantoms import oblique_geometry, ramp_volume
from tests.signoff.cases import key_of

CASE, READING, OTHER_READING = "c-7K3M9QXA", "r-2B4D6F8H", "r-3C5E7G9J"
ORIGIN = "example.org/medseg/chest"
FOLDER = f"cases/{CASE}/{READING}/"
SHAPE = (8, 12, 10)
LONG = {"issued": "2026-03-01T00:00:00+00:00", "expires": "2126-03-01T00:00:00+00:00"}
BEGIN = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
CYST = Code("367643001", "SCT", "Cyst")


def _person(seed: int, name: str, *roles: Role) -> tuple[SigningKey, Person]:
    person = f"p-{name.partition(' ')[0].upper()}{seed}"
    key = replace(key_of(seed, name), person_id=person)
    return key, Person(person, name, frozenset(roles), (registered(key),))


def registered(key: SigningKey) -> PersonKey:
    """A key as the registry holds it."""
    start, end = "2026-01-01T00:00:00+00:00", "2126-01-01T00:00:00+00:00"
    return PersonKey(key.keyid, key.public_key, start, end)


ROOT, ROOT_2, ROOT_3 = (key_of(90 + one, f"Root {one}") for one in range(3))
EVE = key_of(66, "Eve Stranger")
_CAST = {
    "ann": _person(1, "Ann Reader", Role.ANNOTATOR, Role.REVIEWER),
    "ben": _person(2, "Ben Reader", Role.ANNOTATOR),
    "rob": _person(3, "Rob Reviewer", Role.REVIEWER),
    "rex": _person(4, "Rex Reviewer", Role.REVIEWER),
    "ada": _person(5, "Ada Judge", Role.ADJUDICATOR),
    "sue": _person(6, "Sue Signer", Role.SIGNER),
    "lea": _person(7, "Lea Lead", Role.LEAD),
}
KEYS = {name: key for name, (key, _) in _CAST.items()}
PEOPLE = tuple(person for _, person in _CAST.values())


def root_key(key: SigningKey) -> RootKey:
    return RootKey(key.keyid, key.public_key, key.printed_name)


def registry(**changes: Any) -> Registry:
    """The people of the good case, version 1."""
    return replace(new_registry([root_key(ROOT)], people=PEOPLE, **LONG), **changes)


def mask() -> Segmentation:
    """Two lesions and a cyst."""
    grid = oblique_geometry(SHAPE)
    array = np.zeros(SHAPE, np.uint8)
    array[2:5, 3:7, 2:6] = 1
    array[6, 9, 8] = 2
    array[1:3, 8:11, 0:3] = 3
    segments = (
        Segment(1, "Nodule", "2.25.101"),
        Segment(2, "Speck", "2.25.102"),
        Segment(3, "Cyst", "2.25.103", type=CYST),
    )
    return Segmentation(array, grid, segments)


def sealed(
    statement: Mapping[str, Any] | bytes, *keys: SigningKey, kind: str = PAYLOAD_TYPE
) -> dict[str, Any]:
    """An envelope around anything at all: what an insider could sign."""
    payload = statement if isinstance(statement, bytes) else canonical(dict(statement))
    signed = [
        {"keyid": key.keyid, "sig": encode_base64(key.sign(pae(kind, payload)))} for key in keys
    ]
    return {"payload": encode_base64(payload), "payloadType": kind, "signatures": signed}


def sealed_people(people: Mapping[str, Any], *keys: SigningKey) -> bytes:
    """A registry's file around anything at all."""
    return canonical(sealed(people, *keys, kind=PEOPLE_TYPE)) + b"\n"


class Story:
    """A case as it is told, act by act; `files` is what lies on disk after it."""

    def __init__(self, people: Registry | None = None, **tables: Any) -> None:
        self.entries: list[Entry] = []
        self.lines: list[dict[str, Any]] = []
        self.statements: dict[str, dict[str, Any]] = {}
        self.segmentation = mask()
        self.volume = ramp_volume(self.segmentation.geometry)
        self.people = seal_registry(people or registry(), ROOT)
        self.rules = policy_json(policy_from_tables(tables))
        self.policy_digest = hashlib.sha256(canonical(self.rules)).hexdigest()
        self.at = BEGIN
        self.roots: list[bytes] = []
        self.version, self.origin = 1, ORIGIN

    def note(
        self, kind: str, data: dict[str, Any], *, key: SigningKey | None = None, **about: Any
    ) -> Entry:
        """One more entry, five minutes later; the key proves it."""
        self.at += timedelta(minutes=5)
        prev = self.entries[-1].head if self.entries else START
        if key is not None:
            where = (about.get(name) for name in ("actor", "case", "reading"))
            data = with_proof(data, ActPlace(kind, *where, len(self.entries), prev), key)
        at = about.pop("at", self.at).isoformat(timespec="milliseconds")
        self.entries.append(
            make_entry(kind, data, seq=len(self.entries), prev=prev, at=at, **about)
        )
        return self.entries[-1]

    def about(self, actor: str, **more: Any) -> dict[str, Any]:
        return {"actor": KEYS[actor].person_id, "case": CASE, "reading": READING, **more}

    def rule(self, key: SigningKey | None, actor: str | None = None, **tables: Any) -> Entry:
        """Other rules, which records name from here on."""
        self.rules = policy_json(policy_from_tables(tables))
        self.policy_digest = hashlib.sha256(canonical(self.rules)).hexdigest()
        data = {"policy": self.rules, "digest": self.policy_digest}
        return self.note("policy", data, key=key, actor=actor)

    def begin(self, key: SigningKey | None = None) -> Story:
        """Up to the import of the image; the key proves the rules."""
        self.note("open", {"origin": self.origin, "project": "chest", "site": "Example"})
        self.note("policy", {"policy": self.rules, "digest": self.policy_digest}, key=key)
        opened = open_registry(self.people)
        said = {"version": opened.registry.version, "digest": opened.digest, "change": "begun"}
        self.note("people", said)
        image = image_identity(self.volume)
        data = {"image": image, "subject": "s-1", "timePoint": 1, "specialty": "chest"}
        self.note("import", {**data, "gold": False, "findings": []}, case=CASE)
        data = {"reader": KEYS["ann"].person_id, "round": 1, "order": 0, "note": ""}
        self.note("assign", data, **self.about("lea"))
        return self

    def submit(
        self,
        *annotators: str,
        reading: str = READING,
        by: str = "ann",
        key: SigningKey | None = None,
        **said: Any,
    ) -> Story:
        """The reading handed in; the key proves it."""
        ids = [KEYS[one].person_id for one in annotators or ("ann",)]
        data = {
            "version": self.version,
            "ending": {"kind": "lesions", "reason": None, "text": ""},
            "mask": read_mask(self.segmentation).hexdigest,
            "marks": [],
            "annotators": ids,
            "findings": [],
            "coverage": {},
            "provenanceDigest": None,
        }
        self.note("submit", data | said, key=key, **self.about(by, reading=reading))
        return self

    def claim(self, stage: str, role: str, decision: str, **changes: Any) -> Claim:
        said = {
            "case": CASE,
            "case_version": len(self.lines) + 1,
            "project": "chest",
            "site": "Example",
            "previous": tuple(self.statements),
            "policy_digest": self.policy_digest,
            "registry_version": 1,
            "log_anchor": self.checkpoint(len(self.entries)).to_anchor(),
            "reading": READING,
            "annotators": (KEYS["ann"].person_id,),
            "ending": {"kind": "lesions", "reason": None},
            "viewed": {"labelledSlicesSeen": 1, "allSlicesSeen": 1},
        }
        return Claim(role, stage, decision, **{**said, **changes})

    def statement(self, claim: Claim, key: SigningKey, signed_at: datetime) -> dict[str, Any]:
        """What is signed; everything that chance would give is fixed."""
        mask = read_mask(self.segmentation)
        came = provenance_digest(self.segmentation, mask.orientation)
        image = image_identity(self.volume)
        content = SignedContent(mask, image, ".nii.gz", provenance_digest=came)
        at = signed_at.isoformat(timespec="milliseconds")
        said = build_statement(claim, content, key, signed_at=at)
        said["predicate"]["recordId"] = f"01JN{len(self.statements):022d}"
        said["predicate"]["tool"] = {"name": "medseg", "version": "0"}
        return said

    def checkpoint(self, size: int) -> Checkpoint:
        tree = Tree(one.leaf for one in self.entries)
        return Checkpoint(self.origin, size, tree.root(size))

    def act(
        self,
        who: str,
        kind: str,
        decision: str,
        *,
        role: str | None = None,
        key: SigningKey | None = None,
        edit: Callable[[dict[str, Any]], object] | None = None,
        clock: timedelta = timedelta(0),
        listed: bool = True,
        data: Mapping[str, Any] | None = None,
        reading: str = READING,
        **changes: Any,
    ) -> str:
        """One signed act; the record's digest.

        Args:
            edit: changes the statement before it is signed.
            clock: how far the signer's clock is off.
            listed: whether the line stands in the reading's sidecar.
            data: of the entry, beyond the usual.
        """
        key = key or KEYS[who]
        roles = {"review": "reviewer", "adjudicate": "adjudicator", "sign": "signer"}
        role = role or roles.get(kind, "lead")
        stage = "lock" if kind == "unlock" else kind
        claim = self.claim(stage, role, decision, **changes)
        signed_at = self.at + timedelta(minutes=5) + clock - timedelta(seconds=1)
        said = self.statement(claim, key, signed_at)
        if edit:
            edit(said)
        envelope = sealed(said, key)
        digest = hashlib.sha256(canonical(said)).hexdigest()
        entry_data = {"version": self.version, "record": digest, "envelope": envelope}
        if kind == "review":
            entry_data |= {"decision": decision, "reason": changes.get("reason")}
        if kind == "unlock":
            entry_data |= {"reason": changes["reason"]}
        entry = self.note(kind, entry_data | dict(data or {}), **self.about(who, reading=reading))
        self.statements[digest] = said
        if listed:
            self.lines.append(self.line(entry, envelope, key))
        return digest

    def line(self, entry: Entry, envelope: dict[str, Any], key: SigningKey) -> dict[str, Any]:
        size = entry.seq + 1
        tree = Tree(one.leaf for one in self.entries)
        note = sign_checkpoint(self.checkpoint(size), key)
        return {**envelope, **receipt_keys(entry, tree.inclusion_proof(entry.seq, size), note)}

    def told(self) -> Story:
        """The whole good story, up to the lock."""
        self.begin().submit()
        self.act("rob", "review", "approve")
        self.act("sue", "sign", "approve")
        self.act("lea", "lock", "lock")
        return self

    def log(self) -> bytes:
        return b"".join(entry.raw + b"\n" for entry in self.entries)

    def files(self) -> dict[str, bytes]:
        """Path -> content."""
        return {
            **{FOLDER + name: data for name, data in mask_files(self.segmentation).items()},
            FOLDER + "lesions.signoff.jsonl": b"".join(
                canonical(one) + b"\n" for one in self.lines
            ),
            "image.nii.gz": image_file(self.volume),
            "people.json": self.people,
            "log.jsonl": self.log(),
        }
