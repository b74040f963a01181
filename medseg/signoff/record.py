"""A statement that was found: checked in every part before any part is believed."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from medseg.errors import MedsegError
from medseg.signoff.canonical import canonical
from medseg.signoff.digest import ALGORITHM, body_digest
from medseg.signoff.image_identity import IMAGE_IDENTITY
from medseg.signoff.keys import key_id
from medseg.signoff.log.checkpoint import LOG_ANCHOR, Checkpoint
from medseg.signoff.log.kinds import ENDING, PERSON_ID, READING_ID
from medseg.signoff.placement import PLACEMENT, read_placement
from medseg.signoff.refusal import malformed, unsupported
from medseg.signoff.schema import HEX_256, Maybe, check, decode_base64
from medseg.signoff.statement import DECISIONS, MARK_BYTES, PREDICATE_TYPE, STATEMENT_TYPE

_CODE = {"scheme": str, "value": str}
_SEGMENT = {
    "code": {"category": _CODE, "type": _CODE, "trackingUid": str},
    "root": HEX_256,
}
_ANY_OBJECT: dict[str, Any] = {}
_PREDICATE = {
    "recordId": re.compile(r"[0-9A-HJKMNP-TV-Z]{26}"),
    "project": Maybe(str),
    "site": Maybe(str),
    "case": Maybe(str),
    "caseVersion": int,
    "stage": str,
    "role": str,
    "decision": str,
    "meaning": {"code": str, "text": str, "textDigest": HEX_256, "lang": str},
    "signer": {
        "personId": Maybe(str),
        "printedName": str,
        "credentials": [_ANY_OBJECT],
        "keyid": HEX_256,
        "publicKey": str,
    },
    "signedAt": str,
    "auth": {"factors": [str], "sessionFirst": bool},
    "reason": Maybe(str),
    "image": IMAGE_IDENTITY,
    "maskBody": {"alg": frozenset({ALGORITHM}), "geometry": PLACEMENT, "segments": [_SEGMENT]},
    "leaves": [{"slices": [int], "marks": str}],
    "labels": [str],
    "codeMeanings": [{"category": str, "type": str}],
    "provenanceDigest": Maybe(HEX_256),
    "viewed": Maybe(_ANY_OBJECT),
    "metrics": Maybe(_ANY_OBJECT),
    "previous": [HEX_256],
    "supersedes": Maybe(HEX_256),
    "policyDigest": Maybe(HEX_256),
    "registryVersion": Maybe(int),
    "logAnchor": Maybe(LOG_ANCHOR),
    "tool": {"name": str, "version": str},
    "model": Maybe(_ANY_OBJECT),
}
# Records of the first versions of medseg have none of these; others have them all.
_LATER = {
    "reading": Maybe(READING_ID),
    "annotators": [PERSON_ID],
    "ending": Maybe({"kind": ENDING["kind"], "reason": Maybe(str)}),
    "selfAttested": bool,
}
_STATEMENT = {"subject": [{"name": str, "digest": _ANY_OBJECT}], "predicate": _PREDICATE}


@dataclass(frozen=True, eq=False)
class Record:
    """A checked statement.

    Args:
        statement: the statement, as plain JSON values.
        public_key: the signer's raw public key; the key id is that of it.
        signed_at: when, as the signer's machine claimed.
        file_sha256: of the mask file that was signed, if there was one.
        marks: per segment of the body: canonical slice -> the first bytes of its digest.
    """

    statement: dict[str, Any]
    public_key: bytes
    signed_at: datetime
    file_sha256: str | None
    marks: tuple[dict[int, bytes], ...]

    @property
    def predicate(self) -> dict[str, Any]:
        """What is said, apart from the subjects."""
        return dict(self.statement["predicate"])

    @property
    def keyid(self) -> str:
        """The id of the signer's key."""
        return str(self.predicate["signer"]["keyid"])

    @property
    def decision(self) -> str:
        """One of `DECISIONS`."""
        return str(self.predicate["decision"])

    @property
    def previous(self) -> frozenset[str]:
        """Payload digests of the records that this one follows."""
        return frozenset(self.predicate["previous"])

    @property
    def person_id(self) -> str | None:
        """Id of the signer, as the record says."""
        value = self.predicate["signer"]["personId"]
        return str(value) if value is not None else None

    @property
    def stage(self) -> str:
        """At which stage of the work it was signed."""
        return str(self.predicate["stage"])

    @property
    def case(self) -> str | None:
        """Id of the case, if it was signed in a project."""
        return self._text("case")

    @property
    def reading(self) -> str | None:
        """Id of the reading, if it was signed in a project."""
        return self._text("reading")

    @property
    def mask_digest(self) -> str:
        """The medsegMaskV1 digest that was signed."""
        return body_digest(self.predicate["maskBody"])

    @property
    def annotators(self) -> frozenset[str]:
        """Ids of those who changed a voxel of this version; empty where nobody is named."""
        return frozenset(self.predicate.get("annotators", ()))

    @property
    def is_self_attested(self) -> bool:
        """Whether one person did everything."""
        return bool(self.predicate.get("selfAttested", False))

    @property
    def anchor(self) -> Checkpoint | None:
        """The log before the record's own entry; None if it was signed outside of one."""
        anchor = self.predicate["logAnchor"]
        return Checkpoint.from_anchor(anchor) if anchor is not None else None

    def _text(self, name: str) -> str | None:
        value = self.predicate.get(name)
        return str(value) if value is not None else None

    @property
    def title(self) -> str:
        """Who, as what and when, in words."""
        said = self.predicate
        return f"{said['signer']['printedName']} as {said['role']} at {said['signedAt']}"


