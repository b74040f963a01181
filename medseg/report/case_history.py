"""What happened to a case, told from its log entries in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from medseg.signoff.log.entry import Entry

_DONE = {
    "import": "imported the image",
    "assign": "assigned the reading",
    "assign-reviewer": "asked for a review",
    "consensus": "brought the readings together",
    "disagree": "found that the readings differ",
    "adjudicate": "decided for this reading",
    "sign": "signed",
    "lock": "locked",
    "unlock": "unlocked",
    "comment": "commented",
    "resolve": "closed a comment",
    "query": "asked the importing site",
    "answer": "answered a question",
    "close-query": "closed a question",
    "handover": "handed over",
    "export": "exported",
    "deid": "replaced the image by a de-identified one",
}
_DECISIONS = {
    "approve": "approved",
    "approve-with-edits": "approved after changes of their own",
    "reject": "rejected",
}
#: Acts that alter what was handed in, or take back what was said of it.
_UNDOING = frozenset({"unlock", "deid"})


@dataclass(frozen=True)
class Moment:
    """A time as its signer's clock showed it, and in UTC.

    Args:
        utc: as "2027-03-31 14:05:09 UTC".
        local: with its offset, as "2027-03-31 16:05:09 +02:00".
    """

    utc: str
    local: str

    @classmethod
    def of(cls, text: str, *, zone_of: datetime | None = None) -> Moment:
        """The moment of an ISO 8601 text; local where `zone_of` is, or as the text tells it."""
        at = datetime.fromisoformat(text)
        there = at.astimezone(zone_of.tzinfo) if zone_of is not None else at
        utc = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        offset = there.isoformat()[-6:]
        return cls(utc, f"{there:%Y-%m-%d %H:%M:%S} {offset}")


@dataclass(frozen=True)
class Event:
    """One entry, for people.

    Args:
        seq: of the log's entry.
        at: when it was entered.
        who: printed name; "medseg" where no person acted.
        what: what was done, in words.
        reading: id of the reading, or empty.
        text: the reason, remark or question; empty if there is none.
        is_change: whether something that stood already was changed or taken back.
    """

    seq: int
    at: Moment
    who: str
    what: str
    reading: str
    text: str
    is_change: bool


def event_of(
    entry: Entry, data: Mapping[str, Any], names: Mapping[str, str], *, now: datetime
) -> Event:
    """The event that an entry tells of, with the time of the page's reader.

    Args:
        entry: of the log.
        data: what may be told of its data.
        names: person id -> printed name.
        now: in the zone of whoever reads the page.
    """
    who = names.get(entry.actor or "", entry.actor or "medseg")
    return Event(
        entry.seq,
        Moment.of(entry.at, zone_of=now),
        who,
        _what(entry.kind, data, names),
        entry.reading or "",
        _text(data),
        entry.kind in _UNDOING or (entry.kind == "submit" and data.get("version", 1) > 1),
    )


def _what(kind: str, data: Mapping[str, Any], names: Mapping[str, str]) -> str:
    version = f" version {data['version']}" if "version" in data else ""
    if kind == "submit":
        ending = data["ending"]
        reason = f", {ending['reason']}" if ending["reason"] else ""
        return f"handed in{version}: {ending['kind']}{reason}"
    if kind == "review":
        return f"{_DECISIONS[data['decision']]}{version}"
    done = _DONE.get(kind, kind)
    for name in ("reader", "reviewer", "to"):
        if data.get(name):
            return f"{done} to {names.get(data[name], data[name])}".replace(
                "review to", "review by"
            )
    if kind == "comment" and data["point"]:
        left, posterior, superior = data["point"]
        return f"commented at LPS {left:.1f}, {posterior:.1f}, {superior:.1f} mm"
    return done + version


def _text(data: Mapping[str, Any]) -> str:
    ending = data.get("ending") or {}
    found = (
        data.get("reason"),
        data.get("text"),
        ending.get("text"),
        "; ".join(data.get("why", [])),
    )
    return next((one for one in found if one), "")
