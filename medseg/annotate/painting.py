"""The one door through which a tool's voxels reach a segment, and what it must not change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medseg.errors import EditError
from medseg.model import Authorship, Edit, Origin, Segmentation, Volume
from medseg.raster.flood import between

Mode = Literal["add", "subtract", "replace"]
Over = Literal["background", "everything"] | int


@dataclass(frozen=True, eq=False)
class Protection:
    """What a tool may change, beside voxels of locked segments, which it never does.

    Args:
        over: whose voxels a segment may take: "background" alone, "everything", or those of
            the segment of that number alone.
        intensity: lowest and highest value, in the volume's unit, of voxels that a tool may
            change at all; None for any. Voxels that are no finite number are outside.
        volume: the image whose values count; needed with `intensity`.

    Raises:
        EditError: a range without a volume, upside down, or with NaN.
    """

    over: Over = "background"
    intensity: tuple[float, float] | None = None
    volume: Volume | None = None

    def __post_init__(self) -> None:
        is_number = type(self.over) is int and self.over > 0
        if self.over not in ("background", "everything") and not is_number:
            raise EditError(
                'A tool paints over "background", "everything" or the segment of a number; found '
                f"{self.over!r}."
            )
        if self.intensity is None:
            return
        if self.volume is None:
            raise EditError("An intensity range limits a tool on an image; none was given.")
        low, high = self.intensity
        if not low <= high:
            raise EditError(f"An intensity range goes from low to high; found {low} to {high}.")

    def changeable(
        self, segmentation: Segmentation, box: tuple[slice, slice, slice]
    ) -> NDArray[np.bool_]:
        """Which voxels of a box may change at all: boolean, in the box's shape.

        Raises:
            EditError: the image of the intensity range lies on another grid.
        """
        before = segmentation.array[box]
        allowed = np.ones(before.shape, bool)
        for segment in segmentation.segments:
            if segment.is_locked:
                allowed &= before != segment.number
        if self.intensity is not None and self.volume is not None:
            if not self.volume.geometry.same_grid(segmentation.geometry):
                raise EditError(
                    "An intensity range limits a tool on the mask's own grid; the image is on "
                    f"another: {self.volume.geometry.describe()}. Choose the image drawn on."
                )
            allowed &= between(self.volume.voxels[box], *self.intensity)
        return allowed

    def spares(self, segmentation: Segmentation) -> bool:
        """Whether there may be voxels that no tool changes, whatever the voxels it takes."""
        return self.intensity is not None or any(one.is_locked for one in segmentation.segments)

    def takeable(self, before: NDArray[Any]) -> NDArray[np.bool_]:
        """Which labels a segment may take for itself: boolean, in the shape of `before`."""
        if self.takes_from is None:
            return np.ones(before.shape, bool)
        return np.asarray(before == self.takes_from)

    @property
    def takes_from(self) -> int | None:
        """The one label that a segment may take voxels from; None for any."""
        if isinstance(self.over, int):
            return self.over
        return 0 if self.over == "background" else None


def paint_edit(  # noqa: PLR0913 - one door for all tools, so all that any of them asks
    segmentation: Segmentation,
    corner: tuple[int, int, int],
    inside: NDArray[np.bool_],
    number: int,
    authorship: Authorship,
    *,
    mode: Mode = "add",
    protection: Protection | None = None,
    origin: Origin = Origin.DRAWN,
    also_origin_of: tuple[tuple[int, int], ...] = (),
) -> Edit:
    """The edit that gives a segment voxels, or takes them; building it changes nothing.

    "add" gives the segment what is inside and may be taken, "subtract" takes from it what is
    inside, "replace" does "add" and also takes from it what is outside, within the patch.

    Args:
        segmentation: what would be changed; it is only read.
        corner: index of the patch's first voxel (slice, row, column); it may lie off the grid.
        inside: boolean patch (slice, row, column); what lies beyond the grid is cut off.
        number: the segment.
        authorship: who, when, with what.
        mode: what to do with the voxels inside.
        protection: what may be changed; None for the background alone.
        origin: how the voxels came to be.
        also_origin_of: as in `Edit.from_patch`.

    Raises:
        EditError: there is no such segment, nor the one to paint over, it is locked, the mode is
            none of the three, the patch is not boolean or not 3D, or the protection's image is
            on another grid.
    """
    if mode not in ("add", "subtract", "replace"):
        raise EditError(f'A tool is used to "add", "subtract" or "replace"; found {mode!r}.')
    rules = protection or Protection()
    check_allowed(segmentation, inside, number, rules)
    corner, inside = on_grid(corner, inside, segmentation.geometry.shape)
    box = _box(corner, inside.shape)
    changeable = rules.changeable(segmentation, box)
    before = segmentation.array[box]
    if mode != "replace":
        where = rules.takeable(before) if mode == "add" else np.asarray(before == number)
        where &= changeable
        where &= inside
        value = number if mode == "add" else 0
        return Edit.of_one_value(
            segmentation, corner, where, value, authorship, origin, also_origin_of=also_origin_of
        )
    patch = before.copy()
    patch[(before == number) & ~inside & changeable] = 0
    patch[inside & rules.takeable(before) & changeable] = number
    return Edit.from_patch(
        segmentation, corner, patch, authorship, origin, also_origin_of=also_origin_of
    )


def check_allowed(
    segmentation: Segmentation, inside: NDArray[np.bool_], number: int, rules: Protection
) -> None:
    """Pass if a patch is one, and a segment may gain or lose its voxels under these rules.

    Raises:
        EditError: the patch is not boolean or not 3D, there is no such segment, nor the one to
            paint over, or it is locked.
    """
    if inside.ndim != 3 or inside.dtype != bool:
        raise EditError(f"A patch is 3D and boolean; found {inside.dtype} of shape {inside.shape}.")
    segment = segmentation.segment(number)
    if segment.is_locked:
        raise EditError(f"A locked segment stays as it is; {segment.label} is. Unlock it first.")
    if isinstance(rules.over, int):
        segmentation.segment(rules.over)


def on_grid(
    corner: tuple[int, int, int], inside: NDArray[np.bool_], shape: tuple[int, int, int]
) -> tuple[tuple[int, int, int], NDArray[np.bool_]]:
    """The part of a patch that lies on the grid; of size 0 where none does."""
    sides = zip(corner, inside.shape, shape, strict=True)
    if all(0 <= first <= size - extent for first, extent, size in sides):
        return corner, inside
    starts = [min(max(first, 0), size) for first, size in zip(corner, shape, strict=True)]
    stops = [
        max(min(first + extent, size), start)
        for first, extent, size, start in zip(corner, inside.shape, shape, starts, strict=True)
    ]
    part = tuple(
        slice(start - first, stop - first)
        for start, stop, first in zip(starts, stops, corner, strict=True)
    )
    return (starts[0], starts[1], starts[2]), inside[part]


def _box(corner: tuple[int, int, int], size: tuple[int, ...]) -> tuple[slice, slice, slice]:
    sides = [slice(first, first + extent) for first, extent in zip(corner, size, strict=True)]
    return sides[0], sides[1], sides[2]
