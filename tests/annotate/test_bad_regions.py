"""Every region tool on bad input: one typed error or an empty edit, and the mask untouched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from medseg.annotate import (
    Growing,
    copy_to_slice,
    ellipsoid_edit,
    fill_holes_edit,
    geodesic_edit,
    grow_region,
    hollow_edit,
    joint_smoothing_edit,
    keep_largest_edit,
    lasso_edit,
    margin_edit,
    move_edit,
    random_walker_edit,
    remove_small_edit,
    seeds_edit,
    smoothing_edit,
    snap_contour,
    split_islands,
    surface_edit,
)
from medseg.errors import EditError, MedsegError
from medseg.model import Contour, Geometry, Segmentation, SegmentsEdit, Volume
from tests.annotate.regions import BY, STRAIGHT, ball, image, middle, segmented

NAN, INF = float("nan"), float("inf")
HERE = middle(STRAIGHT)
OFF = HERE + 900


@dataclass(frozen=True)
class Scene:
    """A ball (1), a second segment without a voxel (2), a locked one (3), and images."""

    mask: Segmentation
    volume: Volume
    blind: Volume
    elsewhere: Volume

    def growing(self, tolerance: float, number: int = 1, **options: float) -> object:
        return Growing(self.volume, HERE, **options).edit(self.mask, number, tolerance, BY)

    def seeds(self, at: object, beside: object, number: int = 1, **options: object) -> object:
        given = {"volume": self.volume, **options}
        return seeds_edit(self.mask, seeds={number: at, 0: beside}, authorship=BY, **given)  # type: ignore[arg-type]


def scene() -> Scene:
    nothing = np.zeros(STRAIGHT.shape, bool)
    mask = segmented(STRAIGHT, ball(STRAIGHT, 8.0), nothing, ball(STRAIGHT, 3.0, (15, 0, 0)))
    SegmentsEdit.of_segment(mask, 3, BY, is_locked=True).apply(mask)
    values = np.where(ball(STRAIGHT, 9.0), 100.0, 0.0).astype(np.float32)
    values.setflags(write=False)
    other = Geometry.from_spacing(STRAIGHT.shape, (2.0, 1.0, 1.0))
    blind = image(STRAIGHT, np.full(STRAIGHT.shape, np.nan, np.float32))
    return Scene(mask, image(STRAIGHT, values), blind, image(other, values))


def square(at: np.ndarray = HERE) -> np.ndarray:
    return at + np.array([(-4, -4, 0), (4, -4, 0), (4, 4, 0), (-4, 4, 0)], float)


def upright(at: np.ndarray = HERE, segment: int = 1) -> list[Contour]:
    flat = square() - HERE
    return [Contour(at + flat, segment), Contour(at + flat[:, [0, 2, 1]], segment)]


def across(length: float) -> list[np.ndarray]:
    return [np.array([HERE - way, HERE + way]) for way in length / 2 * np.eye(3)[:2]]


#: What is asked -> the call that must be refused.
REFUSED: dict[str, Callable[[Scene], object]] = {
    "grow: outside": lambda s: Growing(s.volume, OFF),
    "grow: NaN point": lambda s: Growing(s.volume, (NAN, 0, 0)),
    "grow: no point": lambda s: Growing(s.volume, ()),
    "grow: words": lambda s: Growing(s.volume, "here"),  # type: ignore[arg-type]
    "grow: on a blind voxel": lambda s: Growing(s.blind, HERE),
    "grow: radius 0": lambda s: Growing(s.volume, HERE, radius_mm=0.0),
    "grow: radius NaN": lambda s: grow_region(s.volume, tuple(HERE), radius_mm=NAN),
    "grow: radius endless": lambda s: Growing(s.volume, HERE, radius_mm=INF),
    "grow: tolerance below 0": lambda s: s.growing(-1.0),
    "grow: tolerance NaN": lambda s: s.growing(NAN),
    "grow: tolerance endless": lambda s: s.growing(INF),
    "grow: no such segment": lambda s: s.growing(5.0, 9),
    "grow: locked": lambda s: s.growing(5.0, 3),
    "grow: other grid": lambda s: Growing(s.elsewhere, HERE).edit(s.mask, 1, 5.0, BY),
    "seeds: outside": lambda s: s.seeds([HERE], [OFF]),
    "seeds: empty": lambda s: s.seeds([HERE], []),
    "seeds: NaN": lambda s: s.seeds([HERE], [(NAN, 0, 0)]),
    "seeds: one kind": lambda s: seeds_edit(s.mask, s.volume, {1: [HERE]}, BY),
    "seeds: none": lambda s: seeds_edit(s.mask, s.volume, {}, BY),
    "seeds: locked": lambda s: s.seeds([HERE], [HERE + 9], 3),
    "seeds: no such segment": lambda s: s.seeds([HERE], [HERE + 9], 9),
    "seeds: no image": lambda s: s.seeds([HERE], [HERE + 9], volume=None),
    "seeds: other grid": lambda s: s.seeds([HERE], [HERE + 9], volume=s.elsewhere),
    "seeds: margin 0": lambda s: s.seeds([HERE], [HERE + 9], margin_mm=0.0),
    "seeds: margin NaN": lambda s: s.seeds([HERE], [HERE + 9], margin_mm=NAN),
    "seeds: other method": lambda s: s.seeds([HERE], [HERE + 9], method="magic"),
    "smooth: locked": lambda s: smoothing_edit(s.mask, 3, BY, radius_mm=2.0),
    "smooth: no such segment": lambda s: smoothing_edit(s.mask, 9, BY, radius_mm=2.0),
    "smooth: radius 0": lambda s: smoothing_edit(s.mask, 1, BY, radius_mm=0.0),
    "smooth: radius NaN": lambda s: smoothing_edit(s.mask, 1, BY, radius_mm=NAN),
    "smooth: other method": lambda s: smoothing_edit(s.mask, 1, BY, method="x", radius_mm=1.0),  # type: ignore[arg-type]
    "joint: none": lambda s: joint_smoothing_edit(s.mask, (), BY, sigma_mm=1.0),
    "joint: locked": lambda s: joint_smoothing_edit(s.mask, (1, 3), BY, sigma_mm=1.0),
    "joint: no such segment": lambda s: joint_smoothing_edit(s.mask, (1, 9), BY, sigma_mm=1.0),
    "joint: sigma NaN": lambda s: joint_smoothing_edit(s.mask, (1, 2), BY, sigma_mm=NAN),
    "holes: locked": lambda s: fill_holes_edit(s.mask, 3, BY),
    "holes: no such axis": lambda s: fill_holes_edit(s.mask, 1, BY, axis=3),
    "largest: none": lambda s: keep_largest_edit(s.mask, 1, BY, count=0),
    "largest: locked": lambda s: keep_largest_edit(s.mask, 3, BY),
    "largest: other connectivity": lambda s: keep_largest_edit(s.mask, 1, BY, connectivity=8),  # type: ignore[arg-type]
    "small: no limit": lambda s: remove_small_edit(s.mask, 1, BY),
    "small: two limits": lambda s: remove_small_edit(s.mask, 1, BY, below_mm3=1, below_voxels=1),
    "small: NaN": lambda s: remove_small_edit(s.mask, 1, BY, below_mm3=NAN),
    "small: locked": lambda s: remove_small_edit(s.mask, 3, BY, below_voxels=3),
    "split: one part": lambda s: split_islands(s.mask, 1, BY),
    "split: empty": lambda s: split_islands(s.mask, 2, BY),
    "split: locked": lambda s: split_islands(s.mask, 3, BY),
    "margin: NaN": lambda s: margin_edit(s.mask, 1, BY, margin_mm=NAN),
    "margin: endless": lambda s: margin_edit(s.mask, 1, BY, margin_mm=-INF),
    "margin: locked": lambda s: margin_edit(s.mask, 3, BY, margin_mm=1.0),
    "margin: no such segment": lambda s: margin_edit(s.mask, 9, BY, margin_mm=1.0),
    "hollow: 0 mm": lambda s: hollow_edit(s.mask, 1, BY, thickness_mm=0.0),
    "hollow: locked": lambda s: hollow_edit(s.mask, 3, BY, thickness_mm=1.0),
    "move: NaN": lambda s: move_edit(s.mask, 1, BY, by_mm=(NAN, 0, 0)),
    "move: two numbers": lambda s: move_edit(s.mask, 1, BY, by_mm=(1, 2)),
    "move: two ways": lambda s: move_edit(s.mask, 1, BY, by_mm=np.ones((2, 3))),
    "move: out of the image": lambda s: move_edit(s.mask, 1, BY, by_mm=(99, 0, 0)),
    "move: locked": lambda s: move_edit(s.mask, 3, BY, by_mm=(1, 0, 0)),
    "copy: no such slice": lambda s: copy_to_slice(s.mask, 1, BY, source=15, target=30),
    "copy: before the first": lambda s: copy_to_slice(s.mask, 1, BY, source=15, target=-1),
    "copy: onto itself": lambda s: copy_to_slice(s.mask, 1, BY, source=15, target=15),
    "copy: nothing there": lambda s: copy_to_slice(s.mask, 1, BY, source=0, target=1),
    "copy: locked": lambda s: copy_to_slice(s.mask, 3, BY, source=15, target=16),
    "ellipsoid: one diameter": lambda s: ellipsoid_edit(s.mask, 1, across(9.0)[:1], BY),
    "ellipsoid: no length": lambda s: ellipsoid_edit(s.mask, 1, across(0.0), BY),
    "ellipsoid: one end": lambda s: ellipsoid_edit(s.mask, 1, [HERE, HERE + 1], BY),
    "ellipsoid: off": lambda s: ellipsoid_edit(s.mask, 1, np.array(across(9.0)) + 900, BY),
    "ellipsoid: locked": lambda s: ellipsoid_edit(s.mask, 3, across(9.0), BY),
    "lasso: two points": lambda s: lasso_edit(s.mask, 1, square()[:2], BY),
    "lasso: one place": lambda s: lasso_edit(s.mask, 1, [HERE] * 4, BY),
    "lasso: NaN": lambda s: lasso_edit(s.mask, 1, square() * NAN, BY),
    "lasso: locked": lambda s: lasso_edit(s.mask, 3, square(), BY),
    "lasso: no such segment": lambda s: lasso_edit(s.mask, 9, square(), BY),
    "surface: none": lambda s: surface_edit(s.mask, [], BY),
    "surface: one plane": lambda s: surface_edit(s.mask, upright()[:1], BY),
    "surface: off": lambda s: surface_edit(s.mask, upright(OFF), BY),
    "surface: locked": lambda s: surface_edit(s.mask, upright(segment=3), BY),
    "surface: no such segment": lambda s: surface_edit(s.mask, upright(segment=9), BY),
    "surface: two segments": lambda s: surface_edit(
        s.mask, [*upright(segment=1), *upright(segment=2)], BY
    ),
    "walker: no image": lambda s: random_walker_edit(s.mask, None, 1, BY),  # type: ignore[arg-type]
    "walker: other grid": lambda s: random_walker_edit(s.mask, s.elsewhere, 1, BY),
    "walker: band 0": lambda s: random_walker_edit(s.mask, s.volume, 1, BY, band_mm=0.0),
    "walker: locked": lambda s: random_walker_edit(s.mask, s.volume, 3, BY),
    "geodesic: no image": lambda s: geodesic_edit(s.mask, None, 1, BY),  # type: ignore[arg-type]
    "geodesic: band NaN": lambda s: geodesic_edit(s.mask, s.volume, 1, BY, band_mm=NAN),
    "geodesic: sigma 0": lambda s: geodesic_edit(s.mask, s.volume, 1, BY, sigma_mm=0.0),
    "geodesic: locked": lambda s: geodesic_edit(s.mask, s.volume, 3, BY),
    "snap: 0 mm": lambda s: snap_contour(s.volume, upright()[0], within_mm=0.0),
    "snap: a line": lambda s: snap_contour(
        s.volume, Contour(HERE + np.arange(4)[:, None] * np.ones(3), 1), within_mm=2.0
    ),
}

#: What is asked -> the call that must give an edit that changes nothing.
EMPTY: dict[str, Callable[[Scene], object]] = {
    "smooth": lambda s: smoothing_edit(s.mask, 2, BY, radius_mm=2.0),
    "opening": lambda s: smoothing_edit(s.mask, 2, BY, method="opening", radius_mm=2.0),
    "joint": lambda s: joint_smoothing_edit(s.mask, (2,), BY, sigma_mm=1.0),
    "holes": lambda s: fill_holes_edit(s.mask, 2, BY),
    "holes in slices": lambda s: fill_holes_edit(s.mask, 2, BY, axis=0),
    "largest": lambda s: keep_largest_edit(s.mask, 2, BY),
    "small": lambda s: remove_small_edit(s.mask, 2, BY, below_voxels=10),
    "margin": lambda s: margin_edit(s.mask, 2, BY, margin_mm=4.0),
    "margin inwards": lambda s: margin_edit(s.mask, 2, BY, margin_mm=-4.0),
    "margin of 0 mm": lambda s: margin_edit(s.mask, 1, BY, margin_mm=0.0),
    "hollow": lambda s: hollow_edit(s.mask, 2, BY, thickness_mm=2.0),
    "move": lambda s: move_edit(s.mask, 2, BY, by_mm=(3.0, 0, 0)),
    "move by nothing": lambda s: move_edit(s.mask, 1, BY, by_mm=(0, 0, 0)),
    "lasso": lambda s: lasso_edit(s.mask, 2, square(), BY),
    "lasso beside": lambda s: lasso_edit(s.mask, 1, square(OFF), BY),
    "walker": lambda s: random_walker_edit(s.mask, s.volume, 2, BY),
    "walker on a blind image": lambda s: random_walker_edit(s.mask, s.blind, 1, BY),
    "geodesic": lambda s: geodesic_edit(s.mask, s.volume, 2, BY),
    "geodesic on a blind image": lambda s: geodesic_edit(s.mask, s.blind, 1, BY),
    "grow in what is taken": lambda s: s.growing(0.0, radius_mm=6.0),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_in_words(name: str) -> None:
    given = scene()
    before, origins = given.mask.array.copy(), dict(given.mask.provenance)
    with pytest.raises(MedsegError) as refusal:
        REFUSED[name](given)
    assert isinstance(refusal.value, ValueError)
    assert len(str(refusal.value)) > 40
    np.testing.assert_array_equal(given.mask.array, before)
    assert given.mask.provenance == origins


@pytest.mark.parametrize("name", EMPTY)
def test_nothing_to_do_is_an_empty_edit(name: str) -> None:
    given = scene()
    before = given.mask.array.copy()
    edit = EMPTY[name](given)
    assert edit.is_empty, edit  # type: ignore[attr-defined]
    edit.apply(given.mask)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(given.mask.array, before)
    assert not given.mask.provenance


def test_an_error_is_an_edit_error_unless_a_grid_is_wrong() -> None:
    wrong = []
    for name, call in REFUSED.items():
        try:
            call(scene())
        except EditError:
            continue
        except MedsegError:
            wrong.append(name.split(": ")[1])
    assert set(wrong) == {"other grid"}


@pytest.mark.parametrize("dtype", [np.int16, np.uint8, ">i2", np.float16, np.float32, np.float64])
def test_any_type_of_image_will_do(dtype: str) -> None:
    given = scene()
    volume = image(STRAIGHT, np.where(ball(STRAIGHT, 9.0), 100, 0).astype(dtype))
    _, inside = Growing(volume, HERE).region(10.0)
    assert inside.sum() == ball(STRAIGHT, 9.0).sum()
    for edit in (
        random_walker_edit(given.mask, volume, 1, BY),
        geodesic_edit(given.mask, volume, 1, BY),
    ):
        assert not edit.is_empty
    assert snap_contour(volume, upright()[0], within_mm=2.0).segment == 1


def test_every_tool_works_up_to_the_border() -> None:
    corner = STRAIGHT.to_patient((0, 0, 0))
    away = np.linalg.norm(
        STRAIGHT.to_patient(np.moveaxis(np.indices(STRAIGHT.shape), 0, -1)) - corner, axis=-1
    )
    mask = segmented(STRAIGHT, away <= 10)
    volume = image(STRAIGHT, np.where(away <= 12, 100, 0).astype(np.int16))
    for edit in (
        margin_edit(mask, 1, BY, margin_mm=3.0),
        margin_edit(mask, 1, BY, margin_mm=-3.0),
        hollow_edit(mask, 1, BY, thickness_mm=3.0),
        move_edit(mask, 1, BY, by_mm=(2.2, 0, 0)),
        joint_smoothing_edit(mask, (1,), BY, sigma_mm=2.0),
        random_walker_edit(mask, volume, 1, BY),
        geodesic_edit(mask, volume, 1, BY),
        Growing(volume, corner).edit(mask, 1, 5.0, BY),
    ):
        assert not edit.is_empty
    assert smoothing_edit(mask, 1, BY, method="closing", radius_mm=2.0).changed.sum() < 30


#: Far larger than the image, which they cover or leave without a voxel.
HUGE: dict[str, Callable[[Segmentation], object]] = {
    "margin": lambda m: margin_edit(m, 1, BY, margin_mm=1e300),
    "median": lambda m: smoothing_edit(m, 1, BY, radius_mm=1e300),
    "joint": lambda m: joint_smoothing_edit(m, (1,), BY, sigma_mm=1e100),
    "ellipsoid": lambda m: ellipsoid_edit(m, 1, across(1e9), BY),
    "grow": lambda m: Growing(image(m.geometry, m.array), middle(m.geometry), radius_mm=1e9).edit(
        m, 1, 0.0, BY
    ),
    "hollow": lambda m: hollow_edit(m, 1, BY, thickness_mm=1e300),
}


@pytest.mark.parametrize("name", HUGE)
def test_a_tool_larger_than_the_image_ends_at_it(name: str) -> None:
    grid = Geometry.from_spacing((6, 9, 8), (2.0, 1.0, 0.9), tuple(HERE - 4))
    mask = segmented(grid, ball(grid, 3.0))
    edit = HUGE[name](mask)
    edit.apply(mask)  # type: ignore[attr-defined]
    covered = {"margin": 432, "ellipsoid": 432, "median": 0}.get(name)
    assert covered is None or mask.array.sum() == covered
