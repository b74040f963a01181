"""Rule checks: each finds its own fault, names the place, and is silent on a sound reading."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medseg.errors import ReviewError
from medseg.model import (
    Code,
    Ending,
    EndingKind,
    Finding,
    NotEvaluable,
    Origin,
    Place,
    Segment,
    Segmentation,
    SliceOrigin,
    Source,
    Volume,
)
from medseg.review import policy_from_tables
from medseg.review.checks.defaults import DEFAULTS
from medseg.review.checks.hand_in import HandIn
from medseg.review.checks.registry import CHECKS, run_checks
from medseg.review.coverage import Coverage
from tests.phantoms import oblique_geometry
from tests.review.world import World

GRID = oblique_geometry((8, 16, 16))
LESIONS = Ending(EndingKind.LESIONS)
ALL_ON = policy_from_tables({"checks": dict.fromkeys(CHECKS, "block")})


def image(filler: float = -1024.0) -> Volume:
    """A body from row and column 3 to 12, filler around it."""
    voxels = np.full(GRID.shape, filler, np.float32)
    voxels[:, 3:13, 3:13] = 40.0
    voxels[:, 8, 8] = filler  # a clipped low value inside the body is no filler
    return Volume(voxels, GRID, "HU", Source("nifti", Path("x.nii"), ""))


def sound() -> HandIn:
    """One lesion on slices 2 to 5, drawn, interpolated and propagated, all displayed."""
    array = np.zeros(GRID.shape, np.uint8)
    array[2:6, 6:10, 6:10] = 1
    came = {2: Origin.DRAWN, 3: Origin.INTERPOLATED, 4: Origin.PROPAGATED, 5: Origin.DRAWN}
    provenance = {
        (1, index): SliceOrigin(origin, "p-ann", "2026-11-22T12:00:00+01:00", "brush")
        for index, origin in came.items()
    }
    mask = Segmentation(array, GRID, (Segment.unnamed(1, "Nodule"),), provenance)
    return HandIn(mask, LESIONS, Coverage("axial", 8, ((0, 7),), ((0, 7),)), image())


def with_mask(change: object, segments: tuple[Segment, ...] | None = None) -> HandIn:
    before = sound()
    array = before.segmentation.array.copy()
    change(array)  # type: ignore[operator]
    mask = before.segmentation
    return replace(
        before,
        segmentation=Segmentation(array, GRID, segments or mask.segments, mask.provenance),
    )


def found(hand_in: HandIn) -> dict[str, Finding]:
    return {one.code: one for one in run_checks(ALL_ON, hand_in)}


@pytest.mark.parametrize("filled", [(), (2,), (2, 3, 4, 5), tuple(range(8))])
def test_a_slice_without_background_holds_its_lesions_too(filled: tuple[int, ...]) -> None:
    def change(array: np.ndarray) -> None:
        array[list(filled)] = 1
        array[3:5, :8] = 2

    names = (Segment.unnamed(1, "Nodule"), Segment.unnamed(2, "Mass"))
    hand_in = with_mask(change, names)
    array = hand_in.segmentation.array
    assert hand_in.slices == {
        number: tuple(place for place in range(8) if (array[place] == number).any())
        for number in (1, 2)
    }
    assert "EMPTY_SEGMENT" not in found(hand_in)


def put(*places: tuple[int, int, int], number: int = 1) -> object:
    def change(array: np.ndarray) -> None:
        for place in places:
            array[place] = number

    return change


def test_a_sound_reading_passes_every_check() -> None:
    assert run_checks(ALL_ON, sound()) == ()


def test_every_check_has_a_default_and_a_word_in_the_policy() -> None:
    assert CHECKS.keys() == DEFAULTS.keys()
    assert policy_from_tables({}).checks == DEFAULTS


def test_stray_voxels_are_islands_below_the_limit_only() -> None:
    hand_in = with_mask(put((6, 12, 12), (6, 12, 11), (1, 12, 3)))
    finding = found(hand_in)["SMALL_ISLANDS"]
    assert finding.where.slices == (1, 6)
    assert finding.where.segment == "Nodule"
    assert "2 islands" in finding.text
    assert "SMALL_ISLANDS" not in found(replace(hand_in, small_island_voxels=1))
    assert found(replace(hand_in, small_island_voxels=2))["SMALL_ISLANDS"].where.slices == (1,)


def test_a_small_lesion_is_no_island() -> None:
    segments = (Segment.unnamed(1, "Nodule"), Segment.unnamed(2, "Speck"))
    assert "SMALL_ISLANDS" not in found(with_mask(put((4, 4, 4), (5, 4, 4), number=2), segments))


def test_a_mask_on_filler_is_outside_and_low_values_inside_the_body_are_not() -> None:
    finding = found(with_mask(put((2, 6, 2), (4, 6, 1))))["OUTSIDE_IMAGE"]
    assert finding.where.slices == (2, 4)
    assert sound().segmentation.array[3, 8, 8] == 1


def test_no_number_is_outside_and_an_image_of_one_value_has_no_filler() -> None:
    voxels = image().voxels.copy()
    voxels[3, 7, 7] = np.nan
    one = replace(sound(), volume=replace(image(), voxels=voxels))
    assert found(one)["OUTSIDE_IMAGE"].where.slices == (3,)
    flat = replace(image(), voxels=np.zeros(GRID.shape, np.int16))
    assert found(replace(sound(), volume=flat)) == {}


def test_slices_that_the_scanner_did_not_give_are_outside() -> None:
    report = (Finding("ABSENT_SLICES", "warning", "x", Place(slices=(4,))),)
    one = replace(sound(), volume=replace(image(), report=report))
    assert found(one)["OUTSIDE_IMAGE"].where.slices == (4,)


def test_a_check_that_cannot_be_made_is_undecided_and_blocks_where_it_must_hold() -> None:
    bare = replace(sound(), volume=None)
    assert found(bare)["OUTSIDE_IMAGE"].severity == "error"
    warned = run_checks(policy_from_tables({}), bare)
    assert [(one.code, one.severity) for one in warned] == [("OUTSIDE_IMAGE", "undecided")]


def test_interpolated_and_propagated_slices_have_to_be_displayed_with_the_mask() -> None:
    shown = Coverage("axial", 8, ((0, 7),), ((0, 2), (5, 7)))
    codes = found(replace(sound(), coverage=shown))
    assert codes["UNACCEPTED_INTERPOLATION"].where.slices == (3,)
    assert codes["UNVIEWED_PROPAGATION"].where.slices == (4,)
    assert set(found(replace(sound(), coverage=None))) == set(codes)


def test_a_lesion_of_one_slice_an_empty_one_and_a_missing_code() -> None:
    blank = replace(Segment.unnamed(2, "Speck"), type=Code("", "SCT", ""))
    segments = (Segment.unnamed(1, "Nodule"), blank, Segment.unnamed(3, "Ghost"))
    codes = found(with_mask(put((4, 4, 4), (4, 4, 5), number=2), segments))
    assert codes["ONE_SLICE_LESION"].where.slices == (4,)
    assert codes["EMPTY_SEGMENT"].where.segment == "Ghost"
    assert "type" in codes["MISSING_CODE"].text
    assert codes["MISSING_CODE"].where.slices == (4,)


def test_two_segments_of_one_tracking_uid_are_one_lesion_by_mistake() -> None:
    first = Segment.unnamed(1, "Nodule")
    segments = (first, replace(Segment.unnamed(2, "Copy"), tracking_uid=first.tracking_uid))
    finding = found(with_mask(put((4, 4, 4), (5, 4, 4), number=2), segments))["DUPLICATE_CODES"]
    assert "Nodule and Copy" in finding.text
    assert finding.where.slices == (4, 5)


@pytest.mark.parametrize(
    "ending",
    [Ending(EndingKind.NO_LESION_FOUND), Ending(EndingKind.NOT_EVALUABLE, NotEvaluable.MOTION)],
)
def test_an_ending_that_the_mask_contradicts(ending: Ending) -> None:
    finding = found(replace(sound(), ending=ending))["ENDING_CONTRADICTS_MASK"]
    assert finding.where.slices == (2, 3, 4, 5)
    empty = replace(sound(), segmentation=Segmentation.empty(GRID))
    assert "the mask is empty" in found(empty)["ENDING_CONTRADICTS_MASK"].text
    assert found(replace(empty, ending=ending)) == {}


def test_unsaved_changes_and_the_policys_word_on_each_check() -> None:
    one = replace(sound(), unsaved=2)
    assert "2 edits are not saved" in found(one)["UNSAVED_CHANGES"].text
    assert run_checks(policy_from_tables({"checks": {"unsaved_changes": "off"}}), one) == ()
    warns = policy_from_tables({"checks": {"unsaved_changes": "warn"}})
    assert run_checks(warns, one)[0].severity == "warning"


def test_every_finding_says_what_to_do_next() -> None:
    broken = [
        with_mask(put((6, 12, 12), (2, 6, 2))),
        replace(sound(), coverage=None, unsaved=1),
        replace(sound(), ending=Ending(EndingKind.NO_LESION_FOUND)),
    ]
    for hand_in in broken:
        for finding in run_checks(ALL_ON, hand_in):
            assert finding.text.count(". ") >= 1, finding.text


def test_a_finding_that_blocks_keeps_the_reading_from_submission() -> None:
    world = World(policy_from_tables({}))
    world.imported()
    world.assigned("p-ann")
    findings = run_checks(ALL_ON, replace(sound(), unsaved=1, coverage=None))
    with pytest.raises(ReviewError, match=r"UNACCEPTED_INTERPOLATION, and 2 more.*Jump to each"):
        world.submitted("p-ann", findings=findings)
    warnings = tuple(replace(one, severity="warning") for one in findings)
    assert world.submitted("p-ann", findings=warnings).readings[0].newest is not None
    assert world.entries[-1]["data"]["findings"][-1] == "UNSAVED_CHANGES"
