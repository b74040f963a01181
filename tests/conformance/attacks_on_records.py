"""Envelopes and statements forged, rewritten, or signed by an insider who may write anything."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from medseg.signoff.canonical import canonical
from medseg.signoff.people.sealing import PAYLOAD_TYPE as PEOPLE_TYPE
from tests.conformance.attacks import LINES, add, attack, on_last_line, payload_of, told
from tests.conformance.story import EVE, KEYS, Story, sealed

_ORDER = 2**252 + 27742317777372353535851937790883648493
Line = dict[str, Any]


def _resealed(change: Callable[[bytes], bytes]) -> dict[str, bytes]:
    """The lock's payload changed, and signed again by its owner."""

    def on_line(line: Line) -> None:
        payload = change(base64.b64decode(line["payload"]))
        line.clear()
        line.update(sealed(payload, KEYS["lea"]))

    return on_last_line(on_line)


def _said(change: Callable[[Line], object]) -> Callable[[], Story]:
    """The whole story, with the lock's statement changed before it was signed."""

    def make() -> Story:
        story = Story().begin().submit()
        story.act("rob", "review", "approve")
        story.act("sue", "sign", "approve")
        story.act("lea", "lock", "lock", edit=lambda said: change(said["predicate"]))
        return story

    return make


def _whole(change: Callable[[Line], object]) -> dict[str, bytes]:
    """The lock's statement changed and signed again, outside of the log."""

    def rewrite(payload: bytes) -> bytes:
        said = json.loads(payload)
        change(said)
        return canonical(said)

    return _resealed(rewrite)


def _part(name: str, value: Any) -> Callable[[], dict[str, bytes]]:
    return lambda: _whole(lambda said: said["predicate"].update({name: value}))


def _text(old: bytes, new: bytes) -> Callable[[], dict[str, bytes]]:
    return lambda: _resealed(lambda payload: payload.replace(old, new, 1))


