"""Two masks of one image compared: lesion by lesion, region by region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from medseg.model import Segmentation
from medseg.raster.boxes import Box
from napari_medseg.viewmodels.reviewing.comparing.differences import (
    Difference,
    differences_of,
    volume_text,
)
from napari_medseg.viewmodels.reviewing.comparing.pairing import (
    PairedLesion,
    Pairing,
    cut_out,
    paired,
)


@dataclass(frozen=True, eq=False)
class Compared:
    """What came of a comparison.

    Args:
        lesions: each lesion of either mask.
        pairing: which is which.
        differences: every place where they differ, the largest first.
        boxes: where in the image either mask holds a label: one box a lesion.
    """

    lesions: tuple[PairedLesion, ...] = ()
    pairing: Pairing | None = None
    differences: tuple[Difference, ...] = ()
    boxes: tuple[Box, ...] = ()

    @property
    def text(self) -> str:
        """The whole in a line."""
        if not self.differences:
            return "No voxel differs."
        count = sum(max(one.tiny, 1) for one in self.differences)
        touched = sum(one.status != "same" for one in self.lesions)
        added = sum(one.added_ml for one in self.lesions)
        removed = sum(one.removed_ml for one in self.lesions)
        return (
            f"{count} difference{'s' * (count > 1)} in {touched} of {len(self.lesions)} lesions: "
            f"+{volume_text(added)}, \N{MINUS SIGN}{volume_text(removed)}"
        )


def compare(
    theirs: Segmentation, current: Segmentation, go_on: Callable[[], None] = lambda: None
) -> Compared:
    """Compare two masks of one image, lesion by lesion and region by region.

    Raises:
        GeometryError: they lie on different grids.
    """
    cut = cut_out(theirs, current)
    if cut is None:
        return Compared()
    lesions, pairing = paired(cut, go_on)
    boxes = tuple(_shifted(one.box, cut.corner) for one in lesions)
    return Compared(lesions, pairing, differences_of(cut, lesions, pairing, go_on), boxes)


def _shifted(box: Box, corner: tuple[int, int, int]) -> Box:
    slices, rows, columns = (
        slice(side.start + start, side.stop + start)
        for side, start in zip(box, corner, strict=True)
    )
    return slices, rows, columns
