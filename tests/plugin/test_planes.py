"""The three planes and their crosshair, without a screen: every way a grid can lie."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medseg.model import ORIENTATIONS, Geometry
from napari_medseg.display import Display
from napari_medseg.viewmodels.looking.layouts import DEFAULT_LAYOUT, LAYOUTS, LayoutViewModel
from napari_medseg.viewmodels.looking.planes import PlanesViewModel, planes_of
from tests.phantoms import oblique_geometry

STRAIGHT = Geometry.from_spacing((7, 9, 11), (3, 2, 1), (-20.0, -40.0, 100.0))

every_orientation = pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)

# What a reader expects at the edges: (top, bottom, left, right) by plane.
EDGES = {"axial": "APRL", "coronal": "SIRL", "sagittal": "SIAP"}


def tilted() -> Geometry:
    """Slices stacked at 18 degrees to their normal."""
    affine = STRAIGHT.affine.copy()
    affine[1, 0] = 3 * np.tan(np.radians(18))
    return Geometry(STRAIGHT.shape, affine)


def on_screen(display: Display, order: tuple[int, int, int]) -> str:
    """The first letters at top, bottom, left and right once the canvas mirrors what it must."""
    _, down, right = order
    letters = display.letters(down, right)
    top, bottom = letters["top"][0], letters["bottom"][0]
    left, right_end = letters["left"][0], letters["right"][0]
    if display.runs_backwards(down):
        top, bottom = bottom, top
    if display.runs_backwards(right):
        left, right_end = right_end, left
    return top + bottom + left + right_end


@every_orientation
@pytest.mark.parametrize("grid", [STRAIGHT, oblique_geometry(), tilted()], ids=str)
def test_every_plane_is_radiological_however_the_grid_is_stored(orientation, grid):
    display = Display(orientation.geometry(grid))
    planes = planes_of(display)
    assert sorted(plane.name for plane in planes) == ["axial", "coronal", "sagittal"]
    assert planes[0].name == display.plane
    assert planes[0].order == (0, 1, 2)
    for plane in planes:
        assert sorted(plane.order) == [0, 1, 2]
        assert on_screen(display, plane.order) == EDGES[plane.name]


def test_a_plane_laid_the_other_way_round_would_be_noticed():
    display = Display(STRAIGHT)
    through, down, right = planes_of(display)[1].order
    assert on_screen(display, (through, right, down)) != EDGES["coronal"]


@given(st.sampled_from(ORIENTATIONS), *[st.integers(-3, 14)] * 3)
def test_the_crosshair_is_one_voxel_in_shown_stored_and_patient_terms(orientation, a, b, c):
    planes = PlanesViewModel()
    planes.show(Display(orientation.geometry(oblique_geometry())))
    planes.go_to((a, b, c))
    assert all(
        0 <= place < size for place, size in zip(planes.crosshair, planes.shape, strict=True)
    )
    geometry = planes.display.geometry
    np.testing.assert_allclose(geometry.to_patient(planes.stored_index), planes.point_lps)
    here, point, stored = planes.crosshair, planes.point_lps, planes.stored_index
    for go_back in (lambda: planes.go_to_patient(point), lambda: planes.go_to_stored(stored)):
        planes.go_to((0, 0, 0))
        go_back()
        assert planes.crosshair == here


def test_steps_stop_at_the_ends_and_tell_only_when_something_moved():
    planes, moves = PlanesViewModel(), []
    planes.show(Display(STRAIGHT))
    assert planes.crosshair == (3, 4, 5)
    planes.moved.connect(lambda: moves.append(planes.crosshair))
    planes.step(0, 2)
    planes.step(0, 10)
    planes.step(0, 1)
    assert moves == [(5, 4, 5), (6, 4, 5)]
    planes.go_to_slice(2, -4)
    assert planes.crosshair == (6, 4, 0)


@every_orientation
def test_up_is_towards_head_front_and_right_in_every_orientation(orientation):
    planes = PlanesViewModel()
    planes.show(Display(orientation.geometry(STRAIGHT)))
    for plane in planes.planes:
        planes.go_to(np.array(planes.shape) // 2)
        before = planes.point_lps
        planes.step_up(plane.through, 1)
        moved = planes.point_lps - before
        assert {"axial": moved[2], "coronal": -moved[1], "sagittal": -moved[0]}[plane.name] > 0
        planes.go_to_end(plane.through, up=False)
        bottom = planes.point_lps
        planes.go_to_end(plane.through, up=True)
        assert np.abs(planes.point_lps - bottom).sum() > 9
        assert (planes.point_lps - bottom) @ moved > 0


def test_the_same_image_keeps_the_crosshair_and_another_begins_in_its_middle():
    planes = PlanesViewModel()
    planes.show(Display(STRAIGHT))
    planes.go_to((1, 2, 3))
    planes.show(Display(Geometry(STRAIGHT.shape, STRAIGHT.affine.copy())))
    assert planes.crosshair == (1, 2, 3)
    planes.show(Display(Geometry.from_spacing((4, 4, 4), (1, 1, 1))))
    assert planes.crosshair == (1, 1, 1)


def test_before_an_image_nothing_moves_and_nothing_is_said():
    planes = PlanesViewModel()
    planes.step_up(0, 1)
    planes.go_to_patient((1, 2, 3))
    planes.go_to_stored((1, 2, 3))
    planes.go_to_end(1, up=True)
    assert planes.crosshair == planes.stored_index == (0, 0, 0)
    np.testing.assert_array_equal(planes.point_lps, np.zeros(3))
    assert planes.slice_text(0) == planes.position_text(0) == ""


def test_a_slice_is_named_as_the_file_counts_it_and_by_its_place():
    planes = PlanesViewModel()
    planes.show(Display(STRAIGHT))
    planes.go_to((2, 0, 10))
    assert planes.slice_text(0) == "slice 2 (0 to 6)"
    assert planes.position_text(0) == "S 106.0 mm"
    assert planes.position_text(1) == "A 40.0 mm"
    assert planes.position_text(2) == "R 10.0 mm"
    # Stored with columns running to the right: the count is the file's, the place the patient's.
    mirrored = next(o for o in ORIENTATIONS if o.axes == (0, 1, 2) and o.flips == (0, 0, 1))
    planes = PlanesViewModel()
    planes.show(Display(mirrored.geometry(STRAIGHT)))
    planes.go_to_patient((-10, -40, 106))
    assert planes.slice_text(2) == "column 0 (0 to 10)"
    assert planes.position_text(2) == "R 10.0 mm"


def test_a_tilted_slice_lies_where_its_plane_is_wherever_the_crosshair_is_on_it():
    planes = PlanesViewModel()
    planes.show(Display(tilted()))
    seen = set()
    for row in range(9):
        planes.go_to((4, row, 3))
        seen.add(planes.position_text(0))
    assert len(seen) == 1


# -- layouts --------------------------------------------------------------------------------


def test_a_layout_is_remembered_beside_what_else_is_kept_there(tmp_path):
    path = tmp_path / "new" / "viewer.json"
    layout, changes = LayoutViewModel(path), []
    layout.changed.connect(lambda: changes.append(layout.columns))
    assert layout.layout == DEFAULT_LAYOUT
    layout.choose("side by side")
    layout.choose("upside down")
    assert changes == [((0,), (1,), (2,))]
    path.write_text(json.dumps({**json.loads(path.read_text()), "other": 1}))
    LayoutViewModel(path).choose("one")
    assert json.loads(path.read_text()) == {"layout": "one", "other": 1}
    assert LayoutViewModel(path).columns == ((0,),)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"layout": 3}', '{"layout": "gone"}'])
def test_damaged_settings_are_as_none(tmp_path, content):
    path = tmp_path / "viewer.json"
    path.write_text(content)
    layout = LayoutViewModel(path)
    assert layout.layout == DEFAULT_LAYOUT
    layout.choose("one")
    assert LayoutViewModel(path).layout == "one"


def test_where_nothing_can_be_written_the_layout_changes_all_the_same(tmp_path):
    (tmp_path / "file").write_text("")
    layout = LayoutViewModel(tmp_path / "file" / "viewer.json")
    layout.choose("one")
    assert layout.layout == "one"


def test_the_key_goes_round_all_layouts_and_each_shows_the_main_plane(tmp_path):
    layout, seen = LayoutViewModel(tmp_path / "viewer.json"), []
    for _ in LAYOUTS:
        layout.next()
        seen.append(layout.layout)
        assert layout.columns[0][0] == 0
    assert sorted(seen) == sorted(LAYOUTS)


def test_a_pane_fills_the_screen_and_goes_back(tmp_path):
    layout = LayoutViewModel(tmp_path / "viewer.json")
    before = layout.columns
    layout.toggle_maximised(2)
    assert layout.columns == ((2,),)
    layout.toggle_maximised(2)
    assert layout.columns == before
    layout.toggle_maximised(1)
    layout.choose("one")
    assert layout.columns == ((0,),)
    layout.toggle_maximised(0)  # alone as it is
    assert layout.maximised is None
