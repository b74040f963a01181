"""What a person asks to happen to a case. Plain data; `decide` judges it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from medseg.model import Ending, Finding
from medseg.model.finding import Severity

ReviewDecision = Literal["approve", "approve-with-edits", "reject"]
ConsensusMethod = Literal["first", "majority", "staple"]


@dataclass(frozen=True)
class Signed:
    """The signed record of an act: its payload digest and its DSSE envelope."""

    record: str
    envelope: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True)
class HandedIn:
    """What a submission says of the mask.

    Args:
        ending: how the reading ended.
        mask: medsegMaskV1 of the mask; an empty one has a digest too.
        annotators: ids of all who changed a voxel since the submission before, by the journal.
        marks: one object per segment, as {"code": ..., "slices": ..., "marks": ...}.
        provenance_digest: of how each slice came to be; empty where nothing is known.
        findings: of the rule checks; one of severity "error" keeps the reading from submission.
        coverage: `Coverage.to_json` of who hands in.
    """

    ending: Ending
    mask: str
    annotators: frozenset[str]
    marks: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    provenance_digest: str = ""
    findings: tuple[Finding, ...] = ()
    coverage: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What all requests have.

    Args:
        actor: id of who asks; None for what the program does by itself.
        expected_seq: `Case.seq` of the case as the actor saw it; None: whatever is there now.
    """

    actor: str | None
    expected_seq: int | None = None


@dataclass(frozen=True, kw_only=True)
class ImportCase(Request):
    """A new case; `case` is its new opaque id, `image` the image's identity."""

    case: str
    image: Mapping[str, Any] = field(hash=False)
    subject: str = ""
    time_point: int = 1
    specialty: str = ""
    gold: bool = False
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Assign(Request):
    """A new reading, with its new opaque id, for a reader.

    Args:
        round: 1; 2 and more for the same reader again.
        order: place in the reader's list; 0 for none.
        drawn_from: ids of the disputed readings, where an adjudicator starts one to edit.
        due: ISO 8601 date by which it is wanted; None for none.
    """

    reading: str
    reader: str
    round: int = 1
    order: int = 0
    note: str = ""
    drawn_from: tuple[str, ...] = ()
    due: str | None = None


@dataclass(frozen=True, kw_only=True)
class AssignReviewer(Request):
    """Ask somebody to review a reading."""

    reading: str
    reviewer: str


@dataclass(frozen=True, kw_only=True)
class Submit(Request):
    """Hand in the next version of a reading."""

    reading: str
    work: HandedIn


@dataclass(frozen=True, kw_only=True)
class Review(Request):
    """Approve or reject a version; a rejection needs a reason."""

    reading: str
    version: int
    decision: ReviewDecision
    reason: str | None = None
    signed: Signed | None = None
    coverage: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, kw_only=True)
class Consensus(Request):
    """Blind readings agree: they become one.

    Args:
        reading: new id; with method "first" the id of the first of them.
        drawn_from: ids of the readings.
        work: the new mask; with "first" None.
        agreement: the smallest Dice of any two of them; None if it was not measured.
    """

    reading: str
    method: ConsensusMethod
    drawn_from: tuple[str, ...]
    work: HandedIn | None = None
    agreement: float | None = None


@dataclass(frozen=True, kw_only=True)
class Disagree(Request):
    """Blind readings differ over the limits; `why` says by how much, in sentences.

    Args:
        agreement: the smallest Dice of any two of them; None if it was not measured.
    """

    between: tuple[str, ...]
    why: tuple[str, ...]
    agreement: float | None = None


@dataclass(frozen=True, kw_only=True)
class Adjudicate(Request):
    """Decide between disputed readings: `chosen` is one of them, or the one edited anew."""

    chosen: str
    between: tuple[str, ...]
    version: int
    reason: str | None = None
    signed: Signed | None = None
    coverage: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, kw_only=True)
class Sign(Request):
    """Sign the final reading's version."""

    reading: str
    version: int
    signed: Signed | None = None
    coverage: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, kw_only=True)
class Lock(Request):
    """Make a signed reading final."""

    reading: str
    version: int
    signed: Signed | None = None


@dataclass(frozen=True, kw_only=True)
class Unlock(Request):
    """Open a signed or locked reading again; needs a reason."""

    reading: str
    version: int
    reason: str
    signed: Signed | None = None


@dataclass(frozen=True, kw_only=True)
class AddComment(Request):
    """A remark pinned to an LPS point or a lesion's tracking UID, or to the reading."""

    reading: str
    comment_id: str
    text: str
    point_lps: tuple[float, float, float] | None = None
    lesion: str | None = None
    severity: Severity = "note"


@dataclass(frozen=True, kw_only=True)
class ResolveComment(Request):
    """Close a comment; `text` says what was done."""

    comment_id: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class AskQuery(Request):
    """Ask the importing site."""

    query_id: str
    text: str


@dataclass(frozen=True, kw_only=True)
class AnswerQuery(Request):
    """Answer for the importing site."""

    query_id: str
    text: str


@dataclass(frozen=True, kw_only=True)
class CloseQuery(Request):
    """Close a query, answered or not."""

    query_id: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class HandOver(Request):
    """Give an open reading to the next reader, or a review to the next reviewer."""

    reading: str
    to: str
    packet_digest: str
