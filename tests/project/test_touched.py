"""Who changed a mask since it was last handed in, in whichever way its slices run."""

from __future__ import annotations

import numpy as np
import pytest

from medseg.model import Geometry, Origin, Segment, Segmentation, SliceOrigin
from medseg.project.acts.touched import as_persons, authors_of, changed_slices, slice_marks
from medseg.signoff import read_mask

SHAPE = (6, 7, 8)


def grid(kind: str) -> Geometry:
    """Axial slices going up or down, or sagittal ones."""
    affine = np.zeros((4, 4))
    affine[3, 3] = 1.0
    if kind == "sagittal":
        affine[0, 0], affine[2, 1], affine[1, 2] = 3.0, -1.0, 1.0
    else:
        affine[2, 0], affine[1, 1], affine[0, 2] = 3.0 if kind == "up" else -3.0, 1.0, 1.0
    return Geometry(SHAPE, affine)


def drawn(geometry: Geometry, author_of: dict[int, str]) -> Segmentation:
    """A block on slices 0 to 4, each slice by its author."""
    array = np.zeros(SHAPE, np.uint8)
    array[0:5, 2:5, 2:6] = 1
    provenance = {
        (1, index): SliceOrigin(Origin.DRAWN, author, "2026-01-01T00:00:00+00:00", "brush")
        for index, author in author_of.items()
    }
    return Segmentation(array, geometry, (Segment(1, "Nodule", "2.25.1"),), provenance)


def without_voxel(before: Segmentation, index: tuple[int, int, int]) -> Segmentation:
    array = np.array(before.array)
    array[index] = 0
    return Segmentation(array, before.geometry, before.segments, before.provenance)


AUTHORS = {0: "Ada", 1: "Ben", 2: "Cem", 3: "Dee", 4: "Eve"}


@pytest.mark.parametrize("kind", ["up", "down"])
@pytest.mark.parametrize("index", [0, 1, 4])
def test_the_author_of_the_changed_slice_and_nobody_else(kind: str, index: int):
    before = drawn(grid(kind), AUTHORS)
    after = without_voxel(before, (index, 3, 3))
    mask = read_mask(after)
    changed = changed_slices(slice_marks(read_mask(before)), slice_marks(mask))
    assert [len(slices) for slices in changed.values()] == [1]
    assert authors_of(after, mask, changed) == {AUTHORS[index]}


def test_all_authors_where_the_slices_run_along_another_axis():
    before = drawn(grid("sagittal"), AUTHORS)
    after = without_voxel(before, (1, 3, 3))
    mask = read_mask(after)
    changed = changed_slices(slice_marks(read_mask(before)), slice_marks(mask))
    assert authors_of(after, mask, changed) == set(AUTHORS.values())


def test_nothing_changed_is_nobody():
    mask = drawn(grid("up"), AUTHORS)
    marks = slice_marks(read_mask(mask))
    assert changed_slices(marks, marks) == {}
    assert authors_of(mask, read_mask(mask), {}) == frozenset()


def test_a_new_and_a_removed_segment_differ_in_all_their_slices():
    mask = drawn(grid("up"), AUTHORS)
    marks = slice_marks(read_mask(mask))
    ((_, new),) = changed_slices([], marks).items()
    ((_, gone),) = changed_slices(marks, []).items()
    assert new == gone == frozenset(range(5))


def test_names_become_persons_where_they_are_one_persons():
    known = {"Ada": "p-ada", "p-ben": "p-ben"}
    persons, strangers = as_persons(["Ada", "p-ben", "Nobody"], known.get)
    assert persons == {"p-ada", "p-ben"}
    assert [one.code for one in strangers] == ["AUTHOR_UNKNOWN"]
    assert "Nobody" in strangers[0].text
