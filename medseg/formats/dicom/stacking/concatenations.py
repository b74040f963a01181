"""Multi-frame images that are divided over several files, and whether all of these are there.

Reference:
    DICOM PS3.3 C.7.6.16.2.2.4 (Concatenation).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from medseg.errors import FormatError
from medseg.formats.dicom.header.slice_header import SliceHeader

#: What the attribute can hold (US).
_MOST = 0xFFFF


def incomplete(headers: Iterable[SliceHeader]) -> dict[str, FormatError]:
    """Concatenation UID -> why it cannot be read, for those of which a file is absent.

    It is known from the total where a file names it, else from the numbers below the highest.
    """
    numbers: dict[str, dict[int, SliceHeader]] = defaultdict(dict)
    totals: dict[str, int] = defaultdict(int)
    for header in headers:
        uid, number, total = header.traits.concatenation
        if uid:
            numbers[uid][number] = header
            totals[uid] = min(max(totals[uid], number, total), _MOST)
    return {
        uid: _error(numbers[uid][min(numbers[uid])], absent, totals[uid])
        for uid in numbers
        if (absent := sorted(set(range(1, totals[uid] + 1)) - set(numbers[uid])))
    }


def _error(header: SliceHeader, absent: list[int], total: int) -> FormatError:
    listed = ", ".join(map(str, absent[:5])) + (", ..." if len(absent) > 5 else "")
    return FormatError(
        f"An image divided over several files has all its parts (a concatenation); of the {total} "
        f"that {header.path.name} belongs to, part {listed} is absent. Fetch the whole series."
    )
