"""A report as one HTML file: no script, no link to anywhere, readable in light and dark."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

import jinja2
from markupsafe import Markup

from medseg.report.page import RESEARCH_ONLY, Page, Picture
from medseg.report.tables import Cell, in_words
from medseg.report.words import visible


def html_page(page: Page, *, at: datetime | None = None) -> str:
    """The page as a text; every label and file name in it is escaped.

    Args:
        page: what was found.
        at: when, with its time zone; None is now.
    """
    return (
        environment()
        .get_template("page.html")
        .render(
            page=page,
            at=(at or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M %Z"),
        )
    )


def environment() -> jinja2.Environment:
    """The templates of this room: everything is escaped, and what is not defined is an error."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("medseg.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["words"] = _words
    made.filters["visible"] = visible
    made.filters["drawn"] = _drawn
    made.globals |= {"research_only": RESEARCH_ONLY, "version": _version()}
    return made


def _version() -> str:
    try:
        return version("medseg")
    except PackageNotFoundError:  # run from its sources
        return "(not installed)"


def _words(cell: Cell) -> str:
    words = in_words(cell)
    # A true minus, as wide as a digit; a dash where nothing is defined.
    return (
        words if isinstance(cell, str) else words.replace("inf", "∞").replace("-", "\N{MINUS SIGN}")
    )


def _drawn(picture: Picture) -> Markup:
    """The picture inside the page. An SVG is matplotlib's, which has escaped its words."""
    if picture.svg:
        return Markup(picture.svg)  # noqa: S704
    data = base64.b64encode(picture.png).decode("ascii")
    return Markup('<img src="data:image/png;base64,{}" alt="{}">').format(
        data, visible(picture.title)
    )
