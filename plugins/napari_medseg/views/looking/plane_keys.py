"""What the keys do that move through the slices of one canvas."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from napari_medseg.viewmodels.looking.planes import PAGE, PlanesViewModel

Commands = dict[str, Callable[[], None]]


def plane_commands(
    planes: PlanesViewModel, through: Callable[[], int | None], cine: Callable[[int], None]
) -> Commands:
    """Command -> what it does on one canvas.

    Args:
        planes: whose crosshair is moved.
        through: tells which shown axis runs through what is on the canvas; None if none does.
        cine: lets the slices along a shown axis run, or stops them.
    """

    def along(command: Callable[[int], None]) -> None:
        axis = through()
        if axis is not None:
            command(axis)

    return {
        "slice_up": partial(along, lambda axis: planes.step_up(axis, 1)),
        "slice_down": partial(along, lambda axis: planes.step_up(axis, -1)),
        "page_up": partial(along, lambda axis: planes.step_up(axis, PAGE)),
        "page_down": partial(along, lambda axis: planes.step_up(axis, -PAGE)),
        "top": partial(along, lambda axis: planes.go_to_end(axis, up=True)),
        "bottom": partial(along, lambda axis: planes.go_to_end(axis, up=False)),
        "cine": partial(along, cine),
    }
