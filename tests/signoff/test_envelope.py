from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from medseg.errors import SignoffError
from medseg.signoff import RecordError, open_envelope
from medseg.signoff.canonical import MAX_BYTES, canonical
from medseg.signoff.envelope import PAYLOAD_TYPE, pae
from tests.signoff.cases import SignedCase, key_of


@pytest.fixture(scope="module")
def case() -> SignedCase:
    return SignedCase.make()


def parts(case: SignedCase) -> tuple[dict[str, Any], dict[str, Any]]:
    envelope = json.loads(case.lines)
    return envelope, json.loads(base64.b64decode(envelope["payload"]))


def resealed(envelope: dict[str, Any], payload: bytes, seed: int = 1, kind: str = PAYLOAD_TYPE):
    """Another payload, honestly signed."""
    key = key_of(seed)
    signature = {
        "keyid": key.keyid,
        "sig": base64.b64encode(key.sign(pae(kind, payload))).decode(),
    }
    text = base64.b64encode(payload).decode()
    return canonical({**envelope, "payload": text, "payloadType": kind, "signatures": [signature]})


def refusal(line: bytes) -> str:
    with pytest.raises(RecordError) as caught:
        open_envelope(line)
    return caught.value.code


def test_pae_by_hand():
    # The example of the DSSE protocol document.
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert pae("\u00e9", b"") == b"DSSEv1 2 \xc3\xa9 0 "


def test_the_signature_is_plain_ed25519_over_pae(case: SignedCase):
    envelope, _ = parts(case)
    payload = base64.b64decode(envelope["payload"])
    text = b"DSSEv1 28 application/vnd.in-toto+json %d " % len(payload)
    Ed25519PublicKey.from_public_bytes(case.key.public_key).verify(
        base64.b64decode(envelope["signatures"][0]["sig"]), text + payload
    )


def test_what_was_sealed_opens_with_the_same_bytes(case: SignedCase):
    opened = open_envelope(case.lines)
    envelope, statement = parts(case)
    assert opened.payload == base64.b64decode(envelope["payload"]) == canonical(statement)
    assert opened.record.statement == statement
    assert opened.digest == hashlib.sha256(opened.payload).hexdigest()
    assert opened.record.keyid == case.key.keyid
    assert opened.record.public_key == case.key.public_key


def test_proof_and_checkpoint_may_stand_beside(case: SignedCase):
    envelope, _ = parts(case)
    assert open_envelope(canonical({**envelope, "proof": ["x"], "checkpoint": "y"}))


def test_a_changed_payload_is_not_what_was_signed(case: SignedCase):
    envelope, statement = parts(case)
    statement["predicate"]["role"] = "adjudicator"
    text = base64.b64encode(canonical(statement)).decode()
    assert refusal(canonical({**envelope, "payload": text})) == "BAD_SIGNATURE"


def test_a_signature_under_another_type_is_none(case: SignedCase):
    envelope, statement = parts(case)
    line = resealed(envelope, canonical(statement), kind="application/other")
    assert refusal(line) == "UNSUPPORTED_VERSION"
    posing = json.loads(line) | {"payloadType": PAYLOAD_TYPE}
    assert refusal(canonical(posing)) == "BAD_SIGNATURE"


def test_the_key_named_inside_must_have_signed(case: SignedCase):
    envelope, statement = parts(case)
    assert refusal(resealed(envelope, canonical(statement), seed=2)) == "BAD_SIGNATURE"


def test_one_of_two_signatures_under_a_key_must_not_be_wrong(case: SignedCase):
    envelope, _ = parts(case)
    good = envelope["signatures"][0]
    bad = {**good, "sig": base64.b64encode(bytes(64)).decode()}
    assert refusal(canonical({**envelope, "signatures": [good, bad]})) == "BAD_SIGNATURE"
    assert refusal(canonical({**envelope, "signatures": []})) == "BAD_SIGNATURE"


@pytest.mark.parametrize("spacing", [", ", ",\n"])
def test_the_payload_is_canonical(case: SignedCase, spacing: str):
    envelope, statement = parts(case)
    text = json.dumps(statement, separators=(spacing, ": ")).encode()
    assert refusal(resealed(envelope, text)) == "MALFORMED"


def test_a_payload_with_a_name_twice_is_malformed(case: SignedCase):
    envelope, statement = parts(case)
    text = b'{"_type":"x",' + canonical(statement)[1:]
    assert refusal(resealed(envelope, text)) == "MALFORMED"


def test_base64_has_one_form(case: SignedCase):
    envelope, _ = parts(case)
    signature = envelope["signatures"][0]
    text = signature["sig"]
    assert text.endswith("==")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = text[:-3] + letters[letters.index(text[-3]) ^ 1] + "=="
    assert base64.b64decode(twin) == base64.b64decode(text)
    line = canonical({**envelope, "signatures": [{**signature, "sig": twin}]})
    assert refusal(line) == "BAD_SIGNATURE"
    for payload in (envelope["payload"] + "\n", envelope["payload"].rstrip("=") + "!", "\u00e9"):
        assert refusal(canonical({**envelope, "payload": payload})) == "MALFORMED"


@pytest.mark.parametrize("name", ["payload", "payloadType", "signatures"])
@pytest.mark.parametrize("value", [None, 1, [], {}, "", [1], [{}], True])
def test_wrong_types_in_the_envelope(case: SignedCase, name: str, value: Any):
    envelope, _ = parts(case)
    assert refusal(canonical({**envelope, name: value})) in (
        "MALFORMED",
        "UNSUPPORTED_VERSION",
        "BAD_SIGNATURE",
    )
    del envelope[name]
    assert refusal(canonical(envelope)) == "MALFORMED"


def test_a_line_that_is_too_long_is_malformed():
    assert refusal(b'{"payload":"' + b"A" * (2 * MAX_BYTES) + b'"}') == "MALFORMED"


def test_a_record_too_large_to_be_read_is_not_sealed(case: SignedCase):
    from medseg.signoff import seal

    _, statement = parts(case)
    statement["predicate"]["reason"] = "a" * MAX_BYTES
    with pytest.raises(SignoffError, match="at most"):
        seal(statement, case.key)


def test_a_number_that_readers_round_is_not_sealed(case: SignedCase):
    from medseg.signoff import seal

    _, statement = parts(case)
    statement["predicate"]["metrics"] = {"volume": 2.0**53}
    with pytest.raises(SignoffError, match="exact"):
        seal(statement, case.key)
