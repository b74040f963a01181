"""Draws docs/images/interpolation*.png: the steps of the method, and hard shapes filled.

Each picture is made by the code it explains: nothing in it is drawn by hand.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from medseg.interpolate import fill_between_slices
from medseg.raster import edge_contours, signed_distance_mm

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
KEY, FILLED, TRUTH = "#d55e00", "#0072b2", "#000000"
SHAPES = ("oblique_tube", "thin_plate", "y_tube", "rotating_bar", "torus_vertical", "hollow_ball")

Mask = NDArray[Any]


def main() -> None:
    """Draw both pictures."""
    sys.path.insert(0, str(ROOT))
    from tests.interpolate import lesions, shapes  # noqa: PLC0415

    draw_steps(shapes)
    draw_shapes(shapes, lesions)


def draw_steps(shapes: Any) -> None:
    """Two sections of an oblique ellipsoid, their distances, and three ways to blend them."""
    truth = shapes.make("oblique_ellipsoid")
    _, keys = shapes.sparse(truth, 5)
    first, last = keys[1], keys[2]
    middle = (first + last) // 2
    spacing = shapes.SPACING_MM[1:]
    near, far = (signed_distance_mm(truth[key], spacing) for key in (first, last))
    share = (middle - first) / (last - first)
    in_place = (1 - share) * near + share * far
    kept = shapes.sparse(truth, 5)[0]
    filled = fill_between_slices(kept, shapes.SPACING_MM)
    window = _window([truth[first], truth[last]])
    figure = _figure(13, 2.6)
    panels = [
        ("key slices 1 and 2", None, [(truth[first], KEY), (truth[last], KEY)]),
        ("distance to the first, mm", near, [(truth[first], KEY)]),
        ("blended in place: too small", in_place, [(in_place > 0, FILLED), (truth[middle], TRUTH)]),
        ("moved, cut at the area due", None, [(filled[middle], FILLED), (truth[middle], TRUTH)]),
    ]
    for place, (title, field, outlines) in enumerate(panels, start=1):
        ax = figure.add_subplot(1, 4, place)
        if field is not None:
            ax.imshow(field, cmap="RdBu", vmin=-14, vmax=14, interpolation="nearest")
        for mask, color in outlines:
            _outline(ax, mask, color)
        _frame(ax, window, title)
    _legend(figure)
    figure.subplots_adjust(left=0.01, right=0.99, top=0.9, bottom=0.1, wspace=0.04)
    figure.savefig(IMAGES / "interpolation_steps.png", dpi=90)


def draw_shapes(shapes: Any, lesions: Any) -> None:
    """Hard shapes, every fifth slice kept: three slices between keys, ours and the usual rule."""
    figure = _figure(12, 2.1 * len(SHAPES))
    for row, name in enumerate(SHAPES):
        truth = shapes.make(name)
        kept, keys = shapes.sparse(truth, 5)
        ours = fill_between_slices(kept, shapes.SPACING_MM)
        usual = lesions.linear_distance(kept, keys, shapes.SPACING_MM[1:])
        place = len(keys) // 2
        chosen = [keys[place] + step for step in range(6)]
        window = _window([truth[index] for index in chosen])
        for column, index in enumerate(chosen):
            ax = figure.add_subplot(len(SHAPES), 6, 6 * row + column + 1)
            if index in keys:
                _outline(ax, truth[index], KEY)
            else:
                _fill(ax, usual[index])
                _outline(ax, truth[index], TRUTH)
                _outline(ax, ours[index], FILLED)
            _frame(ax, window, name.replace("_", " ") if column == 0 else "")
    _legend(figure, usual=True)
    figure.subplots_adjust(left=0.01, right=0.99, top=0.97, bottom=0.04, wspace=0.03, hspace=0.2)
    figure.savefig(IMAGES / "interpolation_shapes.png", dpi=80)


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _outline(ax: Any, mask: Mask, color: str) -> None:
    for ring in edge_contours(np.asarray(mask, np.bool_)):
        closed = np.vstack([ring, ring[:1]])
        ax.plot(closed[:, 1], closed[:, 0], color=color, linewidth=1.2)


def _fill(ax: Any, mask: Mask) -> None:
    shown = np.where(mask > 0, 0.82, 1.0)
    ax.imshow(shown, cmap="gray", vmin=0, vmax=1, interpolation="nearest")


def _window(masks: list[Mask]) -> tuple[int, int, int, int]:
    either = np.any(masks, axis=0)
    rows, columns = np.flatnonzero(either.any(axis=1)), np.flatnonzero(either.any(axis=0))
    return int(rows[0]) - 4, int(rows[-1]) + 4, int(columns[0]) - 4, int(columns[-1]) + 4


def _frame(ax: Any, window: tuple[int, int, int, int], title: str) -> None:
    top, bottom, left, right = window
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    ax.set_aspect("equal")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_title(title, size=10, loc="left")


def _legend(figure: Figure, *, usual: bool = False) -> None:
    words = "orange: drawn key slices   blue: filled by medseg   black: the truth"
    if usual:
        words += "   grey: signed distances blended linearly in place"
    figure.text(0.5, 0.015, words, ha="center", size=10)


if __name__ == "__main__":
    main()
