"""Two or more measurements of the same things: limits of agreement and intraclass correlation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtri, stdtrit

from medseg.errors import MedsegError
from medseg.measure.numeric import numbers

_LIMIT = 1.959963984540054  # of a normal distribution, 95 % lie within so many deviations


class Interval(NamedTuple):
    """From where to where, both NaN where too little is known."""

    low: float
    high: float


@dataclass(frozen=True)
class BlandAltman:
    """Bias and 95 % limits of agreement of one method against another, in the values' unit.

    Args:
        means: of each pair, for the plot's horizontal axis.
        differences: second less first, for its vertical axis.
        bias: mean difference.
        sd: the differences' standard deviation, divided by their number less one.
        lower, upper: bias -+ 1.96 sd.
        bias_interval, lower_interval, upper_interval: 95 % confidence, NaN below two pairs.
    """

    means: tuple[float, ...]
    differences: tuple[float, ...]
    bias: float
    sd: float
    lower: float
    upper: float
    bias_interval: Interval
    lower_interval: Interval
    upper_interval: Interval


def bland_altman(first: ArrayLike, second: ArrayLike) -> BlandAltman:
    """Bias and limits of agreement of paired values; all but the bias NaN for a single pair.

    The limits' intervals follow from the variance sd² (1/n + 1.96² / (2 (n - 1))).

    Raises:
        MedsegError: no pairs, unequally many values, or one that is not finite.

    Reference:
        Bland, Altman. Lancet 327:307-310, 1986; Stat Methods Med Res 8:135-160, 1999.
    """
    table = _checked_table([first, second])
    difference = table[:, 1] - table[:, 0]
    number, bias = len(difference), float(difference.mean())
    sd = float(difference.std(ddof=1)) if number > 1 else math.nan
    t = float(stdtrit(number - 1, 0.975)) if number > 1 else math.nan
    around_bias = t * sd / math.sqrt(number)
    spread = 1 / number + _LIMIT**2 / (2 * (number - 1)) if number > 1 else math.nan
    around_limit = t * sd * math.sqrt(spread)
    lower, upper = bias - _LIMIT * sd, bias + _LIMIT * sd
    return BlandAltman(
        tuple(table.mean(axis=1).tolist()),
        tuple(difference.tolist()),
        bias,
        sd,
        lower,
        upper,
        Interval(bias - around_bias, bias + around_bias),
        Interval(lower - around_limit, lower + around_limit),
        Interval(upper - around_limit, upper + around_limit),
    )


@dataclass(frozen=True)
class IntraclassCorrelation:
    """ICC of single measurements with 95 % confidence intervals.

    Args:
        absolute: ICC(2,1): readers drawn at random, absolute agreement.
        absolute_interval: its interval.
        consistency: ICC(3,1): these readers, their constant offsets left out.
        consistency_interval: its interval.
        subjects: how many things were measured.
        readers: how often each.
    """

    absolute: float
    absolute_interval: Interval
    consistency: float
    consistency_interval: Interval
    subjects: int
    readers: int


def intraclass_correlation(values: ArrayLike) -> IntraclassCorrelation:
    """ICC(2,1) and ICC(3,1) of a table with a row per subject and a column per reader.

    NaN where nothing varies. Where subjects do not differ at all, the absolute one is 0 and has no
    interval; readers who never differ have intervals from 1 to 1.

    Raises:
        MedsegError: fewer than two subjects or readers, or a value that is not finite.

    Reference:
        Shrout, Fleiss. Psychological Bulletin 86(2):420-428, 1979; McGraw, Wong. Psychological
        Methods 1(1):30-46, 1996.
    """
    table = _checked_table(numbers(values, "Values (subjects, readers)", axes=2).T)
    subjects, readers = table.shape
    if subjects < 2 or readers < 2:
        raise MedsegError(
            f"An intraclass correlation needs two subjects and two readers; found {subjects} and "
            f"{readers}."
        )
    rows, columns, rest = _mean_squares(table)
    offsets = readers * (columns - rest) / subjects
    return IntraclassCorrelation(
        _ratio(rows - rest, rows + (readers - 1) * rest + offsets),
        _absolute_interval(rows, columns, rest, table.shape),
        _ratio(rows - rest, rows + (readers - 1) * rest),
        _consistency_interval(rows, rest, table.shape),
        subjects,
        readers,
    )


def _mean_squares(table: NDArray[np.float64]) -> tuple[float, float, float]:
    """Between subjects, between readers, and what is left; 0 where it is no more than rounding."""
    subjects, readers = table.shape
    rounding = (table.size * np.finfo(np.float64).eps * np.abs(table).max()) ** 2
    whole = table.mean()
    by_subject, by_reader = table.mean(axis=1), table.mean(axis=0)
    left = table - by_subject[:, None] - by_reader + whole
    squares = (
        float(readers * ((by_subject - whole) ** 2).sum() / (subjects - 1)),
        float(subjects * ((by_reader - whole) ** 2).sum() / (readers - 1)),
        float((left**2).sum() / ((subjects - 1) * (readers - 1))),
    )
    rows, columns, rest = (0.0 if one <= rounding else one for one in squares)
    return rows, columns, rest


def _consistency_interval(rows: float, rest: float, shape: tuple[int, ...]) -> Interval:
    subjects, readers = shape
    one, other = subjects - 1, (subjects - 1) * (readers - 1)
    if not rest:
        return Interval(1.0, 1.0) if rows else Interval(math.nan, math.nan)
    found = rows / rest
    low, high = found / fdtri(one, other, 0.975), found * fdtri(other, one, 0.975)
    return Interval(
        float((low - 1) / (low + readers - 1)), float((high - 1) / (high + readers - 1))
    )


def _absolute_interval(
    rows: float, columns: float, rest: float, shape: tuple[int, ...]
) -> Interval:
    """By Satterthwaite's degrees of freedom (McGraw and Wong, table 7)."""
    n, k = shape
    icc = _ratio(rows - rest, rows + (k - 1) * rest + k * (columns - rest) / n)
    if not math.isfinite(icc) or icc == 1.0:
        return Interval(icc, icc)
    if not rows and not rest:  # only constant offsets: no degrees of freedom are left
        return Interval(math.nan, math.nan)
    a = k * icc / (n * (1 - icc))
    b = 1 + k * icc * (n - 1) / (n * (1 - icc))
    freedom = (a * columns + b * rest) ** 2 / (
        (a * columns) ** 2 / (k - 1) + (b * rest) ** 2 / ((n - 1) * (k - 1))
    )
    up, down = fdtri(n - 1, freedom, 0.975), fdtri(freedom, n - 1, 0.975)
    noise = k * columns + (k * n - k - n) * rest
    return Interval(
        float(n * (rows - up * rest) / (up * noise + n * rows)),
        float(n * (down * rows - rest) / (noise + n * down * rows)),
    )


def _ratio(one: float, other: float) -> float:
    return one / other if other else math.nan


def _checked_table(columns: Sequence[ArrayLike] | NDArray[np.float64]) -> NDArray[np.float64]:
    """A row per subject, a column per reader."""
    lists = [numbers(column, "Values of one reader", axes=1) for column in columns]
    lengths = sorted({len(one) for one in lists})
    if len(lengths) != 1 or not lengths[0]:
        raise MedsegError(
            "Values are compared in pairs, one of each reader for each lesion; found "
            f"{lengths} values."
        )
    table = np.column_stack(lists)
    if not np.isfinite(table).all():
        odd = int((~np.isfinite(table)).any(axis=1).sum())
        raise MedsegError(
            f"Paired values are finite numbers; {odd} of {len(table)} lesions lack one. Leave "
            "them out, and say in the report how many they were."
        )
    return table
