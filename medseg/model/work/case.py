"""Cases and readings: what is to be read, and one reader's work on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from medseg.model.finding import Severity


class EndingKind(StrEnum):
    """How a reading ends."""

    LESIONS = "lesions"
    NO_LESION_FOUND = "no lesion found"
    NOT_EVALUABLE = "not evaluable"


class NotEvaluable(StrEnum):
    """Why a case cannot be read."""

    MOTION = "motion"
    WRONG_PHASE = "wrong phase"
    ANATOMY_MISSING = "anatomy missing"
    WRONG_BODY_PART = "wrong body part"
    ARTEFACT = "artefact"
    IMAGE_QUALITY = "image quality"
    OTHER = "other"


@dataclass(frozen=True)
class Ending:
    """How a reading ended; a reason belongs to *not evaluable* alone, and there it must be."""

    kind: EndingKind
    reason: NotEvaluable | None = None
    text: str = ""

    def __post_init__(self) -> None:
        if (self.kind is EndingKind.NOT_EVALUABLE) != (self.reason is not None):
            raise ValueError(
                "A reason says why a case is not evaluable, and only that; found "
                f"{self.kind.value!r} with {self.reason!r}."
            )


class ReadingState(StrEnum):
    """Where a reading stands."""

    OPEN = "open"  # with its reader
    SUBMITTED = "submitted"  # waits for review, adjudication or signature
    RETURNED = "returned"  # rejected: with its reader again
    REVIEWED = "reviewed"  # enough reviewers approved
    SIGNED = "signed"
    LOCKED = "locked"
    SET_ASIDE = "set aside"  # another reading of the case was chosen


class CaseState(StrEnum):
    """Where a case stands, as the worklist shows it."""

    UNASSIGNED = "unassigned"
    READING = "reading"
    REVIEW = "review"
    ADJUDICATION = "adjudication"
    TO_SIGN = "to sign"
    TO_LOCK = "to lock"
    LOCKED = "locked"
    MEASURED = "measured"  # a case of known truth, and all that were asked have read it


@dataclass(frozen=True)
class Submission:
    """One version of a reading as it was handed in.

    Args:
        version: counts the submissions of the reading, from 1.
        ending: how the reading ended.
        mask_digest: medsegMaskV1 of the mask; an empty mask has one too.
        annotators: ids of the persons who changed a voxel since the submission before.
        at: ISO 8601 with an offset.
        seq: the log's sequence number of the submission.
        by: id of who handed it in: the reader, or a reviewer with changes of their own.
    """

    version: int
    ending: Ending
    mask_digest: str
    annotators: frozenset[str]
    at: str
    seq: int
    by: str = ""


@dataclass(frozen=True)
class Verdict:
    """What one person said of one version, in a signed record.

    Args:
        person: id of who said it.
        decision: one of `medseg.signoff.statement.DECISIONS`.
        version: of which submission.
        reason: why; a rejection and an unlocking have one.
        record: payload digest of the signed record.
        seq: the log's sequence number.
        kind: of the log's entry: "review", "adjudicate", "sign", "lock" or "unlock".
    """

    person: str
    decision: str
    version: int
    reason: str | None
    record: str
    seq: int
    kind: str = "review"


@dataclass(frozen=True)
class Reading:
    """One reader's work on one case in one round, as the log tells it.

    Args:
        reading_id: opaque; it tells neither the reader nor their number.
        reader: id of the person it is assigned to.
        round: 1, and 2 and so on where a reader reads a case again unannounced.
        state: where it stands.
        submissions: all versions handed in, the newest last.
        verdicts: what was said of them, in order.
        reviewers: ids of those who are asked to review; a returned reading goes back to the
            one who rejected it.
        drawn_from: ids of the readings that a consensus or an adjudicated one was made from.
        method: how it was made from them: "majority", "staple" or "edit"; empty for a reader's
            own work.
        order: its place in the reader's list; 0 where nobody set one.
        seq: the log's sequence number of the newest entry about this reading.
        due: ISO 8601 date by which it is wanted; None if there is none.
    """

    reading_id: str
    reader: str
    round: int = 1
    state: ReadingState = ReadingState.OPEN
    submissions: tuple[Submission, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    reviewers: tuple[str, ...] = ()
    drawn_from: tuple[str, ...] = ()
    method: str = ""
    order: int = 0
    seq: int = -1
    due: str | None = None

    @property
    def newest(self) -> Submission | None:
        """The newest submission."""
        return self.submissions[-1] if self.submissions else None

    @property
    def annotators(self) -> frozenset[str]:
        """Whoever changed a voxel of the newest version since the one before."""
        return self.newest.annotators if self.newest else frozenset()


@dataclass(frozen=True)
class Comment:
    """A remark pinned to a point or a lesion.

    Args:
        comment_id: opaque.
        author: id of who wrote it.
        text: the remark.
        at: ISO 8601 with an offset.
        reading: id of the reading it is about.
        point_lps: where, in LPS mm, if at a point.
        lesion: tracking UID, if about a lesion.
        severity: "note", "warning" or "error".
        resolved_by: id of who closed it; None while it is open.
        resolution: what was done.
    """

    comment_id: str
    author: str
    text: str
    at: str
    reading: str
    point_lps: tuple[float, float, float] | None = None
    lesion: str | None = None
    severity: Severity = "note"
    resolved_by: str | None = None
    resolution: str = ""

    @property
    def is_open(self) -> bool:
        """Whether nobody has closed it."""
        return self.resolved_by is None


class QueryState(StrEnum):
    """Where a question to the importing site stands."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True)
class Query:
    """A question to the site that sent the image."""

    query_id: str
    author: str
    text: str
    at: str
    state: QueryState = QueryState.OPEN
    answer: str = ""
    answered_by: str | None = None


@dataclass(frozen=True)
class Case:
    """An image to be read, with everything that happened to it, as the log tells it.

    Args:
        case_id: opaque, never a patient's name or number.
        image: identity of the image (medsegImageV1), plain JSON values.
        subject: opaque id shared by the time points of one patient.
        time_point: counts them from 1.
        specialty: as "chest", for the assignment.
        gold: whether its truth is known; never shown to a reader.
        readings: in the order they were assigned.
        final: id of the reading that is to be signed; None while that is not settled.
        needs_adjudication: why readers' disagreement has to be decided; empty if not.
        comments: all of them, in order.
        queries: all of them, in order.
        seq: the log's sequence number of the newest entry about this case.
        last_actor: id of who made that entry; None where no person did.
        last_kind: its kind.
        agreement: the smallest Dice of any two readings when they were compared; None before.
    """

    case_id: str
    image: dict[str, Any] = field(default_factory=dict, hash=False)
    subject: str = ""
    time_point: int = 1
    specialty: str = ""
    gold: bool = False
    readings: tuple[Reading, ...] = ()
    final: str | None = None
    needs_adjudication: tuple[str, ...] = ()
    comments: tuple[Comment, ...] = ()
    queries: tuple[Query, ...] = ()
    seq: int = -1
    last_actor: str | None = None
    last_kind: str = ""
    agreement: float | None = None

    def reading(self, reading_id: str) -> Reading | None:
        """The reading of that id, or None."""
        return next((one for one in self.readings if one.reading_id == reading_id), None)
