"""A montage: for each lesion its place, its slices with drawn and interpolated outlines, values."""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from medseg import raster
from medseg.errors import EditError
from medseg.model import (
    Measurement,
    Segment,
    Segmentation,
    Volume,
    Window,
    main_plane,
    radiological,
    with_unit,
)
from medseg.report.lines import GROUND, cased_line, outline
from medseg.report.svg import plain_text
from medseg.report.tiles import Frame, Tile, cut_tile, fitting_window, frame_of, shown_slices
from medseg.report.words import visible

_DRAWN = "#ffb000"  # solid amber: a person drew it
_FILLED = "#56d1ff"  # dashed blue: computed between key slices
_UNKNOWN = "#d0d0d0"
_TEXT = "#e6e6e6"
_COLUMNS = 7
_LABEL_WIDTH = 19  # letters that fit beside the pictures
# What the left and the upper edge of a turned slice show (DESIGN decision 4).
_EDGE_LETTERS = {"axial": ("R", "A"), "coronal": ("R", "S"), "sagittal": ("A", "S")}

Measured = dict[int, tuple[Measurement, ...]]


@plain_text()
def write_montage(
    volume: Volume,
    segmentation: Segmentation,
    measured: Measured,
    path: Path,
) -> None:
    """Write a PNG with one row per segment that has voxels.

    Args:
        volume: the image, on the segmentation's grid.
        segmentation: what to show; its provenance tells drawn from interpolated slices.
        measured: segment number -> its measurements, printed beside its row.
        path: the PNG; its folder exists.

    Raises:
        EditError: no segment has a voxel, so that there is nothing to show.
    """
    boxes = raster.boxes_of(segmentation.array)
    filled = [one for one in segmentation.segments if one.number in boxes]
    if not filled:
        raise EditError("A montage shows segments with voxels; this segmentation is empty.")
    width, row_height = 18.0, 2.05
    figure = Figure(figsize=(width, row_height * len(filled) + 1.1), facecolor=GROUND)
    FigureCanvasAgg(figure)
    height = figure.get_size_inches()[1]
    grid = figure.add_gridspec(
        len(filled),
        _COLUMNS + 2,
        left=0.005,
        right=0.995,
        top=1 - 0.55 / height,
        bottom=0.5 / height,
        wspace=0.03,
        hspace=0.08,
        width_ratios=[1.35, 1.0, *[1.0] * _COLUMNS],
    )
    for row, segment in enumerate(filled):
        axes = [figure.add_subplot(grid[row, column]) for column in range(_COLUMNS + 2)]
        frame = frame_of(volume, segmentation, segment.number, boxes[segment.number])
        measurements = measured.get(segment.number, ())
        _draw_row(axes, volume, segmentation, frame, measurements)
    known = {number for number, _ in segmentation.provenance}
    _write_frame(figure, volume.description, all_known=all(one.number in known for one in filled))
    figure.savefig(path, dpi=110, facecolor=GROUND, metadata={"Software": "medseg"})


