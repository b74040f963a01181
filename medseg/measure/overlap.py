"""How far two masks agree."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.errors import GeometryError


def dice(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Twice the overlap over the sum of sizes, 0 (none) to 1 (identical); NaN if both are empty.

    Args:
        a: one mask; non-zero is inside.
        b: the other, of the same shape.

    Raises:
        GeometryError: the shapes differ.

    Reference:
        Dice. Ecology 26(3):297-302, 1945.
    """
    both, size_a, size_b = _counts(a, b)
    return 2.0 * both / (size_a + size_b) if size_a + size_b else math.nan


def iou(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Overlap over union, 0 (none) to 1 (identical); NaN if both are empty.

    Args:
        a: one mask; non-zero is inside.
        b: the other, of the same shape.

    Raises:
        GeometryError: the shapes differ.

    Reference:
        Jaccard. New Phytologist 11(2):37-50, 1912.
    """
    both, size_a, size_b = _counts(a, b)
    union = size_a + size_b - both
    return both / union if union else math.nan


def _counts(a: NDArray[Any], b: NDArray[Any]) -> tuple[int, int, int]:
    one, other = np.asarray(a) != 0, np.asarray(b) != 0
    if one.shape != other.shape:
        raise GeometryError(
            f"Masks are compared on one grid; found {one.shape} and {other.shape}. "
            "Bring both onto the same image first."
        )
    both = np.count_nonzero(one & other)
    return int(both), int(np.count_nonzero(one)), int(np.count_nonzero(other))
