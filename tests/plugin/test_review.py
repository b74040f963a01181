"""The reviewer's view without a window: masks whose differences are known beforehand."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from medseg import formats
from medseg.model import Geometry, Segment, Segmentation, Volume
from medseg.session import Session
from napari_medseg.display import Display
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.viewmodels.reviewing.comparing.compared import compare
from napari_medseg.viewmodels.reviewing.comparing.comparing import ComparingViewModel
from napari_medseg.viewmodels.reviewing.comparing.comparison_sketch import ComparisonSketch
from napari_medseg.viewmodels.reviewing.comparing.differences import TINY, codes_of
from napari_medseg.viewmodels.reviewing.comparing.kept import Kept
from napari_medseg.viewmodels.reviewing.comparing.lesion_rows import COLUMNS, cells_of
from napari_medseg.viewmodels.reviewing.comparing.others import Other
from napari_medseg.viewmodels.reviewing.comparing.walking import WalkViewModel
from napari_medseg.viewmodels.rows import UNDEFINED
from napari_medseg.viewmodels.sketch import Area
from tests.phantoms import oblique_geometry, two_lesions

GRID = Geometry.from_spacing((12, 40, 50), (3, 1, 1))
VOXEL_ML = 0.003


def mask_of(*boxes: tuple[int, tuple[slice, slice, slice]], uid: str = "2.25.{}") -> Segmentation:
    """A mask of boxes, each with its number; a lesion's tracking UID goes by its number."""
    array = np.zeros(GRID.shape, np.uint8)
    for number, box in boxes:
        array[box] = number
    numbers = sorted({number for number, _ in boxes})
    segments = tuple(Segment(one, f"Lesion {one}", uid.format(one)) for one in numbers)
    return Segmentation(array, GRID, segments)


def cube(row: int, column: int, size: int = 10) -> tuple[slice, slice, slice]:
    return slice(3, 7), slice(row, row + size), slice(column, column + size)


def test_a_cube_moved_by_two_voxels_is_one_slab_added_and_one_removed():
    found = compare(mask_of((1, cube(10, 10))), mask_of((1, cube(10, 12))))
    (lesion,) = found.lesions
    assert lesion.status == "changed"
    assert lesion.matched_by == ("tracking UID",)
    assert lesion.agreement.dice == pytest.approx(0.8)
    assert lesion.agreement.hd_mm == pytest.approx(2.0)
    assert lesion.change_ml == pytest.approx(0.0)
    slab_ml = 4 * 10 * 2 * VOXEL_ML
    assert (lesion.added_ml, lesion.removed_ml) == pytest.approx((slab_ml, slab_ml))
    assert [one.kind for one in found.differences] == ["removed", "added"]
    for one, columns in zip(found.differences, ((10, 11), (20, 21)), strict=True):
        assert one.voxels == 80
        assert one.volume_ml == pytest.approx(slab_ml)
        assert one.slices == (3, 6)
        assert one.point[2] in columns
        assert 3 <= one.point[0] < 7
        # Face to face along slices and rows: sqrt(12^2 + 9^2) and the like; 10 to 16 mm.
        assert 12.0 < one.extent_mm < 16.0
    assert found.text == "2 differences in 1 of 1 lesions: +0.24 ml, \N{MINUS SIGN}0.24 ml"


def test_equal_masks_and_empty_masks_differ_nowhere():
    one = mask_of((1, cube(10, 10)))
    assert compare(one, mask_of((1, cube(10, 10)))).lesions[0].status == "same"
    assert compare(one, mask_of((1, cube(10, 10)))).differences == ()
    empty = Segmentation.empty(GRID)
    assert compare(empty, Segmentation.empty(GRID)).text == "No voxel differs."


def test_lesions_are_matched_by_uid_then_overlap_whatever_their_numbers():
    theirs = mask_of((1, cube(2, 2)), (2, cube(20, 30)))
    array = np.where(theirs.array == 1, 7, np.where(theirs.array == 2, 3, 0)).astype(np.uint8)
    swapped = Segmentation(
        array,
        GRID,
        (Segment(3, "Other name", "2.25.99"), Segment(7, "Lesion 1", "2.25.1")),
    )
    found = compare(theirs, swapped)
    assert found.differences == ()
    how = {one.theirs: (one.current, one.matched_by) for one in found.lesions}
    assert how == {(1,): ((7,), ("tracking UID",)), (2,): ((3,), ("overlap",))}


