"""Volume, segmentation, contour, finding, measurement and verification: checked on construction."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from medseg.errors import EditError, GeometryError
from medseg.model import (
    Contour,
    Finding,
    Geometry,
    Measurement,
    Place,
    Segment,
    Segmentation,
    SeriesInfo,
    Source,
    Verification,
    Volume,
    Window,
    labels_in,
    slices_in_words,
)
from tests.phantoms import oblique_geometry, ramp_volume, two_lesions

GRID = oblique_geometry()


def test_a_volume_is_read_only_and_fills_its_grid() -> None:
    volume = ramp_volume()
    with pytest.raises(ValueError, match="read-only"):
        volume.voxels[0, 0, 0] = 1
    with pytest.raises(GeometryError, match="fill its grid"):
        Volume(np.zeros((2, 2, 2)), GRID, "1", volume.source)


def test_the_stored_window_comes_first_and_percentiles_after() -> None:
    volume = ramp_volume()
    low, high = volume.display_window.limits
    assert volume.voxels.min() <= low < high <= volume.voxels.max()
    source = Source("nifti", Path("a.nii"), "a.nii")
    windowed = Volume(volume.voxels, GRID, "HU", source, window=Window(40, 400))
    assert windowed.display_window.limits == (-160, 240)
    flat = Volume(np.zeros(GRID.shape), GRID, "1", source)
    assert flat.display_window.width > 0


def test_a_segmentations_array_cannot_be_written_from_outside() -> None:
    segmentation = two_lesions()
    with pytest.raises(ValueError, match="read-only"):
        segmentation.array[0, 0, 0] = 1


def test_a_segmentation_takes_the_array_over_without_a_copy() -> None:
    array = np.zeros(GRID.shape, np.uint16)
    assert np.shares_memory(Segmentation(array, GRID).array, array)


@pytest.mark.parametrize(
    ("array", "segments", "error", "words"),
    [
        (np.zeros((1, 1, 1), np.uint8), (), GeometryError, "fills its grid"),
        (np.zeros(GRID.shape, np.int16), (), EditError, "uint8 or uint16"),
        (np.ones(GRID.shape, np.uint8), (), EditError, r"none names \[1\]"),
        (
            np.zeros(GRID.shape, np.uint8),
            (Segment.unnamed(1), Segment.unnamed(1)),
            EditError,
            "number of its own",
        ),
    ],
)
def test_an_impossible_segmentation_is_refused(
    array: np.ndarray, segments: tuple[Segment, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        Segmentation(array, GRID, segments)


def test_masks_and_labels() -> None:
    segmentation = two_lesions()
    assert labels_in(segmentation.array) == (1, 2)
    assert int(segmentation.mask(1).sum()) == 3 * 3 * 4
    assert segmentation.segment(2).label == "Speck"
    with pytest.raises(EditError, match="no segment 7"):
        segmentation.segment(7)
    assert labels_in(np.zeros(GRID.shape, np.uint16)) == ()


def test_a_new_lesion_has_a_tracking_uid_of_its_own_and_a_bare_one_a_stable_one() -> None:
    assert Segment.new_lesion(1).tracking_uid != Segment.new_lesion(1).tracking_uid
    assert Segment.unnamed(1).tracking_uid == Segment.unnamed(1).tracking_uid
    assert Segment.unnamed(1).tracking_uid != Segment.unnamed(2).tracking_uid
    for uid in (Segment.new_lesion(3).tracking_uid, Segment.unnamed(3).tracking_uid):
        assert len(uid) <= 64  # DICOM's limit for a UID
        assert set(uid) <= set("0123456789.")
    assert Segment.new_lesion(1).category.value == "49755003"
    assert Segment.new_lesion(1).type.value == "52988006"


@pytest.mark.parametrize(("number", "label"), [(0, "x"), (65536, "x"), (1, "")])
def test_an_impossible_segment_is_refused(number: int, label: str) -> None:
    with pytest.raises(EditError):
        Segment(number, label, "2.25.1")


def test_a_contour_goes_to_its_slice_and_back() -> None:
    points = np.array([(1.5, 2.0), (4.0, 2.5), (3.0, 6.25)])
    contour = Contour.on_slice(GRID, 4, points, segment=2)
    index, points_rc = contour.to_slice(GRID)
    assert index == 4
    assert contour.segment == 2
    assert_allclose(points_rc, points, atol=1e-9)


@pytest.mark.parametrize("shift", [0.2, 40.0, -30.0])
def test_a_contour_between_or_beyond_the_slices_is_refused(shift: float) -> None:
    points = np.array([(3.0 + shift, 1.0, 1.0), (3.0 + shift, 5.0, 1.0), (3.0 + shift, 1.0, 5.0)])
    with pytest.raises(GeometryError, match="one slice"):
        Contour(GRID.to_patient(points), 1).to_slice(GRID)


@pytest.mark.parametrize("points", [np.zeros((2, 3)), np.zeros((3, 2)), np.full((3, 3), np.nan)])
def test_an_impossible_contour_is_refused(points: np.ndarray) -> None:
    with pytest.raises(GeometryError):
        Contour(points, 1)


def test_nouns_become_plain_json() -> None:
    finding = Finding("TILTED", "note", "Tilted.", Place(file="a.dcm", slices=(3, 4)))
    series = SeriesInfo("1.2", "Chest", (2, 3, 4), Path("x"), findings=(finding,))
    undefined = Measurement("mean", float("nan"), "HU", "Mean.")
    placed = Measurement("longest_diameter", 3.0, "mm", "Longest.", ((0, 0, 0), (0, 0, 3)))
    verification = Verification((finding,))
    text = json.dumps(
        [noun.to_json() for noun in (finding, series, undefined, placed, verification)],
        allow_nan=False,
    )
    parsed = json.loads(text)
    assert parsed[0]["where"] == {"file": "a.dcm", "slices": [3, 4]}
    assert parsed[1]["shape"] == [2, 3, 4]
    assert parsed[2]["value"] is None
    assert parsed[3]["points_lps"] == [[0, 0, 0], [0, 0, 3]]
    assert parsed[4]["valid"] is False


@pytest.mark.parametrize(
    ("codes", "exit_code"),
    [
        ((), 12),
        ((("LOOKED", "note"),), 12),
        ((("VALID", "note"),), 0),
        ((("VALID", "note"), ("AGED", "warning")), 10),
        ((("AGED", "warning"),), 12),
        ((("VALID", "note"), ("IMAGE_ABSENT", "undecided")), 12),
        ((("IMAGE_ABSENT", "undecided"), ("TAMPERED_VOXELS", "error")), 11),
    ],
)
def test_nothing_is_valid_by_default(codes: tuple, exit_code: int) -> None:
    verification = Verification(tuple(Finding(code, level, "Text.") for code, level in codes))
    assert verification.exit_code == exit_code
    assert bool(verification) is (exit_code in (0, 10))


def test_sheared_grids_hold_contours_too() -> None:
    grid: Geometry = oblique_geometry(shear=1.0)
    points = np.array([(1.0, 2.0), (4.0, 2.0), (3.0, 6.0)])
    index, points_rc = Contour.on_slice(grid, 5, points, 1).to_slice(grid)
    assert index == 5
    assert_array_equal(np.round(points_rc, 9), points)


@pytest.mark.parametrize(
    ("slices", "words"),
    [
        ((), "no slice"),
        ((4,), "slice 4"),
        ((5, 4), "slices 4, 5"),
        ((9, 2, 5, 6, 7, 8, 5), "slices 2, 5 to 9"),
    ],
)
def test_slices_are_named_in_words(slices: tuple[int, ...], words: str) -> None:
    assert slices_in_words(slices) == words
