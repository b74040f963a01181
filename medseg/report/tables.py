"""A table of results, told the same on the terminal, as CSV, as JSON and on a page."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from medseg.model import Measurement
from medseg.report.words import visible

Cell = str | int | float


@dataclass(frozen=True)
class Column:
    """One column.

    Args:
        name: stable, as "volume_a_ml".
        unit: "ml", "mm", "%" ...; empty for words, "1" for plain numbers.
        definition: how its numbers are had, in a sentence.
        on_terminal: whether it stands there too, where room is short.
    """

    name: str
    unit: str = ""
    definition: str = ""
    on_terminal: bool = True

    @property
    def words(self) -> str:
        """Its name in words, without the unit at its end."""
        return self.name.removesuffix(f"_{self.unit}").replace("_", " ")

    @property
    def shown_unit(self) -> str:
        """Its unit; empty for words and plain numbers."""
        return "" if self.unit == "1" else self.unit

    @property
    def heading(self) -> str:
        """Name and unit in words."""
        return f"{self.words} [{self.shown_unit}]" if self.shown_unit else self.words


@dataclass(frozen=True)
class Table:
    """Rows of words and numbers; a number that is not defined is NaN.

    Args:
        key: its stable name for programs.
        title: its heading for people.
        columns: one for each cell of a row.
        rows: the cells.
        named_by: how many of the first columns say what a row is about.
        note: a sentence to be read with it.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    named_by: int = 1
    note: str = ""

    @classmethod
    def of_measurements(
        cls,
        key: str,
        title: str,
        names: Sequence[str],
        rows: Mapping[tuple[Cell, ...], Sequence[Measurement]],
        *,
        on_terminal: Collection[str] = (),
    ) -> Table:
        """A column for each measure, in the order of first appearance.

        Args:
            key: its stable name.
            title: its heading.
            names: of the columns that say what a row is about.
            rows: by the cells of those columns, what was measured.
            on_terminal: the measures that stand on the terminal too; all of them if none is named.
        """
        every = {one.name: one for measurements in rows.values() for one in measurements}
        columns = [Column(name) for name in names] + [
            Column(one.name, one.unit, one.definition, not on_terminal or one.name in on_terminal)
            for one in every.values()
        ]
        cells = []
        for of, measurements in rows.items():
            values = {one.name: one.value for one in measurements}
            cells.append((*of, *(values.get(name, math.nan) for name in every)))
        return cls(key, title, tuple(columns), tuple(cells), len(names))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; a number that is not defined, or infinite, is null."""
        return {
            "title": self.title,
            "note": self.note,
            "columns": [
                {"name": one.name, "unit": one.unit, "definition": one.definition}
                for one in self.columns
            ],
            "rows": [
                {column.name: finite(cell) for column, cell in zip(self.columns, row, strict=True)}
                for row in self.rows
            ],
        }

    def numbers(self) -> list[tuple[str, str, Cell, str, str]]:
        """Each value by itself: what it is about, its name, value, unit and definition."""
        return [
            (_about(row[: self.named_by]), column.name, cell, column.unit, column.definition)
            for row in self.rows
            for column, cell in list(zip(self.columns, row, strict=True))[self.named_by :]
        ]


def _about(cells: Sequence[Cell]) -> str:
    return " | ".join(str(cell) for cell in cells)


def finite(cell: Cell) -> Cell | None:
    """The cell; None for a number that is NaN or infinite."""
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def in_words(cell: Cell) -> str:
    """The cell for people: four significant digits, a dash where a number is not defined.

    What cannot be seen in a word is written out.
    """
    if not isinstance(cell, float):
        return visible(str(cell))
    if math.isnan(cell):
        return "-"
    cell += 0.0  # no minus before a 0
    if f"{abs(cell):.4g}" == "1" and abs(cell) != 1.0:
        # Never an invented 1: as many digits as tell it from one, 0.99996.
        return next(
            text for digits in range(5, 18) if float(text := f"{cell:.{digits}g}") ** 2 != 1
        )
    # Plain digits for what is at least a thousand; Python would turn to powers of ten.
    return f"{cell:.0f}" if 1000 <= abs(cell) < 1e7 else f"{cell:.4g}"
