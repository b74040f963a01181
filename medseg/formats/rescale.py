"""Stored values to real ones: slope * stored + intercept, in the smallest type that fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.errors import FormatError


def rescaled(
    stored: NDArray[Any], rescale: Sequence[tuple[float, float]], name: str
) -> NDArray[Any]:
    """The real values of a stack of slices, in C order.

    int16 where all values are whole and fit, else int32 where they fit, else float32. Where
    nothing changes but the name of the type, the memory of `stored` is used again and `stored`
    must not be used after.

    Args:
        stored: (slice, row, column), integers.
        rescale: (slope, intercept) per slice, or one pair for all; slopes are not zero.
        name: of the file or series, for the refusal.

    Raises:
        FormatError: a value would be too large for a 32-bit float.
    """
    pairs = list(rescale) * (len(stored) if len(rescale) == 1 else 1)
    dtype = _result_type(stored, pairs, name)
    is_same_memory = dtype.kind == "i" and stored.itemsize == dtype.itemsize
    result = stored.view(dtype) if is_same_memory else np.empty_like(stored, dtype)
    for target, source, (slope, intercept) in zip(result, stored, pairs, strict=True):
        if dtype.kind == "f":
            target[...] = source * np.float64(slope) + intercept
        elif (slope, intercept) != (1.0, 0.0) or stored.dtype != dtype:
            # Wider than the result on purpose: an intermediate may overflow it.
            target[...] = source.astype(np.int64) * int(slope) + int(intercept)
    return result


def _result_type(
    stored: NDArray[Any], pairs: Sequence[tuple[float, float]], name: str
) -> np.dtype[Any]:
    lowest, highest = 0.0, 0.0
    for plane, (slope, intercept) in zip(stored, pairs, strict=True):
        ends = [slope * int(end) + intercept for end in (plane.min(), plane.max())]
        lowest, highest = min(lowest, *ends), max(highest, *ends)
    if not max(-lowest, highest) <= float(np.finfo(np.float32).max):
        raise FormatError(
            f"Real values fit a 32-bit float; slope and intercept of {name} make them as large as "
            f"{max(-lowest, highest):.3g}. The header is damaged: export it again."
        )
    if all(float(part).is_integer() for pair in pairs for part in pair):
        for candidate in (np.int16, np.int32):
            limits = np.iinfo(candidate)
            if limits.min <= lowest and highest <= limits.max:
                return np.dtype(candidate)
    return np.dtype(np.float32)
