"""CSV text: nothing in it is run by a spreadsheet, and numbers stay numbers."""

from __future__ import annotations

import csv
import io
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medseg.export.csv_text import csv_text, harmless


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠"])  # noqa: RUF001
def test_text_that_begins_like_a_formula_is_led_by_an_apostrophe(start: str) -> None:
    assert harmless(f"{start}1+1") == f"'{start}1+1"
    assert harmless(f" {start}1+1") == f"' {start}1+1"


@pytest.mark.parametrize("separator", [";", "\t", "\n", '"'])
def test_a_separator_of_another_language_opens_no_formula(separator: str) -> None:
    assert harmless(f"a{separator}=1+1") == f"a{separator}'=1+1"


@pytest.mark.parametrize("text", ["Nodule", "a - b", "a1 - b2", "x=1", "2026-01", "5+5", ""])
def test_other_text_is_left_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_numbers_are_numbers_and_what_is_not_defined_is_empty() -> None:
    text = csv_text(["name", "value"], [["a", -3.25], ["b", math.nan], ["c", -2], ["d", "-2"]])
    assert text == "name,value\na,-3.25\nb,\nc,-2\nd,'-2\n"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(), min_size=1, max_size=4))
def test_what_is_written_is_read_as_one_row(cells: list[str]) -> None:
    cells = [cell.replace("\0", "").replace("\r", "") for cell in cells]
    read = list(csv.reader(io.StringIO(csv_text(["h"] * len(cells), [cells]), newline="")))
    assert read[1:] == [[harmless(cell) for cell in cells]]
    assert not [cell for row in read for cell in row if cell.lstrip()[:1] in tuple("=+-@")]
