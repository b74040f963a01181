"""While a hand is down: what a person does ends the stroke whole, what comes by itself waits."""

from __future__ import annotations

import inspect
import pkgutil
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import napari_medseg.viewmodels
from medseg import formats
from medseg.model import Geometry
from medseg.model.terminology import KINDS
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.keeping.autosave import Autosave
from napari_medseg.viewmodels.contouring.tools.easel import Easel
from napari_medseg.viewmodels.contouring.tools.palette import all_tools
from napari_medseg.viewmodels.contouring.tools.shaping import Shaping
from napari_medseg.viewmodels.contouring.tools.tool import Touch
from napari_medseg.viewmodels.contouring.tools.toolbox import Toolbox
from napari_medseg.viewmodels.gesture import Gesture
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.viewmodels.notice import Notice, in_words, in_words_by_itself
from tests.plugin.cases import write_image

SQUARE = np.array([(8, 8), (8, 18), (18, 18), (18, 8)]) - 0.5


class Desk:
    """A case with one lesion on one slice, and a hand with a brush of 4 mm on another."""

    def __init__(self, folder: Path) -> None:
        self.case = CaseViewModel("A. Reader")
        geometry = Geometry.from_spacing((16, 28, 30), (3.0, 1.0, 1.0))
        self.case.open(write_image(folder / "scan.nii.gz", geometry))
        self.case.lesions.add_outline(2, SQUARE)
        self.easel = Easel(self.case)
        self.easel.options.choose(size_mm=4.0)
        self.toolbox = Toolbox(self.case, all_tools(self.case, self.easel), self.easel.options)
        self.gesture = self.case.notice.gesture

    def at(self, row: float, column: float) -> Touch:
        shown = np.asarray(self.easel.display.to_shown((9, row, column)), float)
        return Touch(shown, 0)

    @property
    def array(self) -> np.ndarray:
        return self.easel.at_work.segmentation.array.copy()

    def begin(self, tool: str = "brush") -> None:
        """Half of a stroke or outline: the hand is still down."""
        self.toolbox.toggle(tool)
        self.toolbox.press(self.at(4, 4))
        for place in ((4, 14), (14, 14)):
            self.toolbox.drag(self.at(*place))
        assert self.gesture.is_under_way

    def go_on(self) -> None:
        """The hand moves on, and lets go."""
        self.toolbox.drag(self.at(22, 4))
        self.toolbox.release(self.at(22, 4))
        assert not self.gesture.is_under_way


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A brush in the hand."""
    return Desk(tmp_path)


# -- what a person does -----------------------------------------------------------------------

ACTS: dict[str, Callable[[Desk], object]] = {
    "rename": lambda desk: desk.case.lesion_list.rename(1, "Node"),
    "code": lambda desk: desk.case.lesion_list.set_code(1, KINDS[-1].type, None),
    "colour": lambda desk: desk.case.lesion_list.set_color(1, (1, 2, 3)),
    "lock": lambda desk: desk.case.lesion_list.toggle_lock(1),
    "remove": lambda desk: desk.case.lesion_list.remove(1),
    "new lesion": lambda desk: desk.case.lesions.new_lesion(),
    "outline": lambda desk: desk.case.lesions.add_outline(3, SQUARE),
}


@pytest.mark.parametrize("tool", ["brush", "outline"])
@pytest.mark.parametrize("act", ACTS)
def test_an_act_from_anywhere_ends_the_stroke_and_is_a_step_of_its_own(desk, act, tool):
    history, before = desk.easel.at_work.history, history_of(desk)
    desk.begin(tool)
    ACTS[act](desk)
    assert not desk.gesture.is_under_way
    acted = history.state
    desk.go_on()  # the hand is still down, and draws nothing any more
    assert history.state is acted
    desk.case.lesions.undo()
    stroke = desk.array[9] == 1
    assert stroke[4, 9], "the stroke is there, whole"
    assert stroke[5, 12]
    assert not stroke[22].any()
    desk.case.lesions.undo()
    assert not desk.array[9].any()
    assert history_of(desk) == before


def history_of(desk: Desk) -> tuple[int, int]:
    session = desk.easel.at_work
    return int(session.segmentation.array.astype(int).sum()), len(session.segmentation.segments)


def test_going_to_another_lesion_leaves_the_outline_with_the_one_it_was_begun_for(desk):
    desk.case.lesions.new_lesion()
    desk.begin("outline")
    desk.case.lesions.select(1)
    desk.go_on()
    assert (desk.array[9] == 2).any()
    assert not (desk.array[9] == 1).any()


def test_another_author_continues_nobody_s_stroke(desk):
    desk.begin()
    desk.case.set_author("B. Other")
    painted = desk.array
    desk.go_on()
    np.testing.assert_array_equal(desk.array, painted)
    made = desk.easel.at_work.history.last
    assert made is not None
    assert made.authorship.author == "A. Reader"
    desk.case.lesions.undo()
    assert not desk.array[9].any()


def test_undo_of_an_outline_that_is_half_drawn_takes_back_that_one(desk):
    before = desk.array
    desk.begin("outline")
    desk.case.lesions.undo()
    np.testing.assert_array_equal(desk.array, before)
    desk.case.lesions.redo()
    assert desk.array[9].any()


def test_saving_holds_all_of_the_stroke(desk, tmp_path):
    desk.begin()
    desk.case.keeping.save(tmp_path / "mask.nii.gz")
    desk.go_on()
    held = formats.read_segmentation(tmp_path / "mask.nii.gz", like=desk.easel.at_work.volume)
    np.testing.assert_array_equal(held.array, desk.array)
    assert not desk.case.keeping.has_unsaved_changes


def test_closing_keeps_the_stroke_for_the_next_time(desk, tmp_path):
    desk.case.keeping.save(tmp_path / "mask.nii.gz")
    desk.begin("outline")
    assert not desk.case.keeping.has_unsaved_changes  # nothing of it is in the mask yet
    desk.case.keeping.close()
    drawn = desk.array
    assert drawn[9].any()
    again = CaseViewModel("A. Reader")
    again.open(tmp_path / "scan.nii.gz")
    again.open_mask(tmp_path / "mask.nii.gz")
    assert again.keeping.offer is not None
    again.keeping.recover()
    np.testing.assert_array_equal(again.session.segmentation.array, drawn)
    again.keeping.close()


def test_another_image_comes_after_the_end_of_the_stroke(desk, tmp_path):
    former = desk.easel.at_work
    desk.begin()
    desk.case.open(tmp_path / "scan.nii.gz")
    assert desk.case.session is former, "there are unsaved changes"
    desk.go_on()
    assert not former.segmentation.array[9, 22].any()


# -- what is only looked at or said -----------------------------------------------------------


def test_looking_and_telling_let_the_stroke_go_on(desk):
    desk.begin()
    desk.case.say("Something is told.")
    desk.toolbox.resize(1)
    desk.case.looks.toggle_outline()
    assert desk.gesture.is_under_way
    desk.go_on()
    assert desk.array[9, 22, 4] == 1
    desk.case.lesions.undo()
    assert not desk.array[9].any()


# -- what comes by itself ---------------------------------------------------------------------


def test_autosave_waits_for_the_end_of_the_stroke(desk, tmp_path):
    path = tmp_path / "mask.nii.gz"
    desk.case.keeping.save(path)
    clock = [0.0]
    autosave = Autosave(desk.easel.at_work, desk.gesture, clock=lambda: clock[0])
    desk.case.keeping.autosave = autosave
    on_disk = path.read_bytes()
    desk.begin()
    for _ in range(3):
        clock[0] += 1000.0
        desk.case.keeping.tick()
        autosave.wait()
    assert desk.gesture.is_under_way, "it has cut nothing"
    assert path.read_bytes() == on_disk, "and saved nothing half"
    desk.go_on()
    for _ in range(3):
        clock[0] += 1000.0
        desk.case.keeping.tick()
        autosave.wait()
    assert not desk.case.keeping.has_unsaved_changes
    held = formats.read_segmentation(path, like=desk.easel.at_work.volume)
    np.testing.assert_array_equal(held.array, desk.array)
    assert held.array[9, 22, 4] == 1


def test_what_was_worked_out_meanwhile_is_taken_up_after_the_stroke(desk, monkeypatch):
    planes = PlanesViewModel()
    planes.show(desk.easel.display)
    shaping = Shaping(desk.easel, planes)
    desk.easel.options.choose(is_whole=True)
    monkeypatch.setattr("napari_medseg.viewmodels.contouring.tools.shaping._PATIENCE_SECONDS", -1.0)
    shaping.margin(+1)
    assert shaping.is_busy
    before = desk.array
    desk.begin("outline")
    while any(thread.name == "medseg shaping" for thread in threading.enumerate()):
        time.sleep(0.01)
    shaping.poll()
    assert shaping.is_busy, "it is not taken up"
    np.testing.assert_array_equal(desk.array, before)
    desk.go_on()
    shaping.wait()  # the mask has changed since, so it is not made
    assert "changed meanwhile" in desk.case.notice.text


def test_an_acceptance_that_waited_for_the_thread_waits_for_the_hand_too(desk, monkeypatch):
    desk.case.lesions.add_outline(6, SQUARE)
    filling = desk.case.filling
    assert filling.live.wait()
    with monkeypatch.context() as patched:
        patched.setattr(filling.live, "wait", lambda _seconds: False)
        filling.accept_lesion()
    assert "taken as soon as it is there" in desk.case.notice.text
    desk.begin()
    assert filling.live.wait()
    filling.poll()
    assert not desk.array[4].any()
    desk.go_on()
    assert filling.live.wait()
    filling.poll()
    assert desk.array[4].any()
    desk.case.lesions.undo()
    assert not desk.array[4].any()
    assert desk.array[9, 22, 4] == 1, "the stroke is a step of its own"


# -- the one place ----------------------------------------------------------------------------


def test_a_gesture_ends_once():
    ended, gesture = [], Gesture()
    gesture.settle()
    gesture.begin(lambda: ended.append(gesture.is_under_way))
    gesture.settle()
    gesture.settle()
    assert ended == [False]
    gesture.begin(lambda: ended.append(True))
    gesture.over()
    gesture.settle()
    assert ended == [False]


def test_a_command_ends_it_before_it_begins_and_what_comes_by_itself_does_not():
    told: list[str] = []

    class Model:
        notice = Notice("")

        @in_words
        def act(self) -> None:
            told.append("acted")

        @in_words_by_itself
        def happen(self) -> None:
            told.append("happened")

    model = Model()
    model.notice.gesture.begin(lambda: told.append("ended"))
    model.happen()
    assert told == ["happened"]
    model.act()
    assert told == ["happened", "ended", "acted"]


def test_only_what_is_known_to_change_no_mask_goes_on_beside_a_stroke():
    """Whoever adds a command of that kind has to say here why a stroke may go on."""
    found = set()
    for module in pkgutil.walk_packages(
        napari_medseg.viewmodels.__path__, "napari_medseg.viewmodels."
    ):
        source = inspect.getsource(import_module(module.name)).splitlines()
        for line, text in enumerate(source):
            if text.strip() == "@in_words_by_itself":
                found.add(source[line + 1].split("def ")[1].split("(")[0])
    assert found == {
        "say",  # a message
        "_say",  # a message
        "link_here",  # the image beside
        "_open",  # the image beside, read in a thread
        "_accept_then",  # begun by `poll`, which waits
    }
