"""A mask comes onto its image's grid by moving voxels, never by resampling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medseg.errors import GeometryError
from medseg.formats.lattice import placement, reindexed
from medseg.model import ORIENTATIONS, Geometry, Origin, Segment, Segmentation, SliceOrigin
from tests.phantoms import oblique_geometry


def _shifted(geometry: Geometry, start: tuple[int, int, int], shape: tuple[int, ...]) -> Geometry:
    affine = geometry.affine.copy()
    affine[:3, 3] = geometry.to_patient(start)
    return Geometry(tuple(shape), affine, geometry.frame_of_reference)


def _random_mask(geometry: Geometry, seed: int) -> Segmentation:
    array = np.random.default_rng(seed).integers(0, 3, geometry.shape).astype(np.uint8)
    return Segmentation(array, geometry, (Segment.unnamed(1), Segment.unnamed(2)))


@settings(max_examples=80, deadline=None)
@given(
    orientation=st.sampled_from(ORIENTATIONS),
    shear=st.sampled_from([0.0, 0.9]),
    before=st.tuples(*[st.integers(0, 3)] * 3),
    after=st.tuples(*[st.integers(0, 3)] * 3),
    seed=st.integers(0, 1000),
)
def test_each_labelled_voxel_keeps_its_place_in_the_patient(
    orientation: object, shear: float, before: tuple, after: tuple, seed: int
) -> None:
    whole = oblique_geometry((5, 6, 4), shear=shear)
    turned = _random_mask(orientation.geometry(whole), seed)
    wider = np.array(whole.shape) + before + after
    wanted = _shifted(whole, tuple(-np.array(before)), tuple(int(size) for size in wider))
    moved = reindexed(turned, wanted, "mask.nii.gz")
    assert moved.geometry is wanted
    assert np.count_nonzero(moved.array) == np.count_nonzero(turned.array)
    here = np.argwhere(turned.array)
    nearest = np.rint(wanted.to_index(turned.geometry.to_patient(here))).astype(int)
    assert (moved.array[tuple(nearest.T)] == turned.array[tuple(here.T)]).all()


def test_a_crop_of_background_is_taken_and_of_labels_refused() -> None:
    wide = oblique_geometry((8, 8, 8))
    narrow = _shifted(wide, (2, 2, 2), (4, 4, 4))
    array = np.zeros(wide.shape, np.uint8)
    array[3, 3, 3] = 1
    mask = Segmentation(array, wide, (Segment.unnamed(1),))
    assert reindexed(mask, narrow, "mask.nii").array[1, 1, 1] == 1
    array[0, 0, 0], array[7, 7, 7] = 1, 1
    with pytest.raises(GeometryError, match=r"mask\.nii has 2 labelled voxels beyond"):
        reindexed(mask, narrow, "mask.nii")


@pytest.mark.parametrize(("shift_mm", "is_same"), [(0.0, True), (0.009, True), (0.02, False)])
def test_the_tolerance_is_a_hundredth_of_a_millimetre(shift_mm: float, is_same: bool) -> None:
    wanted = oblique_geometry()
    affine = wanted.affine.copy()
    affine[0, 3] += shift_mm
    mask = _random_mask(Geometry(wanted.shape, affine), 1)
    if is_same:
        assert (reindexed(mask, wanted, "m").array == mask.array).all()
    else:
        with pytest.raises(GeometryError, match=r"off by 0\.02 mm"):
            reindexed(mask, wanted, "m")


def test_another_spacing_or_a_rotation_is_no_lattice() -> None:
    wanted = Geometry.from_spacing((10, 10, 10), (2.0, 1.0, 1.0))
    finer = Geometry.from_spacing((10, 10, 10), (2.0, 1.0, 0.9))
    assert placement(finer, wanted).displacement_mm > 0.4
    angle = np.radians(2)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    turned = Geometry(wanted.shape, turn @ wanted.affine)
    assert placement(turned, wanted).displacement_mm > 0.1
    for other in (finer, turned):
        with pytest.raises(GeometryError, match="off by"):
            reindexed(_random_mask(other, 0), wanted, "m")


def test_two_frames_of_reference_never_agree() -> None:
    grid = oblique_geometry()
    observed = Geometry(grid.shape, grid.affine, "1.2")
    wanted = Geometry(grid.shape, grid.affine, "1.3")
    with pytest.raises(GeometryError, match="frame of reference"):
        reindexed(_random_mask(observed, 0), wanted, "m")


def test_provenance_moves_with_its_slices() -> None:
    whole = oblique_geometry((6, 4, 4))
    upside_down = next(
        o for o in ORIENTATIONS if o.axes == (0, 1, 2) and o.flips == (True, False, False)
    )
    origin = SliceOrigin(Origin.DRAWN, "A", "t", "outline")
    grid = upside_down.geometry(whole)
    mask = Segmentation(
        np.zeros(grid.shape, np.uint8), grid, (Segment.unnamed(1),), {(1, 1): origin}
    )
    wanted = _shifted(whole, (-2, 0, 0), (9, 4, 4))
    assert dict(reindexed(mask, wanted, "m").provenance) == {(1, 6): origin}


def test_provenance_of_slices_that_exist_no_more_is_dropped() -> None:
    whole = oblique_geometry((4, 4, 4))
    sliced_otherwise = next(o for o in ORIENTATIONS if o.axes == (1, 0, 2))
    grid = sliced_otherwise.geometry(whole)
    origin = SliceOrigin(Origin.DRAWN, "A", "t", "outline")
    mask = Segmentation(
        np.zeros(grid.shape, np.uint8), grid, (Segment.unnamed(1),), {(1, 1): origin}
    )
    assert dict(reindexed(mask, whole, "m").provenance) == {}


@pytest.mark.parametrize("thick_mm", [2.03, 5.0])
def test_a_single_slice_of_another_thickness_is_no_slice_of_the_image(thick_mm: float) -> None:
    wanted = Geometry.from_spacing((40, 16, 16), (2.0, 1.0, 1.0))
    same = Geometry.from_spacing((1, 16, 16), (2.0, 1.0, 1.0), (0.0, 0.0, 6.0))
    thick = Geometry.from_spacing((1, 16, 16), (thick_mm, 1.0, 1.0), (0.0, 0.0, 6.0))
    assert reindexed(_random_mask(same, 0), wanted, "m").array[3].any()
    assert placement(thick, wanted).displacement_mm == pytest.approx((thick_mm - 2) / 2)
    with pytest.raises(GeometryError, match="off by"):
        reindexed(_random_mask(thick, 0), wanted, "m")
