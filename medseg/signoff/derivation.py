"""A signed statement that one image was made from another, as de-identification does.

A defaced image has other values, so a sign-off of the image before is not about it. Who removed
the face says so under their key; a verdict by that way is a warning, never silent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature

from medseg.errors import SignoffError
from medseg.model import Role
from medseg.signoff.canonical import canonical, canonical_object, strict_object
from medseg.signoff.envelope import PAYLOAD_TYPE, pae
from medseg.signoff.image_identity import ALGORITHM, IMAGE_IDENTITY
from medseg.signoff.keys import SigningKey, key_id
from medseg.signoff.people.registry import Registry
from medseg.signoff.public_key import verifying_key
from medseg.signoff.refusal import RecordError, malformed
from medseg.signoff.schema import HEX_256, Maybe, check, decode_base64, encode_base64
from medseg.signoff.statement import STATEMENT_TYPE

PREDICATE_TYPE = "https://medseg.org/attestation/deid-derivation/v1"
_ENVELOPE = {
    "payload": str,
    "payloadType": frozenset({PAYLOAD_TYPE}),
    "signatures": [{"keyid": HEX_256, "sig": str}],
}
_STATEMENT = {
    "_type": frozenset({STATEMENT_TYPE}),
    "subject": [{"digest": {ALGORITHM: HEX_256}}],
    "predicateType": frozenset({PREDICATE_TYPE}),
    "predicate": {
        "old": IMAGE_IDENTITY,
        "new": IMAGE_IDENTITY,
        "method": str,
        "signedAt": str,
        "signer": {
            "personId": Maybe(str),
            "printedName": str,
            "keyid": HEX_256,
            "publicKey": str,
        },
    },
}


@dataclass(frozen=True, eq=False)
class Derivation:
    """A statement whose signature holds.

    Args:
        old: identity of the image before.
        new: identity of the image made from it.
        method: what was done, in words.
        keyid: the key that signed.
        printed_name: whose it is, as the statement says.
        digest: SHA-256 of the statement's bytes, hexadecimal.
    """

    old: Mapping[str, Any]
    new: Mapping[str, Any]
    method: str
    keyid: str
    printed_name: str
    digest: str

    def may_be_believed(self, registry: Registry | None, trust: Collection[str]) -> bool:
        """Whether the key is trusted, or an active one of an importer or lead."""
        if self.keyid in trust:
            return True
        owner = registry.owner(self.keyid) if registry else None
        key = registry.key(self.keyid) if registry else None
        is_active = key is not None and key.status == "active"
        return is_active and owner is not None and owner.may_act_as((Role.IMPORTER, Role.LEAD))


def seal_derivation(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    method: str,
    key: SigningKey,
    *,
    signed_at: str | None = None,
) -> bytes:
    """The signed statement that the image `new` was made from `old`, one line of JSON.

    Raises:
        SignoffError: an identity is none, or nothing says what was done.
    """
    if not method.strip():
        raise SignoffError("A derivation says what was done to the image; nothing was said.")
    now = datetime.now().astimezone().isoformat(timespec="milliseconds")
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": "image", "digest": {ALGORITHM: _digest(new)}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "old": dict(old),
            "new": dict(new),
            "method": method,
            "signedAt": signed_at or now,
            "signer": {
                "personId": key.person_id,
                "printedName": key.printed_name,
                "keyid": key.keyid,
                "publicKey": encode_base64(key.public_key),
            },
        },
    }
    payload = canonical(statement)
    signature = {"keyid": key.keyid, "sig": encode_base64(key.sign(pae(PAYLOAD_TYPE, payload)))}
    line = canonical(
        {
            "payload": encode_base64(payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [signature],
        }
    )
    open_derivation(line)
    return line + b"\n"


def open_derivation(line: bytes) -> Derivation:
    """The statement in a line, with its signature verified by the key it carries.

    Raises:
        RecordError: MALFORMED or BAD_SIGNATURE.
    """
    try:
        envelope = strict_object(line)
        check(envelope, _ENVELOPE, "derivation")
        payload = decode_base64(envelope["payload"], "payload")
        statement = canonical_object(payload)
    except SignoffError as error:
        raise malformed(f"A derivation is one line of signed, canonical JSON. {error}") from error
    check(statement, _STATEMENT, "derivation")
    said = statement["predicate"]
    signer = said["signer"]
    public_key = decode_base64(signer["publicKey"], "publicKey")
    subjects = [one["digest"][ALGORITHM] for one in statement["subject"]]
    if key_id(public_key) != signer["keyid"] or subjects != [_digest(said["new"])]:
        raise malformed("A derivation agrees with itself: key and image; not this one.")
    _check_signature(envelope, payload, public_key, signer["keyid"])
    return Derivation(
        said["old"],
        said["new"],
        said["method"],
        signer["keyid"],
        signer["printedName"],
        hashlib.sha256(payload).hexdigest(),
    )


def _check_signature(
    envelope: dict[str, Any], payload: bytes, public_key: bytes, keyid: str
) -> None:
    texts = [one["sig"] for one in envelope["signatures"] if one["keyid"] == keyid]
    try:
        public = verifying_key(public_key)
        for text in texts or [""]:
            public.verify(decode_base64(text, "sig"), pae(PAYLOAD_TYPE, payload))
    except (InvalidSignature, ValueError) as error:
        raise RecordError(
            "BAD_SIGNATURE",
            "A derivation is signed by the key it names; this one is not. It was changed after "
            "signing: have it made anew.",
        ) from error


def _digest(identity: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(dict(identity))).hexdigest()
