"""The table: values, empty cells, and no formula that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pytest

from medseg.export import table_of
from medseg.model import Measurement, Segment, Segmentation
from tests.phantoms import oblique_geometry


def _rows(label: str) -> list[list[str]]:
    segmentation = Segmentation.empty(oblique_geometry(), (Segment.unnamed(1, label),))
    measured = {
        1: (
            Measurement("volume", 1.23456789, "ml", "Voxels."),
            Measurement("mean", float("nan"), "HU", "Mean."),
        )
    }
    return list(csv.reader(io.StringIO(table_of(segmentation, measured))))


def test_units_stand_in_the_heading_and_undefined_is_empty() -> None:
    heading, row = _rows("Nodule")
    assert heading == ["number", "label", "type", "tracking_uid", "volume [ml]", "mean [HU]"]
    assert row[:3] == ["1", "Nodule", "Lesion"]
    assert row[4:] == ["1.23457", ""]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_label_can_become_a_formula(start: str) -> None:
    label = f'{start}HYPERLINK("http://x","y")'
    assert _rows(label)[1][1] == f"'{label}"


def test_a_quoted_label_stays_one_cell() -> None:
    assert _rows('a,"b"\nc')[1][1] == 'a,"b"\nc'
