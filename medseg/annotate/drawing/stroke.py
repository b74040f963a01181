"""Strokes of a brush or an eraser: each pointer event is one swept capsule and one edit."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.annotate.drawing.brush import Brush, pointer_index
from medseg.annotate.drawing.brush_event import event_edit
from medseg.annotate.painting import Protection
from medseg.errors import EditError, GeometryError
from medseg.model import Authorship, Edit, Segmentation, Volume


class Stroke:
    """One stroke of a brush over a segmentation, from pen down to pen up.

    Each event gives an edit, which whoever holds the stroke applies at once; the stroke itself
    changes nothing. `composed`, the edits of a stroke are one step to undo.

    Args:
        segmentation: what would be changed; it is only read.
        number: the segment that gains voxels, or loses them.
        brush: what it paints or erases with.
        mode: "add" to paint, "subtract" to erase.
        protection: what may be changed; None for the background alone.
        volume: the image that an adaptive brush follows.

    Raises:
        EditError: another mode, no such segment, or an adaptive brush without an image.
        GeometryError: the image is on another grid than the segmentation.
    """

    def __init__(
        self,
        segmentation: Segmentation,
        number: int,
        brush: Brush,
        *,
        mode: Literal["add", "subtract"] = "add",
        protection: Protection | None = None,
        volume: Volume | None = None,
    ) -> None:
        if mode not in ("add", "subtract"):
            raise EditError(f'A brush is used to "add" or "subtract"; found {mode!r}.')
        if brush.spread is not None:
            _check_image(segmentation, volume)
        self._segmentation = segmentation
        self._number = segmentation.segment(number).number
        self._brush = brush
        self._mode = mode
        self._protection = protection
        self._volume = volume
        self._last: NDArray[np.float64] | None = None  # where the pointer was, on the grid

    def to(self, point_lps: ArrayLike, authorship: Authorship, *, pressure: float = 1.0) -> Edit:
        """The edit for the way from the last point to this one; building it changes nothing.

        The first point of a stroke is a dab. Off the grid the edit is empty.

        Args:
            point_lps: where the pointer is now, in LPS mm.
            authorship: who, when, with what.
            pressure: of the pen; the radius is that many times as large.

        Raises:
            EditError: a point that is not three finite numbers near the grid, a pressure that
                is no finite number above 0, or a locked segment; the stroke stays as it was.
        """
        geometry = self._segmentation.geometry
        here = pointer_index(geometry, point_lps)
        start = here if self._last is None else self._last
        patch = self._brush.swept(geometry, start, here, pressure)
        if self._brush.spread is not None and self._volume is not None:
            patch = self._brush.alike(self._volume, point_lps, patch)
        edit = event_edit(
            self._segmentation,
            *patch,
            self._number,
            authorship,
            mode=self._mode,
            protection=self._protection,
        )
        self._last = here
        return edit


def _check_image(segmentation: Segmentation, volume: Volume | None) -> None:
    if volume is None:
        raise EditError("An adaptive brush follows an image; none was given.")
    if not volume.geometry.same_grid(segmentation.geometry):
        raise GeometryError(
            "An adaptive brush follows an image on the mask's grid; the image has "
            f"{volume.geometry.describe()}, the mask {segmentation.geometry.describe()}."
        )
