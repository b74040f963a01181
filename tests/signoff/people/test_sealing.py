from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from medseg.errors import SignoffError
from medseg.model import Person, Role
from medseg.signoff.canonical import canonical
from medseg.signoff.envelope import pae
from medseg.signoff.people.changes import enrol, leave, renew, revoke, set_roles, set_roots
from medseg.signoff.people.registry import Registry
from medseg.signoff.people.sealing import (
    PAYLOAD_TYPE,
    cosign_registry,
    open_registry,
    seal_registry,
)
from medseg.signoff.refusal import RecordError
from medseg.signoff.schema import encode_base64
from tests.signoff.cases import key_of
from tests.signoff.people.teams import ADA, BEN, ROOT, ROOTS, TIMES, person, root_key, team

SEALED = seal_registry(team(), ROOT)


def code_of(data: bytes, earlier: Registry | None = None) -> str:
    with pytest.raises(RecordError) as refusal:
        open_registry(data, earlier=earlier)
    return refusal.value.code


def resealed(change: Any, key: Any = ROOT, kind: str = PAYLOAD_TYPE) -> bytes:
    """The payload changed and honestly signed."""
    body = json.loads(base64.b64decode(json.loads(SEALED)["payload"]))
    change(body)
    payload = canonical(body)
    signature = encode_base64(key.sign(pae(kind, payload)))
    return canonical(
        {
            "payload": encode_base64(payload),
            "payloadType": kind,
            "signatures": [{"keyid": key.keyid, "sig": signature}],
        }
    )


def everything() -> Registry:
    full = replace(
        ADA,
        specialties=frozenset({"chest", "abdomen"}),
        credentials=((("id", "123"), ("type", "board")),),
        trained_on="2026-01-01",
    )
    registry = enrol(team(full, BEN), person(4, "Zo\u00eb \u5f20", *Role), **TIMES)
    registry = revoke(registry, full.keys[0].keyid, "compromised", from_seq=0, **TIMES)
    return set_roles(registry, "p-2", [Role.REVIEWER], from_seq=3, **TIMES)


def test_what_was_sealed_is_opened():
    for registry in (team(), everything(), leave(team(), "p-1", from_seq=2, **TIMES)):
        opened = open_registry(seal_registry(registry, ROOT))
        assert opened.registry == registry
        assert opened.signed_by == {ROOT.keyid}
        assert len(opened.digest) == 64


def test_a_threshold_counts_distinct_roots():
    registry = team(roots=ROOTS, threshold=2)
    one = seal_registry(registry, ROOTS[0])
    assert code_of(one) == "INSUFFICIENT_SIGNATURES"
    envelope = json.loads(one)
    envelope["signatures"] *= 3
    assert code_of(json.dumps(envelope).encode()) == "INSUFFICIENT_SIGNATURES"
    assert code_of(cosign_registry(one, ROOTS[0])) == "INSUFFICIENT_SIGNATURES"
    assert code_of(cosign_registry(one, key_of(7))) == "INSUFFICIENT_SIGNATURES"
    two = open_registry(cosign_registry(one, ROOTS[2]))
    assert two.signed_by == {ROOTS[0].keyid, ROOTS[2].keyid}
    assert two.digest == open_registry(seal_registry(registry, *ROOTS)).digest


def test_no_person_signs_a_registry():
    assert code_of(seal_registry(team(), key_of(2))) == "INSUFFICIENT_SIGNATURES"
    with pytest.raises(SignoffError):
        seal_registry(team())


def test_a_changed_registry_is_not_what_was_signed():
    envelope = json.loads(SEALED)
    other = json.loads(seal_registry(renew(team(), **TIMES), ROOT))
    swapped = {**envelope, "payload": other["payload"]}
    assert code_of(json.dumps(swapped).encode()) == "BAD_SIGNATURE"
    record = resealed(lambda body: body.get("v"), kind="application/vnd.in-toto+json")
    assert code_of(record) == "UNSUPPORTED_VERSION"
    renamed = json.loads(record)
    renamed["payloadType"] = PAYLOAD_TYPE
    assert code_of(json.dumps(renamed).encode()) == "BAD_SIGNATURE"


