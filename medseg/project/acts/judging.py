"""What is said of a reading under one's own signature: review, signature, lock, unlock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from medseg.project.acts.judgement import NEWEST
from medseg.project.acts.signed_acts import entered
from medseg.review.workflow.requests import Lock, Review, ReviewDecision, Sign, Unlock
from medseg.signoff.keys import SigningKey
from medseg.signoff.statement import Meaning

if TYPE_CHECKING:
    from medseg.project.face import Project


def review(  # noqa: PLR0913 - each option is a field of the record
    project: Project,
    reading: str,
    *,
    by: str,
    key: SigningKey,
    decision: ReviewDecision,
    reason: str | None = None,
    meaning: Meaning | None = None,
    seen: int | None = None,
    session_first: bool = True,
) -> str:
    """Approve or reject the newest version, signed, and return the record's digest.

    A rejection needs a reason; the reading is then with its reader again, and afterwards with the
    same reviewer.

    Args:
        project: where.
        reading: id of the reading.
        by: id of the reviewer.
        key: theirs, unlocked.
        decision: "approve", "approve-with-edits" or "reject".
        reason: why; a rejection needs one.
        meaning: what the signature says; None takes the sentence for the decision.
        seen: the case's `seq` as the reviewer saw it; None: whatever is there now.
        session_first: whether it is the first signature since the key was unlocked.

    Raises:
        ReviewError: not this person, not at this stage, own work, another was first, the mask was
            changed since it was handed in, or a rejection lacks its reason.
        SignoffError: the key is another's, or signs no longer.
        FormatError, GeometryError: mask or image cannot be read, or do not belong together.
        StoreError: the log cannot be written.
    """
    request = Review(
        actor=by,
        expected_seq=seen,
        reading=reading,
        version=NEWEST,
        decision=decision,
        reason=reason,
    )
    return entered(project, request, key=key, meaning=meaning, session_first=session_first)


def sign(  # noqa: PLR0913 - each option is a field of the record
    project: Project,
    reading: str,
    *,
    by: str,
    key: SigningKey,
    meaning: Meaning | None = None,
    metrics: Mapping[str, Any] | None = None,
    seen: int | None = None,
    session_first: bool = True,
) -> str:
    """Sign the reading that was decided for, and return the record's digest.

    Args:
        project: where.
        reading: id of the reading.
        by: id of the signer.
        key: theirs, unlocked.
        meaning: what the signature says; None takes the sentence for the decision.
        metrics: what was measured, plain JSON values.
        seen: the case's `seq` as the signer saw it; None: whatever is there now.
        session_first: whether it is the first signature since the key was unlocked.

    Raises:
        ReviewError, SignoffError, FormatError, GeometryError, StoreError: as `review`.
    """
    request = Sign(actor=by, expected_seq=seen, reading=reading, version=NEWEST)
    return entered(
        project, request, key=key, meaning=meaning, metrics=metrics, session_first=session_first
    )


def lock(
    project: Project,
    reading: str,
    *,
    by: str,
    key: SigningKey,
    seen: int | None = None,
    session_first: bool = True,
) -> str:
    """Make a signed reading final, and return the record's digest.

    From then on its mask is saved by medseg no more, until it is unlocked.

    Raises:
        ReviewError, SignoffError, FormatError, GeometryError, StoreError: as `review`.
    """
    request = Lock(actor=by, expected_seq=seen, reading=reading, version=NEWEST)
    return entered(project, request, key=key, session_first=session_first)


def unlock(
    project: Project,
    reading: str,
    *,
    by: str,
    key: SigningKey,
    reason: str,
    seen: int | None = None,
    session_first: bool = True,
) -> str:
    """Open a signed or locked reading for changes, for a reason; return the record's digest.

    The signatures stay and no longer hold; the reading waits for review again.

    Raises:
        ReviewError, SignoffError, FormatError, GeometryError, StoreError: as `review`.
    """
    request = Unlock(actor=by, expected_seq=seen, reading=reading, version=NEWEST, reason=reason)
    return entered(project, request, key=key, session_first=session_first)
