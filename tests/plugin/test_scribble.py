"""Scribbles on the lesion and beside it, without a screen."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from medseg.model import Geometry
from napari_medseg import keys
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.tools import scribbling
from napari_medseg.viewmodels.contouring.tools.easel import Easel
from napari_medseg.viewmodels.contouring.tools.palette import all_tools
from napari_medseg.viewmodels.contouring.tools.scribble import ScribbleTool
from napari_medseg.viewmodels.contouring.tools.seeds import Seeds
from napari_medseg.viewmodels.contouring.tools.tool import Touch
from napari_medseg.viewmodels.contouring.tools.toolbox import Toolbox, tool_commands
from napari_medseg.viewmodels.sketch import Area, Disc, Line, Text
from tests.plugin.cases import write_image

GRID = Geometry.from_spacing((16, 44, 46), (3.0, 1.0, 1.0))
MIDDLE = tuple((size - 1) / 2 for size in GRID.shape)


@pytest.fixture
def easel(tmp_path: Path) -> Easel:
    """An image whose ball of 200 on 0 has a radius of 10 mm."""
    model = CaseViewModel("A. Reader")
    model.open(write_image(tmp_path / "scan.nii.gz", GRID))
    return Easel(model)


@pytest.fixture
def tool(easel: Easel) -> ScribbleTool:
    return ScribbleTool(easel)


def ball(easel: Easel) -> np.ndarray:
    return easel.at_work.volume.voxels == 200


def mask(easel: Easel) -> np.ndarray:
    return easel.at_work.segmentation.array


def scribble(
    tool: ScribbleTool,
    points: list[tuple[float, float]],
    *,
    beside: bool = False,
    through: int = 0,
    index: float = 8,
) -> None:
    """A stroke through places about the middle of a plane, in shown indices."""
    about = np.delete(MIDDLE, through)
    touches = [
        Touch(np.insert(about + point, through, index), through, takes_away=beside)
        for point in points
    ]
    tool.press(touches[0])
    for touch in touches[1:]:
        tool.drag(touch)
    tool.release(touches[-1])


INSIDE, BESIDE = [(-3.0, -3.0), (3.0, 3.0)], [(-14.0, -14.0), (-14.0, 14.0), (14.0, 14.0)]


def dashed(tool: ScribbleTool, through: int = 0, index: int = 8) -> list[Line]:
    shapes = tool.shapes_on(through, index)
    return [one for one in shapes if isinstance(one, Line) and one.is_dashed]


def test_seeds_of_two_kinds_propose_the_lesion_and_return_takes_it_as_one_step(easel, tool):
    scribble(tool, INSIDE)
    tool.wait()
    assert not dashed(tool)
    assert "Shift" in easel.notice.text
    scribble(tool, BESIDE, beside=True)
    tool.wait()
    assert "Return takes it" in easel.notice.text
    assert not mask(easel).any(), "what is proposed is not in the mask"
    assert dashed(tool)
    assert not dashed(tool, index=9), "in 2D no other slice changes"
    state = easel.at_work.history.state
    assert tool.finish()
    shown = easel.display.show(mask(easel)) == 1
    np.testing.assert_array_equal(shown[8], easel.display.show(ball(easel))[8])
    assert not np.delete(shown, 8, axis=0).any()
    made = easel.at_work.history.last
    assert made is not None
    assert made.authorship.tool == "scribbles"
    assert not tool.shapes_on(0, 8)[:-1], "nothing is left over but the ring"
    assert not tool.finish()
    easel.case.lesions.undo()
    assert not mask(easel).any()
    assert easel.at_work.history.state is state


def test_through_the_slices_scribbles_on_two_planes_make_the_whole_ball(easel, tool):
    easel.options.choose(is_ball=True)
    scribble(tool, INSIDE)
    scribble(tool, BESIDE, beside=True)
    scribble(tool, [(-6.5, 0.0), (-6.5, 8.0)], beside=True, through=1, index=22)
    scribble(tool, [(6.5, 0.0), (6.5, 8.0)], beside=True, through=1, index=22)
    tool.wait()
    assert dashed(tool, index=6)
    assert dashed(tool, through=2, index=23)
    assert tool.finish()
    found, wanted = mask(easel) == 1, ball(easel)
    assert 2 * (found & wanted).sum() / (found.sum() + wanted.sum()) > 0.95


def test_each_lesion_has_seeds_of_its_own(easel, tool):
    lesions = easel.case.lesions
    lesions.new_lesion()
    scribble(tool, INSIDE)
    lesions.new_lesion()
    scribble(tool, [(-14.0, -14.0), (-14.0, 14.0)])
    tool.wait()
    colors = {one.color for one in dashed(tool)}
    assert len(colors) == 2
    before = easel.at_work.history.state
    tool.finish()
    shown = easel.display.show(mask(easel))[8]
    assert (shown == 1).any()
    assert (shown == 2).any()
    easel.case.lesions.undo()
    assert easel.at_work.history.state is before, "both were one step"


def test_escape_gives_all_up_and_backspace_the_last_stroke(easel, tool):
    toolbox = Toolbox(easel.case, (tool,), easel.options)
    toolbox.toggle("scribble")
    commands = tool_commands(toolbox, easel.case)
    scribble(tool, INSIDE)
    state = easel.at_work.history.state
    scribble(tool, BESIDE, beside=True)
    tool.wait()
    assert dashed(tool)
    commands["step_back"]()
    tool.wait()
    assert not dashed(tool)
    scribble(tool, BESIDE, beside=True)
    commands["undo"]()
    tool.wait()
    assert not dashed(tool)
    assert easel.at_work.history.state is state, "undo took a scribble back, and no change"
    commands["redo"]()
    tool.wait()
    assert dashed(tool)
    commands["undo"]()
    scribble(tool, BESIDE, beside=True)
    assert not tool.step_forward(), "another scribble takes its place"
    tool.wait()
    assert toolbox.cancel()
    assert not tool.shapes_on(0, 8)[:-1]
    assert toolbox.active is tool
    assert toolbox.cancel()
    assert toolbox.active is None


def test_a_scribble_on_what_was_drawn_too_much_takes_that_away(easel, tool):
    row, column = (round(size) for size in MIDDLE[1:])
    corners = [(-9, -9), (-9, 20), (9, 20), (9, -9)]
    around = np.array([(row + down, column + right) for down, right in corners], float)
    stored = easel.layer(0, 8)[1]
    easel.case.lesions.add_outline(stored, around)
    drawn = mask(easel)[stored].copy()
    scribble(tool, INSIDE)
    scribble(tool, [(-5.0, 16.0), (5.0, 16.0)], beside=True)
    tool.wait()
    assert any(one.color == "#ff4d4d" for one in dashed(tool))
    tool.finish()
    left = mask(easel)[stored] == 1
    assert left[ball(easel)[stored] & (drawn == 1)].all()
    assert not left[:, column + 13 :].any()
    easel.case.lesions.undo()
    np.testing.assert_array_equal(mask(easel)[stored], drawn)


def test_return_before_it_is_worked_out_takes_it_when_it_is_there(easel, tool, monkeypatch):
    monkeypatch.setattr("napari_medseg.viewmodels.contouring.tools.scribble._PATIENCE_SECONDS", 0.0)
    scribble(tool, INSIDE)
    scribble(tool, BESIDE, beside=True)
    tool._work.look_again()  # as if it had just begun
    assert tool.finish()
    tool.wait()
    tool.poll()
    assert mask(easel).any()


def promise(tool: ScribbleTool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scribbles for the current lesion whose Return waits for the thread."""
    scribble(tool, INSIDE)
    scribble(tool, BESIDE, beside=True)
    ask_early(tool, monkeypatch)


