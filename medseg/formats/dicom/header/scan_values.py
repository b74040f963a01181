"""Values of DICOM elements in explicit VR little endian, in the form that pydicom gives them.

Slices of one series repeat nearly all of their header, so each element is read once and then known
by its bytes. What is not plain raises `NotPlainError` and is left to pydicom.

Reference:
    DICOM PS3.5 6.2 (value representations).
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from typing import Any

# Elements remembered, and how long one may be; a hostile folder must not fill the memory.
_MOST_KNOWN = 8192
_LONGEST_KNOWN = 256

_UID = re.compile(rb"[0-9.]*[\0 ]?")
_PRINTABLE = re.compile(rb"[ -~]*\0?")
_DECIMAL = re.compile(r" *[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})? *")
_WHOLE = re.compile(r" *[+-]?\d{1,9} *")


class NotPlainError(Exception):
    """The header is not plain."""


class KnownValues(dict[bytes, Any]):
    """Value of an element by its bytes (of a VR with a length of two bytes), read on first use.

    Raises:
        NotPlainError: the value has to be read by pydicom.
    """

    def __missing__(self, element: bytes) -> Any:
        """The value, kept for the next time if it is short."""
        value = value_of(element[4:6], element[8:])
        if len(element) <= _LONGEST_KNOWN:
            if len(self) >= _MOST_KNOWN:
                self.clear()
            self[element] = value
        return value


def value_of(vr: bytes, data: bytes) -> Any:
    """The value in the form that pydicom gives it, several as a tuple; "" for an empty one.

    Raises:
        NotPlainError: it has to be read by pydicom.
    """
    if not data:
        return ""
    if vr not in _READERS:
        raise NotPlainError
    return _READERS[vr](data)


def _text(data: bytes) -> str:
    if not _PRINTABLE.fullmatch(data):
        raise NotPlainError
    return data.decode("ascii").rstrip(" \0")


def _texts(data: bytes) -> str | tuple[str, ...]:
    text = _text(data)
    return tuple(text.split("\\")) if "\\" in text else text


def _trimmed_texts(data: bytes) -> str | tuple[str, ...]:
    text = _text(data)
    return tuple(part.rstrip(" ") for part in text.split("\\")) if "\\" in text else text


def _uid(data: bytes) -> str:
    if not _UID.fullmatch(data):
        raise NotPlainError
    return data.decode("ascii").rstrip(" \0")


def _numbers(data: bytes, form: re.Pattern[str], kind: Callable[[str], float]) -> Any:
    text = _text(data)
    if not text:
        return ""
    parts = text.split("\\")
    if not all(form.fullmatch(part) for part in parts):
        raise NotPlainError
    numbers = tuple(kind(part) for part in parts)
    if not all(math.isfinite(number) for number in numbers):
        raise NotPlainError
    return numbers[0] if len(numbers) == 1 else numbers


def _unsigned_short(data: bytes) -> int:
    if len(data) != 2:
        raise NotPlainError
    return int.from_bytes(data, "little")


def _doubles(data: bytes) -> float | tuple[float, ...]:
    parts = tuple(part for (part,) in struct.iter_unpack("<d", data))
    return parts[0] if len(parts) == 1 else parts


_READERS: dict[bytes, Callable[[bytes], Any]] = {
    **dict.fromkeys((b"CS", b"DA", b"TM", b"DT", b"AE", b"AS"), _texts),
    **dict.fromkeys((b"LO", b"SH"), _trimmed_texts),
    b"UI": _uid,
    b"DS": lambda data: _numbers(data, _DECIMAL, float),
    b"IS": lambda data: _numbers(data, _WHOLE, int),
    b"US": _unsigned_short,
    b"FD": _doubles,
}
