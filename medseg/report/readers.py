"""Several readers of one image: the tables of `medseg agreement`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

from medseg.measure import (
    BlandAltman,
    PairedValues,
    ReaderAgreement,
    bland_altman,
    intraclass_correlation,
)
from medseg.model import Measurement
from medseg.report.paired import bland_altman_table, correlation_table
from medseg.report.tables import Cell, Column, Table

_SHOWN = ("dice", "volume_a_ml", "volume_b_ml", "hd95_mm", "assd_mm")

Limits = dict[tuple[str, str], tuple[BlandAltman, str]]


def pairs_table(found: Mapping[str, ReaderAgreement]) -> Table:
    """A row for each label and two readers."""
    rows: dict[tuple[Cell, ...], tuple[Measurement, ...]] = {
        (label, f"{one} - {other}"): agreement.measurements()
        for label, readers in found.items()
        for (one, other), agreement in readers.pairs.items()
    }
    table = Table.of_measurements(
        "pairs", "Reader against reader", ["segment", "readers"], rows, on_terminal=_SHOWN
    )
    return replace(table, note="a is the reader named first, b the second.")


def together_table(found: Mapping[str, ReaderAgreement]) -> Table:
    """A row for each label: all readers at once."""
    rows: dict[tuple[Cell, ...], tuple[Measurement, ...]] = {
        (label,): readers.measurements() for label, readers in found.items()
    }
    return Table.of_measurements("together", "All readers together", ["segment"], rows)


def consensus_table(found: Mapping[str, ReaderAgreement]) -> Table:
    """A row for each label and reader: how they meet STAPLE's and the majority's mask."""
    methods = [
        one for readers in list(found.values())[:1] for one in (readers.staple, readers.majority)
    ]
    columns = [
        Column(f"{one.method}_{rate}", "1", f"{rate} against the consensus: {one.definition}")
        for one in methods
        for rate in ("sensitivity", "specificity")
    ]
    rows = tuple(
        (
            label,
            reader,
            readers.staple.sensitivity[reader],
            readers.staple.specificity[reader],
            readers.majority.sensitivity[reader],
            readers.majority.specificity[reader],
        )
        for label, readers in found.items()
        for reader in readers.readers
    )
    return Table(
        "consensus",
        "Reader against consensus",
        (Column("segment"), Column("reader"), *columns),
        rows,
        named_by=2,
        note="Over the whole grid: with more background around the lesion specificity nears 1, "
        "and STAPLE's outcome changes.",
    )


def paired_tables(paired: Mapping[str, PairedValues]) -> tuple[Limits, tuple[Table, ...]]:
    """Bland-Altman of each two readers, and the ICC, of each measure that enough lesions have."""
    limits: Limits = {}
    correlations = {}
    for name, values in paired.items():
        if len(values.labels) < 2:
            continue
        for one, other in combinations(range(len(values.readers)), 2):
            pair = f"{values.readers[other]} less {values.readers[one]}"
            found = bland_altman(values.values[:, one], values.values[:, other])
            limits[name, pair] = (found, values.unit)
        correlations[name] = intraclass_correlation(values.values)
    if not limits:
        return {}, ()
    return limits, (bland_altman_table(limits), correlation_table(correlations))
