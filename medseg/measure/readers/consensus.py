"""One mask out of several readers': by majority, or by STAPLE; and how each reader met it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medseg.measure.readers.votes import Votes

_Rates = tuple[NDArray[np.float64], NDArray[np.float64]]

_MOST_ROUNDS = 10_000
#: STAPLE has settled when no reader's sensitivity or specificity moves by more than this.
_SETTLED = 1e-7


@dataclass(frozen=True, eq=False)
class Consensus:
    """What the readers agree on, and how each of them met it.

    Args:
        method: "majority" or "staple".
        definition: what exactly was done, in a sentence.
        readers: their names.
        sensitivity: by reader; NaN where the consensus is empty.
        specificity: by reader, over the whole grid; NaN where the consensus fills it.
        probability: of each pattern of the votes, that it is inside; 0 or 1 for a majority.
        mask: the voxels with a probability above one half, on the whole grid.
        prior: STAPLE's prior probability of a voxel to be inside; NaN for a majority.
        rounds: how many STAPLE took; 0 for a majority.
    """

    method: str
    definition: str
    readers: tuple[str, ...]
    sensitivity: dict[str, float]
    specificity: dict[str, float]
    probability: NDArray[np.float64]
    mask: NDArray[np.bool_]
    prior: float = math.nan
    rounds: int = 0


def majority(votes: Votes) -> Consensus:
    """What more than half of the readers drew; a tie is outside."""
    patterns, counts = votes.counts_of_grid
    inside = _more_than_half(patterns)
    sensitivity, specificity = _rates(patterns, counts, inside.astype(np.float64))
    chosen = _more_than_half(votes.patterns)
    return Consensus(
        "majority",
        "voxels that more than half of the readers drew; a tie is outside; sensitivity and "
        "specificity against it, over the whole grid",
        votes.readers,
        _by_reader(votes, sensitivity),
        _by_reader(votes, specificity),
        chosen.astype(np.float64),
        votes.mask_where(chosen),
    )


def staple(votes: Votes) -> Consensus:
    """The mask and the readers' rates that explain each other best, over the whole grid.

    As in ITK the prior is one number, the mean of all masks over the whole grid, so more
    background around the same lesion changes the outcome; the definition says so. Every voxel of
    the grid counts, at the cost of the patterns alone.

    Reference:
        Warfield, Zou, Wells. IEEE Trans Med Imaging 23(7):903-921, 2004.
    """
    rates, prior, rounds = _settled(*votes.counts_of_grid)
    probability = _inside(votes.patterns, *rates, prior, votes.patterns.mean(axis=1))
    return Consensus(
        "staple",
        "STAPLE over the whole grid, prior: mean of all masks; inside where the probability is "
        "above one half",
        votes.readers,
        _by_reader(votes, rates[0]),
        _by_reader(votes, rates[1]),
        probability,
        votes.mask_where(probability > 0.5),
        prior,
        rounds,
    )


def _settled(patterns: NDArray[np.bool_], counts: NDArray[np.int64]) -> tuple[_Rates, float, int]:
    """Sensitivities and specificities that no longer move, the prior, and the rounds it took."""
    weights = patterns.mean(axis=1)
    prior = float(counts @ weights / counts.sum())
    rates = _rates(patterns, counts, weights)
    for done in range(1, _MOST_ROUNDS):
        weights = _inside(patterns, *rates, prior, weights)
        before, rates = rates, _rates(patterns, counts, weights)
        if np.nanmax(np.abs(np.subtract(rates, before)), initial=0.0) <= _SETTLED:
            return rates, prior, done
    return rates, prior, _MOST_ROUNDS


def _more_than_half(patterns: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(2 * patterns.sum(axis=1) > patterns.shape[1])


def _rates(
    patterns: NDArray[np.bool_], counts: NDArray[np.int64], weights: NDArray[np.float64]
) -> _Rates:
    """Each reader's sensitivity and specificity, given how far each pattern is inside."""
    inside, outside = counts * weights, counts * (1.0 - weights)
    with np.errstate(invalid="ignore"):  # nothing is inside, or nothing outside: NaN
        return inside @ patterns / inside.sum(), outside @ ~patterns / outside.sum()


def _inside(
    patterns: NDArray[np.bool_],
    sensitivity: NDArray[np.float64],
    specificity: NDArray[np.float64],
    prior: float,
    otherwise: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The probability of each pattern to be inside; `otherwise` where the rates exclude it."""
    yes = prior * np.where(patterns, sensitivity, 1.0 - sensitivity).prod(axis=1)
    no = (1.0 - prior) * np.where(patterns, 1.0 - specificity, specificity).prod(axis=1)
    known = yes + no > 0
    return np.where(known, yes / np.where(known, yes + no, 1.0), otherwise)


def _by_reader(votes: Votes, rates: NDArray[np.float64]) -> dict[str, float]:
    return {reader: float(rate) for reader, rate in zip(votes.readers, rates, strict=True)}
