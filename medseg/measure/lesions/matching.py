"""Which lesions of two masks are the same one, and which were split or merged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Match:
    """A lesion of the first mask and the one of the second that is taken to be the same.

    Args:
        a: number of the first mask's lesion.
        b: number of the second mask's lesion.
        iou: voxels in both over voxels in either.
    """

    a: int
    b: int
    iou: float


def matched(
    pairs: NDArray[np.int64],
    shared: NDArray[np.int64],
    sizes: tuple[NDArray[np.int64], NDArray[np.int64]],
    least_iou: float,
) -> tuple[Match, ...]:
    """Lesions matched one to one, by the first one's number.

    Of all pairs with an IoU of at least `least_iou`, the one with the largest IoU is taken, then
    the largest among the lesions that are left, and so on; of equal ones that of lower numbers.

    Args:
        pairs: numbers (n, 2) of lesions that share voxels.
        shared: how many voxels each pair shares.
        sizes: voxels of each lesion of either mask, number 1 first.
        least_iou: above 0.
    """
    iou = shared / (sizes[0][pairs[:, 0] - 1] + sizes[1][pairs[:, 1] - 1] - shared)
    taken_a: set[int] = set()
    taken_b: set[int] = set()
    matches = []
    for number in np.lexsort((pairs[:, 1], pairs[:, 0], -iou)).tolist():
        a, b = pairs[number].tolist()
        if iou[number] >= least_iou and a not in taken_a and b not in taken_b:
            matches.append(Match(a, b, float(iou[number])))
            taken_a.add(a)
            taken_b.add(b)
    return tuple(sorted(matches, key=lambda match: match.a))


def gathered(
    pairs: NDArray[np.int64],
    shared: NDArray[np.int64],
    sizes: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> tuple[dict[int, tuple[int, ...]], dict[int, tuple[int, ...]]]:
    """Splits and merges: a lesion of one mask that lies on several of the other.

    Two lesions lie on each other where they share at least half of the smaller one's voxels, so
    that neighbours which merely touch do not count.

    Returns:
        The first mask's lesions that are several in the second one, with those; and the second
        mask's lesions that are several in the first one, with those.
    """
    smaller = np.minimum(sizes[0][pairs[:, 0] - 1], sizes[1][pairs[:, 1] - 1])
    linked = pairs[2 * shared >= smaller]
    return _several(linked), _several(linked[:, ::-1])


def _several(linked: NDArray[np.int64]) -> dict[int, tuple[int, ...]]:
    by_lesion: dict[int, list[int]] = {}
    for lesion, part in linked.tolist():
        by_lesion.setdefault(lesion, []).append(part)
    return {
        lesion: tuple(sorted(parts))
        for lesion, parts in sorted(by_lesion.items())
        if len(parts) > 1
    }
