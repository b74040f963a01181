"""Keys, roles and the registry of people."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from medseg.model import Role
from medseg.signoff import SigningKey
from medseg.signoff.people import changes
from medseg.signoff.people.registry import Registry
from medseg.signoff.people.sealing import cosign_registry, open_registry, seal_registry
from medseg.signoff.people.wire import write_registry
from tests.conformance.attacks import Evidence, add, attack, told
from tests.conformance.story import (
    EVE,
    KEYS,
    LONG,
    ROOT,
    ROOT_2,
    ROOT_3,
    Story,
    registered,
    registry,
    root_key,
    sealed_people,
)

# Numbers in the log of the good case: 5 submit, 6 review, 7 sign, 8 lock.
LOCK, LATER = 8, 9
LEA = KEYS["lea"]


def _with(data: bytes, **options: Any) -> Evidence:
    return Evidence(told() | {"people.json": data}, **options)


def _next(change: Callable[[Registry], Registry]) -> Callable[[], Evidence]:
    """The good case judged by a later version of the registry."""
    return lambda: _with(seal_registry(change(registry()), ROOT))


def _revoked(status: Any, from_seq: int) -> Callable[[Registry], Registry]:
    return lambda one: changes.revoke(one, LEA.keyid, status, from_seq=from_seq, **LONG)


def _roles(from_seq: int) -> Callable[[Registry], Registry]:
    person = LEA.person_id or ""
    return lambda one: changes.set_roles(one, person, [Role.SIGNER], from_seq=from_seq, **LONG)


def _changed_roles(*steps: tuple[int, tuple[Role, ...]]) -> Callable[[Registry], Registry]:
    """The signer's roles set at each of these numbers of the log, from none at all on."""

    def change(one: Registry) -> Registry:
        begun = [
            replace(person, roles=frozenset()) if person.person_id == LEA.person_id else person
            for person in one.people
        ]
        one = replace(one, people=tuple(begun))
        for from_seq, roles in steps:
            one = changes.set_roles(one, LEA.person_id or "", roles, from_seq=from_seq, **LONG)
        return one

    return change


def _rotated(one: Registry) -> Registry:
    return changes.rotate(one, LEA.keyid, registered(EVE), from_seq=LATER, **LONG)


def _left(one: Registry) -> Registry:
    return changes.leave(one, LEA.person_id or "", from_seq=LATER, **LONG)


def _key_times(**times: str) -> Callable[[Registry], Registry]:
    def change(one: Registry) -> Registry:
        people = [
            replace(person, keys=tuple(replace(key, **times) for key in person.keys))
            if person.person_id == LEA.person_id
            else person
            for person in one.people
        ]
        return replace(changes.renew(one, **LONG), people=tuple(people))

    return change


_KEYS: list[tuple[str, str, int, str, Callable[[Registry], Registry]]] = [
    ("key-compromised-before", "The signer's key was compromised from an earlier entry on.", 11, "KEY_REVOKED", _revoked("compromised", LOCK)),
    ("key-compromised-later", "The signer's key was compromised after the lock.", 10, "KEY_REVOKED", _revoked("compromised", LATER)),
    ("key-left-before", "The signer had left before.", 11, "KEY_REVOKED", _revoked("left", LOCK)),
    ("key-left-later", "The signer left after the lock.", 0, "", _revoked("left", LATER)),
    ("key-rotated-before", "The signer used a key given up before.", 11, "KEY_REVOKED", _revoked("rotated", LOCK)),
    ("key-rotated-later", "The signer took a new key after the lock.", 0, "", _rotated),
    ("person-left-later", "The signer left, keys and roles, after the lock.", 0, "", _left),
    ("key-expired", "The signer's key had ended.", 11, "KEY_EXPIRED", _key_times(not_after="2026-03-01T00:00:00+00:00")),
    ("key-not-yet", "The signer's key had not begun.", 11, "KEY_EXPIRED", _key_times(not_before="2026-04-01T00:00:00+00:00")),
    ("role-given-up-before", "The signer had given up the role before.", 11, "ROLE_NOT_AUTHORISED", _roles(LOCK)),
    ("role-given-up-later", "The signer gave up the role after the lock.", 0, "", _roles(LATER)),
    ("role-given-before", "The signer got the role before.", 0, "", _changed_roles((LOCK, (Role.LEAD,)))),
    ("role-given-later", "The signer got the role after the lock.", 11, "ROLE_NOT_AUTHORISED", _changed_roles((LATER, (Role.LEAD,)))),
    ("role-given-for-a-while", "The signer got the role before, and gave it up after the lock.", 0, "", _changed_roles((LOCK, (Role.LEAD,)), (LATER, ()))),
    ("role-given-later-for-a-while", "The signer got the role after the lock, and gave it up again.", 11, "ROLE_NOT_AUTHORISED", _changed_roles((LATER, (Role.LEAD,)), (LATER + 2, ()))),
    ("role-given-again-later", "The signer had the role, gave it up, and got it again after the lock.", 11, "ROLE_NOT_AUTHORISED", _changed_roles((5, (Role.LEAD,)), (LOCK, ()), (LATER, (Role.LEAD,)))),
    ("role-given-again-before", "The signer had the role, gave it up, and got it again before.", 0, "", _changed_roles((5, (Role.LEAD,)), (6, ()), (LOCK, (Role.LEAD,)))),
    ("registry-renewed", "A later version of the registry that says the same.", 0, "", lambda one: changes.renew(one, **LONG)),
    ("registry-expired", "A registry that has ended.", 12, "REGISTRY_EXPIRED", lambda one: changes.renew(one, issued="2026-01-01T00:00:00+00:00", expires="2026-03-03T00:00:00+00:00")),
]  # fmt: skip
for _name, _what, _exit, _code, _change in _KEYS:
    add("people", _name, _what, _exit, _code, _next(_change))


