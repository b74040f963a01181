from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medseg.errors import SignoffError
from medseg.model import ORIENTATIONS, Geometry, Source, Volume
from medseg.signoff import image_identity, match_image
from tests.phantoms import oblique_geometry, ramp_volume


def volume_of(voxels: Any, rescale: tuple[tuple[float, float], ...] = ((1.0, 0.0),)) -> Volume:
    voxels = np.asarray(voxels)
    source = Source("dicom", Path("x"), "1.2", stored_dtype="int16", rescale=rescale)
    geometry = Geometry.from_spacing(voxels.shape, (2.0, 1.0, 1.0))
    return Volume(voxels, geometry, "HU", source)


def rungs(volume: Volume) -> dict[str, str | None]:
    return dict(image_identity(volume)["rungs"])


def test_an_image_is_itself_by_its_pixels():
    volume = ramp_volume()
    identity = image_identity(volume)
    assert match_image(volume, identity) == "pixels"
    assert identity["rungs"]["uids"] is None


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_all_orientations_match_with_float32_noise(orientation: Any):
    volume = ramp_volume(oblique_geometry((4, 5, 6), shear=0.4))
    geometry = orientation.geometry(volume.geometry)
    noisy = Geometry(geometry.shape, geometry.affine.astype(np.float32))
    other = Volume(orientation.apply(volume.voxels), noisy, "HU", volume.source)
    assert match_image(other, image_identity(volume)) == "pixels"


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.int32, np.float32, np.float64, np.uint8])
def test_the_type_in_memory_does_not_matter(dtype: Any):
    voxels = np.arange(60).reshape(3, 4, 5)
    assert rungs(volume_of(voxels.astype(dtype))) == rungs(volume_of(voxels.astype(np.int64)))


def test_stored_values_are_recovered_from_rescaled_ones():
    stored = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    slope, intercept = 0.37, -12.25
    values = (stored * slope + intercept).astype(np.float32)
    scaled = volume_of(values, ((slope, intercept),))
    exact = volume_of(stored * slope + intercept, ((slope, intercept),))
    assert rungs(scaled)["pixels"] == rungs(exact)["pixels"]
    # The rescaling itself is part of the rung: the same stored values may mean other HU.
    assert rungs(scaled)["pixels"] != rungs(volume_of(stored))["pixels"]


def test_hounsfield_units_with_and_without_intercept_match_by_modality():
    stored = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    dicom = volume_of(stored - 1024, ((1.0, -1024.0),))
    nifti = volume_of((stored - 1024).astype(np.float32))
    assert match_image(nifti, image_identity(dicom)) == "modality"
    whole = volume_of((stored - 1024).astype(np.float64), ((1.0, -1024.0),))
    assert match_image(whole, image_identity(dicom)) == "pixels"


def test_rescaling_per_slice_follows_the_slices():
    stored = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    pairs = ((0.5, 0.0), (1.5, 0.0), (2.5, 1.0))
    slopes = np.array(pairs)
    values = stored * slopes[:, 0, None, None] + slopes[:, 1, None, None]
    volume = volume_of(values, pairs)
    flipped_geometry = ORIENTATIONS[4].geometry(volume.geometry)
    assert ORIENTATIONS[4].flips == (True, False, False)
    flipped = Volume(
        values[::-1], flipped_geometry, "HU", replace(volume.source, rescale=pairs[::-1])
    )
    assert match_image(flipped, image_identity(volume)) == "pixels"
    wrong = Volume(values[::-1], flipped_geometry, "HU", volume.source)
    assert match_image(wrong, image_identity(volume)) == "modality"
    same_for_all = volume_of(values, ((0.5, 0.0),) * 3)
    assert rungs(same_for_all) == rungs(volume_of(values, ((0.5, 0.0),)))


@pytest.mark.parametrize("rescale", [(), ((0.0, 1.0),), ((1.0, 0.0),) * 2, ((np.nan, 0.0),)])
def test_a_rescaling_that_cannot_be_inverted_leaves_the_modality_rung(rescale: Any):
    volume = volume_of(np.arange(60).reshape(3, 4, 5), rescale)
    assert rungs(volume)["pixels"] is None
    assert match_image(volume, image_identity(volume)) == "modality"