def test_new_gone_split_and_handed_over_lesions_are_called_so():
    theirs = mask_of((1, cube(2, 2)), (2, cube(20, 30)))
    current = mask_of((1, cube(2, 2)), (5, cube(2, 30)), uid="2.25.{}")
    status = {one.name: one.status for one in compare(theirs, current).lesions}
    assert status == {
        "Lesion 1": "same",
        "Lesion 2": "only in theirs",
        "Lesion 5": "only here",
    }
    texts = [one.text for one in compare(theirs, current).differences]
    assert any(text.startswith("only here: Lesion 5, 1.20 ml") for text in texts)
    halves = mask_of(
        (8, (slice(3, 7), slice(20, 30), slice(30, 34))),
        (9, (slice(3, 7), slice(20, 30), slice(36, 40))),
        uid="2.25.8{}",
    )
    (split,) = compare(mask_of((2, cube(20, 30))), halves).lesions
    assert (split.status, split.current) == ("split", (8, 9))
    handed = mask_of((1, cube(2, 2)), (2, cube(2, 12)))
    taken = mask_of((1, (slice(3, 7), slice(2, 12), slice(2, 16))), (2, cube(2, 16, 6)))
    assert "moved" in {one.kind for one in compare(handed, taken).differences}


def test_regions_of_a_few_voxels_are_gathered_into_one_entry_at_the_end():
    specks = [(slice(2, 3), slice(row, row + 1), slice(5, 7)) for row in range(14, 34, 4)]
    current = mask_of((1, cube(2, 30)), *((1, speck) for speck in specks))
    *_, last = compare(mask_of((1, cube(2, 30, 9))), current).differences
    assert last.tiny == len(specks)
    assert last.voxels == 2 * len(specks)
    assert last.text == f"5 tiny ones below {TINY} voxels, 0.030 ml"


def test_the_table_s_cells_are_sorted_by_their_numbers_and_nothing_has_no_sign():
    theirs = mask_of((1, cube(10, 10)), (2, cube(25, 30, 8)))
    changed, gone = compare(theirs, mask_of((1, cube(10, 12)))).lesions
    assert [cell.text for cell in cells_of(changed)] == [
        *("Lesion 1", "0.80", "2.0", "0.00", "0", "0.24", "0.24"),
    ]
    name, dice, hd95, *_ = cells_of(gone)
    assert (name.text, dice.text, hd95.text) == ("Lesion 2\nonly in theirs", "0.00", UNDEFINED)
    assert hd95.order == np.inf
    assert cells_of(gone)[4].text == "-100"
    assert len(COLUMNS) == len(cells_of(gone))


def test_codes_tell_what_became_of_a_voxel():
    theirs, current = np.array([0, 1, 0, 1, 1]), np.array([0, 1, 2, 0, 2])
    assert codes_of(theirs, current).tolist() == [0, 1, 2, 3, 4]


def test_what_was_kept_is_the_mask_as_it_was():
    for mask in (two_lesions(), Segmentation.empty(oblique_geometry())):
        kept, array = Kept(mask), mask.array.copy()
        mask.replace_box((slice(0, 2), slice(0, 2), slice(0, 2)), np.zeros((2, 2, 2), np.uint8))
        assert np.array_equal(kept.again().array, array)
        assert kept.again().segments == mask.segments


class Bench:
    """A case with a mask opened on it, and the parts of review, without a window."""

    def __init__(self, image_path: Path, mask: Segmentation) -> None:
        self.case = CaseViewModel("A. Reviewer")
        self.planes = PlanesViewModel()
        self.now = 0.0
        self.comparing = ComparingViewModel(self.case, seconds=lambda: self.now)
        self.walk = WalkViewModel(self.comparing, self.planes)
        self.sketch = ComparisonSketch(self.case, self.comparing, self.walk)
        self.case.opened.connect(self._show)
        self.folder = image_path.parent
        path = self.folder / "work-lesions.nii.gz"
        self.case.open(image_path)
        assert self.session.volume.geometry.same_grid(GRID)
        formats.write_segmentation(mask, path)
        self.case.open_mask(path)

    @property
    def session(self) -> Session:
        assert self.case.session is not None
        return self.case.session

    def _show(self, session: Session) -> None:
        self.planes.show(Display(session.volume.geometry))

    def other(self, mask: Segmentation) -> None:
        path = self.folder / "other-lesions.nii.gz"
        formats.write_segmentation(mask, path)
        self.comparing.choose_file(path)
        self.comparing.finish()

    def erase(self, box: tuple[slice, slice, slice]) -> None:
        """Take a box away from lesion 1, slice by slice."""
        self.case.lesions.select(1)
        rows, columns = box[1], box[2]
        ring = [
            (rows.start - 0.5, columns.start - 0.5),
            (rows.start - 0.5, columns.stop - 0.5),
            (rows.stop - 0.5, columns.stop - 0.5),
            (rows.stop - 0.5, columns.start - 0.5),
        ]
        for index in range(box[0].start, box[0].stop):
            self.case.lesions.add_outline(index, ring, subtract=True)