def first(body: dict[str, Any]) -> dict[str, Any]:
    return body["people"][0]


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.update(version="1"),
        lambda body: body.update(version=0),
        lambda body: body.update(threshold=True),
        lambda body: body.pop("selfAttested"),
        lambda body: body.update(format="other"),
        lambda body: first(body).update(personId="Ada"),
        lambda body: first(body)["roles"].append("king"),
        lambda body: first(body)["keys"][0].update(status="lost"),
        lambda body: first(body)["keys"][0].update(publicKey="AAAA"),
        lambda body: first(body)["keys"][0].update(notAfter="never"),
        lambda body: first(body)["credentials"].append({"id": 1}),
        lambda body: body["people"].append(body["people"][0]),
        lambda body: body.update(expires="2026"),
    ],
)
def test_a_registry_of_another_shape_is_malformed(change: Any):
    assert code_of(resealed(change)) == "MALFORMED"


def test_one_of_a_later_version_is_not_judged():
    assert code_of(resealed(lambda body: body.update(v=2))) == "UNSUPPORTED_VERSION"
    assert open_registry(resealed(lambda body: body.update(later="more"))).registry == team()


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 50_000, b"\xff", SEALED[:-9], b"null"])
def test_garbage_is_malformed(data: bytes):
    assert code_of(data) == "MALFORMED"


def test_a_payload_written_otherwise_is_none():
    envelope = json.loads(SEALED)
    body = json.loads(base64.b64decode(envelope["payload"]))
    envelope["payload"] = base64.b64encode(json.dumps(body).encode()).decode()
    assert code_of(json.dumps(envelope).encode()) == "MALFORMED"


def test_a_successor_goes_on():
    before = revoke(team(), ADA.keys[0].keyid, "left", from_seq=5, **TIMES)
    after = enrol(before, person(4, "Dai"), **TIMES)
    assert open_registry(seal_registry(after, ROOT), earlier=before).registry == after
    same = seal_registry(before, ROOT)
    assert open_registry(same, earlier=before).registry == before


def attacks() -> dict[str, tuple[Registry, Registry]]:
    keyid = ADA.keys[0].keyid
    lost = revoke(team(), keyid, "compromised", from_seq=5, **TIMES)
    left = revoke(team(), keyid, "left", from_seq=5, **TIMES)

    def with_ada(registry: Registry, ada: Person) -> Registry:
        return replace(registry, version=9, people=(ada, *registry.people[1:]))

    later_key = replace(lost.people[0].keys[0], revoked_from=6)
    milder = replace(lost.people[0].keys[0], status="left")
    both = set_roles(team(), "p-1", [*ADA.roles, Role.LEAD], from_seq=5, **TIMES)
    earlier = replace(both.people[0], later_roles=((Role.LEAD, 4),))
    return {
        "a role that began, forgotten": (both, with_ada(both, replace(ADA, roles=earlier.roles))),
        "a role that began earlier": (both, with_ada(both, earlier)),
        "an older version": (lost, team()),
        "revocation taken back": (lost, replace(team(), version=9)),
        "leaving taken back": (left, replace(team(), version=9)),
        "revoked later": (lost, with_ada(lost, replace(ADA, keys=(later_key,)))),
        "only left": (lost, with_ada(lost, replace(ADA, keys=(milder,)))),
        "a person gone": (team(), replace(team(BEN), version=9)),
        "a key gone": (team(), with_ada(team(), replace(ADA, keys=()))),
        "a key given to another": (
            team(),
            replace(
                team(replace(ADA, keys=()), replace(BEN, keys=(*BEN.keys, *ADA.keys))), version=9
            ),
        ),
    }


@pytest.mark.parametrize("name", attacks())
def test_nothing_is_taken_back(name: str):
    before, after = attacks()[name]
    sealed = seal_registry(after, ROOT)
    assert open_registry(sealed).registry == after, "the control: alone it looks sound"
    assert code_of(sealed, earlier=before) == "REGISTRY_ROLLBACK"


def test_new_roots_need_the_old_ones_word():
    before = team()
    after = set_roots(before, map(root_key, ROOTS[1:]), threshold=2, **TIMES)
    alone = seal_registry(after, *ROOTS[1:])
    assert open_registry(alone).registry == after
    assert code_of(alone, earlier=before) == "INSUFFICIENT_SIGNATURES"
    opened = open_registry(cosign_registry(alone, ROOT), earlier=before)
    assert opened.signed_by == {root.keyid for root in ROOTS}
