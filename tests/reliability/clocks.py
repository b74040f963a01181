"""A machine's clock and time zone, set by a test for all that asks for the time."""

from __future__ import annotations

import time
from datetime import datetime, tzinfo
from typing import ClassVar, Self

import pytest

from medseg.signoff.canonical import canonical
from medseg.signoff.envelope import open_envelope
from tests.project.team import Team

#: Rooms that ask for the present time.
_ASKING = (
    "medseg.model.authorship",
    "medseg.signoff.statement",
    "medseg.project.evidence.gathering",
    "medseg.project.folder.making",
    "medseg.cli.people",
)


class _SetTime(datetime):
    """A date and time whose present is the one that was set."""

    present: ClassVar[datetime]

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        there = cls.present.astimezone(tz)
        if tz is not None:
            return cls.fromisoformat(there.isoformat())
        here = cls.fromisoformat(there.replace(tzinfo=None).isoformat())
        # The hour that comes twice when summer ends: the system says which of the two it is.
        is_first = here.astimezone().utcoffset() == there.utcoffset()
        return here if is_first else here.replace(fold=1)


class Clock:
    """The clock; it stands still until it is set.

    Args:
        patch: takes everything back after the test.
        now: ISO 8601 with an offset.
        zone: of the machine, as the variable TZ has it; the offset changes with it alone.
    """

    def __init__(self, patch: pytest.MonkeyPatch, now: str, zone: str = "UTC0") -> None:
        self._patch = patch
        for room in _ASKING:
            patch.setattr(f"{room}.datetime", _SetTime)
        self.travel(zone)
        self.set(now)

    def set(self, now: str | datetime) -> None:
        """Set the time."""
        moment = datetime.fromisoformat(now) if isinstance(now, str) else now
        _SetTime.present = moment

    def travel(self, zone: str) -> None:
        """Set the time zone."""
        self._patch.setenv("TZ", zone)
        time.tzset()


def signed_times(team: Team) -> list[datetime]:
    """When the records in a team's log say that they were signed, in the order of the log."""
    envelopes = [one.data["envelope"] for one in team.entries() if "envelope" in one.data]
    return [open_envelope(canonical(one)).record.signed_at for one in envelopes]
