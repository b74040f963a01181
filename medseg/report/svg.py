"""A matplotlib figure as a drawing inside a page, in the page's own colours and fonts."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

# Stands for the page's ink while matplotlib draws; a page in light or dark puts its own there.
INK = "#010203"
#: Okabe and Ito's blue, vermilion and orange: told apart by colour-blind readers, on both grounds.
FIRST, SECOND, THIRD = "#2f8fd0", "#d55e00", "#e69f00"
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: the page's fonts have every script
    "svg.hashsalt": "medseg",
    "text.parse_math": False,  # a label with a dollar sign is no formula
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@contextmanager
def drawing(width: float, height: float) -> Iterator[tuple[Figure, Axes]]:
    """A figure of that many inches with one pair of axes, in the page's style."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        yield figure, figure.add_subplot()


@contextmanager
def plain_text() -> Iterator[None]:
    """Labels are drawn as they are: no formula in them, and no word of a letter the font lacks."""
    with mpl.rc_context({"text.parse_math": False}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def svg_of(figure: Figure) -> str:
    """The figure as an <svg> element without prolog, metadata or link; its words are escaped."""
    out = io.StringIO()
    with plain_text():
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    return text.replace(INK, "currentColor")
