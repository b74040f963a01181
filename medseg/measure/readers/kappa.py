"""Agreement of readers beyond chance, and their overlap all together."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from medseg.errors import MedsegError
from medseg.measure.numeric import numbers
from medseg.measure.readers.votes import Votes


def fleiss_kappa(ratings: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Fleiss' kappa: 1 is full agreement, 0 what chance gives; NaN where all say one thing.

    Args:
        ratings: (subjects, categories): how many readers put a subject in a category; the same
            number of readers, two or more, for each subject.
        weights: how often each row occurs; once each where not given.

    Raises:
        MedsegError: the rows differ in their number of readers, or there are fewer than two; or
            what is given are no counts.

    Reference:
        Fleiss. Psychological Bulletin 76(5):378-382, 1971.
    """
    table = numbers(
        ratings, "Fleiss' kappa is of counts of 0 or more, (subjects, categories), which", axes=2
    )
    every = np.ones(len(table)) if weights is None else weights
    each = numbers(every, "Weights of subjects", axes=1)
    counts = each.shape == table.shape[:1] and np.isfinite(each).all()
    if not counts or not (table >= 0).all() or not (each >= 0).all() or not each.sum():
        raise MedsegError(
            "Fleiss' kappa is of counts of 0 or more, (subjects, categories), with a weight for "
            f"each subject; found ratings of shape {table.shape} and weights of {each.shape}."
        )
    readers = table.sum(axis=1)
    if not readers.size or (readers != readers[0]).any() or readers[0] < 2:
        raise MedsegError(
            "Fleiss' kappa needs the same number of readers, two or more, for each subject; found "
            f"{sorted(set(readers.tolist()))}."
        )
    many = readers[0]
    alike = (table * (table - 1.0)).sum(axis=1) / (many * (many - 1.0))
    observed = float(each @ alike / each.sum())
    shares = each @ table / (each.sum() * many)
    expected = float((shares**2).sum())
    return (observed - expected) / (1.0 - expected) if expected < 1.0 else math.nan


def fleiss_kappa_of(votes: Votes) -> float:
    """Fleiss' kappa of inside and outside over the voxels of the union box.

    In the box, because background that nobody could doubt raises agreement at will. NaN where no
    reader drew anything, and where all drew the whole box.
    """
    if votes.box is None:
        return math.nan
    yes = votes.patterns.sum(axis=1)
    return fleiss_kappa(np.column_stack([yes, len(votes.readers) - yes]), votes.counts)


def generalised_dice(*votes: Votes) -> float:
    """The pairs' overlaps over the pairs' mean sizes, all summed up; NaN where nobody drew.

    Several votes, one for each label, are summed too, so that each voxel counts the same whatever
    its label. For two readers and one label it is the Dice coefficient.

    Reference:
        Crum, Camara, Hill. IEEE Trans Med Imaging 25(11):1451-1461, 2006.
    """
    both = sizes = 0.0
    for one in votes:
        yes = one.patterns.sum(axis=1)
        both += float(one.counts @ (yes * (yes - 1)))
        sizes += float(one.counts @ yes) * (len(one.readers) - 1)
    return both / sizes if sizes else math.nan
