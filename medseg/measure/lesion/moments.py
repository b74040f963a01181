"""Number, centre and spread of a mask's voxels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Moments:
    """First and second moments of voxel centres, in index units.

    Args:
        number: how many voxels.
        center_srk: their mean index (3,); NaN without any.
        covariance: (3, 3), divided by their number less one; NaN below two.
    """

    number: int
    center_srk: NDArray[np.float64]
    covariance: NDArray[np.float64]

    @classmethod
    def of(cls, mask: NDArray[np.bool_]) -> Moments:
        """The moments of a 3D boolean mask, C order."""
        number, sums, products = _sums(mask)
        if not number:
            return cls(0, np.full(3, np.nan), np.full((3, 3), np.nan))
        center = sums / number
        if number == 1:
            return cls(1, center, np.full((3, 3), np.nan))
        spread = products - number * np.outer(center, center)
        return cls(number, center, spread / (number - 1))


@njit(nogil=True, cache=True)
def _sums(
    mask: NDArray[np.bool_],
) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
    """The number of voxels, the sums of their indices, and of their indices' products."""
    slices, rows, columns = mask.shape
    number = 0
    sums, products = np.zeros(3), np.zeros((3, 3))
    for index in range(slices):
        for row in range(rows):
            count, total, squares = 0, 0, 0
            for column in range(columns):
                if mask[index, row, column]:
                    count += 1
                    total += column
                    squares += column * column
            number += count
            at = (float(index), float(row))
            for one in range(2):
                sums[one] += count * at[one]
                products[one, 2] += total * at[one]
                products[2, one] += total * at[one]
                for other in range(2):
                    products[one, other] += count * at[one] * at[other]
            sums[2] += total
            products[2, 2] += squares
    return number, sums, products
