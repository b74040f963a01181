"""A page of results: printed as tables, and written as CSV and HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.measure import Measurement
from rich.table import Table

from medseg import report
from medseg.cli.console import errors, out, print_json, say
from medseg.export.csv_text import csv_text
from medseg.formats import atomic
from medseg.report.words import visible

_WIDEST, _NO_LIMIT = 48, 10_000
_CSV = ("table", "about", "name", "value", "unit", "definition")


def give_out(
    page: report.Page,
    inputs: Sequence[tuple[str, str]],
    *,
    notes: Sequence[str] = (),
    csv: Path | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """Write the files asked for, and print the page for people or for programs.

    Args:
        page: the results.
        inputs: the role and file of each mask.
        notes: what else the reader of the page should know of them.
        csv: where to write a table, if anywhere.
        html: where to write a page, if anywhere.
        as_json: for programs.

    Raises:
        FormatError: a file cannot be written.
    """
    page = replace(page, inputs=tuple(inputs), notes=(*notes, *page.notes))
    if csv is not None:
        atomic.write_bytes(csv, csv_of(page).encode())
    if html is not None:
        atomic.write_bytes(html, report.html_page(page).encode())
    if as_json:
        print_json(page.to_json())
    else:
        _print(page)
    for path in (csv, html):
        if path is not None:
            say(f"Written: {path}", to=errors if as_json else out)


def csv_of(page: report.Page) -> str:
    """One row for each number of every table, with its unit and definition."""
    rows = [(table.key, *number) for table in page.tables for number in table.numbers()]
    return csv_text(
        _CSV, [[visible(one) if isinstance(one, str) else one for one in row] for row in rows]
    )


def _print(page: report.Page) -> None:
    say((visible(page.title), "bold"))
    for name, file in page.inputs:
        say(f"  {visible(name)}: {visible(file)}")
    for table in page.tables:
        say("\n", (table.title, "bold"))
        if table.note:
            say(f"  {table.note}")
        print_table(printed(table))
    if page.notes:
        say("")
    for note in page.notes:
        say(f"  {visible(note)}")
    shown = {one.heading for table in page.tables for one in table.columns if one.on_terminal}
    say("\nWhat each number is (more with --json, --csv or --html):")
    for name, definition in page.definitions:
        if name in shown:
            say(f"  {name}: {definition}")


def print_table(terminal: Table) -> None:
    """Print it as wide as it is: no name is cut off on a narrow terminal, which breaks lines."""
    terminal.width = Measurement.get(out, out.options.update_width(_NO_LIMIT), terminal).maximum
    out.print(terminal)


def printed(table: report.Table) -> Table:
    """The table for a terminal: the columns that find room there."""
    shown = [at for at, column in enumerate(table.columns) if column.on_terminal]
    terminal = Table(box=None, header_style="bold")
    for at in shown:
        column = table.columns[at]
        numbers = bool(column.unit) or any(not isinstance(row[at], str) for row in table.rows)
        words = column.words.split() + ([column.shown_unit] if column.shown_unit else [])
        terminal.add_column(
            "\n".join(words),
            justify="right" if numbers else "left",
            no_wrap=numbers or at < table.named_by,
            max_width=None if at < table.named_by else _WIDEST,
        )
    for row in table.rows:
        terminal.add_row(*(report.in_words(row[at]) for at in shown))
    return terminal