@attack("people", 12, "KEY_REVOKED")
def key_compromised_without_a_log() -> Evidence:
    """A compromised key, and no log to tell when it signed."""
    data = seal_registry(_revoked("compromised", LATER)(registry()), ROOT)
    return _with(data, log=None)


@attack("people", 12, "ROLE_NOT_AUTHORISED")
def role_given_up_without_a_log() -> Evidence:
    """A role given up, and no log to tell when."""
    return _with(seal_registry(_roles(LATER)(registry()), ROOT), log=None)


@attack("people", 12, "ROLE_NOT_AUTHORISED")
def role_given_later_without_a_log() -> Evidence:
    """A role given when the log was longer than the signer says, and no log to tell when."""
    return _with(seal_registry(_changed_roles((LATER, (Role.LEAD,)))(registry()), ROOT), log=None)


@attack("people", 0)
def role_given_before_without_a_log() -> Evidence:
    """A role given before the log was as long as the signer says, and no log."""
    return _with(seal_registry(_changed_roles((LOCK, (Role.LEAD,)))(registry()), ROOT), log=None)


def _locked_by(**options: Any) -> Callable[[], Story]:
    def make() -> Story:
        story = Story().begin().submit()
        story.act("rob", "review", "approve")
        story.act("sue", "sign", "approve")
        story.act("lea", "lock", "lock", **options)
        return story

    return make


_AS_LEA = replace(EVE, person_id=LEA.person_id, printed_name=LEA.printed_name)
_SUE_AS_LEA = replace(KEYS["sue"], person_id=LEA.person_id, printed_name=LEA.printed_name)
_SIGNERS: list[tuple[str, str, int, str, dict[str, Any]]] = [
    ("signer-unknown", "Signed with a key that nobody has.", 11, "UNKNOWN_KEY", {"key": EVE}),
    ("signer-posing", "A stranger signed in the lead's name.", 11, "UNKNOWN_KEY", {"key": _AS_LEA}),
    ("signer-in-another's-name", "The signer locked in the lead's name, with their own key.", 11, "UNKNOWN_KEY", {"key": _SUE_AS_LEA}),
    ("signer-renamed", "The lead signed under another printed name.", 10, "SIGNER_NAME_DIFFERS", {"key": replace(LEA, printed_name="Lea Boss")}),
    ("signer-nameless", "The lead signed without a person's id.", 0, "", {"key": replace(LEA, person_id=None)}),
    ("role-of-another", "A reviewer locked as the lead.", 11, "ROLE_NOT_AUTHORISED", {"key": KEYS["rob"]}),
    ("role-unknown", "The lead locked in a role that nobody has.", 11, "ROLE_NOT_AUTHORISED", {"role": "director"}),
    ("registry-of-later", "The record knows a later registry than the one at hand.", 11, "REGISTRY_ROLLBACK", {"registry_version": 2}),
]  # fmt: skip
for _name, _what, _exit, _code, _options in _SIGNERS:
    add("people", _name.replace("'s", ""), _what, _exit, _code, _locked_by(**_options))


