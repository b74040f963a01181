"""All keys as rows that can be searched."""

from __future__ import annotations

from napari_medseg.keys import GROUPS, Key

#: What the mouse does on a plane; it has no commands, so it stands in no key table.
MOUSE = (
    ("Wheel", "The next slice; up goes to the head, front or right"),
    ("Ctrl+Wheel", "Zoom about the pointer; with a tool that has a size, that size"),
    ("Click", "The crosshair comes here"),
    ("Shift+Move", "The crosshair follows the pointer"),
    ("Left drag", "Move the image; with a tool, draw"),
    ("Right drag", "The window: to the side its width, up and down its level"),
    ("Double click", "This plane fills the screen, or goes back among the others"),
)

Row = tuple[str, str]


def found_keys(searched: str = "") -> dict[str, tuple[Row, ...]]:
    """Heading -> rows of key and meaning that hold all words searched for.

    Headings without a row are left out; empty words find everything.
    """
    words = searched.lower().split()
    listed = {"Mouse": MOUSE, **{name: _rows(group) for name, group in GROUPS.items()}}
    found = {
        heading: tuple(row for row in rows if _matches(f"{heading} {' '.join(row)}", words))
        for heading, rows in listed.items()
    }
    return {heading: rows for heading, rows in found.items() if rows}


def _rows(group: tuple[Key, ...]) -> tuple[Row, ...]:
    return tuple((key.shown, key.does) for key in group)


def _matches(text: str, words: list[str]) -> bool:
    return all(word in text.lower() for word in words)
