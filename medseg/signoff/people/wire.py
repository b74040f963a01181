"""A registry as plain JSON values, and back; strict in every part."""

from __future__ import annotations

from typing import Any, get_args

from medseg.errors import SignoffError
from medseg.model import KeyStatus, Person, PersonKey, Role
from medseg.signoff.log.kinds import PERSON_ID
from medseg.signoff.people.registry import Registry, RootKey
from medseg.signoff.refusal import malformed, unsupported
from medseg.signoff.schema import HEX_256, Maybe, check, decode_base64, encode_base64

FORMAT = "medseg-people"
VERSION = 1
_ANY_OBJECT: dict[str, Any] = {}
_ROLE = frozenset(str(role) for role in Role)
_KEY = {
    "keyid": HEX_256,
    "publicKey": str,
    "notBefore": str,
    "notAfter": str,
    "status": frozenset(get_args(KeyStatus)),
    "revokedFrom": Maybe(int),
}
_PERSON = {
    "personId": PERSON_ID,
    "printedName": str,
    "roles": [_ROLE],
    "formerRoles": [{"role": _ROLE, "until": int}],
    "keys": [_KEY],
    "specialties": [str],
    "credentials": [_ANY_OBJECT],
    "trainedOn": Maybe(str),
}
# Only where there are any: registries of before them stay as they were signed.
_LATER_ROLES = [{"role": _ROLE, "from": int}]
_REGISTRY = {
    "version": int,
    "issued": str,
    "expires": str,
    "threshold": int,
    "selfAttested": bool,
    "roots": [{"keyid": HEX_256, "publicKey": str, "printedName": str}],
    "people": [_PERSON],
}


def write_registry(registry: Registry) -> dict[str, Any]:
    """The registry as plain JSON values."""
    return {
        "format": FORMAT,
        "v": VERSION,
        "version": registry.version,
        "issued": registry.issued,
        "expires": registry.expires,
        "threshold": registry.threshold,
        "selfAttested": registry.self_attested,
        "roots": [
            {
                "keyid": root.keyid,
                "publicKey": encode_base64(root.public_key),
                "printedName": root.printed_name,
            }
            for root in registry.roots
        ],
        "people": [_person(person) for person in registry.people],
    }


def read_registry(body: dict[str, Any]) -> Registry:
    """The registry of plain JSON values; names not known here are tolerated.

    Raises:
        RecordError: MALFORMED or UNSUPPORTED_VERSION.
    """
    check(body, {"format": frozenset({FORMAT}), "v": int}, "people")
    if body["v"] != VERSION:
        raise unsupported(
            f"Registries of version {VERSION} are read; this one is of version {body['v']}. "
            "Check with the medseg that wrote it."
        )
    check(body, _REGISTRY, "people")
    try:
        return Registry(
            body["version"],
            body["issued"],
            body["expires"],
            tuple(_root_of(root) for root in body["roots"]),
            body["threshold"],
            tuple(_person_of(person) for person in body["people"]),
            body["selfAttested"],
        )
    except SignoffError as error:
        raise malformed(str(error)) from error


def _person(person: Person) -> dict[str, Any]:
    later = [{"role": str(role), "from": since} for role, since in person.later_roles]
    body = {
        "personId": person.person_id,
        "printedName": person.printed_name,
        "roles": sorted(str(role) for role in person.roles),
        "formerRoles": [{"role": str(role), "until": until} for role, until in person.former_roles],
        "keys": [_key(key) for key in person.keys],
        "specialties": sorted(person.specialties),
        "credentials": [dict(pairs) for pairs in person.credentials],
        "trainedOn": person.trained_on,
    }
    return body | ({"laterRoles": later} if later else {})


def _key(key: PersonKey) -> dict[str, Any]:
    return {
        "keyid": key.keyid,
        "publicKey": encode_base64(key.public_key),
        "notBefore": key.not_before,
        "notAfter": key.not_after,
        "status": key.status,
        "revokedFrom": key.revoked_from,
    }


def _root_of(body: dict[str, Any]) -> RootKey:
    return RootKey(
        body["keyid"], decode_base64(body["publicKey"], "publicKey"), body["printedName"]
    )


def _person_of(body: dict[str, Any]) -> Person:
    for credential in body["credentials"]:
        check(list(credential.values()), [str], "credential")
    later = body.get("laterRoles", [])
    check(later, _LATER_ROLES, "laterRoles")
    return Person(
        body["personId"],
        body["printedName"],
        frozenset(Role(role) for role in body["roles"]),
        tuple(_key_of(key) for key in body["keys"]),
        frozenset(body["specialties"]),
        tuple(tuple(sorted(credential.items())) for credential in body["credentials"]),
        body["trainedOn"],
        tuple((Role(one["role"]), one["until"]) for one in body["formerRoles"]),
        tuple((Role(one["role"]), one["from"]) for one in later),
    )


def _key_of(body: dict[str, Any]) -> PersonKey:
    return PersonKey(
        body["keyid"],
        decode_base64(body["publicKey"], "publicKey"),
        body["notBefore"],
        body["notAfter"],
        body["status"],
        body["revokedFrom"],
    )
