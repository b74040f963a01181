"""What the person before left for whoever has a reading now."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medseg.errors import FormatError, SignoffError
from medseg.review.handover import Position
from medseg.review.visibility import view_of
from medseg.signoff.log.entry import Entry

if TYPE_CHECKING:
    from medseg.project.face import Project


@dataclass(frozen=True)
class HandedOver:
    """A hand-over as the one who goes on finds it.

    Args:
        giver: id of who handed over.
        at: ISO 8601 in UTC.
        note: in the giver's own words; empty for none.
        comments: texts of the comments that were open then.
        queries: texts of the questions that were not closed then.
        not_displayed: slices not displayed to the giver with the mask; None where no display was
            recorded.
        position: where the giver's cursor was last; None where that is not known.
    """

    giver: str
    at: str
    note: str
    comments: tuple[str, ...]
    queries: tuple[str, ...]
    not_displayed: tuple[int, ...] | None
    position: Position | None


def handed_over(project: Project, reading: str, *, by: str) -> HandedOver | None:
    """The packet with which a reading came to a person; None if it came in no such way.

    None also once they have handed it in themselves, or given it on.

    Args:
        project: where.
        reading: id of the reading.
        by: id of who goes on with it.

    Raises:
        ReviewError: there is no such reading or person.
        FormatError: the packet is gone or cannot be read.
        SignoffError: it is not the one that the log names.
    """
    case, person = project.case_of(reading), project.person(by)
    with project.store.read() as view:
        seen = view_of(project.policy_at(view), case, person)
        entries = [one for one in view.case_entries(case.case_id) if one.reading == reading]
    entry = _last_hand_over(entries)
    if seen.reading(reading) is None or entry is None or entry.data["to"] != by:
        return None
    if any(one.kind == "submit" and one.actor == by and one.seq > entry.seq for one in entries):
        return None
    folder = project.layout.reading(case.case_id, reading)
    return _read(folder / f"handover-{entry.seq}.json", str(entry.data["packet"]))


def _last_hand_over(entries: list[Entry]) -> Entry | None:
    found = [one for one in entries if one.kind == "handover" and one.data["to"] is not None]
    return found[-1] if found else None


def _read(path: Path, digest: str) -> HandedOver:
    try:
        content = path.read_bytes().removesuffix(b"\n")
    except OSError as error:
        raise FormatError(
            f"A hand-over's packet stands beside its reading; {path.name} cannot be read "
            f"({error.strerror}). Ask who handed over what is open."
        ) from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise SignoffError(
            f"A hand-over's packet is the one that the log names; {path.name} was changed since. "
            "Ask who handed over what is open."
        )
    return _told(json.loads(content))


def _told(packet: dict[str, Any]) -> HandedOver:
    missing, place = packet["notDisplayed"], packet["position"]
    return HandedOver(
        packet["from"],
        packet["at"]["utc"],
        packet["note"],
        tuple(one["text"] for one in packet["comments"]),
        tuple(one["text"] for one in packet["queries"]),
        None if missing is None else tuple(missing),
        Position(tuple(place["pointLps"]), place["slice"]) if place else None,
    )
