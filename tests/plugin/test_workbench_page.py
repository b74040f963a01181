"""The page of the window lists the keys and the mouse just as the tables in the code do."""

from __future__ import annotations

from pathlib import Path

from napari_medseg.viewmodels.looking.key_list import found_keys

PAGE = Path(__file__).resolve().parents[2] / "docs" / "workbench.md"


def table(rows: tuple[tuple[str, str], ...]) -> list[str]:
    """The rows as the page has them."""
    return ["|---|---|", *(f"| `{key}` | {does} |" for key, does in rows)]


def test_the_page_has_every_key_and_no_other() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    groups = found_keys()
    assert set(groups) == {"Mouse", "Looking", "Contouring", "Reviewing"}
    for heading, rows in groups.items():
        begin = lines.index(f"| {heading} | what happens |") + 1
        wanted = table(rows)
        assert lines[begin : begin + len(wanted)] == wanted
        assert lines[begin + len(wanted)] == ""
