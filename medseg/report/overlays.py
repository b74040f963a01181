"""Outlines of several readers, or times, over the image: a strip of slices for each lesion."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from medseg import raster
from medseg.model import Segment, Segmentation, Volume, Window, radiological
from medseg.report.lines import GROUND, cased_line, outline
from medseg.report.page import Picture
from medseg.report.tiles import Frame, Tile, cut_tile, fitting_window, frame_of, shown_slices
from medseg.report.words import visible

#: Told apart by colour-blind readers, on grey; dashes tell them apart on paper.
LINES = (
    ("#ffb000", "-", "amber, solid"),
    ("#56d1ff", (0, (3, 1.5)), "blue, dashed"),
    ("#ff6fb5", (0, (1, 1.2)), "pink, dotted"),
    ("#7fe07f", (0, (5, 1.5, 1, 1.5)), "green, dash-dotted"),
)
_TEXT = "#e6e6e6"
_TILES = 6
_SIDE = 2.0


@dataclass(frozen=True, eq=False)
class Outlined:
    """A mask to be outlined: on one image's grid, non-zero is inside."""

    name: str
    mask: NDArray[np.bool_]


def legend(masks: Sequence[Outlined]) -> str:
    """Which line is whose, in words."""
    return "; ".join(f"{one.name}: {LINES[at % len(LINES)][2]}" for at, one in enumerate(masks))


class Overlay:
    """Masks over one image, from which strips of slices are cut."""

    def __init__(self, volume: Volume, masks: Sequence[Outlined]) -> None:
        self.volume = volume
        self.masks = [_segmentation(one.mask, volume) for one in masks]
        self.union = _segmentation(np.logical_or.reduce([one.mask for one in masks]), volume)

    def strip(self, box: raster.Box, *, title: str, caption: str = "") -> Picture:
        """The slices of a box with what all masks have there; evenly spread, both ends among them.

        The box holds at least one voxel of some mask.
        """
        frame = frame_of(self.volume, self.union, 1, box)
        slices = shown_slices(frame, {}, _TILES)
        return Picture(title, caption, png=self._drawn(frame, slices))

    def _drawn(self, frame: Frame, slices: Sequence[int]) -> bytes:
        figure = Figure(figsize=(_SIDE * _TILES, _SIDE), facecolor=GROUND)
        FigureCanvasAgg(figure)
        window = None
        for place, index in enumerate(slices):
            axes = figure.add_axes((place / _TILES + 0.002, 0.0, 1 / _TILES - 0.004, 1.0))
            tiles = [cut_tile(self.volume, one, frame, index) for one in self.masks]
            window = window or fitting_window(self.volume, tiles[0])
            draw_tile(axes, self.volume, tiles, window, f"slice {index}")
        return png_of(figure)


def _segmentation(mask: NDArray[np.bool_], volume: Volume) -> Segmentation:
    return Segmentation(mask.astype(np.uint8), volume.geometry, (Segment.unnamed(1, "mask"),))


def draw_tile(
    axes: Axes, volume: Volume, tiles: Sequence[Tile], window: Window, words: str
) -> None:
    """One slice with each tile's outline, a word above and a bar of 10 mm below."""
    row_mm, column_mm = radiological(volume.geometry).geometry(volume.geometry).spacing_mm[1:]
    low, high = window.limits
    pixels = tiles[0].pixels
    axes.imshow(pixels, cmap="gray", vmin=low, vmax=high, aspect=row_mm / column_mm)
    axes.set_axis_off()
    for tile, (color, style, _) in zip(tiles, LINES * len(tiles), strict=False):
        outline(axes, tile.mask, color=color, linestyle=style, linewidth=1.5)
    rows, columns = pixels.shape
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    box = {"facecolor": GROUND, "alpha": 0.65, "edgecolor": "none", "pad": 1.5}
    axes.text(
        0.03,
        0.97,
        visible(words),
        color=_TEXT,
        size=9,
        transform=axes.transAxes,
        va="top",
        bbox=box,
    )
    end = columns - 1.5
    cased_line(
        axes, (end - 10.0 / column_mm, end), (rows - 2, rows - 2), color=_TEXT, linewidth=2.5
    )


def png_of(figure: Figure) -> bytes:
    """The figure's picture, the same bytes each time."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=110, facecolor=GROUND, metadata={"Software": "medseg"})
    return out.getvalue()
