"""What is given as numbers, taken for numbers or refused in words."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.errors import MedsegError

_MOST_SHOWN = 60


def numbers(values: ArrayLike, what: str, *, axes: int) -> NDArray[np.float64]:
    """The values as an array of so many axes.

    Args:
        values: what was given.
        what: it stands for, at the begin of a sentence: "Ratings of a kappa".
        axes: how many it has.

    Raises:
        MedsegError: it is of words, of lists of different lengths, or of other axes.
    """
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):  # words, or lists of different lengths
        found = None
    if found is None or found.ndim != axes:
        shown = repr(values)
        shown = shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}..."
        raise MedsegError(f"{what} are numbers, an array of {axes} axes; found {shown}.")
    return found


def is_number(value: Any) -> bool:
    """Whether it is one number, and finite."""
    return isinstance(value, Real) and math.isfinite(value)
