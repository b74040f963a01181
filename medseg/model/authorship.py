"""Who changed something, when and with what."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime


def now_iso() -> str:
    """The present time in UTC, ISO 8601 with milliseconds and offset."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Authorship:
    """Who changed something, when and with what.

    Args:
        author: the person, as they sign.
        tool: name of the tool, as "outline".
        time: ISO 8601 with an offset from UTC.
        active_seconds: time the hand was at work on it.
        proposal: id of the accepted proposal, if the change came from one.
    """

    author: str
    tool: str
    time: str = field(default_factory=now_iso)
    active_seconds: float = 0.0
    proposal: str | None = None