def _draw_row(
    axes: list[Axes],
    volume: Volume,
    segmentation: Segmentation,
    frame: Frame,
    measurements: tuple[Measurement, ...],
) -> None:
    lines = _diameters(volume, measurements)
    shown = shown_slices(
        frame, segmentation.provenance, _COLUMNS, first_of_all={index for index, _ in lines}
    )
    tiles = [cut_tile(volume, segmentation, frame, index) for index in shown]
    middle = tiles[len(tiles) // 2]
    window = fitting_window(volume, middle)
    for ax in axes:
        ax.set_axis_off()
    _draw_values(axes[0], segmentation.segment(frame.number), measurements)
    _draw_overview(axes[1], volume, middle, window)
    for ax, tile in zip(axes[2:], tiles, strict=False):
        _draw_tile(ax, volume, tile, window)
        for index, line in lines:
            if index == tile.slice_index:
                rows, columns = (line - tile.corner_rc).T
                cased_line(ax, columns, rows, color="white", linewidth=0.9)


def _draw_values(ax: Axes, segment: Segment, measurements: tuple[Measurement, ...]) -> None:
    values = {one.name: one for one in measurements}
    lines = []
    if "volume" in values:
        lines.append(f"{values['volume'].value:.3g} {values['volume'].unit}")
    if "longest_diameter" in values:
        longest, across = values["longest_diameter"], values["perpendicular_diameter"]
        lines.append(f"{longest.value:.1f} x {across.value:.1f} {longest.unit}")
    if "mean" in values:
        mean, spread = values["mean"], values["sd"]
        lines.append(with_unit(f"{mean.value:.0f} ± {spread.value:.0f}", mean.unit))
    color = np.array(segment.color) / 255
    ax.add_patch(Rectangle((0.02, 0.82), 0.055, 0.09, transform=ax.transAxes, color=color))
    label = "\n".join(wrap(visible(segment.label), _LABEL_WIDTH)[:3])
    ax.text(0.11, 0.93, label, color=_TEXT, size=12.5, weight="bold", va="top")
    ax.text(0.11, 0.52, "\n".join(lines), color=_TEXT, size=12.5, va="top", linespacing=1.4)


def _draw_overview(ax: Axes, volume: Volume, tile: Tile, window: Window) -> None:
    turn = radiological(volume.geometry)
    turned = turn.geometry(volume.geometry)
    pixels = turn.apply(volume.voxels)[tile.slice_index]
    low, high = window.limits
    aspect = turned.spacing_mm[1] / turned.spacing_mm[2]
    ax.imshow(pixels, cmap="gray", vmin=low, vmax=high, aspect=aspect)
    rows, columns = tile.pixels.shape
    corner = (tile.corner_rc[1] - 0.5, tile.corner_rc[0] - 0.5)
    ax.add_patch(Rectangle(corner, columns, rows, fill=False, edgecolor=_DRAWN, linewidth=1.2))
    left, top = _EDGE_LETTERS[main_plane(volume.geometry)]
    box = {"facecolor": GROUND, "alpha": 0.65, "edgecolor": "none", "pad": 1.0}
    style: dict[str, Any] = {"color": _TEXT, "size": 9, "transform": ax.transAxes, "bbox": box}
    ax.text(0.03, 0.5, left, va="center", **style)
    ax.text(0.5, 0.97, top, ha="center", va="top", **style)


def _draw_tile(ax: Axes, volume: Volume, tile: Tile, window: Window) -> None:
    turned = radiological(volume.geometry).geometry(volume.geometry)
    row_mm, column_mm = turned.spacing_mm[1:]
    low, high = window.limits
    ax.imshow(tile.pixels, cmap="gray", vmin=low, vmax=high, aspect=row_mm / column_mm)
    color, style, word = _appearance(tile)
    outline(ax, tile.mask, color=color, linestyle=style, linewidth=1.4)
    rows, columns = tile.pixels.shape
    ax.set_xlim(-0.5, columns - 0.5)
    ax.set_ylim(rows - 0.5, -0.5)
    ax.text(
        0.03,
        0.97,
        f"slice {tile.slice_index}  {word}",
        color=color,
        size=9,
        transform=ax.transAxes,
        va="top",
        bbox={"facecolor": GROUND, "alpha": 0.65, "edgecolor": "none", "pad": 1.5},
    )
    end = columns - 1.5
    bar = 10.0 / column_mm  # ten millimetres
    cased_line(ax, (end - bar, end), (rows - 2, rows - 2), color=_TEXT, linewidth=2.5)


def _appearance(tile: Tile) -> tuple[str, str, str]:
    if tile.origin is None:
        return _UNKNOWN, "-", ""
    if tile.origin.is_by_hand:
        return _DRAWN, "-", tile.origin.value
    return _FILLED, (0, (3, 1.5)), tile.origin.value  # type: ignore[return-value]


def _diameters(
    volume: Volume, measurements: tuple[Measurement, ...]
) -> list[tuple[int, NDArray[np.float64]]]:
    """Slice and both ends (2, 2), as turned, of each diameter within one slice."""
    turn, found = radiological(volume.geometry), []
    for one in measurements:
        if len(one.points_lps) == 2:
            index = volume.geometry.to_index(one.points_lps)
            ends = turn.from_old_index(index, volume.geometry.shape)
            if ends[0, 0].round() == ends[1, 0].round():  # one in space ends elsewhere
                found.append((int(ends[0, 0].round()), ends[:, 1:]))
    return found


def _write_frame(figure: Figure, title: str, *, all_known: bool) -> None:
    height = figure.get_size_inches()[1]
    figure.text(
        0.012, 1 - 0.3 / height, visible(title), color=_TEXT, size=16, weight="bold", va="center"
    )
    figure.text(
        0.988,
        0.22 / height,
        "white bar: 10 mm     Research use only. Not a medical device.",
        color="#9aa0a6",
        size=10,
        ha="right",
        va="center",
    )
    lines = [
        Line2D([], [], color=_DRAWN, label="drawn or corrected by a person"),
        Line2D([], [], color=_FILLED, linestyle=(0, (3, 1.5)), label="interpolated between them"),
        Line2D([], [], color="white", linewidth=0.9, label="longest diameter and perpendicular"),
    ]
    if not all_known:
        lines.insert(2, Line2D([], [], color=_UNKNOWN, label="origin not recorded"))
    figure.legend(
        handles=lines,
        loc="lower left",
        ncols=len(lines),
        frameon=False,
        labelcolor=_TEXT,
        fontsize=10.5,
        bbox_to_anchor=(0.005, 0.02 / height),
    )
