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
    Key("F1", "all_keys", "F1", "List all keys"),
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
    Key("Shift-H", "crosshair", "Shift+H", "Show where the other planes cut, or not"),
    Key("Q", "layout", "Q", "The next layout of the planes"),
    Key("Shift-R", "ruler", "Shift+R", "Measure a length in mm; drag an end to correct it"),
    Key(
        "Shift-C",
        "caliper",
        "Shift+C",
        "Measure the longest diameter and the one across; drag an end to correct it",
    ),
    Key(
        "Shift-P",
        "link_here",
        "Shift+P",
        "Link the image beside at this place, where no frame of reference does; again: not",
    ),
    Key("Shift-Q", "docks", "Shift+Q", "Show napari's own layer list and controls, or hide them"),
    Key("0", "fit", "0", "Let each plane fill its canvas"),
)

CONTOURING = (
    Key("N", "new_lesion", "N", "Start a lesion; the tools draw it from then on"),
    Key("K", "next_lesion", "K", "Go to the next lesion"),
    Key("J", "previous_lesion", "J", "Go to the lesion before"),
    Key("D", "outline", "D", "Draw around the lesion with the left button; Shift takes away"),
    Key("Shift-D", "points", "Shift+D", "Set the contour's points, or move those that are there"),
    Key("V", "livewire", "V", "Click along an edge; the contour clings to it"),
    Key("W", "brush", "W", "Paint; Shift erases"),
    Key(
        "Shift-W",
        "brush_shape",
        "Shift+W",
        "Brush, region and scribbles: on one plane, or through slices",
    ),
    Key("8", "grow", "8", "Grow a region from a click; drag for more or less of it"),
    Key(
        "Shift-Y",
        "scribble",
        "Shift+Y",
        "Scribble on the lesion, with Shift beside it; Return takes what is dashed",
    ),
    Key("9", "ellipsoid", "9", "An ellipsoid from its longest diameter and its width"),
    Key("Shift-M", "move", "Shift+M", "Drag the lesion elsewhere"),
    Key("[", "smaller", "[", "Make the tool smaller (also Ctrl and wheel)"),
    Key("]", "larger", "]", "Make the tool larger (also Ctrl and wheel)"),
    Key("Backspace", "step_back", "Backspace", "Take the last point of a contour back"),
    Key("Control-PageUp", "copy_up", "Ctrl+PgUp", "Copy the section one slice on, and go there"),
    Key("Control-PageDown", "copy_down", "Ctrl+PgDn", "Copy the section one slice back"),
    Key("Shift-V", "snap", "Shift+V", "Move the contour to the edge of the image beside it"),
    Key("Shift-S", "smooth_lesion", "Shift+S", "Smooth the lesion"),
    Key("Shift-G", "margin_out", "Shift+G", "Let the lesion grow by a margin"),
    Key("Control-Shift-G", "margin_in", "Ctrl+Shift+G", "Let the lesion shrink by a margin"),
    Key("Shift-O", "fill_holes", "Shift+O", "Fill the lesion's holes"),
    Key("Shift-K", "keep_largest", "Shift+K", "Keep the lesion's largest piece alone"),
    Key("Shift-J", "refine", "Shift+J", "Fit the whole lesion's border to the image"),
    Key("I", "fill", "I", "Fill the lesion between its key slices at once"),
    Key("Shift-I", "live", "Shift+I", "Propose between key slices as you draw, or not"),
    Key("Enter", "accept_slice", "Return", "Take what is proposed on this slice"),
    Key("Shift-Enter", "accept_lesion", "Shift+Return", "Take what is proposed for the lesion"),
    Key("Control-Enter", "accept_all", "Ctrl+Return", "Take what is proposed for all lesions"),
    Key("Control-Up", "next_key", "Ctrl+Up", "The next key slice of the lesion, to the head"),
    Key("Control-Down", "previous_key", "Ctrl+Down", "The key slice before"),
    Key("Control-Z", "undo", "Ctrl+Z", "Take the last change back"),
    Key("Control-Shift-Z", "redo", "Ctrl+Shift+Z", "Make the change last taken back again"),
    Key("H", "hide_lesions", "H", "Hide all lesions while the key is down"),
    Key("Shift-F", "outline_or_fill", "Shift+F", "Outlines in place of fills, or fills again"),
    Key("-", "fainter", "-", "Fills cover less"),
    Key("=", "denser", "=", "Fills cover more"),
    Key("Shift-L", "lock", "Shift+L", "Lock the lesion so that no tool changes it, or unlock it"),
    Key("Shift-E", "eye", "Shift+E", "Hide the lesion, or show it again"),
    Key("Delete", "remove_lesion", "Del", "Remove the lesion; undo brings it back"),
    Key("S", "save", "S", "Save the mask and its record"),
    Key("Escape", "cancel", "Esc", "Give up what is begun, then what is proposed, then the tool"),
)

REVIEWING = (
    Key("Shift-X", "difference_view", "Shift+X", "Their mask: outline, difference, beside, off"),
    Key("Shift-Right", "next_difference", "Shift+Right", "Go to the next difference"),
    Key("Shift-Left", "previous_difference", "Shift+Left", "Go to the difference before"),
    Key("Shift-T", "comment", "Shift+T", "Pin a comment to the crosshair"),
    Key("Shift-U", "next_unseen", "Shift+U", "Go to the next labelled slice not yet displayed"),
    Key("Shift-N", "next_case", "Shift+N", "Open the next case that waits for you"),
    Key("Shift-B", "worklist", "Shift+B", "Show the worklist"),
    Key("F10", "sign", "F10", "Judge and sign the reading, after all of it is shown"),
    Key("F11", "submit", "F11", "Hand the reading in, after the checks"),
    Key("F12", "export", "F12", "Export what is signed"),
)

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
