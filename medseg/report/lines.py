"""Lines over an image that are seen on dark and on bright tissue alike."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from medseg import raster

#: Dark, under every line and around every picture.
GROUND = "#101214"
_WIDER = 1.6


def cased_line(axes: Axes, columns: ArrayLike, rows: ArrayLike, **style: Any) -> None:
    """A line with a dark one beneath it that is a little wider and, under dashes, unbroken."""
    width = style["linewidth"] + _WIDER
    axes.plot(columns, rows, color=GROUND, linewidth=width, alpha=0.8, solid_capstyle="butt")
    axes.plot(columns, rows, **style)


def outline(axes: Axes, mask: NDArray[np.bool_], **style: Any) -> None:
    """A mask's outline along its pixels' edges, every ring of it."""
    for ring in raster.edge_contours(mask):
        closed = np.vstack([ring, ring[:1]])
        cased_line(axes, closed[:, 1], closed[:, 0], **style)
