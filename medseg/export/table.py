"""Measurements as a CSV table that a spreadsheet can open without harm."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping

from medseg.export.csv_text import harmless
from medseg.model import Measurement, Segmentation


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
        texts = (segment.label, segment.type.meaning, segment.tracking_uid)
        numbers = [_number(values, name) for name in names]
        writer.writerow([segment.number, *map(harmless, texts), *numbers])
    return out.getvalue()


def _number(values: Mapping[str, float], name: str) -> str:
    value = values.get(name, float("nan"))
    return "" if math.isnan(value) else f"{value:.6g}"
