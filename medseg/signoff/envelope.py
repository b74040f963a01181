"""The envelope around a statement: DSSE, one line of JSON.

What is signed is type, lengths and payload together (PAE), so that a signature of one kind of
record is none of another. What was verified is used: the payload's bytes are decoded once.

Reference:
    DSSE v1.0.2, protocol; in-toto Attestation Framework v1.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature

from medseg.errors import SignoffError
from medseg.signoff.canonical import MAX_BYTES, canonical, canonical_object, strict_object
from medseg.signoff.keys import SigningKey
from medseg.signoff.public_key import verifying_key
from medseg.signoff.record import Record, read_statement
from medseg.signoff.refusal import RecordError, malformed, unsupported
from medseg.signoff.schema import HEX_256, check, decode_base64, encode_base64

PAYLOAD_TYPE = "application/vnd.in-toto+json"
_ENVELOPE = {
    "payload": str,
    "payloadType": str,
    "signatures": [{"keyid": HEX_256, "sig": str}],
}
# Base64 takes four bytes for three; the rest is for signatures, proofs and checkpoints.
_MAX_LINE_BYTES = MAX_BYTES * 4 // 3 + 64 * 1024


@dataclass(frozen=True, eq=False)
class OpenedEnvelope:
    """An envelope whose signature holds.

    Args:
        record: the statement in it.
        payload: the very bytes that were verified.
        envelope: the whole line as plain JSON values, with the record's receipt if it has one.
    """

    record: Record
    payload: bytes
    envelope: dict[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of the payload, hexadecimal: what later records call it by."""
        return hashlib.sha256(self.payload).hexdigest()


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding: the bytes that are signed."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def seal(statement: dict[str, Any], key: SigningKey) -> dict[str, Any]:
    """The envelope of a statement, signed, as plain JSON values.

    Raises:
        SignoffError: the statement is not one that could be read again.
    """
    read_statement(statement)
    payload = canonical(statement)
    strict_object(payload)  # too large a record is refused now, not when someone needs it
    signature = key.sign(pae(PAYLOAD_TYPE, payload))
    return {
        "payload": encode_base64(payload),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": key.keyid, "sig": encode_base64(signature)}],
    }


def open_envelope(line: bytes) -> OpenedEnvelope:
    """The record in an envelope, with its signature verified by the key it carries.

    This proves that the record is whole and whose key signed it; that the key belongs to the
    person it names is another question.

    Raises:
        RecordError: MALFORMED, UNSUPPORTED_VERSION or BAD_SIGNATURE.
    """
    try:
        envelope = strict_object(line, max_bytes=_MAX_LINE_BYTES)
    except SignoffError as error:
        raise malformed(f"A sign-off is one line of JSON. {error}") from error
    check(envelope, _ENVELOPE, "envelope")
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise unsupported(f"A sign-off is {PAYLOAD_TYPE}; found {envelope['payloadType']!r}.")
    payload = decode_base64(envelope["payload"], "payload")
    record = read_statement(_parsed(payload))
    _check_signature(envelope, payload, record)
    return OpenedEnvelope(record, payload, envelope)


def _parsed(payload: bytes) -> dict[str, Any]:
    try:
        return canonical_object(payload)
    except SignoffError as error:
        raise malformed(f"A sign-off's payload is strict, canonical JSON. {error}") from error


def _check_signature(envelope: dict[str, Any], payload: bytes, record: Record) -> None:
    texts = [one["sig"] for one in envelope["signatures"] if one["keyid"] == record.keyid]
    signed = pae(envelope["payloadType"], payload)
    try:
        public = verifying_key(record.public_key)
        for text in texts:
            public.verify(decode_base64(text, "sig"), signed)
    except (InvalidSignature, ValueError) as error:
        raise _bad_signature(record) from error
    if not texts:
        raise _bad_signature(record)


def _bad_signature(record: Record) -> RecordError:
    return RecordError(
        "BAD_SIGNATURE",
        f"A record is signed by the key it names; this one ({record.title}) is not. It was "
        "changed after signing, or never signed. Ask the signer to sign again.",
    )
