"""CSV that a spreadsheet opens without harm: no text of a mask is run as a formula."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence

Cell = str | int | float

# What starts so is run by spreadsheets (OWASP, "CSV injection"); the full-width forms too.
# Separators are looked behind as well: a spreadsheet set to another language splits at ; or tab,
# and a quote inside such a cell does not hold it together.
_FORMULA = re.compile(r"(?:^|(?<=[;\t\r\n\"]))([\s\0]*[=+\-@\t\r\0\uff1d\uff0b\uff0d\uff20])")


def csv_text(heading: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A CSV text. Numbers have nine significant digits; one that is not defined is empty.

    Numbers are written as they are, so that -3.2 stays a number. Text that begins like a formula,
    at its start or behind a separator within it, is led by an apostrophe there.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([harmless(name) for name in heading])
    writer.writerows([[_cell(cell) for cell in row] for row in rows])
    return out.getvalue()


def harmless(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet would take for a formula."""
    return _FORMULA.sub(r"'\1", text)


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return harmless(cell)
    return "" if math.isnan(cell) else f"{cell:.9g}"
