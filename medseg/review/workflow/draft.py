"""What `decide` hands back: the part of a log entry that the workflow knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Draft:
    """An entry before the log gives it a number and a time.

    Args:
        kind: of the entry.
        actor: id of the person; None where the program acts by itself.
        case: id of the case.
        reading: id of the reading, if it is about one.
        data: plain JSON values.
    """

    kind: str
    actor: str | None
    case: str
    reading: str | None
    data: dict[str, Any] = field(hash=False)

    def entry(self, seq: int, at: str) -> dict[str, Any]:
        """What `fold` takes: the draft with its number and time."""
        return {
            "seq": seq,
            "at": at,
            "actor": self.actor,
            "kind": self.kind,
            "case": self.case,
            "reading": self.reading,
            "data": self.data,
        }