def ask_early(tool: ScribbleTool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Return while the thread is held up; it goes on when this is over."""
    tool.wait()
    held, real = threading.Event(), scribbling.scribbled

    def slow(*args: object, **kwargs: object) -> object:
        assert held.wait(30)
        return real(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(scribbling, "scribbled", slow)
        tool._work.look_again()
        assert tool.finish()
        assert tool.waits
        held.set()


def settle(tool: ScribbleTool, toolbox: Toolbox) -> None:
    while toolbox.is_busy:
        tool._work.wait()
        toolbox.poll()


def test_what_is_taken_late_is_of_the_lesion_scribbled_for_and_says_so(easel, tool, monkeypatch):
    lesions = easel.case.lesions
    lesions.new_lesion()
    lesions.new_lesion()
    lesions.select(1)
    promise(tool, monkeypatch)
    lesions.select(2)
    tool.wait()
    tool.poll()
    assert easel.notice.text == "Lesion 1: what the scribbles reach is taken."
    assert set(np.unique(mask(easel))) == {0, 1}


def test_a_promise_is_kept_though_another_tool_is_up(easel, monkeypatch):
    toolbox = Toolbox(easel.case, all_tools(easel.case, easel), easel.options)
    toolbox.toggle("scribble")
    tool = toolbox.active
    promise(tool, monkeypatch)
    toolbox.toggle("brush")
    assert "is taken as soon as it is worked out" in easel.notice.text
    settle(tool, toolbox)
    assert mask(easel).any()
    assert not toolbox.begun


def test_undo_and_escape_give_up_what_waits_and_say_so(easel, monkeypatch):
    toolbox = Toolbox(easel.case, all_tools(easel.case, easel), easel.options)
    toolbox.toggle("scribble")
    tool = toolbox.active
    promise(tool, monkeypatch)
    tool_commands(toolbox, easel.case)["undo"]()
    assert "it stays begun" in easel.notice.text
    settle(tool, toolbox)
    assert dashed(tool)
    ask_early(tool, monkeypatch)
    toolbox.toggle("brush")
    assert toolbox.give_up()
    assert "it stays begun" in easel.notice.text
    toolbox.toggle("scribble")
    settle(tool, toolbox)
    assert dashed(tool)
    assert not mask(easel).any()
    assert toolbox.give_up()
    assert easel.notice.text == "The scribble begun on slice 8 is given up."


def test_words_follow_what_is_scribbled(easel, tool):
    scribble(tool, INSIDE)
    scribble(tool, BESIDE, beside=True)
    tool.wait()
    assert "Return takes it" in easel.notice.text
    tool.step_back()
    assert easel.notice.text.startswith("Scribble on what is not the lesion too")
    tool.step_forward()
    tool.wait()
    assert "Return takes it" in easel.notice.text
    easel.case.lesion_list.remove(1)
    assert easel.notice.text.endswith("What was scribbled for it is given up.")
    assert tool.begun is None


def test_return_takes_no_flat_scribble_that_is_not_on_screen(easel):
    toolbox = Toolbox(easel.case, all_tools(easel.case, easel), easel.options)
    toolbox.toggle("scribble")
    tool = toolbox.active
    scribble(tool, INSIDE)
    scribble(tool, BESIDE, beside=True)
    tool.wait()
    assert toolbox.finish({(0, 9)})
    assert easel.notice.is_refusal
    assert "begun on slice 8; go back there" in easel.notice.text
    assert not mask(easel).any()
    easel.options.choose(is_ball=True)
    tool.wait()
    assert toolbox.finish({(0, 9)})
    assert mask(easel).any(), "through the slices they are taken wherever one is"


def test_what_is_worked_out_of_another_mask_is_not_taken(easel, tool):
    scribble(tool, INSIDE)
    scribble(tool, BESIDE, beside=True)
    tool.wait()
    stored = easel.layer(0, 8)[1]
    other = easel.case.lesions
    other.new_lesion()
    square = np.array([(-3, -3), (-3, 3), (3, 3), (3, -3)], float) + np.round(MIDDLE[1:])
    other.add_outline(stored, square)
    other.select(1)
    held = mask(easel) == 2
    tool.wait()
    tool.finish()
    np.testing.assert_array_equal(mask(easel) == 2, held)
    assert (mask(easel) == 1).any()


def test_what_was_given_up_while_it_was_worked_out_is_in_nobody_s_way(easel, tool, monkeypatch):
    """Escape does not wait for the thread, nor do the scribbles that come next."""
    held, seen = threading.Event(), []
    real = scribbling.scribbled

    def slow(*args: object, **kwargs: object) -> object:
        if not seen:
            seen.append(threading.current_thread())
            held.wait(30)
        return real(*args, **kwargs)

    monkeypatch.setattr(scribbling, "scribbled", slow)
    scribble(tool, INSIDE)
    scribble(tool, BESIDE, beside=True)
    assert tool.cancel()
    assert not tool.is_busy
    scribble(tool, INSIDE)
    scribble(tool, BESIDE, beside=True)
    tool.wait()
    proposed = dashed(tool)
    assert proposed
    held.set()
    seen[0].join()
    tool.poll()
    assert [line.points.tolist() for line in dashed(tool)] == [
        line.points.tolist() for line in proposed
    ]
    tool.close()
    assert not any(one.name == "medseg scribbles" for one in threading.enumerate())


def test_refusals_are_in_words_and_keep_the_scribbles(easel, tool):
    scribble(tool, INSIDE)
    assert tool.finish()
    assert easel.notice.is_refusal
    scribble(tool, BESIDE, beside=True, index=9)
    assert "begun on slice 8; go back there" in easel.notice.text
    easel.case.lesion_list.toggle_lock(1)
    scribble(tool, BESIDE, beside=True)
    assert "locked" in easel.notice.text
    easel.case.lesion_list.toggle_lock(1)
    scribble(tool, BESIDE, beside=True)
    tool.wait()
    assert dashed(tool)


def test_another_image_takes_the_scribbles_away(easel, tool, tmp_path):
    toolbox = Toolbox(easel.case, (tool,), easel.options)
    toolbox.toggle("scribble")
    scribble(tool, INSIDE)
    easel.case.open(write_image(tmp_path / "other.nii.gz", GRID), discard=True)
    assert not tool.finish()
    assert not tool.shapes_on(0, 8)[:-1]


def test_the_ring_is_as_wide_as_the_stroke_and_tells_its_size_in_mm(easel, tool):
    at = Touch(np.array((8.0, *MIDDLE[1:])), 0)
    tool.hover(at)
    (ring,) = tool.shapes_on(0, 8)
    assert isinstance(ring, Disc)
    assert ring.radius_mm == pytest.approx(1.0)
    for _ in range(6):
        tool.resize(1)
    words = [one for one in tool.shapes_on(0, 8) if isinstance(one, Text)]
    size = easel.options.now.seed_mm
    assert size > 4
    assert [one.text for one in words] == [f"{size:g} mm"]
    scribble(tool, [(0.0, 0.0)])
    (area,) = [one for one in tool.shapes_on(0, 8) if isinstance(one, Area)]
    width = np.ptp(area.rings[0][:, 2])
    assert width == pytest.approx(size, abs=1.0)
    assert easel.options.now.size_mm == 10.0, "the brush keeps its own"


def test_a_later_stroke_lies_on_top_until_it_is_taken_back():
    seeds = Seeds(GRID)
    start, end = np.array((8.0, 10, 10)), np.array((8.0, 10, 20))
    seeds.begin(1)
    seeds.draw(start, end, 0.6, 0)
    seeds.begin(0)
    seeds.draw(end, end, 2.0, 0)
    assert seeds.kinds == (0, 1)
    shared = {tuple(one) for one in seeds.voxels[0]} & {tuple(one) for one in seeds.voxels[1]}
    assert not shared
    assert (8, 10, 20) in {tuple(one) for one in seeds.voxels[0].tolist()}
    seeds.step_back()
    assert (8, 10, 20) in {tuple(one) for one in seeds.voxels[1].tolist()}
    np.testing.assert_allclose(GRID.to_index(seeds.points_lps()[1]), seeds.voxels[1], atol=1e-9)


def test_it_is_in_the_palette_with_a_key(easel):
    assert "scribble" in {one.command for one in all_tools(easel.case, easel)}
    assert keys.shown("scribble") == "Shift+Y"