_FORMS: list[tuple[str, str, Callable[[], Any]]] = [
    ("json-spaces", "Payload written with spaces, signed by its owner.", lambda: _resealed(lambda raw: json.dumps(json.loads(raw)).encode())),
    ("json-order", "Payload with its names in reverse order.", lambda: _resealed(lambda raw: json.dumps(dict(reversed(json.loads(raw).items())), separators=(",", ":")).encode())),
    ("json-escaped", "Payload with a letter written as an escape.", _text(b"Lea Lead", b"Lea L\\u0065ad")),
    ("json-twice", "A name standing twice in the payload.", _text(b'"caseVersion":3', b'"caseVersion":3,"caseVersion":3')),
    ("json-nan", "NaN in the payload.", _text(b'"metrics":null', b'"metrics":{"x":NaN}')),
    ("json-infinite", "1e999 in the payload.", _text(b'"metrics":null', b'"metrics":{"x":1e999}')),
    ("json-huge", "A whole number of 60 digits in the payload.", _text(b'"metrics":null', b'"metrics":{"x":' + b"9" * 60 + b"}")),
    ("json-long-number", "A whole number of 6000 digits in the payload.", _text(b'"metrics":null', b'"metrics":{"x":' + b"9" * 6000 + b"}")),
    ("json-deep", "A hundred lists within each other in the payload.", _text(b'"metrics":null', b'"metrics":{"x":' + b"[" * 100 + b"]" * 100 + b"}")),
    ("json-surrogate", "Half of a surrogate pair in the payload.", _text(b"Lea Lead", b"Lea \\ud83d")),
    ("json-bytes", "Bytes in the payload that are no UTF-8.", _text(b"Lea Lead", b"Lea \xff")),
    ("json-mark", "A byte order mark before the payload.", lambda: _resealed(lambda raw: b"\xef\xbb\xbf" + raw)),
    ("json-fraction", "A whole number written 3.0.", _text(b'"caseVersion":3', b'"caseVersion":3.0')),
    ("json-list", "The payload a list.", lambda: _resealed(lambda raw: b"[" + raw + b"]")),
    ("type-of-version", "`caseVersion` a text.", _part("caseVersion", "3")),
    ("type-of-truth", "`selfAttested` a number.", _part("selfAttested", 1)),
    ("type-of-list", "`previous` a text.", _part("previous", "none")),
    ("type-of-list-named", "`previous` an object whose names are the digests.", lambda: _whole(lambda said: said["predicate"].update(previous=dict.fromkeys(said["predicate"]["previous"], 1)))),
    ("type-of-object", "`image` a list.", _part("image", [])),
    ("type-of-digest", "`policyDigest` in capitals.", _part("policyDigest", "A" * 64)),
    ("version-below-one", "`caseVersion` 0.", _part("caseVersion", 0)),
    ("time-without-offset", "`signedAt` without an offset from UTC.", _part("signedAt", "2026-03-02T09:44:59")),
    ("anchor-negative", "`logAnchor.size` below 0.", lambda: _whole(lambda said: said["predicate"]["logAnchor"].update(size=-1))),
    ("coverage-over-one", "More than all slices seen.", _part("viewed", {"labelledSlicesSeen": 1.5, "allSlicesSeen": 1})),
    ("reading-half", "Some of the names that come together left out.", lambda: _whole(lambda said: said["predicate"].pop("annotators"))),
    ("label-missing", "A label fewer than segments.", lambda: _whole(lambda said: said["predicate"]["labels"].pop())),
    ("rejection-without-reason", "A rejection without a reason.", lambda: _whole(lambda said: said["predicate"].update(decision="reject", reason=" "))),
    ("meaning-reworded", "The meaning's text changed, its digest not.", lambda: _whole(lambda said: said["predicate"]["meaning"].update(text="Seen."))),
    ("body-of-another", "The subject's digest not of the body.", lambda: _whole(lambda said: said["subject"][0]["digest"].update(medsegMaskV1="00" * 32))),
    ("subjects-joined", "Mask and file in one set of digests.", lambda: _whole(lambda said: said["subject"][0]["digest"].update(sha256="00" * 32))),
    ("subject-missing", "No subject at all.", lambda: _whole(lambda said: said["subject"].clear())),
    ("keyid-of-another", "The signer's key id not of their key.", lambda: _whole(lambda said: said["predicate"]["signer"].update(keyid=EVE.keyid))),
    ("payload-base64-loose", "The payload's base64 in a second writing of the same bytes.", lambda: on_last_line(_loose_payload)),
    ("payload-base64-broken", "Base64 with line feeds.", lambda: on_last_line(lambda line: line.update(payload=line["payload"][:76] + "\n" + line["payload"][76:]))),
    ("payload-absent", "A line without a payload.", lambda: on_last_line(lambda line: line.pop("payload") and None)),
    ("line-twice", "A name standing twice in the line.", lambda: on_last_line(lambda line: json.dumps(line).encode()[:-1] + b',"payloadType":"application/vnd.in-toto+json"}')),
    ("line-deep", "100,000 brackets in the line.", lambda: on_last_line(lambda _: b'{"x":' + b"[" * 100_000 + b"}")),
    ("line-followed", "Something after the line's object.", lambda: on_last_line(lambda line: json.dumps(line).encode() + b"{}")),
    ("line-cut", "The line cut in its middle.", lambda: on_last_line(lambda line: json.dumps(line).encode()[:2000])),
    ("line-too-large", "Seven megabytes more in the line.", lambda: on_last_line(lambda line: line.update(later="a" * 7_000_000))),
    ("signature-keyid-form", "A second signature whose key id is none.", lambda: on_last_line(_keyid_form)),
    ("line-list", "A line that is a list.", lambda: on_last_line(lambda _: b"[]")),
]  # fmt: skip


def _keyid_form(line: Line) -> None:
    line["signatures"].append(line["signatures"][0] | {"keyid": EVE.keyid.upper()})
    for one in ("logEntry", "inclusionProof", "checkpoint"):
        del line[one]


def _later_body(said: Line) -> None:
    said["predicate"]["maskBody"]["alg"] = "medsegMaskV2"
    body = hashlib.sha256(canonical(said["predicate"]["maskBody"])).hexdigest()
    said["subject"][0]["digest"]["medsegMaskV1"] = body


