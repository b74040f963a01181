"""The shipped codes are those of DICOM's tables, and colours those that all eyes tell apart."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from medseg.model import Code, Segment, Segmentation, palette_color
from medseg.model.plain import check_segment, segment_from, segment_json
from medseg.model.terminology import KINDS, REGIONS, code_in_words, kind_of
from tests.phantoms import oblique_geometry

# SNOMED CT's morphologic abnormality, in none of DICOM's context groups.
NOT_DICOM = {"55641003": "Infarct"}

# DICOM renamed it in 2024; medseg's is the name before.
RENAMED = {"49755003"}

ALL_CODES = [
    *(kind.type for kind in KINDS),
    *dict.fromkeys(kind.category for kind in KINDS),
    *REGIONS,
]

#: How eyes without green or red receptors see linear RGB (Machado, Oliveira, Fernandes 2009).
EYES = {
    "all receptors": np.eye(3),
    "no green": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "no red": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
}


def dicom_meanings():
    """Value -> all meanings that pydicom's tables of the standard give it."""
    from pydicom.sr._concepts_dict import concepts

    meanings: dict[str, set[str]] = {}
    for codes in concepts["SCT"].values():
        for value, (meaning, _) in codes.items():
            meanings.setdefault(value, set()).add(meaning.casefold())
    return meanings


@pytest.mark.parametrize("code", ALL_CODES, ids=lambda code: code.meaning)
def test_each_code_is_the_standard_s_with_its_meaning(code):
    known = dicom_meanings()
    assert code.scheme == "SCT"
    if code.value in NOT_DICOM:
        assert code.value not in known
        assert code.meaning == NOT_DICOM[code.value]
    elif code.value in RENAMED:
        assert code.value in known
    else:
        assert code.meaning.casefold() in known[code.value]


def test_a_wrong_code_would_be_found():
    assert "nodule" not in dicom_meanings()["4147007"]  # that is a mass
    assert dicom_meanings()["4147007"] == {"mass"}


def test_each_code_stands_once_and_no_text_twice():
    for codes in ([kind.type for kind in KINDS], REGIONS):
        assert len({code.value for code in codes}) == len(codes)
        assert len({code.meaning for code in codes}) == len(codes)


def test_a_kind_is_found_by_value_and_scheme_whatever_it_is_called():
    assert kind_of(Code("27925004", "SCT", "Knoten")).name == "Nodule"
    assert kind_of(Code("27925004", "99MINE", "Nodule")) is None
    assert kind_of(Code("59441001", "SCT", "")).category.meaning == "Anatomical Structure"


def test_a_code_in_words():
    nodule, lung = KINDS[1].type, Code("39607008", "SCT", "Lung")
    assert code_in_words(nodule, lung) == "Nodule, Lung"
    assert code_in_words(nodule, None) == "Nodule"


def test_a_region_is_kept_and_its_absence_writes_nothing():
    plain = Segment.new_lesion(1)
    assert "region" not in segment_json(plain)
    placed = Segment(1, "A", "2.25.1", region=REGIONS[0])
    values = segment_json(placed)
    check_segment(values, "segment")
    assert segment_from(values) == placed
    with pytest.raises(ValueError, match="region"):
        check_segment({**values, "region": {"value": "1"}}, "segment")


def test_a_region_survives_a_seg_nrrd_file_without_its_sidecar(tmp_path):
    from medseg import formats

    grid = oblique_geometry()
    segment = Segment(1, "A", "2.25.1", KINDS[1].category, KINDS[1].type, region=REGIONS[11])
    array = np.zeros(grid.shape, np.uint8)
    array[2, 3, 4] = 1
    path = tmp_path / "a.seg.nrrd"
    formats.write_segmentation(Segmentation(array, grid, (segment,)), path)
    formats.sidecar.sidecar_path(path).unlink()
    read = formats.read_segmentation(path).segment(1)
    assert (read.type, read.region) == (KINDS[1].type, REGIONS[11])


# -- colours --------------------------------------------------------------------------------


def seen(colors, eye):
    """CIELAB of RGB colours (n, 3) as an eye sees them."""
    levels = np.asarray(colors, dtype=float) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ EYES[eye].T, 0, 1)
    levels = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return rgb2lab(levels[np.newaxis])[0]


def closest(colors, eye):
    return min(deltaE_ciede2000(a, b) for a, b in combinations(seen(colors, eye), 2))


PALETTE = [palette_color(number) for number in range(1, 13)]


def test_the_palette_has_twelve_colours_and_then_begins_again():
    assert len(set(PALETTE)) == 12
    assert palette_color(13) == palette_color(1)


@pytest.mark.parametrize(
    ("eye", "apart"), [("all receptors", 15), ("no green", 11), ("no red", 11)]
)
def test_any_two_lesions_colours_are_told_apart(eye, apart):
    assert closest(PALETTE, eye) > apart


def test_a_palette_of_red_and_green_would_fail():
    red_and_green = [(200, 60, 40), (90, 130, 20)]
    assert closest(red_and_green, "all receptors") > 30
    assert closest(red_and_green, "no green") < 11


def test_each_colour_differs_from_every_grey_of_an_image():
    greys = seen([(level,) * 3 for level in range(0, 256, 5)], "all receptors")
    for color in seen(PALETTE, "all receptors"):
        assert min(deltaE_ciede2000(color, grey) for grey in greys) > 15


def test_each_colour_is_seen_on_black():
    assert seen(PALETTE, "all receptors")[:, 0].min() > 35  # L*, of 100