def read_statement(statement: dict[str, Any]) -> Record:
    """The record in a parsed statement; names not known here are tolerated.

    Raises:
        RecordError: MALFORMED or UNSUPPORTED_VERSION.
    """
    _check_versions(statement)
    check(statement, _STATEMENT, "statement")
    said = statement["predicate"]
    check(said, _LATER if _LATER.keys() & said.keys() else {}, "predicate")
    public_key = decode_base64(said["signer"]["publicKey"], "publicKey")
    agrees = (
        len(public_key) == 32
        and key_id(public_key) == said["signer"]["keyid"]
        and hashlib.sha256(said["meaning"]["text"].encode("utf-8", "surrogatepass")).hexdigest()
        == said["meaning"]["textDigest"]
        and said["caseVersion"] >= 1
        and (said["logAnchor"] is None or said["logAnchor"]["size"] >= 0)
        and (said["decision"] not in ("reject", "unlock") or bool((said["reason"] or "").strip()))
        and _are_fractions(said["viewed"] or {})
    )
    if not agrees:
        raise malformed("A sign-off record agrees with itself: key, meaning, reason; not this one.")
    file_sha256 = _check_subjects(statement)
    return Record(statement, public_key, _time(said["signedAt"]), file_sha256, _marks(said))


def _are_fractions(viewed: dict[str, Any]) -> bool:
    """Whether the shares that a verdict reads lie between none and all; either may be absent."""
    seen = [viewed[one] for one in ("labelledSlicesSeen", "allSlicesSeen") if one in viewed]
    return all(type(one) in (int, float) and 0 <= one <= 1 for one in seen)


def _check_versions(statement: dict[str, Any]) -> None:
    known = (
        (statement, "_type", {STATEMENT_TYPE}),
        (statement, "predicateType", {PREDICATE_TYPE}),
    )
    for holder, name, values in known:
        check(holder, {name: str}, "statement")
        if holder[name] not in values:
            raise unsupported(
                f"This version of medseg does not know records of {name} {holder[name]!r}; "
                "check with the version that wrote it."
            )
    check(statement, {"predicate": {"maskBody": {"alg": str}, "decision": str}}, "statement")
    said = statement["predicate"]
    if said["maskBody"]["alg"] != ALGORITHM or said["decision"] not in DECISIONS:
        raise unsupported(
            f"This version of medseg does not know the digest {said['maskBody']['alg']!r} or the "
            f"decision {said['decision']!r}; check with the version that wrote it."
        )


def _check_subjects(statement: dict[str, Any]) -> str | None:
    """The signed file's digest; each kind of digest stands in a subject of its own."""
    found: dict[str, str] = {}
    for subject in statement["subject"]:
        for name, value in subject["digest"].items():
            check(value, HEX_256, f"digest {name}")
            if len(subject["digest"]) != 1 or name in found:
                raise malformed("Each digest of a sign-off stands in a subject of its own.")
            found[name] = value
    body = statement["predicate"]["maskBody"]
    if found.get(ALGORITHM) != body_digest(body):
        raise malformed("A sign-off's digest is that of its mask body; this one's is not.")
    keys = [canonical(segment["code"]) for segment in body["segments"]]
    if keys != sorted(set(keys)):
        raise malformed("A mask body lists its segments once each, in order; this one does not.")
    return found.get("sha256")


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise malformed(f"A signature's time is ISO 8601; found {text[:40]!r}.") from error
    if moment.utcoffset() is None:
        raise malformed(f"A signature's time has an offset from UTC; found {text[:40]!r}.")
    return moment


def _marks(said: dict[str, Any]) -> tuple[dict[int, bytes], ...]:
    try:
        mask, image = said["maskBody"]["geometry"], said["image"]["geometry"]
        read_placement(mask)
        if canonical(image) != canonical(mask):  # mostly it is the same grid
            read_placement(image)
    except MedsegError as error:
        raise malformed(f"A signed grid is a possible one. {error}") from error
    count = len(said["maskBody"]["segments"])
    if any(len(said[name]) != count for name in ("leaves", "labels", "codeMeanings")):
        raise malformed("A record has leaves and texts for each segment; this one does not.")
    return tuple(_segment_marks(leaves) for leaves in said["leaves"])


def _segment_marks(leaves: dict[str, Any]) -> dict[int, bytes]:
    slices, marks = leaves["slices"], decode_base64(leaves["marks"], "marks")
    if len(marks) != MARK_BYTES * len(slices) or slices != sorted(set(slices)):
        raise malformed("Each slice of a segment has one mark, in order; not in this record.")
    starts = range(0, len(marks), MARK_BYTES)
    return {index: marks[at : at + MARK_BYTES] for index, at in zip(slices, starts, strict=True)}
