"""What stands on screen is what a radiologist expects, however the grid is stored."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medseg.model import ORIENTATIONS, Geometry, Orientation, Segmentation, main_plane
from napari_medseg.display import NOUN, Display, image_layer, labels_layer, segment_looks
from tests.phantoms import oblique_geometry, ramp_volume, two_lesions

STRAIGHT = Geometry.from_spacing((9, 7, 5), (2.5, 0.7, 0.8), (-20, 30, 400))
every_orientation = pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)

# A voxel near each end of the patient, as an index of the straight grid: slices run to S,
# rows to P, columns to L.
MARKERS = {"L": (4, 3, 4), "R": (4, 3, 0), "P": (4, 6, 2), "A": (4, 0, 2), "S": (8, 3, 2)}
MARKERS["I"] = (0, 3, 2)

# Where each plane shows which end: first letter at the top, second on the left.
EDGES = {"axial": ("A", "R"), "coronal": ("S", "R"), "sagittal": ("S", "A")}
OPPOSITE = dict(["RL", "LR", "AP", "PA", "SI", "IS"])


def shown_marker(letter: str, orientation: Orientation) -> tuple[Display, np.ndarray]:
    """The display of the straight grid stored this way, and the marker's shown index."""
    array = np.zeros(STRAIGHT.shape, np.uint8)
    array[MARKERS[letter]] = 1
    display = Display(orientation.geometry(STRAIGHT))
    return display, np.argwhere(display.show(orientation.apply(array)))[0]


@every_orientation
def test_a_marker_on_each_side_of_the_patient_is_where_a_radiologist_looks(orientation):
    for letter in MARKERS:
        display, index = shown_marker(letter, orientation)
        top, left = EDGES[main_plane(display.geometry)]
        middle = (np.array(display.shown.shape) - 1) / 2
        if letter in (top, OPPOSITE[top]):
            assert (index[1] < middle[1]) == (letter == top)
        elif letter in (left, OPPOSITE[left]):
            assert (index[2] < middle[2]) == (letter == left)
        else:  # the ends of the slices' axis: on the first or the last slice
            assert index[0] in (0, display.shown.shape[0] - 1)


@every_orientation
def test_the_letters_name_the_edges_where_the_markers_are(orientation):
    display = Display(orientation.geometry(STRAIGHT))
    top, left = EDGES[display.plane]
    assert display.letters() == {
        "top": top,
        "bottom": OPPOSITE[top],
        "left": left,
        "right": OPPOSITE[left],
    }


@every_orientation
def test_letters_of_other_planes_follow_the_markers_too(orientation):
    display, at_left = shown_marker("L", orientation)
    _, at_right = shown_marker("R", orientation)
    axis = int(np.flatnonzero(at_left != at_right)[0])
    towards_left = at_left[axis] > at_right[axis]
    down = display.letters(axis, (axis + 1) % 3)
    assert down["bottom"] == ("L" if towards_left else "R")
    assert display.letters((axis + 1) % 3, axis)["right"] == down["bottom"]


@every_orientation
def test_other_planes_are_mirrored_so_that_the_head_is_up_and_left_on_the_right(orientation):
    display = Display(orientation.geometry(STRAIGHT))
    for axis in range(3):
        letters = display.letters(axis, (axis + 1) % 3)
        edges = letters["top"], letters["bottom"]
        top, bottom = edges[::-1] if display.runs_backwards(axis) else edges
        assert (top, bottom) in {("S", "I"), ("A", "P"), ("R", "L")}


def test_rows_and_columns_of_the_slices_are_never_mirrored_by_the_camera():
    for orientation in ORIENTATIONS:
        display = Display(orientation.geometry(STRAIGHT))
        assert not display.runs_backwards(1)
        assert not display.runs_backwards(2)


def test_an_oblique_plane_has_a_second_letter_and_a_nearly_straight_one_has_none():
    def turned(degrees: float) -> Display:
        turn = np.radians(degrees)
        affine = STRAIGHT.affine.copy()
        affine[:3, :3] = [
            [0, -np.sin(turn), np.cos(turn)],
            [0, np.cos(turn), np.sin(turn)],
            [1, 0, 0],
        ]
        return Display(Geometry(STRAIGHT.shape, affine))

    assert turned(30).letters() == {"left": "RA", "right": "LP", "top": "AL", "bottom": "PR"}
    assert turned(10).letters() == {"left": "R", "right": "L", "top": "A", "bottom": "P"}


@given(
    st.sampled_from(ORIENTATIONS),
    st.lists(st.tuples(*[st.floats(-3, 12)] * 3), min_size=1, max_size=5),
)
def test_points_come_back_to_the_stored_grid_and_stay_where_they_are_in_the_patient(
    orientation, points
):
    display = Display(orientation.geometry(oblique_geometry()))
    stored = display.to_stored(points)
    np.testing.assert_allclose(display.to_shown(stored), points, atol=1e-9)
    np.testing.assert_allclose(
        display.geometry.to_patient(stored), display.shown.to_patient(points), atol=1e-9
    )


@given(st.sampled_from(ORIENTATIONS), *[st.integers(0, 2)] * 3)
def test_a_box_covers_the_same_voxels_on_screen(orientation, slice_, row, column):
    display = Display(orientation.geometry(oblique_geometry()))
    array = np.arange(np.prod(display.geometry.shape)).reshape(display.geometry.shape)
    box = slice(slice_, slice_ + 2), slice(row, row + 3), slice(column, column + 4)
    shown = display.show(array)[display.shown_box(box)]
    assert sorted(shown.ravel()) == sorted(array[box].ravel())
    empty = slice(0, 0), slice(0, 0), slice(0, 0)
    assert display.show(array)[display.shown_box(empty)].size == 0


def test_an_image_is_shown_in_mm_with_its_window_and_nothing_in_the_affine():
    volume = ramp_volume()
    data, arguments, kind = image_layer(volume)
    assert kind == "image"
    assert np.shares_memory(data, volume.voxels)
    assert arguments["contrast_limits"] == volume.display_window.limits
    assert arguments["units"] == ("mm", "mm", "mm")
    assert arguments["name"] == "ramp"
    assert arguments["metadata"][NOUN] is volume
    assert not {"affine", "rotate", "shear"} & set(arguments)
    shown = Display(volume.geometry).shown
    assert data.shape == shown.shape
    assert arguments["scale"] == shown.spacing_mm
    assert sorted(arguments["scale"]) == sorted(volume.geometry.spacing_mm)


def test_a_mask_shares_its_memory_and_cannot_be_written_through_the_layer():
    mask = two_lesions()
    data, arguments, kind = labels_layer(mask)
    assert kind == "labels"
    assert np.shares_memory(data, mask.array)
    with pytest.raises(ValueError, match="read-only"):
        data[0, 0, 0] = 1
    assert arguments["metadata"][NOUN] is mask


def test_each_segment_has_its_name_and_colour_and_all_else_is_clear():
    mask = two_lesions()
    looks = segment_looks(mask)
    assert looks["features"] == {"index": [0, 1, 2], "segment": ["background", "Nodule", "Speck"]}
    for segment in mask.segments:
        shown = np.array(looks["colormap"][segment.number])
        np.testing.assert_allclose(shown, [*(np.array(segment.color) / 255), 1.0])
    assert looks["colormap"][0][3] == looks["colormap"][None][3] == 0.0
    assert segment_looks(Segmentation.empty(mask.geometry))["features"]["index"] == [0]
