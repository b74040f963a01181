"""Records, registry and log read from their bytes, as docs/records.md tells; for verify_signoff.py.

Shares no code with medseg. Of the form of records and entries it checks what a verdict hangs on.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TROUBLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, InvalidSignature)
ACT = "application/vnd.medseg.act+json"
APPROVE = ("approve", "approve-with-edits", "adjudicate", "lock")
# Shapes are "path:word"; "?" may be null, "[]" a list of such; a word not here is a pattern itself.
WORDS: dict[str, Any] = {"text": r"(?s).*", "hex": r"[0-9a-f]{64}", "p": r"p-[0-9A-Za-z]{1,32}"}
WORDS |= {"int": int, "bool": bool, "obj": dict, "r": r"r-[0-9A-Za-z]{1,32}"}
RECORD = """image.geometry.shape[]:int image.geometry.affineLPS[][]:text image.rungs.pixels?:hex
    image.alg:medsegImageV1 image.rungs.modality:hex image.rungs.uids?:hex case?:text role:text
    stage:text decision:text meaning.text:text meaning.textDigest:hex signer.personId?:text
    signer.printedName:text signer.keyid:hex signer.publicKey:text signedAt:text reason?:text
    maskBody.geometry.shape[]:int maskBody.geometry.affineLPS[][]:text maskBody.alg:text
    maskBody.segments[].root:hex maskBody.segments[].code:obj labels[]:text caseVersion:int
    codeMeanings[].category:text codeMeanings[].type:text provenanceDigest?:hex viewed?:obj
    previous[]:hex policyDigest?:hex registryVersion?:int logAnchor?.origin:text
    logAnchor?.size:int logAnchor?.root:hex"""
READING = "reading?:r annotators[]:p ending?.kind:text selfAttested:bool"
ENTRY = "prev:hex at:text actor?:p case?:c-[0-9A-Za-z]{1,32} reading?:r data:obj"
SIGNED = "version:int record:hex envelope.payload:text"
OTHERS = """anchor trail-review failed-auth import assign assign-reviewer handover comment resolve
    query answer close-query export deid"""
KINDS = dict.fromkeys(re.findall(r"\S+", OTHERS), "")
KINDS |= {"open": r"origin:[^\s+]{1,200}", "policy": "policy:obj digest:hex", "lock": SIGNED}
KINDS |= {"people": "version:int digest:hex", "submit": "version:int mask:hex annotators[]:p"}
KINDS |= {"disagree": "between[]:r", "consensus": "from[]:r version:int"}
KINDS |= {"sign": SIGNED, "unlock": SIGNED, "review": SIGNED + " decision:text"}
KINDS |= {"adjudicate": SIGNED + " chosen?:text from[]:text"}
ROLE = "annotator|reviewer|adjudicator|signer|lead|importer"
LATER = f"later[][].from:int later[][].role:{ROLE}"
PEOPLE = f"""format:medseg-people version:int threshold:int people[].formerRoles[].until:int
    selfAttested:bool roots[].keyid:hex people[].personId:p people[].printedName:text
    people[].roles[]:{ROLE}
    people[].keys[].keyid:hex people[].keys[].revokedFrom?:int
    people[].keys[].status:active|rotated|left|compromised"""


class Refused(ValueError):  # noqa: N818 - a verdict's code, no fault of the program
    """What is refused, by its code."""


def require(is_so: object, code: str = "MALFORMED") -> None:
    """Refuse by the code what is not so."""
    if not is_so:
        raise Refused(code)


def check(value: Any, shapes: str) -> None:
    """Refuse an object that lacks one of the shapes."""
    for path, word in (one.split(":", 1) for one in shapes.split()):
        values, kind = [value], WORDS.get(word, word)
        for name, maybe, many in re.findall(r"(\w+)(\??)([][]*)", path):
            values = [one[name] for one in values if not maybe or one[name] is not None]
            for _ in range(len(many) // 2):
                require(all(isinstance(one, list) for one in values))
                values = list(itertools.chain(*values))
        for one in values:  # a truth is no number
            is_text = isinstance(kind, str) and isinstance(one, str)
            require(re.fullmatch(kind, one) if is_text else type(one) is kind)


def canonical(value: Any, depth: int = 0) -> bytes:
    """RFC 8785, with the limits on depth and numbers."""
    require(depth <= 32)
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda one: one[0].encode("utf-16-be"))
        each = [canonical(name) + b":" + canonical(one, depth + 1) for name, one in pairs]
        return b"{" + b",".join(each) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(canonical(one, depth + 1) for one in value) + b"]"
    if isinstance(value, float):
        if value == 0 or 1e-6 <= abs(value) < 1e21:
            return np.format_float_positional(value or 0.0, trim="-").encode()
        mantissa, exponent = repr(value).split("e")  # not finite: ValueError
        return f"{mantissa}e{int(exponent):+d}".encode()
    require(not isinstance(value, int) or abs(value) < 2**53)
    return json.dumps(value, ensure_ascii=False).encode()


def strict(data: bytes, *, exact: bool = True) -> dict[str, Any]:
    """The object in strict JSON; `exact`: in canonical JSON."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        require(len(dict(pairs)) == len(pairs))
        return dict(pairs)

    value = json.loads(data.decode(), object_pairs_hook=unique)
    require(isinstance(value, dict) and len(data) < 6 << 20)
    require(canonical(value, 1) == data or not exact)
    return dict(value)


