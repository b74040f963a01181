"""Limits of agreement and intraclass correlation as tables."""

from __future__ import annotations

from collections.abc import Mapping

from medseg.measure import BlandAltman, IntraclassCorrelation
from medseg.report.tables import Cell, Column, Table

_INTERVAL = "its 95 % confidence interval"


def bland_altman_table(limits: Mapping[tuple[str, str], tuple[BlandAltman, str]]) -> Table:
    """A row for each measure, named with its unit, and pair of readers."""
    rows: list[tuple[Cell, ...]] = []
    for (measure, pair), (one, unit) in limits.items():
        number, name = len(one.differences), f"{measure} [{unit}]"
        intervals = (*one.bias_interval, *one.lower_interval, *one.upper_interval)
        rows.append((name, pair, number, one.bias, one.sd, one.lower, one.upper, *intervals))
    return Table("bland_altman", "Bland-Altman", _LIMITS, tuple(rows), named_by=2)


_LIMITS = (
    Column("measure"),
    Column("difference"),
    Column("lesions", "1", "how many were paired"),
    Column("bias", "", "mean difference, in the values' unit"),
    Column("sd", "", "standard deviation of the differences, divided by n - 1"),
    Column("lower_limit", "", "bias - 1.96 sd (Bland, Altman 1986)"),
    Column("upper_limit", "", "bias + 1.96 sd (Bland, Altman 1986)"),
    Column("bias_low", "", f"bias: {_INTERVAL}, lower end", on_terminal=False),
    Column("bias_high", "", f"bias: {_INTERVAL}, upper end", on_terminal=False),
    Column("lower_limit_low", "", f"lower limit: {_INTERVAL}, lower end", on_terminal=False),
    Column("lower_limit_high", "", f"lower limit: {_INTERVAL}, upper end", on_terminal=False),
    Column("upper_limit_low", "", f"upper limit: {_INTERVAL}, lower end", on_terminal=False),
    Column("upper_limit_high", "", f"upper limit: {_INTERVAL}, upper end", on_terminal=False),
)


def correlation_table(found: Mapping[str, IntraclassCorrelation]) -> Table:
    """A row for each measure."""
    rows = tuple(
        (
            measure,
            one.subjects,
            one.readers,
            one.absolute,
            *one.absolute_interval,
            one.consistency,
            *one.consistency_interval,
        )
        for measure, one in found.items()
    )
    return Table("icc", "Intraclass correlation", _CORRELATION, rows)


_CORRELATION = (
    Column("measure"),
    Column("lesions", "1", "how many all readers drew"),
    Column("readers", "1", "how many measured each"),
    Column(
        "icc_absolute",
        "1",
        "ICC(2,1): readers drawn at random, absolute agreement (Shrout, Fleiss 1979)",
    ),
    Column("icc_absolute_low", "1", f"ICC(2,1): {_INTERVAL}, lower end (McGraw, Wong 1996)"),
    Column("icc_absolute_high", "1", f"ICC(2,1): {_INTERVAL}, upper end (McGraw, Wong 1996)"),
    Column(
        "icc_consistency",
        "1",
        "ICC(3,1): these readers, their constant offsets left out (Shrout, Fleiss 1979)",
    ),
    Column("icc_consistency_low", "1", f"ICC(3,1): {_INTERVAL}, lower end", on_terminal=False),
    Column("icc_consistency_high", "1", f"ICC(3,1): {_INTERVAL}, upper end", on_terminal=False),
)
