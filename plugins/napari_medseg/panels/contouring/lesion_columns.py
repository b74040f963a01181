"""The columns of the table of lesions, in one literal table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from napari_medseg.viewmodels.rows import UNDEFINED, LesionRow, LesionState

_STATES = list(LesionState)


@dataclass(frozen=True)
class Column:
    """One column.

    Args:
        name: what a click on it means, and how it is remembered.
        head: its title.
        tip: what it holds.
        text: what a cell shows.
        sort: what it is sorted by.
        keep: how long it stays when there is little room; the lowest goes first.
        is_number: whether it is set to the right.
    """

    name: str
    head: str
    tip: str
    text: Callable[[LesionRow], str]
    sort: Callable[[LesionRow], Any]
    keep: int
    is_number: bool = False


def _count(value: int | None) -> str:
    return UNDEFINED if value is None else str(value)


COLUMNS = (
    Column(
        "number",
        "#",
        "number and colour; double-click changes the colour",
        lambda row: str(row.number),
        lambda row: row.number,
        100,
    ),
    Column(
        "label",
        "Lesion",
        "name; double-click changes it",
        lambda row: row.label,
        lambda row: row.label.casefold(),
        100,
    ),
    Column(
        "code",
        "Kind",
        "what it is, and where; double-click changes it",
        lambda row: row.code,
        lambda row: row.code.casefold(),
        40,
    ),
    Column(
        "volume",
        "ml",
        "volume",
        lambda row: row.volume,
        lambda row: row.volume_ml,
        90,
        is_number=True,
    ),
    Column(
        "diameters",
        "mm",
        "longest diameter x longest one perpendicular to it, within one slice",
        lambda row: row.diameters,
        lambda row: row.longest_mm,
        80,
        is_number=True,
    ),
    Column(
        "drawn",
        "drawn",
        "slices drawn or corrected by hand",
        lambda row: str(row.drawn),
        lambda row: row.drawn,
        35,
        is_number=True,
    ),
    Column(
        "filled",
        "filled",
        "slices interpolated or propagated",
        lambda row: str(row.filled),
        lambda row: row.filled,
        30,
        is_number=True,
    ),
    Column(
        "assisted",
        "assisted",
        "slices proposed by a model",
        lambda row: str(row.assisted),
        lambda row: row.assisted,
        10,
        is_number=True,
    ),
    Column(
        "seen",
        "seen",
        "of its slices, those that you have looked at",
        lambda row: _count(row.seen),
        lambda row: -1 if row.seen is None else row.seen,
        20,
        is_number=True,
    ),
    Column(
        "state",
        "State",
        "complete: no gap from its first slice to its last, and each was seen or it is locked",
        lambda row: row.state.value,
        lambda row: _STATES.index(row.state),
        78,
    ),
    Column(
        "lock",
        "",
        "lock: no tool changes it; click to lock or unlock",
        lambda _row: "",
        lambda row: row.is_locked,
        95,
    ),
    Column(
        "eye",
        "",
        "eye: click to hide or show it",
        lambda _row: "",
        lambda row: row.is_hidden,
        96,
    ),
)

NAMES = tuple(column.name for column in COLUMNS)