def decoded(text: str) -> bytes:
    """The bytes of base64 in its one writing."""
    require(base64.b64encode(base64.b64decode(text)) == text.encode())
    return base64.b64decode(text)


def when(text: str) -> datetime:
    """The moment of a text with an offset."""
    require(datetime.fromisoformat(text).tzinfo)
    return datetime.fromisoformat(text)


def sha(data: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def check_signature(public: bytes, text: str, message: bytes, hint: bytes = b"") -> None:
    """Refuse a signature that does not hold, and a key of low order, under which any may."""
    prime, y = 2**255 - 19, int.from_bytes(public, "little") % 2**255
    eighth = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
    try:
        require(y % prime not in (0, 1, prime - 1, eighth, prime - eighth))
        require(decoded(text).startswith(hint))
        signature = decoded(text)[len(hint) :]
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (ValueError, InvalidSignature) as error:
        raise Refused("BAD_SIGNATURE") from error


def encoded(kind: str, payload: bytes) -> bytes:
    """What is signed of a payload of that type (DSSE, PAE)."""
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


def opened(data: bytes, kind: str, keys_in: Any) -> tuple[dict[str, Any], dict[str, Any], set[str]]:
    """An envelope, what it says, and which of the keys named in that signed it."""
    line = strict(data, exact=False)
    check(line, "payloadType:text signatures[].keyid:hex signatures[].sig:text")
    require(line["payloadType"] == kind, "UNSUPPORTED_VERSION")
    payload = decoded(line["payload"])
    body = strict(payload)
    keys = keys_in(body)
    signed = encoded(kind, payload)
    mine = [one for one in line["signatures"] if one["keyid"] in keys]
    for one in mine:
        check_signature(keys[one["keyid"]], one["sig"], signed)
    return line, body | {"digest": sha(payload)}, {one["keyid"] for one in mine}


def signer_key(body: dict[str, Any]) -> dict[str, bytes]:
    """The signer's key by its id, of a statement that is well formed."""
    said, ours = body["predicate"], "https://medseg.org/attestation/clinical-verification/v1"
    require(body["_type"] == "https://in-toto.io/Statement/v1", "UNSUPPORTED_VERSION")
    require(body["predicateType"] == ours, "UNSUPPORTED_VERSION")
    check(said, RECORD)
    require(said["maskBody"]["alg"] == "medsegMaskV1", "UNSUPPORTED_VERSION")
    require(said["decision"] in (*APPROVE, "reject", "unlock"), "UNSUPPORTED_VERSION")
    check(
        said, READING if {"reading", "annotators", "ending", "selfAttested"} & said.keys() else ""
    )
    digests = [pair for one in body["subject"] for pair in one["digest"].items()]
    require(len(dict(digests)) == len(digests) == len(body["subject"]))
    require(dict(digests)["medsegMaskV1"] == sha(canonical(said["maskBody"])))
    require(said["meaning"]["textDigest"] == sha(said["meaning"]["text"].encode()))
    require(said["decision"] in APPROVE or (said["reason"] or "").strip())
    require(len(said["labels"]) == len(said["codeMeanings"]) == len(said["maskBody"]["segments"]))
    require(when(said["signedAt"]) and (said["logAnchor"] or {"size": 0})["size"] >= 0)
    seen = [(said["viewed"] or {}).get(one, 0) for one in ("labelledSlicesSeen", "allSlicesSeen")]
    require(all(0 <= one <= 1 for one in seen) and said["caseVersion"] > 0)
    require(sha(decoded(said["signer"]["publicKey"])) == said["signer"]["keyid"])
    return {said["signer"]["keyid"]: decoded(said["signer"]["publicKey"])}


def read_record(data: bytes) -> dict[str, Any]:
    """A record whose signature holds; with its digest, mask's digest and line."""
    line, body, signed = opened(data, "application/vnd.in-toto+json", signer_key)
    require(signed, "BAD_SIGNATURE")
    said = {"reading": None, "annotators": [], "selfAttested": False, **body["predicate"]}
    more = {"digest": body["digest"], "mask": sha(canonical(said["maskBody"])), "line": line}
    return said | more | said["signer"]


def root_keys(body: dict[str, Any]) -> dict[str, bytes]:
    """The root keys by their ids, of a registry that is well formed."""
    require(body["v"] == 1, "UNSUPPORTED_VERSION")
    check(body, PEOPLE)
    check({"later": [one.get("laterRoles", []) for one in body["people"]]}, LATER)
    keys = [key for person in body["people"] for key in person["keys"]]
    ids = [one["keyid"] for one in keys] + [one["personId"] for one in body["people"]]
    roots = {one["keyid"]: decoded(one["publicKey"]) for one in body["roots"]}
    require(all(sha(decoded(one["publicKey"])) == one["keyid"] for one in keys + body["roots"]))
    require(len(set(ids)) == len(ids) and len(roots) == len(body["roots"]))
    require(len(body["people"]) == 1 if body["selfAttested"] else not roots.keys() & set(ids))
    require(1 <= body["threshold"] <= len(roots) and body["version"] > 0)
    require(when(body["issued"]) < when(body["expires"]))
    require(all(when(one["notBefore"]) < when(one["notAfter"]) for one in keys))
    require(all((one["status"] == "active") == (one["revokedFrom"] is None) for one in keys))
    return roots


def read_people(data: bytes) -> dict[str, Any]:
    """A registry that enough of its root keys signed."""
    _, body, signed = opened(data, "application/vnd.medseg.people+json", root_keys)
    require(len(signed) >= body["threshold"], "INSUFFICIENT_SIGNATURES")
    return body


def root_of(leaves: list[bytes]) -> bytes:
    """RFC 6962: the root over leaves."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    both = root_of(leaves[:half]) + root_of(leaves[half:])
    return hashlib.sha256(b"\x01" + both).digest()


def climbed(leaf: bytes, at: int, size: int, proof: list[bytes]) -> bytes:
    """RFC 6962: the root that an inclusion proof leads to."""
    require(0 <= at < size and (size > 1) == bool(proof))
    if size == 1:
        return leaf
    half = 1 << (size - 1).bit_length() - 1
    if at < half:
        both = climbed(leaf, at, half, proof[:-1]) + proof[-1]
    else:
        both = proof[-1] + climbed(leaf, at - half, size - half, proof[:-1])
    return hashlib.sha256(b"\x01" + both).digest()


def read_entry(raw: bytes) -> dict[str, Any]:
    """An entry by itself, with its leaf."""
    entry = strict(raw)
    check(entry, "v:int seq:int kind:text")
    require(entry["v"] == 1 and entry["kind"] in KINDS, "UNSUPPORTED_VERSION")
    check(entry, ENTRY)
    check(entry["data"], KINDS[entry["kind"]])
    require(len(entry) == 9 and when(entry["at"]))
    return entry | {"leaf": hashlib.sha256(b"\x00" + raw).digest()}


def check_proof(entry: dict[str, Any], public: bytes) -> None:
    """Refuse an entry whose proof that key did not give."""
    data = {name: one for name, one in entry["data"].items() if name != "proof"}
    names = ("kind", "actor", "case", "reading", "prev")
    act = {"data": data, "size": entry["seq"]} | {name: entry[name] for name in names}
    check_signature(public, entry["data"]["proof"]["sig"], encoded(ACT, canonical(act)))


def read_log(data: bytes) -> Iterator[dict[str, Any]]:
    """The sound entries of a log, each once the next one stands on it; then raises if not all."""
    head, last = "0" * 64, []
    for seq, line in enumerate(data.split(b"\n")[:-1]):
        try:
            entry = read_entry(line)
            require(entry["seq"] == seq)
        except (ValueError, KeyError, TypeError, RecursionError):
            yield from last
            raise
        require(entry["prev"] == head)
        yield from last
        head, last = sha(b"medseg-log\x01" + bytes.fromhex(head) + entry["leaf"]), [entry]
    yield from last
    require(data.endswith(b"\n") or not data)


def read_receipt(record: dict[str, Any], keys: dict[str, bytes]) -> tuple[int, bytes] | None:
    """Size and root of the log that a record's line says it is in, proven and signed."""
    line, pattern = record["line"], r"(\S+\n(0|[1-9]\d*)\n(\S+)\n)\n((?:— [0-9a-f]{64} \S+\n)+)"
    if "checkpoint" not in line:
        return None
    envelope = {name: line[name] for name in ("payload", "payloadType", "signatures")}
    data = line["logEntry"]["data"] | {"envelope": envelope}
    entry = read_entry(canonical(line["logEntry"] | {"data": data}))
    require(entry["data"]["record"] == record["digest"])
    body, size, root, signatures = re.fullmatch(pattern, line["checkpoint"]).groups()  # type: ignore[union-attr]
    proof = [bytes.fromhex(one) for one in line["inclusionProof"]]
    require(climbed(entry["leaf"], entry["seq"], int(size), proof) == decoded(root))
    signed = [one.split(" ")[1:] for one in signatures.splitlines()]
    for keyid, text in (one for one in signed if one[0] in keys):
        hint = hashlib.sha256(keyid.encode() + b"\n\x01" + keys[keyid]).digest()[:4]
        check_signature(keys[keyid], text, body.encode(), hint)
    return int(size), decoded(root)
