"""Dates with times as DICOM writes them.

Reference:
    DICOM PS3.5 6.2 (DA, TM and DT), PS3.3 C.12.1 (Timezone Offset From UTC).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_MOMENT = re.compile(r"(\d{10})(\d{2})?(\d{2})?(?:\.(\d+))?([+-]\d{4})?")


def moment(text: str, *, zone: str = "") -> datetime | None:
    """A date with a time (DT, or DA and TM as one text) on the clock of `zone`.

    Minutes and seconds may be left out. None if the text is none, or if it names a time zone of
    its own and `zone` is no such offset ("+0100"), so that the two cannot be compared.
    """
    match = _MOMENT.fullmatch(text.replace(":", ""))
    if not match:
        return None
    try:
        whole = datetime.strptime(f"{match[1]}{match[2] or '00'}{match[3] or '00'}", "%Y%m%d%H%M%S")
    except ValueError:
        return None
    local = whole + timedelta(microseconds=int((match[4] or "0")[:6].ljust(6, "0")))
    if match[5] is None:
        return local
    here, there = _offset(zone), _offset(match[5])
    return None if here is None or there is None else local + (here - there)


def without_zone(text: str) -> str:
    """The same date and time as its own clock shows it."""
    return re.sub(r"[+-]\d{4}$", "", text)


def _offset(zone: str) -> timedelta | None:
    if not re.fullmatch(r"[+-]\d{4}", zone):
        return None
    size = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
    return -size if zone[0] == "-" else size