def _rooted(threshold: int, *keys: SigningKey) -> bytes:
    roots = tuple(map(root_key, (ROOT, ROOT_2, ROOT_3)))
    people = replace(changes.renew(registry(), **LONG), roots=roots, threshold=threshold)
    return seal_registry(people, *keys)


def _envelope(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    envelope = json.loads(data)
    change(envelope)
    return json.dumps(envelope).encode()


def _rewritten(change: Callable[[dict[str, Any]], object], *keys: SigningKey) -> bytes:
    """A registry that says anything at all, signed by its root or by others."""
    said = write_registry(changes.renew(registry(), **LONG))
    change(said)
    return sealed_people(said, *(keys or (ROOT,)))


def _promoted(said: dict[str, Any]) -> None:
    said["people"][0]["roles"].append("lead")


def _in_place(data: bytes) -> bytes:
    def change(envelope: dict[str, Any]) -> None:
        payload = base64.b64decode(envelope["payload"]).replace(b"Lea Lead", b"Eve Lead")
        envelope["payload"] = base64.b64encode(payload).decode()

    return _envelope(data, change)


def _in_name_of_root(said: dict[str, Any]) -> None:
    said["signatures"][0]["keyid"] = ROOT.keyid


def _twice(envelope: dict[str, Any]) -> None:
    envelope["signatures"] *= 2


def _shared_key(said: dict[str, Any]) -> None:
    said["people"][1]["keys"].append(said["people"][0]["keys"][0])


def _shared_id(said: dict[str, Any]) -> None:
    said["people"][1]["personId"] = said["people"][0]["personId"]


def _root_as_person(said: dict[str, Any]) -> None:
    said["roots"][0].update(keyid=LEA.keyid, publicKey=base64.b64encode(LEA.public_key).decode())


def _false_keyid(said: dict[str, Any]) -> None:
    said["people"][0]["keys"][0].update(keyid=LEA.keyid[::-1])


_UNSURE = "MALFORMED"
_REGISTRIES: list[tuple[str, str, int, str, Callable[[], bytes]]] = [
    ("registry-word", "A word of the registry changed.", 11, "BAD_SIGNATURE", lambda: _in_place(told()["people.json"])),
    ("registry-promoted", "A role added, signed by a stranger in the root's name.", 11, "BAD_SIGNATURE", lambda: _envelope(_rewritten(_promoted, EVE), _in_name_of_root)),
    ("registry-of-a-stranger", "A registry signed by a key that is no root of it.", 11, "INSUFFICIENT_SIGNATURES", lambda: _rewritten(_promoted, EVE)),
    ("registry-by-a-person", "A registry signed by a person of it.", 11, "INSUFFICIENT_SIGNATURES", lambda: _rewritten(_promoted, LEA)),
    ("registry-unsigned", "A registry without signatures.", 11, "INSUFFICIENT_SIGNATURES", lambda: _envelope(told()["people.json"], lambda one: one["signatures"].clear())),
    ("threshold-not-met", "One signature where two roots have to sign.", 11, "INSUFFICIENT_SIGNATURES", lambda: _rooted(2, ROOT)),
    ("threshold-same-root-twice", "The same root's signature twice.", 11, "INSUFFICIENT_SIGNATURES", lambda: _envelope(_rooted(2, ROOT), _twice)),
    ("threshold-met", "Two of three roots signed.", 0, "", lambda: cosign_registry(_rooted(2, ROOT), ROOT_3)),
    ("registry-version-unknown", "A registry of a later format.", 12, "INSUFFICIENT_SIGNATURES SIGNER_NOT_ESTABLISHED UNSUPPORTED_VERSION", lambda: _rewritten(lambda said: said.update(v=2))),
    ("registry-type-changed", "The registry's type changed.", 12, "INSUFFICIENT_SIGNATURES SIGNER_NOT_ESTABLISHED UNSUPPORTED_VERSION", lambda: _envelope(told()["people.json"], lambda one: one.update(payloadType="application/json"))),
    ("registry-format-changed", "A registry of another format.", 11, _UNSURE, lambda: _rewritten(lambda said: said.update(format="people"))),
    ("registry-key-shared", "One key with two persons.", 11, _UNSURE, lambda: _rewritten(_shared_key)),
    ("registry-id-shared", "One id with two persons.", 11, _UNSURE, lambda: _rewritten(_shared_id)),
    ("registry-root-works", "A root key that is a person's.", 11, _UNSURE, lambda: _rewritten(_root_as_person, LEA)),
    ("registry-keyid-false", "A key's id that is not its own.", 11, _UNSURE, lambda: _rewritten(_false_keyid)),
    ("registry-threshold-none", "A registry that nobody has to sign.", 11, _UNSURE, lambda: _rewritten(lambda said: said.update(threshold=0), EVE)),
    ("registry-ends-before", "A registry that ended before it was issued.", 11, _UNSURE, lambda: _rewritten(lambda said: said.update(expires="2026-01-01T00:00:00+00:00"))),
    ("registry-key-ends-before", "A key that ended before it began.", 11, _UNSURE, lambda: _rewritten(lambda said: said["people"][0]["keys"][0].update(notAfter="2025-01-01T00:00:00+00:00"))),
    ("registry-revoked-from-nowhere", "A revoked key that says not since when.", 11, _UNSURE, lambda: _rewritten(lambda said: said["people"][0]["keys"][0].update(status="compromised"))),
    ("registry-role-unknown", "A role that there is not.", 11, _UNSURE, lambda: _rewritten(lambda said: said["people"][0]["roles"].append("king"))),
    ("registry-role-from-nowhere", "A role that says not since when.", 11, _UNSURE, lambda: _rewritten(lambda said: said["people"][0].update(laterRoles=[{"role": "reviewer", "from": None}]))),
    ("registry-later-role-unknown", "A role given later that there is not.", 11, _UNSURE, lambda: _rewritten(lambda said: said["people"][0].update(laterRoles=[{"role": "king", "from": 3}]))),
    ("registry-self-attested-team", "Several persons, and said to be one.", 11, _UNSURE, lambda: _rewritten(lambda said: said.update(selfAttested=True))),
    ("registry-json-twice", "A name twice in the registry's file.", 11, _UNSURE, lambda: told()["people.json"].strip()[:-1] + b',"payload":""}'),
    ("registry-exchanged", "Another registry under the version that the log knows.", 11, "REGISTRY_ROLLBACK", lambda: seal_registry(registry(expires="2127-01-01T00:00:00+00:00"), ROOT)),
]  # fmt: skip
for _name, _what, _exit, _code, _data in _REGISTRIES:
    add("registry", _name, _what, _exit, _code, lambda data=_data: _with(data()))


@attack("registry", 12, "INSUFFICIENT_SIGNATURES SIGNER_NOT_ESTABLISHED")
def registry_absent() -> Evidence:
    """No registry, and no key that the asker knows."""
    return Evidence(told(), people=None)


@attack("registry", 11, "REGISTRY_ROLLBACK")
def registry_rolled_back() -> Story:
    """The registry of before, where the log knows a later one."""
    story = Story().told()
    later = open_registry(seal_registry(changes.renew(registry(), **LONG), ROOT))
    story.note("people", {"version": 2, "digest": later.digest, "change": "a key revoked"})
    return story


def remembered(logs: dict[str, Any] | None = None, **registries: int) -> bytes:
    """What this machine saw earlier."""
    said = {"format": "medseg-remembered", "version": 1, "roots": {}}
    versions = dict.fromkeys([ROOT.keyid], max(registries.values())) if registries else {}
    return json.dumps(said | {"registries": versions, "logs": logs or {}}).encode()


@attack("registry", 11, "REGISTRY_ROLLBACK")
def registry_older_than_remembered() -> Evidence:
    """An older registry than this machine has seen."""
    files = told() | {"remembered.json": remembered(version=3)}
    return Evidence(files, remembered="remembered.json")


def solo() -> Story:
    """A project of one person, who attests their own work."""
    lea = next(one for one in registry().people if one.person_id == LEA.person_id)
    person = replace(lea, roles=frozenset({Role.ANNOTATOR, Role.SIGNER, Role.LEAD}))
    people = registry(people=(person,), self_attested=True)
    story = Story(people, stages={"review": False}, self_attested=True).begin().submit("lea")
    story.act("lea", "sign", "approve", role="signer", self_attested=True)
    story.act("lea", "lock", "lock", self_attested=True)
    return story


add("people", "self-attested", "One person did everything, and the registry says so.", 10, "SELF_ATTESTED", solo)  # fmt: skip