@pytest.fixture
def bench(image_path):
    made = Bench(image_path, mask_of((1, cube(10, 12)), (2, cube(25, 30, 8))))
    yield made
    made.comparing.close()
    made.case.keeping.close()


def test_one_key_compares_shows_and_walks_from_the_largest_difference_on(bench):
    bench.other(mask_of((1, cube(10, 10)), (2, cube(25, 30, 7))))
    bench.walk.step(+1)
    assert bench.comparing.mode == "difference"
    first, second, third = bench.walk.items
    assert first.voxels >= second.voxels >= third.voxels
    assert bench.planes.stored_index == first.point
    bench.walk.step(+1)
    assert bench.planes.stored_index == second.point
    assert bench.case.notice.text.startswith("2 of 3 (largest first, 2 seen): ")
    bench.walk.step(+1)
    bench.walk.step(+1)
    assert bench.case.notice.text.startswith("That was the last. 3 of 3")
    bench.walk.step(-1)
    assert bench.walk.current is second
    bench.walk.tick(1, is_seen=False)
    assert [bench.walk.is_seen(one) for one in bench.walk.items] == [True, False, True]
    bench.walk.next_order()
    slices = [one.slices for one in bench.walk.items]
    assert slices == sorted(slices)
    assert bench.walk.current is second


def test_the_first_press_compares_with_what_was_there_before_the_changes(bench):
    bench.erase((slice(4, 5), slice(10, 20), slice(12, 15)))
    bench.walk.step(+1)
    bench.comparing.finish()
    assert bench.comparing.chosen.key == "before"
    (only,) = bench.walk.items
    assert (only.kind, only.voxels, only.slices) == ("removed", 30, (4, 4))
    assert bench.planes.stored_index == only.point
    assert only.extent_mm == pytest.approx(np.hypot(10, 2), abs=0.3)


def test_an_edit_is_compared_anew_once_the_hand_rests_and_keeps_the_place(bench):
    bench.other(mask_of((1, cube(10, 10)), (2, cube(25, 30, 7))))
    bench.walk.step(+1)
    added = next(one for one in bench.walk.items if one.kind == "added" and one.voxels == 80)
    bench.walk.go_to(bench.walk.items.index(added))
    bench.erase((slice(3, 7), slice(10, 20), slice(20, 22)))  # mend what was added
    bench.comparing.poll()
    assert added in bench.walk.items  # not yet: the hand may go on
    bench.now += 1.0
    bench.comparing.finish()
    assert added not in bench.walk.items
    assert bench.walk.current is None
    place = bench.walk.items
    bench.walk.step(+1)
    assert bench.walk.current is place[1]  # the one that took the place of what was mended


def test_another_grid_is_refused_in_words_and_the_case_stays(bench):
    wrong = Segmentation.empty(Geometry.from_spacing((12, 40, 51), (3, 1, 2)))
    bench.other(wrong)
    assert bench.case.notice.is_refusal
    assert bench.comparing.chosen is None
    assert bench.comparing.mode == "off"
    assert bench.session.segmentation.array.any()


def test_a_file_on_another_grid_leaves_the_present_comparison(bench):
    bench.other(mask_of((1, cube(10, 10)), (2, cube(25, 30, 7))))
    bench.comparing.show("difference")
    chosen, result = bench.comparing.chosen, bench.comparing.result
    wrong = bench.folder / "wrong-lesions.nii.gz"
    formats.write_segmentation(
        Segmentation.empty(Geometry.from_spacing((12, 40, 51), (3, 1, 2))), wrong
    )
    bench.comparing.choose_file(wrong)
    bench.comparing.finish()
    assert bench.case.notice.is_refusal
    assert bench.comparing.chosen is chosen
    assert bench.comparing.result is result
    assert bench.comparing.mode == "difference"
    assert not any("wrong" in one.title for one in bench.comparing.choices)
    bench.comparing.choose_file(wrong)
    bench.erase((slice(3, 7), slice(10, 20), slice(20, 22)))  # while the file is being read
    bench.comparing.finish()
    bench.comparing.finish()
    assert bench.comparing.chosen is chosen
    assert bench.comparing.result is not result  # compared anew, with what was drawn meanwhile