def _loose(text: str) -> str:
    """The same bytes in base64 with bits set that a loose reader drops."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    bare = text.rstrip("=")
    last = digits[digits.index(bare[-1]) + 1]
    return bare[:-1] + last + text[len(bare) :]


def _loose_payload(line: Line) -> None:
    payload = base64.b64decode(line["payload"])
    name = b"Lea Lead" if len(payload) % 3 else b"Lea Leader"  # so that there are bits to spare
    line.update(sealed(payload.replace(b"Lea Lead", name), KEYS["lea"]))
    line["payload"] = _loose(line["payload"])


def _flipped(text: str, bit: int) -> str:
    data = bytearray(base64.b64decode(text))
    data[bit // 8] ^= 1 << bit % 8
    return base64.b64encode(bytes(data)).decode()


def _sig(change: Callable[[Line, Line], object]) -> Callable[[], dict[str, bytes]]:
    return lambda: on_last_line(lambda line: change(line["signatures"][0], line) and None)


def _reworded(line: Line) -> None:
    payload = base64.b64decode(line["payload"]).replace(b'"role":"lead"', b'"role":"Lead"')
    line["payload"] = base64.b64encode(payload).decode()


def _malleated(text: str) -> str:
    data = base64.b64decode(text)
    number = int.from_bytes(data[32:], "little") + _ORDER
    return base64.b64encode(data[:32] + number.to_bytes(32, "little")).decode()


def _copied() -> dict[str, bytes]:
    files = told()
    *_, sign, lock = files[LINES].splitlines()
    taken = json.loads(lock) | {"signatures": json.loads(sign)["signatures"]}
    return files | {LINES: files[LINES].replace(lock, json.dumps(taken).encode())}


def _borrowed(line: Line) -> None:
    taken = sealed(payload_of(line), KEYS["sue"])["signatures"][0]
    line["signatures"] = [taken | {"keyid": line["signatures"][0]["keyid"]}]


_SIGNATURES: list[tuple[str, str, Callable[[], Any]]] = [
    ("payload-word", "A word of the payload changed after signing.", lambda: on_last_line(_reworded)),
    ("signature-bit", "One bit of a signature turned.", _sig(lambda sig, _: sig.update(sig=_flipped(sig["sig"], 3)))),
    ("signature-short", "A signature of 63 bytes.", _sig(lambda sig, _: sig.update(sig=base64.b64encode(base64.b64decode(sig["sig"])[:-1]).decode()))),
    ("signature-malleated", "The group's order added to a signature's second half.", _sig(lambda sig, _: sig.update(sig=_malleated(sig["sig"])))),
    ("signature-base64-loose", "The signature's base64 in a second writing.", _sig(lambda sig, _: sig.update(sig=_loose(sig["sig"])))),
    ("signature-copied", "The signature of another record.", _copied),
    ("signature-of-another", "Another person's signature under the signer's key id.", lambda: on_last_line(_borrowed)),
    ("signature-keyid", "The signature under another key id.", _sig(lambda sig, _: sig.update(keyid=EVE.keyid))),
    ("signatures-none", "No signature.", lambda: on_last_line(lambda line: line["signatures"].clear())),
    ("signature-second-false", "A second, false signature by the same key.", lambda: on_last_line(lambda line: line["signatures"].append({**line["signatures"][0], "sig": _flipped(line["signatures"][0]["sig"], 9)}))),
    ("signed-as-people", "Signed as a registry, shown as a record.", lambda: on_last_line(lambda line: line.update(signatures=sealed(payload_of(line), KEYS["lea"], kind=PEOPLE_TYPE)["signatures"]))),
    ("signed-without-type", "Only the payload's bytes signed.", lambda: on_last_line(lambda line: line["signatures"][0].update(sig=base64.b64encode(KEYS["lea"].sign(base64.b64decode(line["payload"]))).decode()))),
]  # fmt: skip

_VERSIONS: list[tuple[str, str, Callable[[], Any]]] = [
    ("registry-as-record", "A registry's envelope among the sign-offs.", lambda: _swapped_in(told()["people.json"])),
    ("type-of-payload", "The payload's type changed.", lambda: on_last_line(lambda line: line.update(payloadType="application/json"))),
    ("decision-unknown", "A decision that no version knows.", lambda: _whole(lambda said: said["predicate"].update(decision="certify"))),
    ("body-later", "A mask's body of a later version.", lambda: _whole(_later_body)),
    ("predicate-later", "A later version of the record.", lambda: _whole(lambda said: said.update(predicateType=said["predicateType"][:-1] + "2"))),
    ("statement-later", "A later version of the statement.", lambda: _whole(lambda said: said.update(_type="https://in-toto.io/Statement/v2"))),
]  # fmt: skip


def _swapped_in(line: bytes) -> dict[str, bytes]:
    return on_last_line(lambda _: line.strip())


for _name, _what, _make in _FORMS:
    add("form", _name, _what, 11, "MALFORMED", _make)
for _name, _what, _make in _SIGNATURES:
    add("signature", _name, _what, 11, "BAD_SIGNATURE", _make)
for _name, _what, _make in _VERSIONS:
    add("form", _name, _what, 12, "UNSUPPORTED_VERSION", _make)


def _joined(line: Line) -> None:
    line["signatures"].append(sealed(payload_of(line), EVE)["signatures"][0])


@attack("receipt", 11, "MALFORMED")
def stranger_signs_too() -> dict[str, bytes]:
    """A further signature by a stranger: the line is no longer the one in the log."""
    return on_last_line(_joined)


@attack("signature", 0)
def stranger_signs_too_without_a_receipt() -> dict[str, bytes]:
    """A further signature by a stranger, which counts for nothing."""

    def on_line(line: Line) -> None:
        _joined(line)
        for one in ("logEntry", "inclusionProof", "checkpoint"):
            del line[one]

    return on_last_line(on_line)


@attack("form", 12, "NOT_SIGNED")
def sign_offs_emptied() -> dict[str, bytes]:
    """The file of sign-offs emptied."""
    return told() | {LINES: b""}


@attack("form", 12, "NOT_SIGNED")
def sign_offs_removed() -> dict[str, bytes]:
    """The file of sign-offs removed."""
    files = told()
    del files[LINES]
    return files


@attack("signature", 11, "BAD_SIGNATURE")
def key_of_low_order() -> dict[str, bytes]:
    """The neutral point as a key, under which one signature holds for all messages."""
    neutral = bytes([1]) + bytes(31)

    def on_line(line: Line) -> None:
        said = payload_of(line)
        signer = said["predicate"]["signer"]
        signer["publicKey"] = base64.b64encode(neutral).decode()
        signer["keyid"] = hashlib.sha256(neutral).hexdigest()
        zero = base64.b64encode(neutral + bytes(32)).decode()
        payload = base64.b64encode(canonical(said)).decode()
        signed = [{"keyid": signer["keyid"], "sig": zero}]
        line.update(payload=payload, signatures=signed)
        for one in ("logEntry", "inclusionProof", "checkpoint"):
            del line[one]

    return on_last_line(on_line)


_CLOCKS: list[tuple[str, str, timedelta]] = [
    ("time-to-come", "A lock signed seventy years ahead.", timedelta(days=25_000)),
    (
        "time-before",
        "A lock signed two hours back, before the record it follows.",
        -timedelta(hours=2),
    ),
    ("time-off", "A lock signed three minutes after its entry of the log.", timedelta(minutes=3)),
]


def _clocked(off: timedelta) -> Callable[[], Story]:
    def make() -> Story:
        story = Story().begin().submit()
        story.act("rob", "review", "approve")
        story.act("sue", "sign", "approve")
        story.act("lea", "lock", "lock", clock=off)
        return story

    return make


for _name, _what, _off in _CLOCKS:
    add("clock", _name, _what, 10, "CLOCK_SUSPECT", _clocked(_off))

add("binding", "case-not-of-its-entry", "A record about another case than its entry.", 11, "REPLAYED_OTHER_CASE", _said(lambda said: said.update(case="c-0THER")))  # fmt: skip
add("binding", "reading-not-of-its-entry", "A record about another reading than its entry.", 11, "REPLAYED_OTHER_CASE", _said(lambda said: said.update(reading="r-0THER")))  # fmt: skip
