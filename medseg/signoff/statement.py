"""The signed statement: an in-toto Statement about one mask on one image, by one person.

`build_statement` makes it, `read_statement` checks one that was found. What only a project has
(case, reading, log, rules, people) is null in a record that was signed outside of one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from medseg.errors import SignoffError
from medseg.signoff.digest import ALGORITHM, MaskDigest
from medseg.signoff.keys import SigningKey
from medseg.signoff.meanings import MEANINGS, Meaning
from medseg.signoff.schema import encode_base64

__all__ = [
    "APPROVALS",
    "DECISIONS",
    "MARK_BYTES",
    "MEANINGS",
    "PREDICATE_TYPE",
    "STATEMENT_TYPE",
    "Claim",
    "Meaning",
    "SignedContent",
    "build_statement",
]

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
#: A name, not an address that anything is fetched from.
PREDICATE_TYPE = "https://medseg.org/attestation/clinical-verification/v1"
APPROVALS = frozenset({"approve", "approve-with-edits", "adjudicate", "lock"})
DECISIONS = APPROVALS | {"reject", "unlock"}
MARK_BYTES = 8


@dataclass(frozen=True)
class Claim:
    """What a signer says about a mask.

    Args:
        role: in which role they sign, as "reader".
        stage: at which stage of the work, as "sign".
        decision: one of `DECISIONS`.
        meaning: what the signature says; None takes the sentence for the decision.
        reason: why; a rejection, an unlocking and a superseding need one.
        case: opaque id of the case, never a patient's name or number.
        case_version: counts the records about this mask, from 1.
        project: the project's name, if any.
        site: the site's name, if any.
        credentials: as {"type": "board", "id": ..., "expires": ...}.
        previous: payload digests of the earlier records about this mask.
        supersedes: payload digest of the record that this one takes the place of.
        metrics: what was measured, plain JSON values.
        viewed: what the signer's screen displayed, plain JSON values: evidence of display alone.
        policy_digest: digest of the project's rules at the time, hexadecimal.
        registry_version: of the people's registry at the time.
        log_anchor: `origin`, `size` and `root` of the log before the record's own entry.
        reading: opaque id of the reading.
        annotators: ids of the persons who changed a voxel of this version.
        ending: how the reading ended: its `kind`, and the `reason` of one not evaluable.
        self_attested: whether one person does everything in this project.

    Raises:
        SignoffError: the decision is unknown, or it lacks its reason.
    """

    role: str = "reader"
    stage: str = "sign"
    decision: str = "approve"
    meaning: Meaning | None = None
    reason: str | None = None
    case: str | None = None
    case_version: int = 1
    project: str | None = None
    site: str | None = None
    credentials: tuple[Mapping[str, Any], ...] = ()
    previous: tuple[str, ...] = ()
    supersedes: str | None = None
    metrics: Mapping[str, Any] | None = None
    viewed: Mapping[str, Any] | None = None
    policy_digest: str | None = None
    registry_version: int | None = None
    log_anchor: Mapping[str, Any] | None = None
    reading: str | None = None
    annotators: tuple[str, ...] = ()
    ending: Mapping[str, Any] | None = None
    self_attested: bool = False

    def __post_init__(self) -> None:
        if self.decision not in DECISIONS:
            known = ", ".join(sorted(DECISIONS))
            raise SignoffError(f"A decision is one of {known}; found {self.decision!r}.")
        needs_reason = self.decision in ("reject", "unlock") or self.supersedes is not None
        if needs_reason and not (self.reason or "").strip():
            raise SignoffError(f"To {self.decision} needs a reason; none was given.")
        if not self.role.strip() or not self.stage.strip():
            raise SignoffError("A signer has a role, at a stage of the work; found none.")


@dataclass(frozen=True, eq=False)
class SignedContent:
    """What a statement is about.

    Args:
        mask: the mask as digested.
        image: the identity of its image, as `image_identity` gives it.
        file_suffix: the mask file's suffix; its name could tell a patient's.
        file_sha256: SHA-256 of the mask file's bytes, if it came from a file.
        provenance_digest: of how each slice came to be, if that is recorded.
    """

    mask: MaskDigest
    image: Mapping[str, Any]
    file_suffix: str = ""
    file_sha256: str | None = None
    provenance_digest: str | None = None

    @property
    def labels(self) -> list[str]:
        """The segments' names, in the order of the body."""
        return [segment.label for segment in self.mask.segments]

    @property
    def code_meanings(self) -> list[dict[str, str]]:
        """What the segments' codes are called, in the order of the body."""
        return [
            {"category": segment.category.meaning, "type": segment.type.meaning}
            for segment in self.mask.segments
        ]


