"""Tampering with the records: their envelopes, receipts and keys, and the registry of people."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from medseg.signoff import PeopleExhibit
from medseg.signoff.canonical import canonical
from medseg.signoff.envelope import PAYLOAD_TYPE, pae
from medseg.signoff.people.changes import new_registry, revoke, rotate, set_roles
from medseg.signoff.people.sealing import seal_registry
from tests.reliability.tampering import Attack, Parts, Random
from tests.signoff.cases import key_of
from tests.signoff.people.teams import ROOT, TIMES, person_key, root_key
from tests.signoff.verdicts.stories import Story

_ENVELOPE = ("payload", "payloadType", "signatures")


def envelope_bit(case: Story, rng: Random) -> Parts:
    """One bit of any record; the receipts are left out, as they vouch for nothing here."""
    at = int(rng.integers(len(case.lines)))
    line = bytearray(_bare(case.lines[at]))
    line[int(rng.integers(len(line)))] ^= 1 << int(rng.integers(8))
    return {"lines": _exchanged(case, at, bytes(line))}


def envelope_cut(case: Story, rng: Random) -> Parts:
    at = int(rng.integers(len(case.lines)))
    line = _bare(case.lines[at])
    first, last = sorted(rng.choice(len(line), 2, replace=False).tolist())
    return {"lines": _exchanged(case, at, line[:first] + line[last:])}


def statement(case: Story, rng: Random) -> Parts:
    """Another text under the old signature."""
    at, wrapped, said = _opened(case, rng)
    changes: list[dict[str, Any]] = [
        {"role": "adjudicator"},
        {"stage": "annotate"},
        {"case": f"c-{rng.integers(2, 1000)}"},
        {"reading": f"r-{rng.integers(2, 1000)}"},
        {"caseVersion": int(rng.integers(9, 1000))},
        {"annotators": ["p-9"]},
        {"signedAt": f"2026-06-0{rng.integers(2, 9)}T12:00:00.000+02:00"},
    ]
    said["predicate"] |= changes[int(rng.integers(len(changes)))]
    return {"lines": _exchanged(case, at, _wrapped(wrapped, said))}


def impostor(case: Story, rng: Random) -> Parts:
    """Signed by somebody else while naming the reader's own key."""
    at, wrapped, said = _opened(case, rng)
    keyid = wrapped["signatures"][0]["keyid"]
    said["predicate"]["caseVersion"] = int(rng.integers(9, 1000))
    signature = key_of(int(rng.integers(10, 1000))).sign(pae(PAYLOAD_TYPE, canonical(said)))
    wrapped["signatures"] = [{"keyid": keyid, "sig": base64.b64encode(signature).decode()}]
    return {"lines": _exchanged(case, at, _wrapped(wrapped, said))}


def stranger(case: Story, rng: Random) -> Parts:
    """Signed by somebody else under a team member's name, and honestly so."""
    at, wrapped, said = _opened(case, rng)
    other = key_of(int(rng.integers(10, 1000)))
    public = base64.b64encode(other.public_key).decode()
    said["predicate"]["signer"] |= {"keyid": other.keyid, "publicKey": public}
    signature = other.sign(pae(PAYLOAD_TYPE, canonical(said)))
    wrapped["signatures"] = [{"keyid": other.keyid, "sig": base64.b64encode(signature).decode()}]
    return {"lines": _exchanged(case, at, _wrapped(wrapped, said))}


def receipt(case: Story, rng: Random) -> Parts:
    """One of a record's words on its place in the log."""
    at = int(rng.integers(len(case.lines)))
    line = json.loads(case.lines[at])
    note, entry = line["checkpoint"].split("\n"), line["logEntry"]
    kind = int(rng.integers(5))
    if kind == 0:
        proof = line["inclusionProof"]
        number = int(rng.integers(len(proof)))
        proof[number] = f"{int(proof[number], 16) ^ (1 << int(rng.integers(256))):064x}"
    elif kind == 1:
        entry["seq"] += int(rng.integers(1, 3))
    elif kind == 2:
        entry["actor"] = f"p-{rng.integers(4, 99)}"
    elif kind == 3:
        note[1] = str(int(note[1]) + int(rng.integers(1, 99)))
    else:
        note[2] = base64.b64encode(rng.bytes(32)).decode()
    line["checkpoint"] = "\n".join(note)
    return {"lines": _exchanged(case, at, canonical(line))}


def registry_bit(case: Story, rng: Random) -> Parts:
    data = bytearray(seal_registry(case.registry, ROOT))
    data[int(rng.integers(len(data) - 1))] ^= 1 << int(rng.integers(8))
    return {"people": _trusted(bytes(data))}


