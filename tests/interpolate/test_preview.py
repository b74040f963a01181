"""What filling would do, shown before it is done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from medseg.errors import EditError
from medseg.interpolate import Preview, fill_all_edit
from medseg.interpolate import gap_runs as room
from medseg.model import Authorship, Edit, Geometry, Origin, Segment, Segmentation

BY = Authorship("Reader", "fill between slices")
SHAPE = (15, 34, 40)
KEYS = (0, 2, 5, 7, 10, 14)


def two_lesions() -> Segmentation:
    """Two cones side by side that grow into one another, drawn on the same slices."""
    grid = Geometry.from_spacing(SHAPE, (2.5, 0.7, 0.7))
    segmentation = Segmentation.empty(grid, (Segment.unnamed(1, "A"), Segment.unnamed(2, "B")))
    rows, columns = np.indices(SHAPE[1:])
    for key in KEYS:
        plane = np.zeros(SHAPE[1:], np.uint8)
        plane[np.hypot(rows - 16, columns - 12) < 5 + 0.4 * key] = 1
        plane[(np.hypot(rows - 17, columns - 25) < 10 - 0.4 * key) & (plane == 0)] = 2
        draw(segmentation, key, plane)
    return segmentation


def draw(segmentation: Segmentation, key: int, plane: Any) -> None:
    pairs = ((1, key), (2, key))
    corner = (key, 0, 0)
    Edit.from_patch(segmentation, corner, plane[None], BY, also_origin_of=pairs).apply(segmentation)


def smaller(segmentation: Segmentation, key: int) -> None:
    """A person takes the first row off lesion A on a slice."""
    plane = segmentation.array[key].copy()
    plane[plane.any(axis=1).argmax()] = 0
    draw(segmentation, key, plane)


def everything(segmentation: Segmentation) -> Any:
    """The array after filling all at once."""
    copy = Segmentation(
        segmentation.array.copy(),
        segmentation.geometry,
        segmentation.segments,
        dict(segmentation.provenance),
    )
    edit = fill_all_edit(copy, BY).edit
    assert edit is not None
    edit.apply(copy)
    return copy.array


def test_it_shows_what_filling_does_and_changes_nothing() -> None:
    segmentation = two_lesions()
    before = segmentation.array.copy()
    shown = Preview(segmentation)
    assert shown.slices == tuple(index for index in range(15) if index not in KEYS)
    after = everything(segmentation)
    assert set(np.unique(after[6])) == {0, 1, 2}
    for index in range(15):
        np.testing.assert_array_equal(shown.plane(index), after[index])
    np.testing.assert_array_equal(segmentation.array, before)


def test_an_edited_key_has_its_two_gaps_computed_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    segmentation = two_lesions()
    shown = Preview(segmentation)
    assert shown.refresh() == ()
    smaller(segmentation, 7)
    calls: list[tuple[int, int, int]] = []
    of = room.LabelRun.of

    def counted(source: Any, label: int, run: Any, *others: Any) -> Any:
        calls.append((label, run.start, run.stop))
        return of(source, label, run, *others)

    monkeypatch.setattr(room.LabelRun, "of", counted)
    untouched = {index: shown.plane(index) for index in (1, 3, 4, 11, 12, 13)}
    stale = shown.plane(6)
    assert shown.refresh() == (6, 8, 9)
    assert calls == [(1, 5, 10)], "lesion B kept its section"
    for index, plane in untouched.items():
        np.testing.assert_array_equal(shown.plane(index), plane)
    anew = Preview(segmentation)
    assert (shown.plane(6) != stale).any()
    for index in (6, 8, 9):
        np.testing.assert_array_equal(shown.plane(index), anew.plane(index))


def test_a_key_drawn_between_two_splits_their_gap() -> None:
    segmentation = two_lesions()
    shown = Preview(segmentation)
    draw(segmentation, 12, shown.plane(12))
    assert shown.refresh() == (11, 12, 13), "slice 12 is no longer proposed"
    assert 12 not in shown.slices


def test_a_slice_is_accepted_then_a_lesion_then_the_rest() -> None:
    segmentation = two_lesions()
    shown, after = Preview(segmentation), everything(segmentation)
    take(segmentation, shown.accept(BY, slices=[6]))
    np.testing.assert_array_equal(segmentation.array[6], after[6])
    assert not segmentation.array[8].any()
    assert segmentation.provenance[1, 6].origin is Origin.INTERPOLATED
    assert shown.refresh() == (), "what was accepted is no key"
    take(segmentation, shown.accept(BY, numbers=[2]))
    np.testing.assert_array_equal(segmentation.array == 2, after == 2)
    assert not (segmentation.array[8] == 1).any()
    take(segmentation, shown.accept(BY))
    np.testing.assert_array_equal(segmentation.array, after)
    assert shown.accept(BY) is None


def take(segmentation: Segmentation, edit: Edit | None) -> None:
    assert edit is not None
    assert edit.authorship is BY
    edit.apply(segmentation)


def test_what_is_rejected_is_left_until_a_key_beside_it_changes() -> None:
    segmentation = two_lesions()
    shown = Preview(segmentation)
    shown.reject([6])
    assert 6 not in shown.slices
    assert not shown.plane(6).any()
    take(segmentation, shown.accept(BY))
    assert not segmentation.array[6].any()
    smaller(segmentation, 7)
    assert shown.refresh() == (6, 8, 9)
    assert 6 in shown.slices
    shown.reject()
    assert shown.slices == ()
    assert shown.accept(BY) is None


def test_a_locked_segment_is_not_shown_and_not_overrun() -> None:
    segmentation = two_lesions()
    segmentation.replace_segments(
        tuple(replace(one, is_locked=one.number == 2) for one in segmentation.segments)
    )
    before = segmentation.array.copy()
    shown = Preview(segmentation)
    take(segmentation, shown.accept(BY))
    np.testing.assert_array_equal(segmentation.array == 2, before == 2)
    assert (segmentation.array[6] == 1).any()


def test_one_segment_alone_leaves_the_other_as_it_is() -> None:
    segmentation = two_lesions()
    take(segmentation, Preview(segmentation, numbers=[1]).accept(BY))
    assert (segmentation.array[6] == 1).any()
    assert not (segmentation.array[6] == 2).any()


def test_what_is_not_shown_is_refused() -> None:
    segmentation = two_lesions()
    shown = Preview(segmentation, numbers=[1])
    with pytest.raises(EditError, match="no segment 9"):
        Preview(segmentation, numbers=[9])
    with pytest.raises(EditError, match="asked for was"):
        shown.accept(BY, numbers=[2])
    for slices in ([2], [99], [-1]):
        with pytest.raises(EditError, match="is proposed"):
            shown.accept(BY, slices=slices)
        with pytest.raises(EditError, match="is proposed"):
            shown.reject(slices)
    empty = Segmentation.empty(segmentation.geometry, segmentation.segments)
    assert Preview(empty).accept(BY) is None
    assert Preview(empty).slices == ()