def build_statement(
    claim: Claim,
    content: SignedContent,
    key: SigningKey,
    *,
    signed_at: str | None = None,
    session_first: bool = True,
) -> dict[str, Any]:
    """The statement as plain JSON values, ready to be sealed.

    Args:
        claim: what is said.
        content: what it is said of.
        key: who says it.
        signed_at: ISO 8601 with an offset; None takes the present local time.
        session_first: whether this is the signer's first signature of a sitting, for which id
            and passphrase are both asked.
    """
    meaning = claim.meaning or MEANINGS[claim.decision]
    predicate = {
        "recordId": _ulid(),
        "project": claim.project,
        "site": claim.site,
        "case": claim.case,
        "caseVersion": claim.case_version,
        "stage": claim.stage,
        "role": claim.role,
        "decision": claim.decision,
        "meaning": meaning.to_json(),
        "signer": _signer(claim, key),
        "signedAt": signed_at or datetime.now().astimezone().isoformat(timespec="milliseconds"),
        "auth": {
            "factors": ["id", "passphrase"] if session_first else ["passphrase"],
            "sessionFirst": session_first,
        },
        "reason": claim.reason,
        "previous": list(claim.previous),
        "supersedes": claim.supersedes,
        "metrics": _plain(claim.metrics),
        "tool": {"name": "medseg", "version": _version()},
        "model": None,
        **_content(content),
        **_project(claim),
    }
    return {
        "_type": STATEMENT_TYPE,
        "subject": _subjects(claim, content),
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }


def _subjects(claim: Claim, content: SignedContent) -> list[dict[str, Any]]:
    """The meaning and the file, apart: a set of digests counts as matched if any of it is."""
    name = f"case/{claim.case}/mask" if claim.case else "mask"
    subjects = [{"name": name, "digest": {ALGORITHM: content.mask.hexdigest}}]
    if content.file_sha256 is not None:
        file = f"file:mask{content.file_suffix}"
        subjects.append({"name": file, "digest": {"sha256": content.file_sha256}})
    return subjects


def _signer(claim: Claim, key: SigningKey) -> dict[str, Any]:
    return {
        "personId": key.person_id,
        "printedName": key.printed_name,
        "credentials": [dict(credential) for credential in claim.credentials],
        "keyid": key.keyid,
        "publicKey": encode_base64(key.public_key),
    }


def _content(content: SignedContent) -> dict[str, Any]:
    """Body, image and provenance; marks and texts are signed but are not part of the digest."""
    leaves = [
        {
            "slices": sorted(slices),
            "marks": encode_base64(b"".join(slices[one][:MARK_BYTES] for one in sorted(slices))),
        }
        for slices in content.mask.leaves
    ]
    return {
        "image": dict(content.image),
        "maskBody": content.mask.body,
        "leaves": leaves,
        "labels": content.labels,
        "codeMeanings": content.code_meanings,
        "provenanceDigest": content.provenance_digest,
    }


def _project(claim: Claim) -> dict[str, Any]:
    """What ties the record to a project; null where it was signed outside of one."""
    return {
        "reading": claim.reading,
        "annotators": list(claim.annotators),
        "ending": _plain(claim.ending),
        "selfAttested": claim.self_attested,
        "viewed": _plain(claim.viewed),
        "policyDigest": claim.policy_digest,
        "registryVersion": claim.registry_version,
        "logAnchor": _plain(claim.log_anchor),
    }


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return dict(values) if values is not None else None


def _version() -> str:
    try:
        return version("medseg")
    except PackageNotFoundError:  # run from a source tree
        return "unknown"


def _ulid() -> str:
    """A ULID: milliseconds since 1970 and 80 random bits, in Crockford's base 32."""
    number = (time.time_ns() // 1_000_000 << 80) | int.from_bytes(os.urandom(10), "big")
    digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return "".join(digits[number >> shift & 31] for shift in range(125, -1, -5))
