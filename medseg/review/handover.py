"""What the next reader needs to go on: a packet for teams that take turns across time zones."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from medseg.model import (
    Case,
    Comment,
    Person,
    Policy,
    Query,
    QueryState,
    Reading,
    slices_in_words,
)
from medseg.review.coverage import Coverage
from medseg.review.refusing import require
from medseg.review.visibility import view_of
from medseg.review.workflow.parts import named
from medseg.signoff.canonical import canonical


@dataclass(frozen=True)
class Position:
    """Where the cursor was last: LPS mm, and the slice on screen."""

    point_lps: tuple[float, float, float]
    slice: int


@dataclass(frozen=True)
class Packet:
    """A hand-over of one reading.

    Args:
        case: id of the case.
        reading: the reading as who hands over sees it.
        giver: who hands over.
        taker: who goes on.
        at: the moment, with an offset.
        zones: local time of the giver and of the taker.
        comments: open ones on this reading.
        queries: not closed, as the giver sees them.
        coverage: what was displayed to the giver; None where nothing was recorded.
        position: where the cursor was last.
        note: in the giver's own words.
    """

    case: str
    reading: Reading
    giver: Person
    taker: Person
    at: datetime
    zones: tuple[tzinfo, tzinfo]
    comments: tuple[Comment, ...] = ()
    queries: tuple[Query, ...] = ()
    coverage: Coverage | None = None
    position: Position | None = None
    note: str = ""

    @property
    def not_displayed(self) -> tuple[int, ...] | None:
        """Slices not displayed with the mask yet; None where no display was recorded."""
        return self.coverage.missing("all") if self.coverage else None

    @property
    def times(self) -> dict[str, str]:
        """The moment in UTC and in the local times of both, ISO 8601 to the second."""
        places = {"utc": UTC, "giver": self.zones[0], "taker": self.zones[1]}
        return {
            name: self.at.astimezone(zone).isoformat(timespec="seconds")
            for name, zone in places.items()
        }

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        missing = self.not_displayed
        position = self.position
        return {
            "case": self.case,
            "reading": self.reading.reading_id,
            "state": self.reading.state.value,
            "version": self.reading.newest.version if self.reading.newest else 0,
            "from": self.giver.person_id,
            "to": self.taker.person_id,
            "at": self.times,
            "comments": [_comment_json(one) for one in self.comments],
            "queries": [
                {"id": one.query_id, "text": one.text, "state": one.state.value}
                for one in self.queries
            ],
            "notDisplayed": None if missing is None else list(missing),
            "position": None
            if position is None
            else {"pointLps": list(position.point_lps), "slice": position.slice},
            "note": self.note,
        }

    def digest(self) -> str:
        """SHA-256 of the canonical JSON, hexadecimal, for the log."""
        return hashlib.sha256(canonical(self.to_json())).hexdigest()

    def in_words(self) -> str:
        """The packet as text, line by line."""
        times = self.times
        return "\n".join(
            [
                f"Hand-over of reading {self.reading.reading_id} of case {self.case}",
                f"From {self.giver.printed_name} to {self.taker.printed_name}",
                f"{times['utc']} UTC; {times['giver']} there; {times['taker']} with you",
                f"State: {self.reading.state.value}; {_versions(self.reading)}",
                *_listed("Open comments", [_comment_line(one) for one in self.comments]),
                *_listed("Queries", [f"{one.text} ({one.state.value})" for one in self.queries]),
                _display_line(self.not_displayed),
                _position_line(self.position),
                f"Note: {self.note or 'none'}",
            ]
        )


def packet_for(  # noqa: PLR0913 -- what a packet holds, named
    policy: Policy,
    people: Mapping[str, Person],
    case: Case,
    *,
    reading: str,
    giver: str,
    taker: str,
    at: datetime,
    zones: tuple[tzinfo, tzinfo],
    coverage: Coverage | None = None,
    position: Position | None = None,
    note: str = "",
) -> Packet:
    """The packet for the next reader, out of what the giver may see: nothing blind leaks.

    Raises:
        ReviewError: the giver cannot see the reading, or `at` has no offset.
    """
    require(
        at.tzinfo is not None,
        "A hand-over's time has an offset from UTC",
        f"Found {at.isoformat()}",
        "Give the time with its zone",
    )
    seen = view_of(policy, case, people[giver])
    return Packet(
        case.case_id,
        named(seen, reading),
        people[giver],
        people[taker],
        at,
        zones,
        tuple(one for one in seen.comments if one.reading == reading and one.is_open),
        tuple(one for one in seen.queries if one.state is not QueryState.CLOSED),
        coverage,
        position,
        note,
    )


def _comment_json(comment: Comment) -> dict[str, Any]:
    point = comment.point_lps
    return {
        "id": comment.comment_id,
        "text": comment.text,
        "point": None if point is None else list(point),
        "lesion": comment.lesion,
        "severity": comment.severity,
    }


def _comment_line(comment: Comment) -> str:
    point = comment.point_lps
    place = f" at LPS ({', '.join(f'{one:.1f}' for one in point)}) mm" if point else ""
    return f"[{comment.severity}] {comment.text}{place}"


def _versions(reading: Reading) -> str:
    number = len(reading.submissions)
    return f"{number} version{'' if number == 1 else 's'} handed in"


def _listed(title: str, lines: list[str]) -> list[str]:
    return [f"{title}: {len(lines) or 'none'}", *(f"  - {line}" for line in lines)]


def _display_line(missing: tuple[int, ...] | None) -> str:
    if missing is None:
        return "Display: nothing was recorded"
    if not missing:
        return "Display: every slice was displayed with the mask"
    return f"Not displayed with the mask yet: {slices_in_words(missing)}"


def _position_line(position: Position | None) -> str:
    if position is None:
        return "Last position: unknown"
    point = ", ".join(f"{one:.1f}" for one in position.point_lps)
    return f"Last position: slice {position.slice}, LPS ({point}) mm"
