"""The page of `medseg measure`: one mask, each of its segments."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from medseg.errors import EditError
from medseg.model import Measurement, Segmentation, Volume
from medseg.report.montage import write_montage
from medseg.report.page import Page, Picture
from medseg.report.plots import segment_bars
from medseg.report.svg import plain_text
from medseg.report.tables import Cell, Table

Measured = Mapping[int, tuple[Measurement, ...]]
_BARS = ("volume", "longest_diameter", "mean")


def measured_page(
    segmentation: Segmentation, measured: Measured, *, volume: Volume, title: str
) -> Page:
    """Every segment's measures, bars of the first of them, and a montage of outlines."""
    rows: dict[tuple[Cell, ...], Sequence[Measurement]] = {
        (one.number, one.label): measured[one.number] for one in segmentation.segments
    }
    table = Table.of_measurements("segments", "Segments", ["number", "segment"], rows)
    notes = ["A segment without a voxel has volume 0; all else is not defined."]
    try:
        montage = [_montage(volume, segmentation, measured)]
    except EditError as error:
        montage = []
        notes.append(f"No montage: {error}")
    bars = _bars(segmentation, measured)
    return Page("measure", title, (table,), tuple(notes), (*bars, *montage))


def _bars(segmentation: Segmentation, measured: Measured) -> list[Picture]:
    pictures = []
    labels = [one.label for one in segmentation.segments]
    for name in _BARS:
        found = [
            next((one for one in measured[segment.number] if one.name == name), None)
            for segment in segmentation.segments
        ]
        unit = next((one.unit for one in found if one is not None), "")
        values = [math.nan if one is None else one.value for one in found]
        if any(math.isfinite(value) for value in values):
            axis = name.replace("_", " ") + (f" [{unit}]" if unit != "1" else "")
            pictures.append(segment_bars(labels, values, axis=axis))
    return pictures


def _montage(volume: Volume, segmentation: Segmentation, measured: Measured) -> Picture:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "montage.png"
        with plain_text():
            write_montage(volume, segmentation, dict(measured), path)
        png = path.read_bytes()
    caption = "Solid amber: drawn by a person. Dashed blue: interpolated between key slices."
    return Picture("Montage", caption, png=png)
