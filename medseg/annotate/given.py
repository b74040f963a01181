"""What people and programs hand to a tool, checked: points in the patient and plain numbers."""

from __future__ import annotations

import math
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.errors import EditError


def point_in_patient(point_lps: ArrayLike, what: str) -> NDArray[np.float64]:
    """A point in LPS mm as an array of its own, (3,).

    Args:
        point_lps: anything that is three numbers.
        what: what it is, for the message, as "A pointer".

    Raises:
        EditError: it is not three finite numbers.
    """
    try:
        point = np.array(point_lps, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise EditError(f"{what} is at L, P, S in mm, three numbers; found {error}.") from error
    if point.shape != (3,) or not np.isfinite(point).all():
        raise EditError(f"{what} is at three finite numbers L, P, S; found {point.tolist()}.")
    return point


def is_amount(value: object, *, or_zero: bool = False) -> bool:
    """Whether a value is a finite real number above 0, or with `or_zero` also 0 itself."""
    if not isinstance(value, Real) or not math.isfinite(value):
        return False
    return float(value) > 0 or (or_zero and value == 0)