def forged_registry(case: Story, rng: Random) -> Parts:
    """The same people under a root key that nobody trusts, or whose signature is another's."""
    forger = key_of(int(rng.integers(200, 1000)))
    if rng.random() < 0.5:
        roots = (root_key(forger),)
        forged = new_registry(roots, threshold=1, people=case.registry.people, **TIMES)
        return {"people": _trusted(seal_registry(forged, forger))}
    data = json.loads(seal_registry(case.registry, ROOT))
    payload = base64.b64decode(data["payload"])
    sig = forger.sign(pae(data["payloadType"], payload))
    data["signatures"] = [{"keyid": ROOT.keyid, "sig": base64.b64encode(sig).decode()}]
    return {"people": _trusted(canonical(data))}


def revoked(case: Story, rng: Random) -> Parts:
    """The signer's key was revoked from before the act on; so says the newest registry."""
    seq = int(rng.integers(1, case.entries[-1].seq))
    if rng.random() < 0.5:
        changed = revoke(case.registry, key_of(3).keyid, "compromised", from_seq=seq, **TIMES)
    else:
        new = person_key(int(rng.integers(10, 99)))
        changed = rotate(case.registry, key_of(3).keyid, new, from_seq=seq, **TIMES)
    return {"people": _trusted(seal_registry(changed, ROOT))}


def without_role(case: Story, rng: Random) -> Parts:
    seq = int(rng.integers(1, case.entries[-1].seq))
    others = case.registry.people[0].roles  # an annotator's
    changed = set_roles(case.registry, "p-3", others, from_seq=seq, **TIMES)
    return {"people": _trusted(seal_registry(changed, ROOT))}


def rolled_back(case: Story, rng: Random) -> Parts:
    data = seal_registry(case.registry, ROOT)
    return {"people": PeopleExhibit(data, frozenset({ROOT.keyid}), int(rng.integers(2, 99)))}


def _trusted(data: bytes) -> PeopleExhibit:
    return PeopleExhibit(data, frozenset({ROOT.keyid}))


def _bare(line: bytes) -> bytes:
    said = json.loads(line)
    return canonical({name: said[name] for name in _ENVELOPE})


def _exchanged(case: Story, at: int, line: bytes) -> list[bytes]:
    return [*case.lines[:at], line, *case.lines[at + 1 :]]


def _opened(case: Story, rng: Random) -> tuple[int, dict[str, Any], dict[str, Any]]:
    at = int(rng.integers(len(case.lines)))
    wrapped = json.loads(_bare(case.lines[at]))
    return at, wrapped, json.loads(base64.b64decode(wrapped["payload"]))


def _wrapped(wrapped: dict[str, Any], said: dict[str, Any]) -> bytes:
    return canonical({**wrapped, "payload": base64.b64encode(canonical(said)).decode()})


_TORN = frozenset({"MALFORMED", "BAD_SIGNATURE", "UNSUPPORTED_VERSION"})
# Without a registry that is believed nobody counts, so that too few have signed besides.
_NOBODY = frozenset({"SIGNER_NOT_ESTABLISHED", "INSUFFICIENT_SIGNATURES"})
RECORD_ATTACKS: Mapping[str, Attack] = MappingProxyType(
    {
        "envelope bit": Attack(envelope_bit, _TORN),
        "envelope cut": Attack(envelope_cut, _TORN),
        "statement": Attack(statement, frozenset({"BAD_SIGNATURE"})),
        "impostor": Attack(impostor, frozenset({"BAD_SIGNATURE"})),
        "stranger": Attack(stranger, frozenset({"UNKNOWN_KEY", "NOT_IN_LOG"})),
        "receipt": Attack(receipt, _TORN),
        "registry bit": Attack(registry_bit, _TORN | _NOBODY),
        "forged registry": Attack(forged_registry, frozenset({"BAD_SIGNATURE"}) | _NOBODY),
        # Who signed and locked with that key, or without that role, then signed for nobody.
        "revoked key": Attack(
            revoked, frozenset({"KEY_REVOKED", "INSUFFICIENT_SIGNATURES"}), needed="KEY_REVOKED"
        ),
        "role taken": Attack(
            without_role,
            frozenset({"ROLE_NOT_AUTHORISED", "INSUFFICIENT_SIGNATURES"}),
            needed="ROLE_NOT_AUTHORISED",
        ),
        "registry rolled back": Attack(rolled_back, frozenset({"REGISTRY_ROLLBACK"})),
    }
)
