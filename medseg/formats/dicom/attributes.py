"""Values of DICOM attributes as plain Python ones; absent or damaged ones are said, not guessed."""

from __future__ import annotations

import math
from typing import Any

import pydicom
from pydicom.dataset import Dataset


def values(dataset: Dataset, name: str) -> list[Any]:
    """The values of an attribute; empty where it is absent, empty or cannot be parsed."""
    try:
        value = dataset.get(name)
    except (ValueError, TypeError, OverflowError, ArithmeticError):
        return []
    if value is None or value == "":
        return []
    is_many = isinstance(value, (pydicom.multival.MultiValue, pydicom.sequence.Sequence, list))
    return list(value) if is_many else [value]


def text(dataset: Dataset, name: str) -> str:
    """The first value as text without blanks around; empty where there is none."""
    found = values(dataset, name)
    return str(found[0]).strip() if found else ""


def number(dataset: Dataset, name: str, absent: float | None) -> float | None:
    """The first value; `absent` where there is none, None where it is no finite number."""
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
    found = _floats(dataset, name)
    is_whole = len(found) == count and all(math.isfinite(value) for value in found)
    return tuple(found) if is_whole else None


def _floats(dataset: Dataset, name: str) -> list[float]:
    try:
        return [float(value) for value in values(dataset, name)]
    except (ValueError, TypeError, OverflowError):
        return [math.nan]
