"""The one door for voxels: modes, protection, locks, and that a refusal changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medseg.annotate import Protection, paint_edit
from medseg.errors import EditError
from medseg.model import Authorship, Edit, Origin, Segment, Segmentation, SegmentsEdit
from tests.phantoms import oblique_geometry, ramp_volume, two_lesions

BY = Authorship("Reader", "brush", time="2026-01-02T03:04:05.678+00:00")
EVERYWHERE = np.ones((6, 8, 10), bool)


def three() -> Segmentation:
    """Segments 1 and 2 as in `two_lesions`, and 3 on a row of its own."""
    two = two_lesions()
    array = np.array(two.array)
    array[0, 0, :] = 3
    return Segmentation(array, two.geometry, (*two.segments, Segment.unnamed(3)))


def locked(segmentation: Segmentation, *numbers: int) -> Segmentation:
    for number in numbers:
        SegmentsEdit.of_segment(segmentation, number, BY, is_locked=True).apply(segmentation)
    return segmentation


def painted(segmentation: Segmentation, inside: Any, number: int, **options: Any) -> np.ndarray:
    corner = options.pop("corner", (0, 0, 0))
    paint_edit(segmentation, corner, inside, number, BY, **options).apply(segmentation)
    return np.array(segmentation.array)


def test_add_takes_the_background_alone_unless_told_otherwise() -> None:
    before = np.array(three().array)
    after = painted(three(), EVERYWHERE, 1)
    assert ((after == 1) == ((before == 0) | (before == 1))).all()
    assert (after[before > 1] == before[before > 1]).all()


def test_over_everything_takes_all_and_over_one_takes_that_one_alone() -> None:
    before = np.array(three().array)
    assert (painted(three(), EVERYWHERE, 1, protection=Protection("everything")) == 1).all()
    after = painted(three(), EVERYWHERE, 1, protection=Protection(2))
    assert ((after == 1) == ((before == 1) | (before == 2))).all()
    assert (after[before == 0] == 0).all()


def test_subtract_takes_only_its_own() -> None:
    before = np.array(three().array)
    after = painted(three(), EVERYWHERE, 1, mode="subtract")
    assert not (after == 1).any()
    assert (after[before != 1] == before[before != 1]).all()


def test_replace_makes_the_segment_what_is_inside_the_patch() -> None:
    inside = np.zeros((3, 8, 10), bool)
    inside[1, 2:4, 2:4] = True
    before = np.array(three().array)
    after = painted(three(), inside, 1, mode="replace", corner=(1, 0, 0))
    assert ((after[1:4] == 1) == inside).all()
    assert (after[4:] == before[4:]).all()


def test_locked_segments_keep_every_voxel_whatever_is_painted_over() -> None:
    before = np.array(three().array)
    for protection in (Protection("everything"), Protection(2), Protection()):
        after = painted(locked(three(), 2), EVERYWHERE, 1, protection=protection)
        assert ((after == 2) == (before == 2)).all()


def test_a_locked_segment_is_not_painted_nor_erased_and_can_be_unlocked() -> None:
    segmentation = locked(three(), 1)
    for mode in ("add", "subtract", "replace"):
        with pytest.raises(EditError, match="Unlock it first"):
            paint_edit(segmentation, (0, 0, 0), EVERYWHERE, 1, BY, mode=mode)
    SegmentsEdit.of_segment(segmentation, 1, BY, is_locked=False).apply(segmentation)
    assert (painted(segmentation, EVERYWHERE, 1) == 1).any()


def test_no_edit_however_built_changes_a_locked_segment() -> None:
    segmentation = locked(three(), 2)
    for value in (0, 2):
        with pytest.raises(EditError, match="locked"):
            Edit.from_patch(segmentation, (4, 6, 7), np.full((1, 1, 2), value, np.uint8), BY)


def test_an_intensity_range_limits_what_is_given_and_what_is_taken() -> None:
    volume = ramp_volume()
    values = np.asarray(volume.voxels)
    within = (values >= 100) & (values <= 250)
    protection = Protection("everything", (100, 250), volume)
    before = np.array(three().array)
    assert (
        (painted(three(), EVERYWHERE, 3, protection=protection) == 3) == (within | (before == 3))
    ).all()
    after = painted(three(), EVERYWHERE, 1, mode="subtract", protection=protection)
    assert ((after == 1) == ((before == 1) & ~within)).all()


def test_values_that_are_no_numbers_are_in_no_range() -> None:
    volume = ramp_volume()
    voxels = np.asarray(volume.voxels).astype(np.float32)
    voxels[0] = np.nan
    protection = Protection("background", (-np.inf, np.inf), replace(volume, voxels=voxels))
    after = painted(
        Segmentation.empty(volume.geometry, three().segments), EVERYWHERE, 1, protection=protection
    )
    assert not after[0].any()
    assert (after[1:] == 1).all()


corners = st.tuples(st.integers(-9, 9), st.integers(-9, 9), st.integers(-11, 11))


@given(corners, st.tuples(*[st.integers(0, 12)] * 3), st.integers(0, 2**32 - 1))
@settings(max_examples=80, deadline=None)
def test_a_patch_is_cut_off_at_the_grid(
    corner: tuple[int, int, int], size: tuple[int, int, int], seed: int
) -> None:
    inside = np.random.default_rng(seed).random(size) < 0.5
    segmentation = Segmentation.empty(oblique_geometry(), three().segments)
    around = np.zeros((40, 40, 40), bool)
    start = [at + 12 for at in corner]
    around[tuple(slice(at, at + extent) for at, extent in zip(start, size, strict=True))] = inside
    expected = around[12:18, 12:20, 12:22]
    after = painted(segmentation, inside, 1, corner=corner)
    assert ((after == 1) == expected).all()
    slices = {index for _, index in segmentation.provenance}
    assert slices == set(np.flatnonzero(expected.any(axis=(1, 2))).tolist())


def test_the_origin_of_what_is_painted_stands_in_the_provenance() -> None:
    segmentation = three()
    edit = paint_edit(
        segmentation,
        (0, 0, 0),
        EVERYWHERE[:1],
        1,
        BY,
        origin=Origin.ASSISTED,
        also_origin_of=((1, 5),),
    )
    edit.apply(segmentation)
    assert set(segmentation.provenance) == {(1, 0), (1, 5)}
    assert segmentation.provenance[1, 0].origin is Origin.ASSISTED


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"number": 9}, "no segment 9"),
    ({"number": 2}, "Unlock"),
    ({"mode": "paint"}, "replace"),
    ({"inside": np.ones((8, 10), bool)}, "3D and boolean"),
    ({"inside": np.ones((6, 8, 10))}, "3D and boolean"),
    ({"protection": Protection(7)}, "no segment 7"),
    (
        {"protection": Protection("everything", (0, 1), ramp_volume(oblique_geometry((6, 8, 9))))},
        "own grid",
    ),
]


@pytest.mark.parametrize(("wrong", "text"), REFUSED)
def test_what_is_refused_leaves_the_mask_bit_identical(wrong: dict[str, Any], text: str) -> None:
    segmentation = locked(three(), 2)
    before = (segmentation.array.tobytes(), dict(segmentation.provenance), segmentation.segments)
    arguments: dict[str, Any] = {"inside": EVERYWHERE, "number": 1} | wrong
    inside, number = arguments.pop("inside"), arguments.pop("number")
    with pytest.raises(EditError, match=text):
        paint_edit(segmentation, (0, 0, 0), inside, number, BY, **arguments)
    assert before == (
        segmentation.array.tobytes(),
        dict(segmentation.provenance),
        segmentation.segments,
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("nothing",), "everything"),
        ((0,), "everything"),
        ((True,), "everything"),
        (("background", (0, 1)), "none was given"),
        (("background", (2, 1), ramp_volume()), "low to high"),
        (("background", (float("nan"), 1), ramp_volume()), "low to high"),
    ],
)
def test_a_protection_that_makes_no_sense_is_refused(arguments: Any, text: str) -> None:
    with pytest.raises(EditError, match=text):
        Protection(*arguments)


def test_a_read_only_array_is_copied_and_painted() -> None:
    array = np.zeros((6, 8, 10), np.uint8)
    array.setflags(write=False)
    segmentation = Segmentation(array, oblique_geometry(), three().segments)
    assert (painted(segmentation, EVERYWHERE, 1) == 1).all()
    assert not array.any()
