"""Tables, plots, overlays and the page: what they hold, and that labels stay labels."""

from __future__ import annotations

import io
import json
import math
import re
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from medseg.measure import bland_altman, compare_lesions
from medseg.model import Geometry, Measurement, Segment, Segmentation, Source, Volume
from medseg.raster import boxes_of
from medseg.report import agreement_page, comparison_page
from medseg.report.html import html_page
from medseg.report.lesion_names import ALL, labels_of
from medseg.report.overlays import Outlined, Overlay, legend
from medseg.report.page import Page, Picture
from medseg.report.plots import (
    MOST_BARS,
    bland_altman_plot,
    change_bars,
    pair_bars,
    segment_bars,
)
from medseg.report.tables import Column, Table, in_words
from medseg.report.words import visible, visible_lines

EVIL = ("<script>alert(1)</script>", "--><img src=x>", "$\\frac{1$", "]]>&amp;", "病変", "a\"b'c")
GRID = Geometry.from_spacing((8, 40, 40), (2.0, 1.0, 1.0))
AMBER, BLUE = (255, 176, 0), (86, 209, 255)


def _table(label: str = "Nodule") -> Table:
    rows = {
        (label,): (Measurement("volume", -1.5, "ml", "voxels"), Measurement("hd", 2.0, "mm", "d")),
        ("other",): (Measurement("volume", math.inf, "ml", "voxels"),),
    }
    return Table.of_measurements("t", "Title", ["segment"], rows)


def test_a_table_has_a_column_for_each_measure_and_nan_where_one_lacks_it() -> None:
    table = _table()
    assert [column.heading for column in table.columns] == ["segment", "volume [ml]", "hd [mm]"]
    assert table.rows[0] == ("Nodule", -1.5, 2.0)
    assert math.isnan(float(table.rows[1][2]))
    assert ("Nodule", "volume", -1.5, "ml", "voxels") in table.numbers()


def test_a_tables_json_is_plain_and_knows_no_infinity() -> None:
    found = json.loads(json.dumps(_table().to_json(), allow_nan=False))
    assert found["rows"][1] == {"segment": "other", "volume": None, "hd": None}
    assert found["columns"][1] == {"name": "volume", "unit": "ml", "definition": "voxels"}


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (0.99996, "0.99996"),
        (-0.0, "0"),
        (0.123456, "0.1235"),
        (123456.7, "123457"),
        (math.nan, "-"),
        (math.inf, "inf"),
        (3, "3"),
        ("=1.50", "=1.50"),
        (-2.0, "-2"),
    ],
)
def test_numbers_in_words(cell: float | str, words: str) -> None:
    assert in_words(cell) == words


@pytest.mark.parametrize("unit", ["ml", "mm"])
def test_a_unit_at_the_end_of_a_name_is_said_once(unit: str) -> None:
    assert Column(f"volume_a_{unit}", unit).heading == f"volume a [{unit}]"
    assert Column("nsd_1mm", "1").heading == "nsd 1mm"


def _svg_texts(svg: str) -> list[str]:
    return [text for text in ET.fromstring(svg).itertext() if text.strip()]  # noqa: S314


@pytest.mark.parametrize("label", EVIL)
def test_a_label_in_a_plot_is_text_and_nothing_else(label: str) -> None:
    pictures = [
        pair_bars([label], [(1.0, 2.0)], [label], title="t", of=(label, "b"), axis="ml"),
        change_bars([label], [-30.0], title="t", stable=25.0),
        segment_bars([label], [math.nan], axis="volume [ml]"),
    ]
    for picture in pictures:
        assert any(label in text for text in _svg_texts(picture.svg))
        kinds = {element.tag.rpartition("}")[2] for element in ET.fromstring(picture.svg).iter()}  # noqa: S314
        assert not kinds & {"script", "img", "image", "foreignObject", "metadata"}


def test_a_plot_takes_the_pages_ink_and_names_nothing_outside() -> None:
    limits = bland_altman([1.0, 2.0, 4.0], [1.5, 2.0, 5.0])
    picture = bland_altman_plot(limits, title="t", unit="ml")
    assert "currentColor" in picture.svg
    assert "#010203" not in picture.svg
    assert "<!DOCTYPE" not in picture.svg
    links = set(re.findall(r"https?://[^\"<]*", picture.svg))
    assert links <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert f"{limits.upper:.3g}" in " ".join(_svg_texts(picture.svg))
    assert "3 lesions" in picture.caption


def test_a_single_pair_has_a_bias_and_no_limits() -> None:
    picture = bland_altman_plot(bland_altman([1.0], [2.0]), title="t", unit="ml")
    words = " ".join(_svg_texts(picture.svg))
    assert "bias" in words
    assert "1.96" not in words


def test_readers_who_agree_fully_have_one_line_at_zero() -> None:
    for second in ([1.0, 2.0, 4.0], [1.0 + 2e-16, 2.0, 4.0 - 4e-16]):
        picture = bland_altman_plot(bland_altman([1.0, 2.0, 4.0], second), title="t", unit="ml")
        words = " ".join(_svg_texts(picture.svg))
        assert "bias and limits" in words
        assert "1.96" not in words
        assert "e\N{MINUS SIGN}1" not in words, "no axis of rounding errors"
    shifted = bland_altman_plot(bland_altman([1.0, 2.0], [2.0, 3.0]), title="t", unit="ml")
    assert "1.96" not in " ".join(_svg_texts(shifted.svg))


