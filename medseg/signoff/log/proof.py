"""The proof of an act: the actor's own signature over what their entry tells.

Who may write the log may write any name into it. A hand-in and a change of the rules therefore
carry a signature by the key of who made them, over the act and its one place in this one log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature

from medseg.errors import SignoffError
from medseg.signoff.canonical import canonical
from medseg.signoff.envelope import pae
from medseg.signoff.keys import SigningKey
from medseg.signoff.log.entry import Entry
from medseg.signoff.public_key import verifying_key
from medseg.signoff.refusal import RecordError
from medseg.signoff.schema import HEX_256, check, decode_base64, encode_base64

ACT_TYPE = "application/vnd.medseg.act+json"
_PROOF = {"keyid": HEX_256, "size": int, "sig": str}


@dataclass(frozen=True)
class ActPlace:
    """What an entry says besides its data, and where it stands in the log.

    Args:
        kind: of the entry.
        actor: id of the person who acts; None for whoever holds the project's root key.
        case: id of the case, if about one.
        reading: id of the reading, if about one.
        size: of the log before it, which is the entry's own number.
        prev: the log's head before it, hexadecimal: of this log and no other.
    """

    kind: str
    actor: str | None
    case: str | None
    reading: str | None
    size: int
    prev: str

    @classmethod
    def of(cls, entry: Entry) -> ActPlace:
        """The place that an entry has."""
        return cls(entry.kind, entry.actor, entry.case, entry.reading, entry.seq, entry.prev)


@dataclass(frozen=True)
class Proof:
    """Whose key signed an act, and the signature.

    Args:
        keyid: of the key.
        signature: 64 bytes of Ed25519.
    """

    keyid: str
    signature: bytes


def with_proof(data: Mapping[str, Any], place: ActPlace, key: SigningKey) -> dict[str, Any]:
    """The data of an entry together with its proof.

    Args:
        data: as it will stand in the entry, beyond the proof.
        place: of the entry.
        key: of the actor, unlocked.
    """
    signature = encode_base64(key.sign(_signed(data, place)))
    return {**data, "proof": {"keyid": key.keyid, "size": place.size, "sig": signature}}


def read_proof(entry: Entry) -> Proof | None:
    """The proof that an entry carries, its signature not yet verified; None if it has none.

    Raises:
        RecordError: BAD_SIGNATURE; it has not the form of one, or was made for another place.
    """
    found = entry.data.get("proof")
    if found is None:
        return None
    try:
        check(found, _PROOF, "proof")
        signature = decode_base64(found["sig"], "proof.sig")
    except SignoffError as error:
        raise _bad(entry, f"its proof is none: {error}") from error
    if found["size"] != entry.seq:
        raise _bad(entry, f"its proof was made for entry {found['size']}")
    return Proof(found["keyid"], signature)


def check_proof(entry: Entry, proof: Proof, public_key: bytes) -> None:
    """Pass if that key signed what the entry tells, at the place where it stands.

    Raises:
        RecordError: BAD_SIGNATURE.
    """
    try:
        signed = _signed(entry.data, ActPlace.of(entry))
        verifying_key(public_key).verify(proof.signature, signed)
    except (InvalidSignature, ValueError) as error:
        raise _bad(entry, "the key that it names did not sign what it tells") from error


def _signed(data: Mapping[str, Any], place: ActPlace) -> bytes:
    """The bytes that are signed: DSSE's encoding of the act, without the proof itself."""
    told = {name: value for name, value in data.items() if name != "proof"}
    return pae(ACT_TYPE, canonical({**vars(place), "data": told}))


def _bad(entry: Entry, why: str) -> RecordError:
    text = (
        f"An act is proven by the key of who made it; of entry {entry.seq} of the log, "
        f"{entry.kind} by {entry.actor or 'the root key'}, {why}. Find out who wrote it."
    )
    return RecordError("BAD_SIGNATURE", text)
