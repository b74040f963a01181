"""Every key of medseg, in one table.

napari 0.9 does not wire the key bindings of a plugin's manifest, so they are bound in code.
The letters are free on Image and Labels layers, where napari has C, O, X, Y, Z and E, P, F, L,
Z, M, X, B; undo, redo and Escape are napari's on Labels layers and are taken over on ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Key:
    """One key: how napari spells it, the command it gives, and how it is shown to people."""

    spelling: str
    command: str
    shown: str


KEYS = (
    Key("N", "new_lesion", "N"),
    Key("D", "outline", "D"),
    Key("I", "fill", "I"),
    Key("K", "next_lesion", "K"),
    Key("J", "previous_lesion", "J"),
    Key("S", "save", "S"),
    Key("Control-Z", "undo", "Ctrl+Z"),
    Key("Control-Shift-Z", "redo", "Ctrl+Shift+Z"),
    Key("Escape", "cancel", "Esc"),
    Key("Up", "slice_up", "Up"),
    Key("Down", "slice_down", "Down"),
    Key("PageUp", "page_up", "PgUp"),
    Key("PageDown", "page_down", "PgDn"),
    Key("Home", "top", "Home"),
    Key("End", "bottom", "End"),
    Key("F2", "window_1", "F2"),
    Key("F3", "window_2", "F3"),
    Key("F4", "window_3", "F4"),
    Key("F5", "window_4", "F5"),
    Key("F6", "window_5", "F6"),
    Key("F7", "window_6", "F7"),
    Key("F8", "window_7", "F8"),
    Key("F9", "window_8", "F9"),
    Key("A", "automatic_window", "A"),
    Key("Shift-A", "stored_window", "Shift+A"),
    Key("R", "invert", "R"),
    Key("G", "smooth", "G"),
    Key("T", "slab", "T"),
    Key("U", "linked", "U"),
    Key("H", "crosshair", "H"),
    Key("Q", "layout", "Q"),
    Key("0", "fit", "0"),
    Key(".", "cine", "."),
)

#: napari's keys on a Labels layer that would take up a tool which changes voxels or the layer.
NAPARI_PAINT_KEYS = ("1", "2", "3", "4", "5", "7", "E", "P", "F", "L")


def shown(command: str) -> str:
    """The key of a command, as people read it."""
    return next(key.shown for key in KEYS if key.command == command)


def bind(target: Any, commands: Mapping[str, Callable[[], None]]) -> None:
    """Bind all keys on a viewer or layer.

    On a layer too, because napari asks the selected layer first.

    Args:
        target: viewer or layer.
        commands: what each command does; all of the table's must be there.
    """
    for key in KEYS:
        target.bind_key(key.spelling, _ignoring_target(commands[key.command]), overwrite=True)


def unbind(target: Any) -> None:
    """Free all keys on a viewer or layer."""
    for key in KEYS:
        target.bind_key(key.spelling, None)


def _ignoring_target(command: Callable[[], None]) -> Callable[[Any], None]:
    def pressed(_target: Any) -> None:
        command()

    return pressed