@pytest.mark.parametrize("value", [0.5, np.nan, np.inf, 1e300, 2.0**40, -(2.0**31) - 1])
def test_fractions_and_strange_numbers_have_an_identity(value: float):
    voxels = np.zeros((2, 2, 2))
    before = rungs(volume_of(voxels))
    voxels[1, 1, 1] = value
    volume = volume_of(voxels)
    assert match_image(volume, image_identity(volume)) == "pixels"
    assert rungs(volume)["modality"] != before["modality"]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([0.1, 1e-9], np.float64),
        ([2.0**24 + 1.5], np.float64),
        ([1e300], np.float64),
        ([2**24 + 1, 2**40 + 1], np.int64),
        ([-(2**63), 2**63 - 1], np.int64),
        ([2**64 - 1], np.uint64),
    ],
)
def test_the_smallest_change_makes_another_image(values: list[Any], dtype: Any):
    voxels = np.zeros((2, 3, 4), dtype)
    voxels[0, 0, : len(values)] = values
    identity = image_identity(volume_of(voxels))
    assert match_image(volume_of(voxels), identity) == "pixels"
    for index in range(len(values)):
        changed = voxels.copy()
        one = changed[0, 0, index]
        toward = dtype(0)
        step = np.nextafter(one, toward) if changed.dtype.kind == "f" else one - np.sign(one)
        changed[0, 0, index] = step
        assert changed[0, 0, index] != one
        assert match_image(volume_of(changed), identity) is None


@pytest.mark.parametrize(
    ("values", "encoding"),
    [
        ([0], "<i2"),
        ([2**15], "<i4"),
        ([2**40], "<f4"),
        ([0.5, np.nan, np.inf], "<f4"),
        ([2**40 + 1], "<i8"),
        ([2.0**40 + 1], "<i8"),
        ([0.1], "<f8"),
        ([1e300], "<f8"),
        ([-(2**63) + 1], "<i8"),
    ],
)
def test_the_narrowest_exact_type_is_taken(values: list[Any], encoding: str):
    from medseg.signoff.image_identity import _encoding

    planes = [np.zeros((1, 3)), np.resize(np.array(values), (1, 3))]
    assert _encoding(lambda index: planes[index], 2) == encoding
    if all(float(value).is_integer() and abs(value) < 2**53 for value in values):
        whole = [plane.astype(np.int64) for plane in planes]
        assert _encoding(lambda index: whole[index], 2) == encoding
    assert _encoding(lambda _: np.full((1, 1), 2**64 - 1, np.uint64), 1) == "<u8"
    assert _encoding(lambda _: np.full((1, 1), 2**63, np.uint64), 1) == "<f4"


def test_not_a_number_is_one_value_in_each_width():
    for other in (0.5, 0.1):
        voxels = np.full((2, 2, 2), other)
        voxels[0, 0, 0] = np.nan
        bits = voxels.copy().view(np.uint64)
        bits[0, 0, 0] |= 1 << 63
        assert rungs(volume_of(voxels)) == rungs(volume_of(bits.view(np.float64)))


@pytest.mark.parametrize("value", [0.5, 0.1])
def test_negative_zero_is_zero(value: float):
    voxels = np.full((2, 2, 2), value)
    voxels[0] = 0.0
    negative = voxels.copy()
    negative[0] = -0.0
    assert rungs(volume_of(voxels)) == rungs(volume_of(negative))


@pytest.mark.parametrize("values", [(-(2**15), 2**15 - 1), (0, 2**15), (0, 2**31 - 1)])
def test_one_voxel_makes_another_image_in_every_width(values: tuple[int, int]):
    voxels = np.zeros((3, 4, 5), np.int64)
    voxels[0, 0, :2] = values
    identity = image_identity(volume_of(voxels))
    voxels[2, 3, 4] = 1
    assert match_image(volume_of(voxels), identity) is None


def test_a_moved_image_is_another():
    volume = ramp_volume()
    affine = volume.geometry.affine.copy()
    affine[2, 3] += 0.05
    moved = replace(volume, geometry=Geometry(volume.geometry.shape, affine))
    assert match_image(moved, image_identity(volume)) is None


def test_slices_in_another_order_are_another_image():
    volume = ramp_volume()
    swapped = replace(volume, voxels=volume.voxels[[1, 0, 2, 3, 4, 5]])
    assert match_image(swapped, image_identity(volume)) is None


def test_what_is_no_identity_is_refused():
    with pytest.raises(SignoffError):
        match_image(ramp_volume(), {"rungs": {}})
