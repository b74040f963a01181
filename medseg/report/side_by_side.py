"""A lesion at two times, side by side, each on the slice where it is largest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from medseg.measure import LesionChange
from medseg.model import Segment, Segmentation, Volume
from medseg.raster import Box, boxes_of
from medseg.report.overlays import draw_tile, png_of
from medseg.report.page import Picture
from medseg.report.tiles import cut_tile, fitting_window, frame_of

MOST_STRIPS = 24
_SIDE = 2.4


def change_strips(
    examinations: Mapping[str, Segmentation],
    volumes: Mapping[str, Volume],
    times: tuple[str, str],
    changes: Sequence[LesionChange],
) -> tuple[list[Picture], list[str]]:
    """A picture for each lesion, and words about what is not shown."""
    missing = [name for name in times if name not in volumes]
    if missing:
        return [], [
            f"No pictures of {' and '.join(missing)}: the mask names no image. Give every "
            "examination's with --image, in order."
        ]
    shown = []
    for one in changes[:MOST_STRIPS]:
        tiles = [
            (name, _only(examinations[name], numbers), volumes[name])
            for name, numbers in zip(times, (one.first, one.second), strict=True)
            if numbers
        ]
        words = f"{', '.join(one.labels)}: {one.status}"
        shown.append(Picture(words, one.rule, png=_drawn(tiles)))
    left = len(changes) - len(shown)
    return shown, [
        f"Pictures of {len(shown)} lesions; {left} more are in the table."
    ] if left else []


def _only(mask: Segmentation, numbers: Sequence[int]) -> Segmentation:
    """The lesion's segments as one."""
    inside = np.isin(mask.array, numbers).astype(np.uint8)
    return Segmentation(inside, mask.geometry, (Segment.unnamed(1, "lesion"),))


def _drawn(examinations: Sequence[tuple[str, Segmentation, Volume]]) -> bytes:
    count = len(examinations)
    boxes = [boxes_of(mask.array)[1] for _, mask, _ in examinations]
    widest_mm = np.max(
        [_extent_mm(box, one[1]) for box, one in zip(boxes, examinations, strict=True)], axis=0
    )
    figure = Figure(figsize=(_SIDE * count, _SIDE))
    FigureCanvasAgg(figure)
    for place, (name, mask, volume) in enumerate(examinations):
        frame = frame_of(volume, mask, 1, _widened(boxes[place], mask, widest_mm))
        largest = max(frame.slices, key=lambda index: int(mask.array[index].sum()))
        tile = cut_tile(volume, mask, frame, largest)
        axes = figure.add_axes((place / count + 0.002, 0.0, 1 / count - 0.004, 1.0))
        draw_tile(axes, volume, [tile], fitting_window(volume, tile), f"{name}, slice {largest}")
    return png_of(figure)


def _extent_mm(box: Box, mask: Segmentation) -> NDArray[np.float64]:
    """In plane; along the slices it is left as it is."""
    sizes = np.array([0, *(side.stop - side.start for side in box[1:])])
    return np.asarray(sizes * mask.geometry.spacing_mm)


def _widened(box: Box, mask: Segmentation, extent_mm: NDArray[np.float64]) -> Box:
    """The box grown around its middle, so that all times are shown at one scale."""
    missing = (extent_mm - _extent_mm(box, mask)) / mask.geometry.spacing_mm / 2
    sides = [
        slice(max(0, side.start - round(more)), min(size, side.stop + round(more)))
        for side, more, size in zip(box, missing.tolist(), mask.geometry.shape, strict=True)
    ]
    return sides[0], sides[1], sides[2]
