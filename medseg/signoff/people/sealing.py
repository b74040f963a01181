"""A registry under the signatures of its root keys: the content of `people.json`.

Reference:
    DSSE v1.0.2, protocol; The Update Framework section 5.3 (a new root is signed by the old one).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature

from medseg.errors import SignoffError
from medseg.signoff.canonical import canonical, canonical_object, strict_object
from medseg.signoff.envelope import pae
from medseg.signoff.keys import SigningKey
from medseg.signoff.people.registry import Registry, RootKey
from medseg.signoff.people.wire import read_registry, write_registry
from medseg.signoff.public_key import verifying_key
from medseg.signoff.refusal import RecordError, malformed, unsupported
from medseg.signoff.schema import HEX_256, check, decode_base64, encode_base64

PAYLOAD_TYPE = "application/vnd.medseg.people+json"
_ENVELOPE = {
    "payload": str,
    "payloadType": str,
    "signatures": [{"keyid": HEX_256, "sig": str}],
}


@dataclass(frozen=True, eq=False)
class OpenedRegistry:
    """A registry that enough of its own root keys signed; that does not make them believed.

    Args:
        registry: what they say.
        payload: the very bytes that were verified.
        signed_by: ids of the root keys whose signatures hold, this version's or earlier ones'.
        envelope: the whole content of the file, plain JSON values.
    """

    registry: Registry
    payload: bytes
    signed_by: frozenset[str]
    envelope: dict[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of the payload, hexadecimal: what the log's entry `people` holds."""
        return hashlib.sha256(self.payload).hexdigest()


def seal_registry(registry: Registry, *keys: SigningKey) -> bytes:
    """The content of a registry's file, signed by each of the keys.

    Fewer signatures than the threshold can be sealed, for the next keeper to add theirs with
    `cosign_registry`; it opens when there are enough.

    Raises:
        SignoffError: no key, or a registry that could not be read again.
    """
    if not keys:
        raise SignoffError("A registry is signed by its root keys; none was given.")
    body = write_registry(registry)
    read_registry(body)
    payload = canonical(body)
    strict_object(payload)
    return canonical(_signed(payload, [], keys)) + b"\n"


def cosign_registry(data: bytes, *keys: SigningKey) -> bytes:
    """The same registry with the signatures of more keys; what it says is not changed.

    Raises:
        RecordError: MALFORMED or UNSUPPORTED_VERSION.
    """
    envelope, payload = _parsed(data)
    return canonical(_signed(payload, envelope["signatures"], keys)) + b"\n"


def open_registry(data: bytes, *, earlier: Registry | None = None) -> OpenedRegistry:
    """The registry in a file's content, signed by enough of its own root keys.

    Args:
        data: the content of a `people.json`.
        earlier: an earlier version that is believed; this one must then be its successor,
            signed by enough of its root keys too.

    Raises:
        RecordError: MALFORMED, UNSUPPORTED_VERSION, BAD_SIGNATURE, INSUFFICIENT_SIGNATURES, or
            REGISTRY_ROLLBACK if it is older than `earlier` or takes back what that said.
    """
    envelope, payload = _parsed(data)
    registry = read_registry(canonical_object(payload))
    signed_by = _holding(envelope, payload, registry.roots)
    _check_enough(registry, signed_by)
    if earlier is not None:
        signed_by |= _holding(envelope, payload, earlier.roots)
        _check_enough(earlier, signed_by)
        _check_successor(earlier, registry)
    return OpenedRegistry(registry, payload, signed_by, envelope)


def _parsed(data: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        envelope = strict_object(data, max_bytes=8 * 1024 * 1024)
        check(envelope, _ENVELOPE, "people")
        if envelope["payloadType"] != PAYLOAD_TYPE:
            raise unsupported(f"A registry is {PAYLOAD_TYPE}; found {envelope['payloadType']!r}.")
        payload = decode_base64(envelope["payload"], "payload")
        canonical_object(payload)
    except RecordError:
        raise
    except SignoffError as error:
        raise malformed(f"A registry of people is signed, canonical JSON. {error}") from error
    return envelope, payload


def _signed(payload: bytes, before: list[Any], keys: tuple[SigningKey, ...]) -> dict[str, Any]:
    signed = pae(PAYLOAD_TYPE, payload)
    mine = [{"keyid": key.keyid, "sig": encode_base64(key.sign(signed))} for key in keys]
    new = {key.keyid for key in keys}
    kept = [one for one in before if one["keyid"] not in new]
    return {
        "payload": encode_base64(payload),
        "payloadType": PAYLOAD_TYPE,
        "signatures": kept + mine,
    }


def _holding(
    envelope: dict[str, Any], payload: bytes, roots: tuple[RootKey, ...]
) -> frozenset[str]:
    """The ids of the root keys that signed; each counts once, however often it did."""
    known = {root.keyid: root for root in roots}
    signed = pae(PAYLOAD_TYPE, payload)
    found = set()
    for one in envelope["signatures"]:
        if one["keyid"] in known:
            root = known[one["keyid"]]
            try:
                public = verifying_key(root.public_key)
                public.verify(decode_base64(one["sig"], "sig"), signed)
            except (InvalidSignature, ValueError) as error:
                raise RecordError(
                    "BAD_SIGNATURE",
                    f"The registry of people is signed by its root keys; the signature by "
                    f"{root.printed_name} does not hold. It was changed: restore it from a copy.",
                ) from error
            found.add(root.keyid)
    return frozenset(found)


def _check_enough(registry: Registry, signed_by: frozenset[str]) -> None:
    count = len(signed_by & registry.root_ids)
    if count < registry.threshold:
        raise RecordError(
            "INSUFFICIENT_SIGNATURES",
            f"Version {registry.version} of the registry needs the signatures of "
            f"{registry.threshold} root keys; {count} signed. Have the others sign it.",
        )


def _check_successor(earlier: Registry, later: Registry) -> None:
    """Nothing that was said of a person or a key is taken back."""
    if later.version < earlier.version:
        raise _rollback(f"version {later.version} is older than version {earlier.version}")
    for person in earlier.people:
        now = later.person(person.person_id)
        if now is None:
            raise _rollback(f"{person.printed_name} ({person.person_id}) is no longer in it")
        if not set(person.later_roles) <= set(now.later_roles):
            raise _rollback(f"it is forgotten from when on {person.printed_name} has a role")
        kept = {key.keyid: key for key in now.keys}
        for key in person.keys:
            after = kept.get(key.keyid)
            if after is None or after.public_key != key.public_key:
                raise _rollback(f"key {key.keyid[:16]}... of {person.printed_name} is gone")
            if key.status == "compromised" and after.status != "compromised":
                raise _rollback(f"key {key.keyid[:16]}... is not revoked any more")
            if key.revoked_from is not None and (
                after.revoked_from is None or after.revoked_from > key.revoked_from
            ):
                raise _rollback(f"key {key.keyid[:16]}... signs longer than was said")


def _rollback(what: str) -> RecordError:
    return RecordError(
        "REGISTRY_ROLLBACK",
        f"A registry of people only ever goes on; here {what}. Ask its keeper for the newest one.",
    )
