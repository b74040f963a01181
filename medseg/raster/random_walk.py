"""Where a random walker that avoids steps in value arrives first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, diags_array
from scipy.sparse.linalg import cg

#: A step in value this many times the usual one between neighbours is an edge.
_EDGE = 4.0
#: Where values hardly differ at all: an edge is this part of their spread.
_FAINT = 0.05
#: No edge is closed altogether, so that the system can be solved.
_LEAST = 1e-5


def arrives_inside(
    values: NDArray[np.float64],
    steps_mm: NDArray[np.float64],
    inside: NDArray[np.bool_],
    undecided: NDArray[np.bool_],
    guess: NDArray[np.float64],
) -> NDArray[np.float64]:
    """How likely a walker from each undecided voxel first arrives inside: (n,), 0 to 1.

    It steps over faces, the more readily the less the value changes and the shorter the step
    is in mm. Voxels without a finite value, and the border of the array, are walls.

    Args:
        values: 3D.
        steps_mm: (3, 3), the grid's steps as columns; only their lengths count.
        inside: boolean, where it has arrived inside.
        undecided: boolean, where it walks; what is neither is outside.
        guess: per voxel, where to begin to solve; kept where a walker arrives nowhere.

    Reference:
        Grady L. IEEE Trans Pattern Anal Mach Intell 28 (2006) 1768-1783.
    """
    one, two, weights = _edges(values, steps_mm)
    number = np.full(values.size, -1)
    free = undecided.reshape(-1)
    number[free] = np.arange(free.sum())
    count = int(free.sum())
    if not count:
        return np.zeros(0)
    there = np.concatenate((one, two)), np.concatenate((two, one)), np.tile(weights, 2)
    here = [part[free[there[0]]] for part in there]
    rows, weight = number[here[0]], here[2]
    degree = np.bincount(rows, weight, count)
    arrived = np.bincount(rows, weight * inside.reshape(-1)[here[1]], count)
    walks = number[here[1]] >= 0
    between = coo_array(
        (weight[walks], (rows[walks], number[here[1]][walks])), shape=(count, count)
    ).tocsr()
    scale = diags_array(1.0 / np.where(degree > 0, degree, 1.0))
    system = diags_array(degree) - between
    found, _ = cg(system, arrived, x0=guess.reshape(-1)[free], rtol=1e-4, maxiter=2000, M=scale)
    return np.asarray(np.clip(found, 0.0, 1.0))


def _edges(
    values: NDArray[np.float64], steps_mm: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Each pair of neighbours with values: their places in memory, and how readily one steps."""
    values = np.where(np.isfinite(values), values, np.nan)  # infinite ones have no difference
    place = np.arange(values.size).reshape(values.shape)
    lengths = np.linalg.norm(steps_mm, axis=0)
    pairs: list[tuple[Any, ...]] = []
    for axis in range(3):
        low = (slice(None),) * axis + (slice(None, -1),)
        high = (slice(None),) * axis + (slice(1, None),)
        step = (values[high] - values[low]).reshape(-1)
        known = np.isfinite(step)
        nearness = np.full(int(known.sum()), (lengths.min() / lengths[axis]) ** 2)
        ends = place[low].reshape(-1)[known], place[high].reshape(-1)[known]
        pairs.append((*ends, np.abs(step[known]), nearness))
    one, two, change, nearness = (np.concatenate(part) for part in zip(*pairs, strict=True))
    usual = float(np.median(change)) if len(change) else 0.0
    spread = float(np.std(values[np.isfinite(values)])) if len(change) else 0.0
    edge = max(_EDGE * usual, _FAINT * spread) or 1.0
    return one, two, nearness * (np.exp(-((change / edge) ** 2)) + _LEAST)
