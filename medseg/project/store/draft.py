"""An entry to be: what is decided, before the log gives it its number and place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Draft:
    """What happened.

    Args:
        kind: one of `medseg.signoff.log.kinds.KINDS`.
        data: what the kind tells, plain JSON values.
        case: id of the case it is about, if about one.
        reading: id of the reading it is about, if about one.
    """

    kind: str
    data: dict[str, Any]
    case: str | None = None
    reading: str | None = None
