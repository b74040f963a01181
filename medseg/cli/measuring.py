"""`medseg measure`: what one mask comes to, segment by segment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from medseg import measure as room
from medseg import report
from medseg.cli.console import print_json, say
from medseg.cli.contouring import open_session
from medseg.cli.masks import check_results, unsaved_notes
from medseg.cli.options import (
    HtmlOption,
    ImageOption,
    JsonOption,
    MaskPath,
    SeriesOption,
)
from medseg.cli.results import print_table
from medseg.export import table_of
from medseg.formats import atomic
from medseg.model import Measurement, Segmentation
from medseg.session import Session

# The rest stands in the CSV table and with --json.
_ON_TERMINAL = ("volume", "longest_diameter", "perpendicular_diameter", "mean", "sd")
_MOST_ON_TERMINAL = 5
Measured = dict[int, tuple[Measurement, ...]]


def measure(
    mask: MaskPath,
    *,
    image: ImageOption = None,
    series: SeriesOption = None,
    features: Annotated[
        bool, typer.Option("--features", help="IBSI's features, under the tags of its own table.")
    ] = False,
    csv: Annotated[
        Path | None, typer.Option(help="Also write a CSV table there, a row for each segment.")
    ] = None,
    html: HtmlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure every segment: volume, diameters, intensity, each with its definition."""
    check_results(csv, html)
    session = open_session(mask, image, series, "")
    notes = unsaved_notes([mask], session.volume)
    measured = _measured(session, features=features)
    if csv is not None:
        atomic.write_bytes(csv, table_of(session.segmentation, measured).encode())
    if html is not None:
        atomic.write_bytes(html, _page(session, mask, measured, notes).encode())
    if as_json:
        print_json(_as_json(session, mask, measured, notes))
        return
    print_table(measurement_table(session.segmentation, measured))
    for caliper in session.segmentation.calipers:
        say(f"Drawn by hand ({caliper.kind}, {caliper.author}): {caliper.text}.")
    say("All measures: with --json, in the table of --csv, or on the page of --html.")
    for definition in definitions(measured):
        say(f"  {definition}")


def _measured(session: Session, *, features: bool) -> Measured:
    if not features:
        return session.measure_all()
    return room.measure_all(session.segmentation, session.volume, table=room.FEATURES)


def _page(session: Session, mask: Path, measured: Measured, notes: Sequence[str]) -> str:
    page = report.measured_page(
        session.segmentation, measured, volume=session.volume, title=f"Measures of {mask.name}"
    )
    inputs = _inputs(session, mask)
    return report.html_page(replace(page, inputs=inputs, notes=(*notes, *page.notes)))


def _inputs(session: Session, mask: Path) -> tuple[tuple[str, str], ...]:
    return ("mask", str(mask)), ("image", str(session.volume.source.path))


def _as_json(
    session: Session, mask: Path, measured: Measured, notes: Sequence[str]
) -> dict[str, Any]:
    """As the other commands' `--json`, with each segment's measures and where they were read.

    "calipers", the lengths drawn by hand, stands there only if there are any.
    """
    drawn = [caliper.to_json() for caliper in session.segmentation.calipers]
    content: dict[str, Any] = {
        "report": "measure",
        "inputs": [{"name": name, "file": file} for name, file in _inputs(session, mask)],
        "notes": list(notes),
        "segments": [
            {
                "number": one.number,
                "label": one.label,
                "tracking_uid": one.tracking_uid,
                "measures": [value.to_json() for value in measured[one.number]],
            }
            for one in session.segmentation.segments
        ],
    }
    return content | ({"calipers": drawn} if drawn else {})


def definitions(measured: Measured) -> list[str]:
    """Each measure's name and definition, once."""
    every = (one for values in measured.values() for one in values)
    return list(dict.fromkeys(f"{one.name}: {one.definition}" for one in every))


def measurement_table(segmentation: Segmentation, measured: Measured) -> Table:
    """A terminal table: one row per segment, and as many measures as fit beside it."""
    table = Table("", "segment", box=None, header_style="bold")
    every = dict.fromkeys((one.name, one.unit) for row in measured.values() for one in row)
    shown = [name for name in every if name[0] in _ON_TERMINAL]
    names = shown or list(every)[:_MOST_ON_TERMINAL]
    for name, unit in names:
        table.add_column("\n".join([*name.split("_"), unit]), justify="right", no_wrap=True)
    for segment in segmentation.segments:
        values = {(one.name, one.unit): one.value for one in measured[segment.number]}
        cells = [report.in_words(values.get(name, math.nan)) for name in names]
        table.add_row(str(segment.number), report.in_words(segment.label), *cells)
    return table