@pytest.mark.filterwarnings("error")
def test_any_name_stands_in_a_legend() -> None:
    for name in ("_jan", "x" * 300, "a\u202eb"):
        picture = pair_bars(["L"], [(1.0, 2.0)], ["w"], title="t", of=(name, "b"), axis="ml")
        words = _svg_texts(picture.svg)
        assert any(one.startswith(name[:1]) and one not in ("b", "L") for one in words)
        assert "\u202e" not in picture.svg
        assert max(len(one) for one in words if "{" not in one) <= 40


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a<U+001B>[31mb"),
        ("\u202edessim", "<U+202E>dessim"),
        ("a\0b\nc\td\x9b", "a<U+0000>b<U+000A>c<U+0009>d<U+009B>"),
        ("\u2066\u2069\u200f\ufeff\u2028", "<U+2066><U+2069><U+200F><U+FEFF><U+2028>"),
        ("病変 Läsion عقدة क्\u200dष", "病変 Läsion عقدة क्\u200dष"),
        ("", ""),
    ],
)
def test_what_cannot_be_seen_is_written_out_and_what_can_stays(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert in_words(text) == shown
    assert visible_lines(f"{text}\n").endswith("\n")


def test_a_segment_named_as_the_whole_has_a_row_of_its_own() -> None:
    array = np.zeros(GRID.shape, np.uint8)
    array[1:3, 5:10, 5:10] = 1
    array[4:6, 20:30, 20:30] = 2
    segments = (Segment.unnamed(1, ALL), Segment.unnamed(2, "Liver"))
    masks = {name: Segmentation(array.copy(), GRID, segments) for name in "ab"}
    masks["b"] = Segmentation(np.where(array == 1, 0, array), GRID, segments)
    for page, key in ((comparison_page(masks), "masks"), (agreement_page(masks), "pairs")):
        (table,) = [one for one in page.tables if one.key == key]
        at = [column.name for column in table.columns].index("dice")
        dice = {str(row[0]): row[at] for row in table.rows}
        assert set(dice) == {ALL, f"segment {ALL}", "Liver"}
        assert dice[f"segment {ALL}"] == 0.0
        assert 0.8 < float(dice[ALL]) < 1.0


def test_too_many_bars_are_cut_to_the_largest_and_said_so() -> None:
    many = MOST_BARS + 5
    values = [(float(size), float(size)) for size in range(many)]
    names = [f"lesion {size}" for size in range(many)]
    picture = pair_bars(names, values, names, title="t", of=("a", "b"), axis="ml")
    words = _svg_texts(picture.svg)
    assert f"lesion {many - 1}" in words
    assert "lesion 4" not in words
    assert f"{MOST_BARS} largest of {many}" in picture.caption


def _page(label: str) -> Page:
    bars = segment_bars([label], [1.0], axis="volume [ml]")
    picture = Picture(label, label, png=b"\x89PNG")
    return Page("k", label, (_table(label),), (label,), (bars, picture), ((label, label),))


@pytest.mark.parametrize("label", EVIL)
def test_every_label_on_the_page_is_escaped(label: str) -> None:
    page = html_page(_page(label), at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC))
    assert "<script" not in page
    assert "<img src=x" not in page
    assert page.count("<img ") == 1, "the picture alone"
    assert "2026-01-02 03:04 UTC" in page
    if "<" in label:
        assert label not in page
        assert label.replace("<", "&lt;").replace(">", "&gt;") in page


def test_the_page_says_what_it_is_and_what_each_number_is() -> None:
    page = html_page(_page("Nodule"))
    assert page.count("Research use only; not a medical device.") == 2
    assert "<dt>volume [ml]</dt><dd>voxels</dd>" in page
    assert "\N{MINUS SIGN}1.5" in page
    assert "∞" in page
    assert "default-src 'none'" in page


def _readers() -> tuple[Volume, dict[str, np.ndarray]]:
    voxels = np.random.default_rng(0).normal(0, 50, GRID.shape).astype(np.int16)
    volume = Volume(voxels, GRID, "HU", Source("nifti", Path("x"), "x"))
    one, other = np.zeros(GRID.shape, bool), np.zeros(GRID.shape, bool)
    one[2:6, 10:20, 10:20] = True
    other[3:7, 14:26, 14:26] = True
    return volume, {"one": one, "other": other}


def _near(pixels: np.ndarray, color: tuple[int, int, int]) -> int:
    return int((np.abs(pixels - color).sum(axis=2) < 60).sum())


def test_an_overlay_has_a_line_for_each_reader() -> None:
    volume, readers = _readers()
    masks = [Outlined(name, mask) for name, mask in readers.items()]
    box = boxes_of((readers["one"] | readers["other"]).astype(np.uint8))[1]
    strip = Overlay(volume, masks).strip(box, title="t", caption=legend(masks))
    assert strip.caption == "one: amber, solid; other: blue, dashed"
    pixels = np.asarray(Image.open(io.BytesIO(strip.png)).convert("RGB")).astype(int)
    assert _near(pixels, AMBER) > 200
    assert _near(pixels, BLUE) > 200

    alone = Overlay(volume, masks[:1]).strip(box, title="t")
    pixels = np.asarray(Image.open(io.BytesIO(alone.png)).convert("RGB")).astype(int)
    assert _near(pixels, BLUE) == 0, "the control: one reader, one line"


def test_a_lesion_bears_the_label_of_its_own_segment() -> None:
    array = np.zeros(GRID.shape, np.uint8)
    array[1:7, 5:25, 5:7] = 1  # an L around the corner of which the other lesion lies
    array[1:7, 23:25, 5:25] = 1
    array[3:5, 8:20, 9:21] = 2
    array[3, 10, 10] = 3
    segments = tuple(Segment.unnamed(number, f"label {number}") for number in (1, 2, 3))
    mask = Segmentation(array, GRID, segments)
    found = compare_lesions(array, array, GRID)
    assert labels_of(found.lesions_a, mask) == {1: "label 1", 2: "label 2", 3: "label 3"}
