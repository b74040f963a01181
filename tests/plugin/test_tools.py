"""The tools of the palette in all planes, without a screen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medseg.model import ORIENTATIONS, Geometry, Origin
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.tools.brush import BrushTool
from napari_medseg.viewmodels.contouring.tools.easel import Easel
from napari_medseg.viewmodels.contouring.tools.ellipsoid import EllipsoidTool
from napari_medseg.viewmodels.contouring.tools.grow import GrowTool
from napari_medseg.viewmodels.contouring.tools.livewire import LivewireTool
from napari_medseg.viewmodels.contouring.tools.move import MoveTool
from napari_medseg.viewmodels.contouring.tools.outline import OutlineTool
from napari_medseg.viewmodels.contouring.tools.palette import all_tools
from napari_medseg.viewmodels.contouring.tools.points import PointsTool
from napari_medseg.viewmodels.contouring.tools.shaping import Shaping
from napari_medseg.viewmodels.contouring.tools.tool import Tool, Touch
from napari_medseg.viewmodels.contouring.tools.toolbox import Toolbox, tool_commands
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.viewmodels.sketch import Disc, Line, Text
from tests.plugin.cases import write_image

SHAPE, SPACING = (16, 24, 28), (3.0, 1.0, 1.2)


@pytest.fixture
def easel(tmp_path: Path) -> Easel:
    """A case whose slices are three times as thick as their pixels are wide."""
    model = CaseViewModel("A. Reader")
    model.open(write_image(tmp_path / "scan.nii.gz", Geometry.from_spacing(SHAPE, SPACING)))
    return Easel(model)


def mask_of(easel: Easel) -> np.ndarray:
    """The mask as it is shown."""
    return easel.display.show(easel.at_work.segmentation.array)


def stroke(tool: Tool, points: np.ndarray, through: int, **touch: object) -> None:
    """Press at the first point, drag through the others, let go at the last."""
    for point in points[:1]:
        tool.press(Touch(np.array(point, float), through, **touch))
    for point in points[1:]:
        tool.drag(Touch(np.array(point, float), through, **touch))
    tool.release(Touch(np.array(points[-1], float), through, **touch))


def rectangle(through: int, index: int, low: tuple[int, int], past: tuple[int, int]) -> np.ndarray:
    """The corners of a rectangle of whole voxels on one slice of a plane, shown indices."""
    corners = np.array([low, (low[0], past[1]), past, (past[0], low[1])], float) - 0.5
    return np.insert(corners, through, index, axis=1)


def inside(through: int, index: int, low: tuple[int, int], past: tuple[int, int]) -> np.ndarray:
    """Those voxels."""
    wanted = np.zeros(SHAPE, bool)
    plane = np.moveaxis(wanted, through, 0)[index]
    plane[low[0] : past[0], low[1] : past[1]] = True
    return wanted


# -- every plane can be drawn in --------------------------------------------------------------


@pytest.mark.parametrize("through", [0, 1, 2])
@pytest.mark.parametrize("kind", ["outline", "polygon"])
def test_outlines_fill_whole_voxels_on_every_plane_and_shift_takes_them_away(easel, through, kind):
    corners = rectangle(through, 7, (4, 5), (9, 12))

    def draw(points: np.ndarray, *, takes_away: bool = False) -> None:
        if kind == "outline":
            stroke(OutlineTool(easel.case, easel), points, through, takes_away=takes_away)
            return
        tool = PointsTool(easel)
        for point in points:
            stroke(tool, point[None], through, takes_away=takes_away, near_mm=0.4)
        assert tool.shapes_on(through, 7)
        assert tool.finish()

    draw(corners)
    np.testing.assert_array_equal(mask_of(easel) == 1, inside(through, 7, (4, 5), (9, 12)))
    # The first point lies upon the contour that is there: only its corners are taken hold of.
    draw(np.roll(rectangle(through, 7, (4, 5), (6, 12)), -2, axis=0), takes_away=True)
    np.testing.assert_array_equal(mask_of(easel) == 1, inside(through, 7, (6, 5), (9, 12)))


@pytest.mark.parametrize("orientation", ORIENTATIONS[::7], ids=str)
@pytest.mark.parametrize("through", [1, 2])
def test_planes_across_the_slices_are_drawn_right_however_the_image_is_stored(
    tmp_path, orientation, through
):
    straight = Geometry.from_spacing(SHAPE, SPACING)
    model = CaseViewModel("A. Reader")
    model.open(write_image(tmp_path / "scan.nii.gz", orientation.geometry(straight)))
    own = Easel(model)
    # On the corners that all shown shapes have, whichever way they are turned.
    stroke(OutlineTool(model, own), rectangle(through, 7, (4, 5), (9, 12)), through)
    shown = mask_of(own) == 1
    plane = np.moveaxis(shown, through, 0)
    assert plane[7, 4:9, 5:12].all()
    assert shown.sum() == 35


def test_an_outline_on_another_plane_is_said_with_the_row_of_the_file(easel):
    stroke(OutlineTool(easel.case, easel), rectangle(1, 7, (4, 5), (9, 12)), 1)
    assert easel.notice.text == "Lesion 1: outline drawn on coronal row 7."
    stroke(OutlineTool(easel.case, easel), rectangle(2, 9, (4, 5), (9, 12)), 2)
    assert easel.notice.text == "Lesion 1: outline drawn on sagittal column 9."


def test_provenance_names_the_plane_and_only_the_slices_that_changed(easel):
    stroke(OutlineTool(easel.case, easel), rectangle(1, 7, (4, 5), (9, 12)), 1)
    provenance = easel.at_work.segmentation.provenance
    stored = {round(float(easel.display.to_stored((index, 7, 5))[0])) for index in range(4, 9)}
    assert {index for _, index in provenance} == stored
    assert {origin.tool for origin in provenance.values()} == {"outline (coronal)"}
    assert {origin.origin for origin in provenance.values()} == {Origin.DRAWN}
    # Drawn again where it is already: no slice gains a new word.
    before = dict(provenance)
    stroke(OutlineTool(easel.case, easel), rectangle(1, 7, (4, 5), (9, 12)), 1)
    assert dict(easel.at_work.segmentation.provenance) == before
    assert "Nothing changed" in easel.notice.text


@pytest.mark.parametrize("through", [0, 1, 2])
def test_the_brush_paints_a_disc_of_its_size_in_mm_and_undo_takes_the_stroke_back(easel, through):
    easel.options.choose(size_mm=9.0)
    brush, painted, edited = BrushTool(easel), [], []
    easel.case.lesions.painted.connect(painted.append)
    easel.case.lesions.edited.connect(edited.append)
    center = np.array([7.0, 11.0, 13.0])
    on_the_way = np.arange(4)[:, None] * np.insert(np.ones(2), through, 0) + center
    brush.press(Touch(on_the_way[0], through))
    dab = mask_of(easel) == 1
    places = np.indices(SHAPE)
    away = (places - center[:, None, None, None]) * np.reshape(SPACING, (3, 1, 1, 1))
    wanted = ((away**2).sum(axis=0) <= 4.5**2) & (places[through] == center[through])
    np.testing.assert_array_equal(dab, wanted)  # it is there while the button is down
    for point in on_the_way[1:]:
        brush.drag(Touch(point, through))
    brush.release(Touch(on_the_way[-1], through))
    assert len(painted) == 4
    assert len(edited) == 2  # the lesion that was started, and the stroke
    assert (mask_of(easel) == 1).sum() > dab.sum()
    easel.case.lesions.undo()
    assert not mask_of(easel).any()
    easel.case.lesions.redo()
    stroke(brush, center[None], through, takes_away=True)
    assert not (mask_of(easel) == 1)[dab].any()


def test_a_stroke_given_up_leaves_nothing_and_a_ball_reaches_through_the_slices(easel):
    easel.case.lesions.new_lesion()
    before = easel.at_work.history.state
    easel.options.choose(size_mm=13.0, is_ball=True)
    brush = BrushTool(easel)
    center = np.array([7.0, 11.0, 13.0])
    brush.press(Touch(center, 0))
    on_slices = np.flatnonzero((mask_of(easel) == 1).any(axis=(1, 2)))
    assert on_slices.tolist() == [5, 6, 7, 8, 9]  # 6.5 mm are two slices of 3 mm each way
    assert brush.cancel()
    assert not mask_of(easel).any()
    assert easel.at_work.history.state is before
    assert not brush.cancel()


def test_the_ring_is_as_wide_as_the_brush_on_every_plane_it_meets(easel):
    easel.options.choose(size_mm=10.0)
    brush = BrushTool(easel)
    brush.hover(Touch(np.array([7.0, 11.0, 13.0]), 0))
    (ring,) = brush.shapes_on(0, 7)
    assert isinstance(ring, Disc)
    assert ring.radius_mm == 5
    assert not brush.shapes_on(0, 8)
    (cut,) = brush.shapes_on(1, 14)  # 3 mm beside the pointer a disc of 5 is 8 mm wide
    assert isinstance(cut, Line)
    assert np.linalg.norm(np.diff(cut.points, axis=0) * SPACING) == pytest.approx(8)
    assert not brush.shapes_on(1, 16)
    easel.options.choose(is_ball=True)
    (ball,) = brush.shapes_on(0, 8)  # one slice of 3 mm on
    assert ball.radius_mm == pytest.approx(4)
    assert not brush.shapes_on(0, 9)
    assert brush.resize(1)
    assert easel.options.now.size_mm == 11.5
    assert brush.shapes_on(0, 7)[1].text == "11.5 mm"
    brush.hover(Touch(np.array([7.0, 11.0, 13.0]), 0))
    assert not [shape for shape in brush.shapes_on(0, 7) if isinstance(shape, Text)]
    brush.hover(None)
    assert not brush.shapes_on(0, 7)


def test_a_pen_that_presses_less_paints_less_wide_unless_that_is_switched_off(easel):
    easel.options.choose(size_mm=12.0)
    brush, center = BrushTool(easel), np.array([[7.0, 11.0, 13.0]])
    counts = []
    for uses_pressure, pressure in ((True, 1.0), (True, 0.3), (False, 0.3)):
        easel.options.choose(uses_pressure=uses_pressure)
        stroke(brush, center, 0, pressure=pressure)
        counts.append(int((mask_of(easel) == 1).sum()))
        easel.case.lesions.undo()
    assert counts[0] == counts[2] > 2 * counts[1] > 0


def test_tools_leave_other_lesions_and_other_values_and_locked_ones_alone(easel):
    outline = OutlineTool(easel.case, easel)
    stroke(outline, rectangle(0, 7, (4, 5), (9, 12)), 0)
    easel.case.lesions.new_lesion()
    stroke(outline, rectangle(0, 7, (4, 5), (9, 20)), 0)
    assert [(mask_of(easel) == number).sum() for number in (1, 2)] == [35, 40]
    easel.options.choose(over="everything")
    stroke(outline, rectangle(0, 7, (4, 5), (9, 6)), 0)
    assert [(mask_of(easel) == number).sum() for number in (1, 2)] == [30, 45]
    easel.at_work.change_segment(1, is_locked=True)
    stroke(outline, rectangle(0, 7, (4, 5), (9, 20)), 0)
    assert [(mask_of(easel) == number).sum() for number in (1, 2)] == [30, 45]
    easel.case.lesions.select(1)
    brush = BrushTool(easel)
    stroke(brush, np.array([[7.0, 11.0, 13.0]]), 0)
    assert "locked" in easel.notice.text
    assert easel.notice.is_refusal
    assert (mask_of(easel) == 1).sum() == 30


def test_a_brush_held_to_a_range_of_values_paints_only_those(easel):
    easel.options.choose(size_mm=30.0, limits=(100.0, 300.0))
    stroke(BrushTool(easel), np.array([[7.0, 11.0, 13.0]]), 0)
    bright = easel.display.show(easel.at_work.volume.voxels)[7] > 100
    assert 0 < bright.sum() < bright.size
    painted = mask_of(easel)[7] == 1
    assert painted.any()
    assert not painted[~bright].any()


def test_slices_that_the_image_lacks_are_refused_in_words(easel, monkeypatch):
    stored = round(float(easel.display.to_stored((7, 0, 0))[0]))
    monkeypatch.setattr(type(easel.at_work.volume), "absent_slices", (stored,))
    for tool, through in ((BrushTool(easel), 0), (OutlineTool(easel.case, easel), 1)):
        stroke(tool, rectangle(through, 7, (4, 5), (9, 12)), through)
        assert "the image lacks" in easel.notice.text
        assert not mask_of(easel).any()


# -- points -----------------------------------------------------------------------------------


def test_points_are_dragged_added_deleted_and_closed_on_the_first_one(easel):
    tool, corners = PointsTool(easel), rectangle(0, 7, (4, 5), (12, 15))
    for point in corners:
        stroke(tool, point[None], 0, near_mm=0.4)
    stroke(tool, corners[2] + np.array([(0, 0, 0), (0, 2, 2)]), 0, near_mm=0.4)  # dragged
    middle = (corners[0] + corners[1]) / 2
    stroke(tool, middle + np.array([(0, 0, 0), (0, -2, 0)]), 0, near_mm=0.8)  # a point on the line
    stroke(tool, corners[3][None], 0, takes_away=True, near_mm=0.4)  # one point less
    assert not mask_of(easel).any()
    stroke(tool, corners[0][None], 0, near_mm=0.4)  # the first one again
    assert not tool.is_begun
    filled = mask_of(easel)[7] == 1
    assert filled[3, 9]
    assert filled[13, 16]
    assert not filled[11, 6]
    assert mask_of(easel).sum() == filled.sum()


def test_a_contour_that_is_there_is_taken_by_its_points_and_changes_only_there(easel):
    stroke(OutlineTool(easel.case, easel), rectangle(1, 7, (4, 5), (9, 12)), 1)
    before = mask_of(easel) == 1
    tool = PointsTool(easel)
    corner = np.array([8.5, 7.0, 11.5])
    tool.hover(Touch(corner, 1))
    line, *handles = tool.shapes_on(1, 7)
    assert line.is_closed
    assert len(handles) == len(line.points) == 4
    assert not tool.shapes_on(1, 8)
    stroke(tool, corner + np.array([(0, 0, 0), (2, 0, 3)]), 1, near_mm=1.0)
    after = mask_of(easel) == 1
    assert after[before].all()
    assert after.sum() > before.sum()
    assert after[9, 7, 12]
    easel.case.lesions.undo()
    np.testing.assert_array_equal(mask_of(easel) == 1, before)


def test_a_polygon_goes_back_point_by_point_and_escape_gives_it_up(easel):
    toolbox = Toolbox(easel.case, all_tools(easel.case, easel), easel.options)
    commands = tool_commands(toolbox, easel.case)
    toolbox.toggle("points")
    for point in rectangle(0, 7, (4, 5), (12, 15)):
        stroke(toolbox.active, point[None], 0, near_mm=0.4)
    commands["undo"]()
    assert toolbox.finish()
    assert mask_of(easel)[7].sum() in range(30, 50)  # a triangle: half of 80
    stroke(toolbox.active, np.array([[3.0, 5, 5]]), 0)
    assert toolbox.cancel()
    assert toolbox.active is not None
    commands["undo"]()
    assert not mask_of(easel).any()


# -- what follows the image -------------------------------------------------------------------


def ball_on(easel: Easel, through: int) -> np.ndarray:
    bright = easel.display.show(easel.at_work.volume.voxels) > 100
    return np.moveaxis(bright, through, 0)[(SHAPE[through] - 1) // 2]


@pytest.mark.parametrize("through", [0, 1])
def test_the_livewire_clings_to_the_bright_ball_on_the_planes(easel, through):
    middle, wanted = (SHAPE[through] - 1) // 2, ball_on(easel, through)
    down, right = (np.flatnonzero(wanted.any(axis=axis)) for axis in (1, 0))
    centre = np.argwhere(wanted).mean(axis=0).round()
    anchors = [
        (down[0], centre[1]),
        (centre[0], right[-1]),
        (down[-1], centre[1]),
        (centre[0], right[0]),
    ]
    tool = LivewireTool(easel)
    for place in anchors:
        stroke(tool, np.insert(np.array(place, float), through, middle)[None], through, near_mm=0.1)
    tool.hover(Touch(np.insert(np.array(anchors[0], float), through, middle), through))
    kept, ahead, *dots = tool.shapes_on(through, middle)
    assert len(kept.points) > 4
    assert ahead.is_dashed
    assert len(dots) == 4
    assert tool.finish()
    drawn = np.moveaxis(mask_of(easel) == 1, through, 0)[middle]
    overlap = 2 * (drawn & wanted).sum() / (drawn.sum() + wanted.sum())
    assert overlap > 0.8
    assert not tool.finish()


def test_a_region_grows_in_the_slice_or_through_all_and_dragging_changes_its_tolerance(easel):
    tool, center = GrowTool(easel), np.array([[7.0, 11.0, 13.0]])
    bright = easel.display.show(easel.at_work.volume.voxels) > 100
    easel.options.choose(reach_mm=60.0)
    stroke(tool, center, 0)
    np.testing.assert_array_equal(mask_of(easel)[7] == 1, bright[7])
    assert mask_of(easel).sum() == bright[7].sum()
    stroke(tool, center, 0)
    assert easel.notice.is_refusal
    assert "in the lesion already" in easel.notice.text
    easel.case.lesions.undo()
    easel.options.choose(is_ball=True)
    stroke(tool, center, 0)
    np.testing.assert_array_equal(mask_of(easel) == 1, bright)
    easel.case.lesions.undo()
    tool.press(Touch(center[0], 0))
    tool.drag(Touch(center[0] + [0, 0, 12], 0))
    assert [shape for shape in tool.shapes_on(0, 7) if isinstance(shape, Line)]
    tool.release(Touch(center[0], 0))
    assert "tolerance" in easel.notice.text


def test_an_ellipsoid_has_the_two_diameters_that_were_drawn(easel):
    tool = EllipsoidTool(easel)
    stroke(tool, np.array([(7.0, 11, 5), (7.0, 11, 20)]), 0)  # 15 columns of 1.2 mm
    tool.hover(Touch(np.array([7.0, 16.0, 12.0]), 0))
    assert "18.0 mm x 10.0 mm" in tool.shapes_on(0, 7)[-1].text
    stroke(tool, np.array([(7.0, 16.0, 12.0)]), 0)
    drawn = mask_of(easel) == 1
    mm3 = drawn.sum() * np.prod(SPACING)
    assert mm3 == pytest.approx(np.pi / 6 * 18 * 10 * 10, rel=0.1)
    assert drawn[7, 11, 5:21].all()
    assert not tool.cancel()


# -- one click --------------------------------------------------------------------------------


@pytest.fixture
def planes() -> PlanesViewModel:
    return PlanesViewModel()


@pytest.fixture
def shaping(easel: Easel, planes: PlanesViewModel) -> Shaping:
    planes.show(easel.display)
    planes.go_to((7, 11, 13))
    return Shaping(easel, planes)


def give(shaping: Shaping, command: str) -> None:
    """Give a command, and wait for what comes of it."""
    shaping.commands[command]()
    shaping.wait()


def test_moving_goes_by_the_way_of_the_hand_for_the_slice_or_for_all(easel):
    outline = OutlineTool(easel.case, easel)
    for index in (6, 7):
        stroke(outline, rectangle(0, index, (4, 5), (9, 12)), 0)
    tool = MoveTool(easel)
    stroke(tool, np.array([(7.0, 6, 6), (7.0, 8, 9)]), 0)
    wanted = inside(0, 6, (4, 5), (9, 12)) | inside(0, 7, (6, 8), (11, 15))
    np.testing.assert_array_equal(mask_of(easel) == 1, wanted)
    easel.options.choose(is_whole=True)
    stroke(tool, np.array([(7.0, 6, 6), (7.0, 4, 3)]), 0)
    wanted = inside(0, 6, (2, 2), (7, 9)) | inside(0, 7, (4, 5), (9, 12))
    np.testing.assert_array_equal(mask_of(easel) == 1, wanted)


def test_commands_change_the_slice_alone_or_all_of_the_lesion(easel, shaping):
    outline = OutlineTool(easel.case, easel)
    for index in (6, 7):
        stroke(outline, rectangle(0, index, (6, 6), (14, 16)), 0)
        stroke(outline, rectangle(0, index, (9, 9), (11, 12)), 0, takes_away=True)
    give(shaping, "fill_holes")
    assert [int((mask_of(easel)[index] == 1).sum()) for index in (6, 7)] == [74, 80]
    easel.options.choose(by_mm=1.2)
    give(shaping, "margin_out")
    # One row each way, one column each way; the corners lie further away.
    assert [int((mask_of(easel)[index] == 1).sum()) for index in (6, 7)] == [74, 116]
    easel.options.choose(is_whole=True)
    give(shaping, "margin_in")
    assert int((mask_of(easel)[7] == 1).sum()) == 80
    stroke(outline, rectangle(0, 7, (20, 20), (22, 22)), 0)
    give(shaping, "keep_largest")
    assert not mask_of(easel)[7, 20:22, 20:22].any()
    assert "largest piece kept" in easel.notice.text


def test_a_section_is_copied_on_and_the_next_slice_shown_unless_a_hand_drew_there(
    easel, shaping, planes
):
    outline = OutlineTool(easel.case, easel)
    stroke(outline, rectangle(0, 7, (4, 5), (9, 12)), 0)
    give(shaping, "copy_up")
    there = planes.crosshair[0]
    assert abs(there - 7) == 1
    np.testing.assert_array_equal(mask_of(easel)[there], mask_of(easel)[7])
    origins = {origin.origin for origin in easel.at_work.segmentation.provenance.values()}
    assert origins == {Origin.DRAWN, Origin.PROPAGATED}
    give(shaping, "copy_down")  # back onto what a person drew
    assert "not replaced" in easel.notice.text
    assert planes.crosshair[0] == there


def test_the_border_is_snapped_and_refined_to_the_image(easel, shaping):
    easel.options.choose(by_mm=4.0)
    bright = easel.display.show(easel.at_work.volume.voxels)[7] > 100
    rows, columns = (np.flatnonzero(bright.any(axis=axis)) for axis in (1, 0))
    low, past = (rows[0] - 1, columns[0] - 1), (rows[-1] + 2, columns[-1] + 2)
    stroke(OutlineTool(easel.case, easel), rectangle(0, 7, low, past), 0)

    def overlap() -> float:
        drawn = mask_of(easel)[7] == 1
        return float(2 * (drawn & bright).sum() / (drawn.sum() + bright.sum()))

    before = overlap()
    give(shaping, "snap")
    assert overlap() > before
    easel.case.lesions.undo()
    give(shaping, "refine")
    assert overlap() > before


def test_there_is_nothing_to_reshape_before_something_is_drawn(easel, shaping):
    give(shaping, "smooth_lesion")
    assert "Draw the lesion first" in easel.notice.text
    assert shaping.why_not
