"""A stroke is one undo step, or none, whatever happens while the hand is down; without a screen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medseg.model import Geometry
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.tools.brush import BrushTool
from napari_medseg.viewmodels.contouring.tools.easel import Easel
from napari_medseg.viewmodels.contouring.tools.outline import OutlineTool
from napari_medseg.viewmodels.contouring.tools.palette import all_tools
from napari_medseg.viewmodels.contouring.tools.points import PointsTool
from napari_medseg.viewmodels.contouring.tools.tool import Touch
from napari_medseg.viewmodels.contouring.tools.toolbox import Toolbox, tool_commands
from tests.plugin.cases import write_image

SQUARE = np.array([(8, 8), (8, 18), (18, 18), (18, 8)]) - 0.5


@pytest.fixture
def easel(tmp_path: Path) -> Easel:
    """A case with nothing drawn, and a brush of 4 mm."""
    model = CaseViewModel("A. Reader")
    geometry = Geometry.from_spacing((16, 28, 30), (3.0, 1.0, 1.0))
    model.open(write_image(tmp_path / "scan.nii.gz", geometry))
    easel = Easel(model)
    easel.options.choose(size_mm=4.0)
    return easel


@pytest.fixture
def proposed(easel: Easel) -> Easel:
    """The same with squares on stored slices 3 and 7, so that 4 to 6 are proposed."""
    for index in (3, 7):
        easel.case.lesions.add_outline(index, SQUARE)
    assert easel.case.filling.live.wait()
    assert easel.case.filling.slices(1) == {4, 5, 6}
    return easel


@pytest.fixture
def toolbox(easel: Easel) -> Toolbox:
    """All tools, none up."""
    return Toolbox(easel.case, all_tools(easel.case, easel), easel.options)


def at(easel: Easel, row: float, column: float, *, takes_away: bool = False) -> Touch:
    """A touch on stored slice 5, at a stored row and column."""
    shown = np.asarray(easel.display.to_shown((5, row, column)), float)
    return Touch(shown, 0, takes_away)


def mask(easel: Easel) -> np.ndarray:
    return easel.at_work.segmentation.array.copy()


# -- on a slice that is proposed --------------------------------------------------------------


def test_a_stroke_whose_first_dab_adds_nothing_to_a_proposal_is_one_step(proposed):
    before, state = mask(proposed), proposed.at_work.history.state
    brush = BrushTool(proposed)
    brush.press(at(proposed, 12, 12))  # within what is proposed
    brush.drag(at(proposed, 12, 22))
    brush.release(at(proposed, 12, 22))
    assert mask(proposed)[5, 12, 22] == 1
    assert mask(proposed)[5, 8, 8] == 1  # the proposal went with it
    proposed.case.lesions.undo()
    np.testing.assert_array_equal(mask(proposed), before)
    assert proposed.at_work.history.state is state
    assert proposed.case.filling.live.wait()
    assert proposed.case.filling.slices(1) == {4, 5, 6}


def test_a_stroke_that_changes_nothing_gives_the_proposal_back(proposed):
    before, state = mask(proposed), proposed.at_work.history.state
    brush = BrushTool(proposed)
    for end in (12, 14):
        brush.press(at(proposed, 12, 12))
        brush.drag(at(proposed, 12, end))
        assert mask(proposed)[5].any()
        brush.release(at(proposed, 12, end))
        np.testing.assert_array_equal(mask(proposed), before)
        assert proposed.at_work.history.state is state
        assert not proposed.at_work.history.can_redo
        assert "Nothing changed" in proposed.notice.text
        assert proposed.case.filling.live.wait()
        assert proposed.case.filling.slices(1) == {4, 5, 6}


def test_a_refusal_in_the_middle_of_a_stroke_upon_a_proposal_leaves_nothing(proposed, monkeypatch):
    before, state = mask(proposed), proposed.at_work.history.state
    brush = BrushTool(proposed)
    brush.press(at(proposed, 12, 12))
    monkeypatch.setattr(type(proposed.at_work.volume), "absent_slices", (5,))
    brush.drag(at(proposed, 12, 22))
    assert proposed.notice.is_refusal
    np.testing.assert_array_equal(mask(proposed), before)
    assert proposed.at_work.history.state is state


# -- given up ---------------------------------------------------------------------------------


@pytest.mark.parametrize("column", [12, 25])
def test_what_escape_gave_up_is_not_redone_and_what_could_be_redone_still_can(proposed, column):
    proposed.case.lesions.add_outline(5, SQUARE + 2)
    with_outline = mask(proposed)
    proposed.case.lesions.undo()
    assert proposed.case.filling.live.wait()
    before, history = mask(proposed), proposed.at_work.history
    state = history.state
    brush = BrushTool(proposed)
    brush.press(at(proposed, 12, column))
    brush.drag(at(proposed, 14, column))
    assert not history.can_redo
    assert brush.cancel()
    np.testing.assert_array_equal(mask(proposed), before)
    assert history.state is state
    proposed.case.lesions.redo()
    np.testing.assert_array_equal(mask(proposed), with_outline)
    assert not history.can_redo


# -- other commands while the hand is down ----------------------------------------------------


def commands_of(easel: Easel, toolbox: Toolbox) -> dict:
    lesions, listed = easel.case.lesions, easel.case.lesion_list
    return {
        "new_lesion": lesions.new_lesion,
        "redo": lesions.redo,
        "lock": listed.toggle_lock,
        "remove_lesion": listed.remove,
        "brush": lambda: toolbox.toggle("brush"),
        "slice_up": lambda: None,
        "cancel": lambda: toolbox.cancel() and None,
        **tool_commands(toolbox, easel.case),
    }


@pytest.mark.parametrize("command", ["new_lesion", "lock", "remove_lesion"])
def test_a_command_while_painting_ends_the_stroke_and_is_a_step_of_its_own(
    proposed, toolbox, command
):
    toolbox.toggle("brush")
    commands, before = commands_of(proposed, toolbox), mask(proposed)
    toolbox.press(at(proposed, 2, 2))
    toolbox.drag(at(proposed, 2, 6))
    painted = mask(proposed)
    commands[command]()
    after, segments = mask(proposed), proposed.at_work.segmentation.segments
    toolbox.drag(at(proposed, 22, 6))  # the hand is still down
    toolbox.release(at(proposed, 22, 6))
    np.testing.assert_array_equal(mask(proposed), after)
    assert proposed.at_work.segmentation.segments == segments
    proposed.case.lesions.undo()
    np.testing.assert_array_equal(mask(proposed), painted)
    assert proposed.at_work.segmentation.segments != segments
    proposed.case.lesions.undo()
    np.testing.assert_array_equal(mask(proposed), before)


def test_undo_while_painting_takes_the_stroke_back_and_redo_brings_all_of_it(proposed, toolbox):
    toolbox.toggle("brush")
    commands, before = commands_of(proposed, toolbox), mask(proposed)
    toolbox.press(at(proposed, 2, 2))
    toolbox.drag(at(proposed, 2, 6))
    painted = mask(proposed)
    commands["undo"]()
    toolbox.release(at(proposed, 2, 6))
    np.testing.assert_array_equal(mask(proposed), before)
    commands["redo"]()
    np.testing.assert_array_equal(mask(proposed), painted)


def test_putting_the_brush_down_while_painting_keeps_the_stroke(proposed, toolbox):
    toolbox.toggle("brush")
    commands, before = commands_of(proposed, toolbox), mask(proposed)
    toolbox.press(at(proposed, 2, 2))
    painted = mask(proposed)
    assert (painted != before).any()
    commands["brush"]()
    assert toolbox.active is None
    np.testing.assert_array_equal(mask(proposed), painted)


def test_looking_on_does_not_end_a_stroke_and_escape_gives_it_up(proposed, toolbox):
    toolbox.toggle("brush")
    commands, before = commands_of(proposed, toolbox), mask(proposed)
    toolbox.press(at(proposed, 2, 2))
    commands["slice_up"]()
    commands["larger"]()
    toolbox.drag(at(proposed, 2, 10))
    assert mask(proposed)[5, 2, 10] == 1
    commands["cancel"]()
    toolbox.drag(at(proposed, 2, 12))
    toolbox.release(at(proposed, 2, 12))
    np.testing.assert_array_equal(mask(proposed), before)
    assert toolbox.active is not None


# -- two quick presses ------------------------------------------------------------------------


@pytest.mark.parametrize("tool", [BrushTool, OutlineTool])
def test_the_second_of_two_quick_presses_draws(easel, toolbox, tool):
    toolbox.toggle(tool.command)
    for at_row in (4, 14):
        touches = [at(easel, at_row + r, c) for r, c in ((0, 4), (0, 9), (5, 9), (5, 4))]
        if at_row == 4:
            toolbox.press(touches[0])
        else:
            assert not toolbox.press_twice(touches[0])
        for touch in touches[1:]:
            toolbox.drag(touch)
        toolbox.settle()
        assert mask(easel)[5, at_row : at_row + 5, 4:9].any()
    easel.case.lesions.undo()
    assert mask(easel)[5, 4:9, 4:9].any()
    assert not mask(easel)[5, 12:].any()


def test_two_quick_presses_close_a_polygon_that_is_begun(easel, toolbox):
    toolbox.toggle(PointsTool.command)
    for row, column in ((4, 4), (4, 14), (14, 14)):
        toolbox.press(at(easel, row - 0.5, column - 0.5))
        toolbox.release(at(easel, row - 0.5, column - 0.5))
    assert toolbox.press_twice(at(easel, 13.5, 13.5))
    assert mask(easel)[5, 5, 12] == 1