def slow_other(bench: Bench, gate: threading.Event) -> None:
    """Offer a mask that takes until the gate is opened to read."""

    def read(_volume: Volume) -> Segmentation:
        assert gate.wait(30)
        return mask_of((1, cube(2, 2)))

    bench.comparing.offer((Other("slow", "a slow one", read),))


def test_a_comparison_is_given_up_by_hand_and_the_one_before_comes_back(bench):
    bench.other(mask_of((1, cube(10, 10)), (2, cube(25, 30, 7))))
    bench.comparing.show("difference")
    chosen, result = bench.comparing.chosen, bench.comparing.result
    gate = threading.Event()
    slow_other(bench, gate)
    bench.comparing.choose("slow")
    assert bench.comparing.jobs.text == "Comparing with a slow one"
    assert bench.comparing.jobs.can_give_up
    bench.comparing.give_up()
    assert bench.comparing.chosen is chosen  # at once, while the thread is still at it
    assert bench.comparing.result is result
    assert bench.comparing.mode == "difference"
    assert bench.case.notice.text == "The comparison was given up."
    assert not bench.comparing.jobs.can_give_up
    gate.set()
    bench.comparing.finish()
    assert bench.comparing.result is result
    bench.comparing.choose("slow")  # it is still offered
    bench.comparing.finish()
    assert bench.comparing.result is not result


def test_given_up_where_nothing_was_compared_before_nothing_is(bench):
    gate = threading.Event()
    slow_other(bench, gate)
    bench.comparing.give_up()  # nothing is under way: nothing happens
    bench.walk.step(+1)
    assert bench.comparing.chosen.key == "slow"
    bench.comparing.give_up()
    gate.set()
    bench.comparing.finish()
    assert (bench.comparing.chosen, bench.comparing.mode) == (None, "off")
    assert bench.comparing.text.startswith("Choose what")


def test_given_up_while_it_is_compared_anew_it_is_not_begun_again_by_the_next_stroke(bench):
    bench.other(mask_of((1, cube(10, 10)), (2, cube(25, 30, 7))))
    bench.erase((slice(3, 7), slice(10, 20), slice(20, 22)))
    assert bench.comparing.is_busy  # it waits for the hand to rest
    bench.comparing.give_up()
    assert bench.comparing.chosen is None
    bench.erase((slice(3, 7), slice(10, 20), slice(18, 20)))
    bench.now += 10
    bench.comparing.poll()
    assert not bench.comparing.is_busy
    assert bench.comparing.result is None


def test_modes_go_round_and_without_a_case_are_refused(bench):
    seen = []
    for _ in range(4):
        bench.comparing.next_mode()
        seen.append(bench.comparing.mode)
    assert seen == ["outline", "difference", "side by side", "off"]
    lonely = CaseViewModel("A. Reviewer")
    comparing = ComparingViewModel(lonely)
    comparing.next_mode()
    assert (comparing.mode, lonely.notice.is_refusal) == ("off", True)
    WalkViewModel(comparing, PlanesViewModel()).step(+1)
    assert lonely.notice.is_refusal


def ring_area(area: Area, through: int) -> float:
    """What an area's rings enclose, in voxels of the section."""
    total = 0.0
    for ring in area.rings:
        down, right = np.delete(ring, through, axis=1).T
        total += 0.5 * float(down @ np.roll(right, -1) - right @ np.roll(down, -1))
    return abs(total)


def test_each_plane_draws_the_areas_that_were_added_removed_and_kept(bench):
    bench.other(mask_of((1, cube(10, 10)), (2, cube(25, 30, 8))))
    bench.comparing.show("difference")
    display = Display(GRID)
    wanted = {"falling": 80, "rising": 80}
    for through in range(3):
        found: dict[str, float] = {}
        for index in range(display.shown.shape[through]):
            for shape in bench.sketch.shapes_on(through, index):
                if isinstance(shape, Area):
                    size = ring_area(shape, through)
                    found[shape.pattern] = found.get(shape.pattern, 0.0) + size
        assert {name: found[name] for name in wanted} == wanted
        assert found["none"] == 4 * 10 * 8 + 4 * 8 * 8  # kept
    bench.comparing.show("outline")
    assert [shape.pattern for shape in bench.sketch.shapes_on(0, 4)] == ["none", "none"]
    bench.comparing.show("off")
    assert bench.sketch.shapes_on(0, 4) == ()
