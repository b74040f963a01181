"""DICOM files that lack preamble and mark: told by how their first elements are written.

Reference:
    DICOM PS3.5 7.1 (data elements), PS3.10 7.1 (what such a file should begin with).
"""

from __future__ import annotations

from pathlib import Path

_HEAD_BYTES = 4096
_VRS = frozenset((b"UL", b"CS", b"UI", b"DA", b"TM", b"LO", b"SH", b"OB", b"DT", b"ST"))
_LONG_LENGTH = frozenset((b"OB",))
_GROUPS = (0x0002, 0x0008)

# Elements looked at; two that follow each other are no accident.
_ENOUGH = 2


def is_bare_dicom(path: Path) -> bool:
    """Whether a file begins with a dataset: elements of group 0002 or 0008, little endian.

    False for a file with DICOM's mark, one that cannot be opened, and all others.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_HEAD_BYTES)
    except (OSError, ValueError):
        return False
    if data[128:132] == b"DICM":
        return False
    at, last = 0, -1
    for _ in range(_ENOUGH):
        found = _element(data, at)
        if found is None:
            return False
        tag, at = found
        if not last < tag or tag >> 16 not in _GROUPS:
            return False
        last = tag
    return True


def _element(data: bytes, at: int) -> tuple[int, int] | None:
    """The tag of an element and where the next one begins; None if there is none."""
    head = data[at : at + 12]
    if len(head) < 12:
        return None
    tag = int.from_bytes(head[:2], "little") << 16 | int.from_bytes(head[2:4], "little")
    vr = head[4:6]
    if vr in _LONG_LENGTH:
        end = at + 12 + int.from_bytes(head[8:12], "little")
    elif vr in _VRS:
        end = at + 8 + int.from_bytes(head[6:8], "little")
    else:
        end = at + 8 + int.from_bytes(head[4:8], "little")
    return (tag, end) if end <= len(data) else None
