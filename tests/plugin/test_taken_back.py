"""What is taken back can be made again, or it is said why not; without a screen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medseg.errors import EditError
from medseg.model import Change, Geometry
from medseg.session import Session
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.tools.brush import BrushTool
from napari_medseg.viewmodels.contouring.tools.easel import Easel
from napari_medseg.viewmodels.contouring.tools.livewire import LivewireTool
from napari_medseg.viewmodels.contouring.tools.palette import all_tools
from napari_medseg.viewmodels.contouring.tools.points import PointsTool
from napari_medseg.viewmodels.contouring.tools.tool import Touch
from napari_medseg.viewmodels.contouring.tools.toolbox import Toolbox, tool_commands
from napari_medseg.viewmodels.sketch import Disc
from tests.plugin.cases import write_image

SQUARE = np.array([(8, 8), (8, 18), (18, 18), (18, 8)]) - 0.5


@pytest.fixture
def easel(tmp_path: Path) -> Easel:
    """Squares on stored slices 3 and 7, so that 4 to 6 are proposed; and one undone on 9."""
    model = CaseViewModel("A. Reader")
    geometry = Geometry.from_spacing((16, 28, 30), (3.0, 1.0, 1.0))
    model.open(write_image(tmp_path / "scan.nii.gz", geometry))
    for index in (3, 7, 12):
        model.lesions.add_outline(index, SQUARE)
    model.lesions.undo()
    assert model.filling.live.wait()
    easel = Easel(model)
    easel.options.choose(size_mm=4.0)
    return easel


def mask(easel: Easel) -> np.ndarray:
    return easel.at_work.segmentation.array.copy()


def at(easel: Easel, row: float, column: float) -> Touch:
    """A touch on stored slice 5."""
    return Touch(np.asarray(easel.display.to_shown((5, row, column)), float), 0)


def draw(tool: BrushTool, touches: list[Touch]) -> None:
    tool.press(touches[0])
    for touch in touches[1:]:
        tool.drag(touch)
    tool.release(touches[-1])


def check_redo_of_the_one_on_12(easel: Easel) -> None:
    """What was undone before is made again, and nothing besides."""
    before = mask(easel)
    assert easel.case.lesions.cannot_redo is None
    easel.case.lesions.redo()
    assert mask(easel)[12].any()
    np.testing.assert_array_equal(np.delete(mask(easel), 12, 0), np.delete(before, 12, 0))


def test_after_a_proposal_was_given_back_redo_is_what_it_was(easel):
    """The proposal was taken up for a stroke that came to nothing."""
    draw(BrushTool(easel), [at(easel, 12, 12), at(easel, 12, 14)])
    assert "proposed again" in easel.notice.text
    check_redo_of_the_one_on_12(easel)


def test_after_a_refusal_upon_a_proposal_redo_is_what_it_was(easel):
    seen = []

    def refuse(session: Session, number: int) -> Change:
        seen.append((session.segmentation.array[5] == number).any())
        raise EditError("It may not be.")

    easel.make(refuse, "made.", slices=(5,))
    assert seen == [True], "the proposal was taken up for it"
    assert easel.notice.text == "It may not be."
    assert not mask(easel)[5].any(), "and is given back"
    assert easel.case.filling.live.wait()
    assert easel.case.filling.slices(1) == {4, 5, 6}
    check_redo_of_the_one_on_12(easel)


def test_a_stroke_upon_a_proposal_is_undone_and_made_again_with_it(easel):
    draw(BrushTool(easel), [at(easel, 12, 12), at(easel, 12, 24)])
    drawn = mask(easel)
    assert drawn[5].any()
    easel.case.lesions.undo()
    assert easel.case.filling.live.wait()
    assert easel.case.filling.slices(1) == {4, 5, 6}
    easel.case.lesions.redo()
    np.testing.assert_array_equal(mask(easel), drawn)


def test_an_acceptance_is_undone_proposed_again_and_made_again(easel):
    easel.case.filling.accept_lesion()
    taken = mask(easel)
    easel.case.lesions.undo()
    assert easel.case.filling.live.wait()
    assert easel.case.filling.slices(1) == {4, 5, 6}
    easel.case.lesions.redo()
    np.testing.assert_array_equal(mask(easel), taken)


def test_where_a_change_was_made_since_redo_says_so(easel):
    lesions = easel.case.lesions
    assert lesions.cannot_redo is None
    lesions.add_outline(9, SQUARE)
    assert "a change was made since" in (lesions.cannot_redo or "")
    lesions.redo()
    assert "a change was made since" in easel.notice.text
    assert mask(easel)[9].any()
    lesions.undo()
    lesions.redo()
    assert lesions.cannot_redo == "There is nothing to redo."


def test_where_memory_is_used_up_undo_says_so(easel, monkeypatch):
    lesions = easel.case.lesions
    monkeypatch.setattr(easel.at_work.history, "_budget_bytes", 1)
    lesions.add_outline(9, SQUARE)
    lesions.undo()
    lesions.undo()
    assert "no longer be undone" in easel.notice.text
    assert mask(easel)[3].any()


@pytest.mark.parametrize("kind", [PointsTool, LivewireTool])
def test_a_point_taken_back_is_set_again_where_it_was(easel, kind):
    toolbox = Toolbox(easel.case, all_tools(easel.case, easel), easel.options)
    toolbox.toggle(kind.command)
    commands = tool_commands(toolbox, easel.case)
    for row, column in ((3, 3), (3, 25), (25, 25)):
        toolbox.press(at(easel, row, column))
        toolbox.release(at(easel, row, column))
    before, state = places(toolbox), easel.at_work.history.state
    assert len(before) == 3
    commands["undo"]()
    commands["undo"]()
    assert places(toolbox) == before[:1]
    commands["redo"]()
    commands["redo"]()
    assert places(toolbox) == before
    assert easel.at_work.history.state is state, "the mask's own undo and redo were left alone"
    for _ in range(3):
        commands["undo"]()
    assert "given up" in easel.notice.text
    assert not places(toolbox)
    check_redo_of_the_one_on_12(easel)


def begin(easel: Easel, command: str) -> Toolbox:
    """Three points on stored slice 5."""
    toolbox = Toolbox(easel.case, all_tools(easel.case, easel), easel.options)
    toolbox.toggle(command)
    for row, column in ((3, 3), (3, 25), (25, 25)):
        toolbox.press(at(easel, row, column))
        toolbox.release(at(easel, row, column))
    return toolbox


@pytest.mark.parametrize("command", ["points", "livewire"])
def test_return_closes_no_contour_that_is_not_on_screen(easel, command):
    toolbox = begin(easel, command)
    before, shown = mask(easel), round(at(easel, 3, 3).index[0])
    assert toolbox.finish({(0, shown + 1), (1, shown), (2, 4)})
    assert easel.notice.is_refusal
    assert easel.notice.text == (
        "A contour is begun on slice 5; go back there, or Esc gives it up."
    )
    np.testing.assert_array_equal(mask(easel), before)
    assert toolbox.press_twice(Touch(np.array((3.0, shown, 3.0)), 1)), "nor a double click"
    np.testing.assert_array_equal(mask(easel), before)
    assert toolbox.finish({(0, shown), (1, 2)})
    assert mask(easel)[5].any()


@pytest.mark.parametrize("command", ["points", "livewire"])
def test_a_contour_begun_waits_for_its_tool_to_be_taken_up_again(easel, command):
    toolbox = begin(easel, command)
    before = places(toolbox)
    toolbox.toggle("brush")
    assert easel.notice.text.startswith("The contour begun on slice 5 is kept")
    assert not toolbox.finish()
    assert [str(one) for one in toolbox.begun] == ["The contour begun on slice 5"]
    toolbox.toggle(command)
    assert places(toolbox) == before
    assert toolbox.cancel()
    assert easel.notice.text == "The contour begun on slice 5 is given up."
    assert not toolbox.begun
    assert not places(toolbox)


def test_undo_takes_an_acceptance_back_that_waits_before_anything_else(easel, monkeypatch):
    filling, toolbox = easel.case.filling, Toolbox(easel.case, ())
    with monkeypatch.context() as patched:
        patched.setattr(filling.live, "wait", lambda _seconds: False)
        filling.accept_lesion()
    state = easel.at_work.history.state
    commands = tool_commands(toolbox, easel.case)
    commands["undo"]()
    assert "stays proposed" in easel.notice.text
    filling.poll()
    assert easel.at_work.history.state is state
    commands["undo"]()
    assert not mask(easel)[7].any()


def test_another_image_says_that_a_contour_put_aside_is_given_up(easel, tmp_path):
    toolbox = begin(easel, "points")
    toolbox.toggle("brush")
    geometry = Geometry.from_spacing((16, 28, 30), (3.0, 1.0, 1.0))
    easel.case.open(write_image(tmp_path / "other.nii.gz", geometry), discard=True)
    assert easel.notice.text.endswith("The contour begun on slice 5 was given up.")
    assert not toolbox.begun


def test_another_image_has_nothing_of_a_contour_begun_on_the_one_before(easel, tmp_path):
    toolbox = Toolbox(easel.case, all_tools(easel.case, easel), easel.options)
    toolbox.toggle("points")
    for row, column in ((3, 3), (3, 25), (25, 25)):
        toolbox.press(at(easel, row, column))
        toolbox.release(at(easel, row, column))
    geometry = Geometry.from_spacing((16, 28, 30), (3.0, 1.0, 1.0))
    easel.case.open(write_image(tmp_path / "other.nii.gz", geometry), discard=True)
    assert not places(toolbox)
    assert not toolbox.finish()
    assert not mask(easel).any()


def places(toolbox: Toolbox) -> list[tuple[float, ...]]:
    assert toolbox.active is not None
    index = toolbox.active._plane[1]
    shapes = toolbox.shapes_on(0, index)
    return [one.at for one in shapes if isinstance(one, Disc)]
