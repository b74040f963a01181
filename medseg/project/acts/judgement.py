"""What somebody says of a reading under their signature, and at which stage they say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medseg.model import StageName
from medseg.project.acts.reading_files import ReadingFiles
from medseg.review.workflow.requests import Adjudicate, Lock, Review, Sign, Unlock
from medseg.signoff.keys import SigningKey
from medseg.signoff.statement import Meaning

SignedRequest = Review | Adjudicate | Sign | Lock | Unlock
#: The stage at which each is said, and the record's decision; a review brings its own.
_SAID: dict[type[SignedRequest], tuple[StageName, str]] = {
    Review: (StageName.REVIEW, ""),
    Adjudicate: (StageName.ADJUDICATE, "adjudicate"),
    Sign: (StageName.SIGN, "approve"),
    Lock: (StageName.LOCK, "lock"),
    Unlock: (StageName.LOCK, "unlock"),
}
#: The version of a request that is about the newest one, whichever that is when it is entered.
NEWEST = 0


@dataclass(frozen=True, eq=False)
class Judgement:
    """What somebody signs.

    Args:
        request: what is asked, as far as it is known before the log's transaction.
        key: the actor's, unlocked.
        files: mask and image as they were read.
        viewed: what their screen displayed, plain JSON values.
        meaning: what the signature says; None takes the sentence for the decision.
        metrics: what was measured, plain JSON values.
        session_first: whether it is the first signature since the key was unlocked.
    """

    request: SignedRequest
    key: SigningKey
    files: ReadingFiles
    viewed: Mapping[str, Any]
    meaning: Meaning | None = None
    metrics: Mapping[str, Any] | None = None
    session_first: bool = True

    @property
    def by(self) -> str:
        """Id of the person."""
        return self.request.actor or ""

    @property
    def reading(self) -> str:
        """Id of the reading that is judged."""
        return reading_of(self.request)

    @property
    def stage(self) -> StageName:
        """At which stage of the work."""
        return _SAID[type(self.request)][0]

    @property
    def decision(self) -> str:
        """One of `medseg.signoff.statement.DECISIONS`."""
        request = self.request
        return request.decision if isinstance(request, Review) else _SAID[type(request)][1]

    @property
    def reason(self) -> str | None:
        """Why, where the decision needs it."""
        return getattr(self.request, "reason", None)


def reading_of(request: SignedRequest) -> str:
    """Id of the reading that a request is about."""
    return request.chosen if isinstance(request, Adjudicate) else request.reading
