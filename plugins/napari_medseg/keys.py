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
    """One key: how napari spells it, the command it gives, and how both are told to people."""

    spelling: str
    command: str
    shown: str
    does: str


LOOKING = (
    Key("Up", "slice_up", "Up", "The next slice, to the head, front or right"),
    Key("Down", "slice_down", "Down", "The slice before"),
    Key("PageUp", "page_up", "PgUp", "Ten slices on"),
    Key("PageDown", "page_down", "PgDn", "Ten slices back"),
    Key("Home", "top", "Home", "The outermost slice to the head, front or right"),
    Key("End", "bottom", "End", "The outermost slice on the other side"),
    Key(".", "cine", ".", "Run through the slices, or stop"),
    Key("F2", "window_1", "F2", "First window preset"),
    Key("F3", "window_2", "F3", "Second window preset"),
    Key("F4", "window_3", "F4", "Third window preset"),
    Key("F5", "window_4", "F5", "Fourth window preset"),
    Key("F6", "window_5", "F6", "Fifth window preset"),
    Key("F7", "window_6", "F7", "Sixth window preset"),
    Key("F8", "window_7", "F8", "Seventh window preset"),
    Key("F9", "window_8", "F9", "Eighth window preset"),
    Key("A", "automatic_window", "A", "Fit the window to the values"),
    Key("Shift-A", "stored_window", "Shift+A", "The window that the file names"),
    Key("R", "invert", "R", "Swap black and white"),
    Key("G", "smooth", "G", "Grey in between voxels instead of squares"),
    Key("T", "slab", "T", "One slice, or a slab's brightest, darkest or mean values (10 mm)"),
    Key("U", "linked", "U", "Zoom and move all planes together"),
    Key("H", "crosshair", "H", "Show where the other planes cut"),
    Key("Q", "layout", "Q", "The next layout of the planes"),
    Key("0", "fit", "0", "Let each plane fill its canvas"),
)

CONTOURING = (
    Key("N", "new_lesion", "N", "Start a lesion; the tools draw it from then on"),
    Key("K", "next_lesion", "K", "Go to the next lesion"),
    Key("J", "previous_lesion", "J", "Go to the lesion before"),
    Key("D", "outline", "D", "Draw around the lesion with the left button; Shift takes away"),
    Key("I", "fill", "I", "Fill the lesion between the slices that were drawn"),
    Key("Control-Z", "undo", "Ctrl+Z", "Take the last change back"),
    Key("Control-Shift-Z", "redo", "Ctrl+Shift+Z", "Make the change last taken back again"),
    Key("S", "save", "S", "Save the mask and its record"),
    Key("Escape", "cancel", "Esc", "Give up what is begun, or put the tool down"),
)

REVIEWING: tuple[Key, ...] = ()

#: Heading -> keys, in the order in which they are listed.
GROUPS = {"Looking": LOOKING, "Contouring": CONTOURING, "Reviewing": REVIEWING}

KEYS = tuple(key for group in GROUPS.values() for key in group)

#: napari's keys on a Labels layer that would take up a tool which changes voxels or the layer.
NAPARI_PAINT_KEYS = ("1", "2", "3", "4", "5", "7", "E", "P", "F", "L")


def key_of(command: str) -> Key:
    """The key of a command."""
    return next(key for key in KEYS if key.command == command)


def shown(command: str) -> str:
    """The key of a command, as people read it."""
    return key_of(command).shown


def tip(command: str) -> str:
    """What a command does and its key, for a tooltip."""
    key = key_of(command)
    return f"{key.does} ({key.shown})"


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
