"""The table of lesions, their looks and their outlines, without a screen."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from medseg.model import Code, Geometry, Segment, Segmentation
from medseg.raster import fill_rings
from napari_medseg.display import Display, segment_looks
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.lesions.extent import extent_of
from napari_medseg.viewmodels.contouring.lesions.lesion_sketch import LesionSketch
from napari_medseg.viewmodels.contouring.lesions.measured import QUIET_SECONDS, Measured
from napari_medseg.viewmodels.contouring.lesions.plane_rings import PlaneRings
from napari_medseg.viewmodels.contouring.lesions.terminology import (
    kind_choices,
    place_of,
    region_choices,
    tip_of,
)
from napari_medseg.viewmodels.rows import LesionState, lesion_state
from napari_medseg.viewmodels.sketch import Line, Text
from tests.phantoms import oblique_geometry, two_lesions

SQUARE = np.array([(10, 10), (10, 20), (20, 20), (20, 10)]) - 0.5
NODULE = Code("27925004", "SCT", "Nodule")
LUNG = Code("39607008", "SCT", "Lung")


@pytest.fixture
def case(image_path: Path) -> CaseViewModel:
    model = CaseViewModel("A. Reader")
    model.open(image_path)
    model.lesions.add_outline(3, SQUARE)
    model.lesions.new_lesion()
    model.lesions.add_outline(7, np.add(SQUARE, (0, 15)))
    return model


def segment(model: CaseViewModel, number: int) -> Segment:
    assert model.session is not None
    return model.session.segmentation.segment(number)


# -- names, codes, colours, locks -----------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        (lambda listed: listed.rename(1, "  Big \n node "), "label", "Big node"),
        (lambda listed: listed.set_code(1, NODULE, LUNG), "region", LUNG),
        (lambda listed: listed.set_color(1, (1, 2, 3)), "color", (1, 2, 3)),
        (lambda listed: listed.toggle_lock(1), "is_locked", True),
    ],
)
def test_a_change_of_a_lesion_is_one_step_of_the_history(case, change, field, value):
    edits, before = [], segment(case, 1)
    case.lesions.edited.connect(edits.append)
    change(case.lesion_list)
    assert getattr(segment(case, 1), field) == value
    assert len(edits) == 1
    case.lesions.undo()
    assert segment(case, 1) == before
    case.lesions.redo()
    assert getattr(segment(case, 1), field) == value


def test_what_changes_nothing_is_no_step(case):
    last = case.session.history.last
    case.lesion_list.rename(1, "   ")
    case.lesion_list.rename(1, "Lesion 1")
    case.lesion_list.set_color(1, segment(case, 1).color)
    case.lesion_list.set_code(9, NODULE, None)
    assert case.session.history.last is last


def test_an_empty_name_and_one_that_another_lesion_has_are_told_of(case):
    case.lesion_list.rename(2, "   ")
    assert case.notice.text == "A lesion has a name; Lesion 2 keeps its own."
    case.lesion_list.rename(2, "Lesion 1")
    assert segment(case, 2).label == "Lesion 1"
    assert case.notice.text == "Renamed to Lesion 1. #1 is called so too."
    case.lesion_list.rename(2, "Node")
    assert case.notice.text == "Renamed to Node."


def test_a_kind_brings_its_category_and_an_unknown_one_keeps_it(case):
    node = Code("59441001", "SCT", "Lymph Node")
    case.lesion_list.set_code(1, node, None)
    assert segment(case, 1).category.meaning == "Anatomical Structure"
    case.lesion_list.set_code(1, Code("X1", "99MINE", "Mine"), None)
    assert segment(case, 1).category.meaning == "Anatomical Structure"
    assert case.lesions.rows[0].code == "Mine"
    case.lesion_list.set_code(1, NODULE, LUNG)
    assert segment(case, 1).category.meaning == "Morphologically Altered Structure"
    row = case.lesions.rows[0]
    assert row.code == "Nodule, Lung"
    assert "Type: Nodule (SCT 27925004)" in row.code_tip


def test_removing_takes_voxels_and_name_and_undo_brings_both_back(case):
    mask = case.session.segmentation
    before = mask.array.copy()
    case.lesions.select(1)
    case.lesion_list.remove()
    assert mask.numbers == (2,)
    assert not (mask.array == 1).any()
    assert case.lesions.current == 2
    assert "removed" in case.notice.text
    case.lesions.undo()
    assert mask.numbers == (1, 2)
    np.testing.assert_array_equal(mask.array, before)


def test_the_lesion_that_comes_back_is_the_current_one(case):
    case.lesions.select(1)
    case.lesion_list.remove()
    case.lesions.undo()
    assert case.lesions.current == 1
    case.lesions.add_outline(4, SQUARE)
    assert (case.session.segmentation.array[4] == 1).sum() == 100
    assert not (case.session.segmentation.array[4] == 2).any()


def test_the_current_lesion_goes_along_with_undo_and_redo(case):
    case.lesions.select(1)
    case.lesions.new_lesion()
    case.lesions.undo()
    assert case.lesions.current == 1  # not its neighbour in the list: what was worked on before
    case.lesions.redo()
    assert case.lesions.current == 3
    case.lesions.select(2)
    case.lesion_list.remove()
    case.lesions.undo()
    assert case.lesions.current == 2
    case.lesions.redo()
    assert case.session.segmentation.numbers == (1, 3)
    assert case.lesions.current == 3


def test_drawing_on_a_hidden_lesion_opens_its_eye_and_says_so(case):
    case.lesion_list.toggle_eye(2)
    case.lesions.add_outline(8, SQUARE)
    assert case.lesions.looks.shows(2)
    assert "outline drawn" in case.notice.text
    assert "Lesion 2 was hidden and is shown again" in case.notice.text
    case.lesions.add_outline(9, SQUARE)
    assert "hidden" not in case.notice.text


def test_nothing_is_drawn_while_all_lesions_are_held_back(case):
    before = case.session.segmentation.array.copy()
    case.lesions.looks.hold_back(True)
    case.lesions.add_outline(8, SQUARE)
    assert case.notice.is_refusal
    assert "let go of H" in case.notice.text
    np.testing.assert_array_equal(case.session.segmentation.array, before)
    case.lesions.looks.hold_back(False)
    case.lesions.add_outline(8, SQUARE)
    assert (case.session.segmentation.array[8] == 2).sum() == 100


def test_a_locked_lesion_is_not_removed_and_the_notice_says_so(case):
    case.lesion_list.toggle_lock(1)
    assert case.lesions.current == 2
    assert case.lesion_list.cannot_remove is None
    case.lesion_list.remove(1)
    assert case.notice.is_refusal
    assert "locked" in case.notice.text
    assert case.session.segmentation.numbers == (1, 2)
    case.lesions.select(1)
    assert "locked" in case.lesion_list.cannot_remove


def test_lesions_move_in_the_list_and_stop_at_its_ends(case):
    case.lesions.new_lesion()
    case.lesion_list.move(3, -1)
    assert case.session.segmentation.numbers == (1, 3, 2)
    case.lesion_list.move(3, -9)
    assert case.session.segmentation.numbers == (3, 1, 2)
    last = case.session.history.last
    case.lesion_list.move(3, -1)
    assert case.session.history.last is last
    case.lesions.undo()
    assert case.session.segmentation.numbers == (1, 3, 2)


def test_the_palette_for_all_eyes_is_one_step(case):
    colors = [segment.color for segment in case.session.segmentation.segments]
    for number, color in ((1, (1, 2, 3)), (2, (4, 5, 6))):
        case.lesion_list.set_color(number, color)
    case.lesion_list.use_palette()
    assert [segment.color for segment in case.session.segmentation.segments] == colors
    last = case.session.history.last
    case.lesion_list.use_palette()
    assert case.session.history.last is last
    assert "already" in case.notice.text
    case.lesions.undo()
    found = [segment.color for segment in case.session.segmentation.segments]
    assert found == [(1, 2, 3), (4, 5, 6)]


def test_without_an_image_or_a_lesion_every_change_is_refused_in_words():
    model = CaseViewModel("A. Reader")
    for command in (
        lambda: model.lesion_list.rename(1, "A"),
        model.lesion_list.remove,
        lambda: model.lesion_list.move(1, 1),
        model.lesion_list.use_palette,
    ):
        model.notice.say("")
        command()
        assert model.notice.is_refusal
    model.lesion_list.toggle_lock()
    model.lesion_list.toggle_eye()
    assert model.notice.text == "Start a lesion first."


def test_the_order_of_the_table_is_remembered(tmp_path, image_path):
    settings = tmp_path / "home" / "viewer.json"
    settings.parent.mkdir()
    settings.write_text('{"layout": "one"}')
    first = CaseViewModel("A. Reader", settings=settings)
    assert first.lesion_list.order == ("", True)
    first.lesion_list.remember_order("volume", is_upwards=False)
    assert CaseViewModel("A. Reader", settings=settings).lesion_list.order == ("volume", False)
    assert '"layout": "one"' in settings.read_text()
    settings.write_text('{"lesion_order": 7')
    assert CaseViewModel("A. Reader", settings=settings).lesion_list.order == ("", True)


def test_codes_to_choose_from_hold_the_one_in_use_whatever_it_is():
    mine = Code("X1", "99MINE", "Mine")
    kinds, regions = kind_choices(mine), region_choices(None)
    assert kinds[place_of(kinds, mine)].text == "Mine"
    assert kinds[place_of(kinds, NODULE)].code == NODULE
    assert place_of(regions, None) == 0
    assert regions[0].text == "No region"
    assert len(kind_choices(NODULE)) == len(kinds) - 1
    assert tip_of(NODULE, mine, LUNG).startswith("Mine, Lung\n")


# -- measured in the background -------------------------------------------------------------


def test_no_edit_waits_for_a_measurement_and_an_outdated_one_is_not_shown(case, monkeypatch):
    lesions, begun, go_on = case.lesions, threading.Event(), threading.Event()
    measure = case.session.measure

    def slowly(number):
        begun.set()
        assert go_on.wait(10)
        return measure(number)

    lesions.measured.wait()
    monkeypatch.setattr(case.session, "measure", slowly)
    lesions.add_outline(7, SQUARE)
    time.sleep(QUIET_SECONDS)
    lesions.measured.poll()
    assert begun.wait(10)
    lesions.add_outline(8, SQUARE)  # while the thread measures what was before
    assert lesions.rows[1].volume == "0.30 …"
    assert lesions.slices_of(2) == (7, 8)
    go_on.set()
    lesions.measured.wait()
    assert lesions.rows[1].volume == "0.90"


def test_measuring_waits_until_hands_are_still(case):
    now = [0.0]
    measured = Measured(case.session, clock=lambda: now[0])
    edits = []
    case.lesions.edited.connect(edits.append)
    case.lesions.add_outline(5, SQUARE)
    measured.take(edits[-1])
    now[0] = QUIET_SECONDS / 2
    measured.poll()
    assert measured.is_pending(2)
    assert not measured.of(1)
    now[0] = QUIET_SECONDS
    for _ in range(500):
        measured.poll()
        time.sleep(0.01)
        if not (measured.is_pending(1) or measured.is_pending(2)):
            break
    assert measured.of(2)["volume"].value == pytest.approx(0.6)
    measured.close()


def test_slices_follow_each_edit_and_its_undo(case):
    lesions = case.lesions
    assert (lesions.slices_of(1), lesions.slices_of(2), lesions.slices_of(9)) == ((3,), (7,), ())
    lesions.add_outline(5, SQUARE)
    assert lesions.slices_of(2) == (5, 7)
    lesions.add_outline(7, np.add(SQUARE, (0, 15)), subtract=True)
    assert lesions.slices_of(2) == (5,)
    lesions.undo()
    assert lesions.slices_of(2) == (5, 7)
    for number in (1, 2):
        where = np.flatnonzero((case.session.segmentation.array == number).any(axis=(1, 2)))
        assert lesions.slices_of(number) == tuple(where)


@pytest.mark.parametrize(
    ("slices", "told", "state"),
    [
        ((), {}, LesionState.EMPTY),
        ((3, 4), {}, LesionState.IN_WORK),
        ((3, 4), {"is_proposed": True}, LesionState.PROPOSED),
        ((3, 4), {"is_locked": True}, LesionState.COMPLETE),
        ((3, 4), {"is_all_seen": True}, LesionState.COMPLETE),
        ((3, 5), {"is_all_seen": True, "is_locked": True}, LesionState.IN_WORK),
    ],
)
def test_how_far_a_lesion_is(slices, told, state):
    asked = {"is_locked": False, "is_proposed": False, "is_all_seen": False} | told
    assert lesion_state(slices, **asked) is state


def test_a_row_counts_how_slices_came_to_be_and_which_were_seen(case):
    case.lesions.add_outline(3, np.add(SQUARE, (0, 15)))
    case.lesions.fill()
    row = case.lesions.rows[1]
    assert (row.drawn, row.filled, row.assisted, row.seen, row.count) == (2, 3, 0, None, 5)
    case.lesions.seen_slices = lambda: {3, 4, 9}
    row = case.lesions.rows[1]
    assert (row.seen, row.state) == (2, LesionState.IN_WORK)
    case.lesions.seen_slices = lambda: range(12)
    assert case.lesions.rows[1].state is LesionState.COMPLETE


# -- looks ----------------------------------------------------------------------------------


def test_looks_change_no_mask_and_go_to_their_limits(case):
    looks, told = case.lesions.looks, []
    looks.changed.connect(lambda: told.append(1))
    last = case.session.history.last
    for _ in range(20):
        looks.denser()
    assert looks.opacity == 1.0
    for _ in range(20):
        looks.fainter()
    assert looks.opacity == 0.1
    looks.toggle_outline()
    assert not looks.shows_fill
    looks.hold_back(True)
    looks.hold_back(True)
    assert not looks.shows(1)
    looks.hold_back(False)
    assert looks.shows(1)
    assert len(told) == 5 + 9 + 1 + 2  # nothing is told where nothing changes
    assert case.session.history.last is last


def test_a_closed_eye_hides_one_lesion_everywhere_until_another_mask_comes(case, image_path):
    case.lesion_list.toggle_eye(2)
    assert [row.is_hidden for row in case.lesions.rows] == [False, True]
    colors = segment_looks(case.session.segmentation, hidden=case.lesions.looks.hidden)["colormap"]
    assert (colors[1][3], colors[2][3]) == (1.0, 0.0)
    case.open(image_path, discard=True)
    assert not case.lesions.looks.hidden


# -- outlines and numbers -------------------------------------------------------------------


def drawn(sketch, through, index):
    shapes = sketch.shapes_on(through, index)
    lines = [shape for shape in shapes if isinstance(shape, Line) and shape.color != "#000000"]
    return lines, [shape.text for shape in shapes if isinstance(shape, Text)]


@pytest.fixture
def sketch(case) -> LesionSketch:
    one = LesionSketch(case.lesions)
    one.work_on(case.session)
    return one


def test_each_lesion_has_its_number_and_the_current_one_its_outline(case, sketch):
    case.lesions.add_outline(3, np.add(SQUARE, (0, 15)))
    lines, texts = drawn(sketch, 0, 3)
    assert texts == ["1", "2"]
    assert [line.color for line in lines] == ["#{:02x}{:02x}{:02x}".format(*segment(case, 2).color)]
    case.lesions.looks.toggle_outline()
    lines, _ = drawn(sketch, 0, 3)
    assert len(lines) == 2
    assert lines[1].width > lines[0].width  # the current one stands out
    case.lesion_list.toggle_eye(1)
    assert drawn(sketch, 0, 3)[1] == ["2"]
    case.lesions.looks.hold_back(True)
    assert sketch.shapes_on(0, 3) == ()
    assert drawn(sketch, 0, 4) == ([], [])


def test_the_sketch_tells_of_edits_looks_and_another_current_lesion_only(case, sketch):
    told = []
    sketch.changed.connect(lambda: told.append(1))
    case.lesions.add_outline(4, SQUARE)
    case.lesions.looks.toggle_outline()
    case.lesions.select(1)
    case.say("nothing")
    assert len(told) == 3
    sketch.let_go()
    case.lesions.select(2)
    assert len(told) == 3


@pytest.mark.parametrize("shear", [0.0, 0.4])
def test_contours_filled_again_are_the_mask_on_every_plane_of_every_axis(shear):
    mask = two_lesions(oblique_geometry(shear=shear))
    shown = Display(mask.geometry).show(mask.array)
    rings = PlaneRings(mask)
    for through in range(3):
        others = [axis for axis in range(3) if axis != through]
        for index in range(shown.shape[through]):
            plane, found = np.take(shown, index, axis=through), rings.on(through, index)
            assert set(found) == set(np.unique(plane)) - {0}
            for number, own in found.items():
                assert all((ring[:, through] == index).all() for ring in own)
                again = fill_rings([ring[:, others] for ring in own], plane.shape)
                np.testing.assert_array_equal(again, plane == number)


def test_contours_follow_edits_outside_of_what_was_there(case):
    rings = PlaneRings(case.session.segmentation)
    edits = []
    case.lesions.edited.connect(edits.append)
    assert rings.on(0, 0) == {}
    case.lesions.add_outline(0, [(1, 1), (1, 4), (4, 4), (4, 1)])
    rings.take(edits[-1])
    assert set(rings.on(0, 0)) == {2}
    case.lesions.undo()
    rings.take(edits[-1])
    assert rings.on(0, 0) == {}


def test_an_empty_mask_has_no_extent_and_no_contours():
    empty = Segmentation.empty(Geometry.from_spacing((3, 4, 5), (1, 1, 1)))
    assert extent_of(empty.array) == (slice(0, 0),) * 3
    assert PlaneRings(empty).on(0, 1) == {}
    array = np.zeros((3, 4, 5), np.uint16)
    array[1, 2, 3], array[2, 0, 3] = 300, 1
    assert extent_of(array) == (slice(1, 3), slice(0, 3), slice(3, 4))


# -- large masks ----------------------------------------------------------------------------


def test_a_large_mask_is_looked_through_in_a_thread_and_edits_meanwhile_count(case, monkeypatch):
    from napari_medseg.viewmodels.contouring.lesions import lesion_slices

    monkeypatch.setattr(lesion_slices, "QUICK", 0)
    case.lesions.work_on(case.session)
    measured = case.lesions.measured
    row = case.lesions.rows[1]
    assert (measured.knows_slices(2), row.count, row.state) == (False, 0, LesionState.IN_WORK)
    found = lesion_slices.slices_in(case.session.segmentation.array)
    assert found == {1: {3}, 2: {7}}
    slices = lesion_slices.LesionSlices(case.session.segmentation.array)
    edits = []
    case.lesions.edited.connect(edits.append)
    case.lesions.select(2)
    case.lesions.add_outline(9, SQUARE)
    slices.edited(2, edits[-1].box[0].start, edits[-1].box[0].stop)
    assert not slices.knows(2)
    slices.take_all(found)  # as of before the edit
    assert (slices.of(1), slices.of(2), slices.of(5)) == ((3,), (7, 9), ())
    for _ in range(500):
        measured.poll()
        if measured.knows_slices(1):
            break
        time.sleep(0.01)
    assert case.lesions.rows[1].count == 2
    measured.close()
