from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from medseg.model import ORIENTATIONS, Orientation, Segment, Segmentation
from medseg.signoff import digest, read_mask
from medseg.signoff.digest import MaskDigest
from tests.phantoms import oblique_geometry
from tests.signoff.cases import three_lesions, turned, with_array, with_geometry


def same(one: MaskDigest, other: MaskDigest) -> bool:
    return (one.body, one.leaves, one.segments) == (other.body, other.leaves, other.segments)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_hashing_anew_what_changed_is_hashing_anew_all(orientation: Orientation):
    mask = turned(three_lesions(), orientation)
    generator = np.random.default_rng(ORIENTATIONS.index(orientation))
    found = read_mask(mask)
    for _ in range(6):
        array = mask.array.copy()
        slices = generator.choice(len(array), size=int(generator.integers(1, 3)), replace=False)
        for index in slices:
            row, column = (int(generator.integers(size)) for size in array.shape[1:])
            array[index, row : row + 2, column] = generator.integers(4)
        mask = with_array(mask, array)
        found = found.after(mask, slices.tolist())
        assert same(found, read_mask(mask))
        assert found.hexdigest == read_mask(mask).hexdigest


def test_an_edit_and_its_undoing_give_the_digest_again():
    mask = three_lesions()
    before = read_mask(mask)
    erased = with_array(mask, np.zeros_like(mask.array))
    nothing = before.after(erased, range(len(mask.array)))
    assert same(nothing, read_mask(erased))
    assert same(nothing.after(mask, range(len(mask.array))), before)
    assert before.after(mask, []).hexdigest == before.hexdigest


def test_only_the_changed_slices_are_hashed(monkeypatch: pytest.MonkeyPatch):
    mask = three_lesions()
    found, sizes = read_mask(mask), []
    whole: Any = digest._leaves
    monkeypatch.setattr(
        digest, "_leaves", lambda labels: sizes.append(len(labels)) or whole(labels)
    )
    found.after(mask, [2, 4])
    assert sizes == [1, 1]


def test_what_is_not_told_is_not_seen():
    """The control: the digest is as right as the list of slices."""
    mask = three_lesions()
    array = mask.array.copy()
    array[2, 3, 4] = 0
    changed = with_array(mask, array)
    assert not same(read_mask(mask).after(changed, [1]), read_mask(changed))
    assert same(read_mask(mask).after(changed, [1, 2]), read_mask(changed))


def test_another_grid_or_another_segment_is_hashed_in_full():
    mask = three_lesions()
    found = read_mask(mask)
    affine = mask.geometry.affine.copy()
    affine[0, 3] += 1
    first, *others = mask.segments
    for other in (
        with_geometry(mask, affine),
        Segmentation(mask.array, mask.geometry, (replace(first, tracking_uid="2.25.9"), *others)),
        Segmentation(mask.array, mask.geometry, (*mask.segments, Segment(9, "New", "2.25.99"))),
        Segmentation.empty(oblique_geometry((6, 8, 9))),
    ):
        assert same(found.after(other, []), read_mask(other))


def test_a_snapped_grid_stays_snapped():
    mask = three_lesions()
    found = read_mask(mask)
    stored = with_geometry(mask, mask.geometry.affine.astype(np.float32).astype(np.float64))
    assert found.after(stored, [2]).hexdigest == found.hexdigest


def test_a_slice_that_is_none_is_refused():
    mask = three_lesions()
    for index in (6, -1):
        with pytest.raises(IndexError, match="slices 0 to 5"):
            read_mask(mask).after(mask, [index])
