"""Values of DICOM attributes as plain Python ones; absent or damaged ones are said, not guessed."""

from __future__ import annotations

import math
from typing import Any

import pydicom
from pydicom.dataset import Dataset

_SEVERAL = (tuple, list, pydicom.multival.MultiValue, pydicom.sequence.Sequence)
_ONE = frozenset((str, float, int))


def values(dataset: Dataset, name: str) -> list[Any]:
    """The values of an attribute; empty where it is absent, empty or cannot be parsed."""
    try:
        value = dataset.get(name)
    except (ValueError, TypeError, OverflowError, ArithmeticError):
        return []
    if type(value) in _ONE and value != "":  # most of them; the rest takes ten times as long
        return [value]
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, _SEVERAL) else [value]


def text(dataset: Dataset, name: str) -> str:
    """The first value as text without blanks around; empty where there is none."""
    if name not in dataset:
        return ""
    found = values(dataset, name)
    return str(found[0]).strip() if found else ""


def number(dataset: Dataset, name: str, absent: float | None) -> float | None:
    """The first value; `absent` where there is none, None where it is no finite number."""
    if name not in dataset:  # most of those that are asked for are in no header
        return absent
    found = _floats(dataset, name)
    if not found:
        return absent
    return found[0] if math.isfinite(found[0]) else None


def integer(dataset: Dataset, name: str, absent: int) -> int:
    """The first value as a whole number; `absent` where it is none."""
    found = number(dataset, name, None)
    return absent if found is None else int(found)


def numbers(dataset: Dataset, name: str, count: int) -> tuple[float, ...] | None:
    """Exactly `count` finite numbers, else None."""
    if name not in dataset:
        return None
    found = _floats(dataset, name)
    is_whole = len(found) == count and all(map(math.isfinite, found))
    return tuple(found) if is_whole else None


def _floats(dataset: Dataset, name: str) -> list[float]:
    try:
        return list(map(float, values(dataset, name)))
    except (ValueError, TypeError, OverflowError):
        return [math.nan]
