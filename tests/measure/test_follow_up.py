"""Lesions of two examinations matched, and what became of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import ArrayLike

from medseg.errors import GeometryError, MedsegError
from medseg.measure import CONFIRM, LesionChange, follow_over_time, follow_up
from medseg.model import Geometry, Segment, Segmentation
from tests.phantoms import oblique_geometry

GRID = Geometry.from_spacing((12, 60, 60), (3.0, 1.0, 1.0))
FINE = Geometry.from_spacing((36, 90, 90), (1.0, 0.7, 0.7), (0.0, 0.0, -1.0))

Ball = tuple[tuple[float, float, float], float]


def drawn(
    balls: dict[Segment, list[Ball]], grid: Geometry = GRID, shift: ArrayLike = (0, 0, 0)
) -> Segmentation:
    """Each segment as balls: centre in LPS mm and radius in mm; the shift is added to all."""
    places = grid.to_patient(np.indices(grid.shape).reshape(3, -1).T)
    array = np.zeros(grid.shape, np.uint8)
    for segment, parts in balls.items():
        for center, radius in parts:
            near = np.linalg.norm(places - np.add(center, shift), axis=1) <= radius
            array[near.reshape(grid.shape)] = segment.number
    return Segmentation(array, grid, tuple(balls))


def bare(number: int) -> Segment:
    return Segment.unnamed(number)


LEFT: Ball = ((15.0, 15.0, 16.0), 6.0)
RIGHT: Ball = ((45.0, 40.0, 16.0), 6.0)


def by_status(changes: tuple[LesionChange, ...]) -> dict[str, LesionChange]:
    return {change.status: change for change in changes}


@pytest.mark.parametrize("grid", [GRID, FINE])
@pytest.mark.parametrize(
    ("radius", "status"), [(6.0, "stable"), (6.3, "stable"), (8.0, "grown"), (4.5, "shrunk")]
)
def test_one_lesion_by_its_place(grid: Geometry, radius: float, status: str) -> None:
    first = drawn({bare(1): [LEFT]})
    second = drawn({bare(4): [(LEFT[0], radius)]}, grid)
    (change,) = follow_up(first, second)
    assert (change.status, change.first, change.second) == (status, (1,), (4,))
    assert change.matched_by == ("overlap",)
    assert 1 + change.volume_change == pytest.approx((radius / 6.0) ** 3, rel=0.1)
    assert change.diameters_mm == pytest.approx((12.0, 2 * radius), abs=1.5)
    assert change.labels == ("Segment 1", "Segment 4")
    assert change.rule.endswith(CONFIRM)


def test_new_and_gone_and_a_segment_without_a_voxel() -> None:
    first = drawn({bare(1): [LEFT], bare(2): []})
    second = drawn({bare(1): [RIGHT], bare(2): []})
    found = by_status(follow_up(first, second))
    assert set(found) == {"new", "gone"}
    assert (found["gone"].first, found["gone"].second) == ((1,), ())
    assert found["gone"].volumes_ml[1] == 0.0
    assert math.isnan(found["gone"].diameters_mm[1])
    assert found["gone"].volume_change == -1.0
    assert math.isnan(found["new"].volume_change)
    assert follow_up(drawn({}), drawn({bare(1): []})) == ()


def test_merged_and_split() -> None:
    near: Ball = ((29.0, 15.0, 16.0), 6.0)
    apart = drawn({bare(1): [LEFT], bare(2): [near]})
    together = drawn({bare(1): [LEFT, near]})
    (merged,) = follow_up(apart, together)
    assert (merged.status, merged.first, merged.second) == ("merged", (1, 2), (1,))
    (split,) = follow_up(together, apart)
    assert (split.status, split.first, split.second) == ("split", (1,), (1, 2))
    assert split.volumes_ml[0] == pytest.approx(split.volumes_ml[1])


def test_a_lesion_with_a_partner_by_uid_takes_in_one_that_merged_with_it() -> None:
    near: Ball = ((29.0, 15.0, 16.0), 6.0)
    large, small = Segment.new_lesion(1), Segment.new_lesion(2)
    (merged,) = follow_up(drawn({large: [LEFT], small: [near]}), drawn({large: [LEFT, near]}))
    assert merged.status == "merged"
    assert merged.matched_by == ("overlap", "tracking UID")


def test_a_tracking_uid_goes_before_any_place_and_needs_no_common_frame() -> None:
    lesion = Segment.new_lesion(1)
    later = Segment(3, "Renamed", lesion.tracking_uid)
    first = drawn({lesion: [LEFT]}, Geometry(GRID.shape, GRID.affine, "1.2.3"))
    second = drawn({later: [RIGHT]}, Geometry(GRID.shape, GRID.affine, "1.2.4"))
    (change,) = follow_up(first, second)
    assert (change.status, change.matched_by) == ("stable", ("tracking UID",))
    # The same numbers and labels in two bare masks are no evidence that the lesion is the same.
    changes = follow_up(drawn({bare(1): [LEFT]}), drawn({bare(1): [RIGHT]}))
    assert {change.status for change in changes} == {"gone", "new"}


def test_a_name_in_bare_masks_tells_where_one_lesion_each_has_it() -> None:
    def named(number: int) -> Segment:
        return Segment.unnamed(number, "Liver")

    (change,) = follow_up(drawn({named(1): [LEFT]}), drawn({named(2): [RIGHT]}))
    assert (change.status, change.matched_by) == ("stable", ("label",))
    twice = follow_up(drawn({named(1): [LEFT]}), drawn({named(1): [LEFT], named(2): [RIGHT]}))
    assert {one.status: one.matched_by for one in twice} == {"stable": ("overlap",), "new": ()}


def test_one_uid_for_several_segments_of_both_masks_is_told_apart_by_number() -> None:
    one, two = Segment(1, "L1", "2.25.7"), Segment(2, "L2", "2.25.7")
    first = drawn({one: [LEFT], two: [RIGHT]})
    changes = follow_up(first, first)
    assert [change.status for change in changes] == ["stable", "stable"]
    assert all("told apart by their numbers" in change.rule for change in changes)
    gone = follow_up(first, drawn({one: [LEFT], two: []}))
    assert [(change.first, change.status) for change in gone] == [((1,), "stable"), ((2,), "gone")]
    assert "listed there without a voxel" in gone[1].rule
    (split,) = follow_up(drawn({one: [LEFT, RIGHT]}), first)
    assert split.status == "split", "a lesion of one segment may fall into two with its UID"
    assert "told apart" not in split.rule


def test_a_lesion_that_is_back_is_seen_again_and_not_new() -> None:
    left, right = Segment(1, "L1", "2.25.7"), Segment(2, "L2", "2.25.8")
    both, alone = drawn({left: [LEFT], right: [RIGHT]}), drawn({left: [LEFT]})
    found = follow_over_time({"a": both, "b": alone, "c": both, "d": both})
    by_step = [[change.status for change in changes] for changes in found.values()]
    assert by_step == [["stable", "gone"], ["stable", "seen again"], ["stable", "stable"]]
    back = found["b", "c"][1]
    assert (back.first, back.second, back.matched_by) == ((), (2,), ("tracking UID",))
    assert back.rule == f"it was there at a as L2, and is not at b; {CONFIRM}"
    assert [one.status for one in follow_over_time({"b": alone, "c": both})["b", "c"]] == [
        "stable",
        "new",
    ]


def test_a_lesion_that_is_back_is_looked_for_after_as_many_transforms() -> None:
    step = np.eye(4)
    step[0, 3] = 9.0
    other: Ball = ((35.0, 40.0, 16.0), 6.0)
    masks = [
        drawn({bare(1): [LEFT], bare(2): [other]}),
        drawn({bare(1): [LEFT]}, shift=(9, 0, 0)),
        drawn({bare(4): [LEFT], bare(5): [other]}, shift=(18, 0, 0)),
    ]
    found = follow_over_time(dict(zip("abc", masks, strict=True)), transform=step)
    assert [one.status for one in found["b", "c"]] == ["stable", "seen again"]
    assert found["b", "c"][1].labels == ("Segment 2", "Segment 5")
    with pytest.raises(MedsegError, match="two examinations"):
        follow_over_time({"a": masks[0]})


def test_a_transform_brings_the_first_examination_onto_the_second() -> None:
    turn = math.radians(20.0)
    matrix = np.eye(4)
    matrix[:2, :2] = [[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]
    matrix[:3, 3] = (12.0, 4.0, 3.0)
    center = matrix[:3, :3] @ LEFT[0] + matrix[:3, 3]
    first = drawn({bare(1): [LEFT]}, Geometry(GRID.shape, GRID.affine, "1.2.3"))
    grid = Geometry(FINE.shape, FINE.affine, "1.2.4")
    second = drawn({bare(1): [((float(center[0]), float(center[1]), float(center[2])), 6.0)]}, grid)
    (change,) = follow_up(first, second, transform=matrix)
    assert change.matched_by == ("overlap",)
    with pytest.raises(GeometryError, match=r"1\.2\.3 and 1\.2\.4"):
        follow_up(first, second)
    assert len(follow_up(first, second, transform=np.linalg.inv(matrix), within_mm=0)) == 2


def test_what_moved_without_overlap_is_matched_by_distance_within_the_limit() -> None:
    small: Ball = ((20.0, 20.0, 16.0), 3.0)
    first = drawn({bare(1): [small]})
    second = drawn({bare(1): [small]}, shift=(8.0, 0.0, 0.0))
    (change,) = follow_up(first, second)
    assert change.matched_by == ("distance",)
    assert len(follow_up(first, second, within_mm=7.0)) == 2
    assert len(follow_up(first, second, within_mm=0.0)) == 2


def test_of_two_candidates_the_nearer_is_taken() -> None:
    lone: Ball = ((30.0, 30.0, 16.0), 2.0)
    near: Ball = ((35.0, 30.0, 16.0), 2.0)
    far: Ball = ((30.0, 38.0, 16.0), 2.0)
    changes = follow_up(drawn({bare(1): [lone]}), drawn({bare(1): [far], bare(2): [near]}))
    found = by_status(changes)
    assert found["stable"].second == (2,)
    assert found["new"].second == (1,)


def test_lesions_that_merely_touch_the_same_place_are_not_one() -> None:
    first = drawn({bare(1): [LEFT]})
    touching: Ball = ((25.5, 15.0, 16.0), 6.0)
    second = drawn({bare(1): [touching]})
    assert len(follow_up(first, second, within_mm=0)) == 2
    assert len(follow_up(first, second, within_mm=0, least_overlap=0.001)) == 1


def test_a_sheared_grid_and_a_large_lesion_are_laid_over_right() -> None:
    grid = oblique_geometry((30, 90, 80), shear=0.8)
    middle = grid.to_patient((14.5, 44.5, 39.5))
    center = (float(middle[0]), float(middle[1]), float(middle[2]))
    first = drawn({bare(1): [(center, 26.0)]}, grid)
    assert np.count_nonzero(first.array) > 40_000
    same = Geometry.from_spacing((60, 60, 60), (1.0, 1.0, 1.0), tuple(middle - 29.5))
    second = drawn({bare(1): [(center, 26.0)]}, same)
    (change,) = follow_up(first, second, least_overlap=0.95)
    assert change.status == "stable"
    assert change.volume_change == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize(
    "matrix",
    [
        np.eye(3),
        np.full((4, 4), np.nan),
        np.diag([1.0, 1, 1, 2]),
        np.diag([-1.0, 1, 1, 1]),
        np.zeros((4, 4)),
    ],
)
def test_an_impossible_transform_is_refused(matrix: ArrayLike) -> None:
    first, second = drawn({bare(1): [LEFT]}), drawn({bare(2): [LEFT]})
    with pytest.raises(GeometryError, match="positive determinant"):
        follow_up(first, second, transform=matrix)


@pytest.mark.parametrize(
    "limits",
    [
        {"least_overlap": 0.0},
        {"least_overlap": 1.5},
        {"least_overlap": math.nan},
        {"within_mm": -1.0},
        {"within_mm": math.inf},
        {"stable_within": -0.1},
    ],
)
def test_impossible_limits_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(MedsegError, match="overlap above 0"):
        follow_up(drawn({}), drawn({}), **limits)
