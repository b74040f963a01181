"""Measurements as a CSV table that a spreadsheet can open without harm."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping

from medseg.model import Measurement, Segmentation

# A cell that starts so is run as a formula by spreadsheets (OWASP, "CSV injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")


def table_of(segmentation: Segmentation, measured: Mapping[int, tuple[Measurement, ...]]) -> str:
    """A CSV text: one row per segment, a column per measure with its unit in the heading.

    Numbers have six significant digits; an undefined value is an empty cell. Text that a
    spreadsheet would run as a formula is led by an apostrophe.
    """
    names = list(dict.fromkeys(one.name for values in measured.values() for one in values))
    units = {one.name: one.unit for values in measured.values() for one in values}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heading = [f"{name} [{units[name]}]" for name in names]
    writer.writerow(["number", "label", "type", "tracking_uid", *heading])
    for segment in segmentation.segments:
        values = {one.name: one.value for one in measured.get(segment.number, ())}
        row = [segment.number, segment.label, segment.type.meaning, segment.tracking_uid]
        writer.writerow([safe_cell(cell) for cell in row] + [_number(values, n) for n in names])
    return out.getvalue()


def safe_cell(cell: object) -> object:
    """The cell, led by an apostrophe if it is a text that a spreadsheet would run."""
    if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS):
        return f"'{cell}"
    return cell


def _number(values: Mapping[str, float], name: str) -> str:
    value = values.get(name, float("nan"))
    return "" if math.isnan(value) else f"{value:.6g}"
