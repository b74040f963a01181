from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medseg.errors import GeometryError, SignoffError
from medseg.model import ORIENTATIONS, Code, Geometry, Segment, Segmentation
from medseg.signoff import mask_body, mask_digest, read_mask
from tests.phantoms import oblique_geometry, two_lesions
from tests.signoff import independent
from tests.signoff.cases import renumbered, three_lesions, turned, with_array, with_geometry

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))["vectors"]


def _code(pair: dict[str, str]) -> Code:
    return Code(pair["value"], pair["scheme"], "a text that does not enter")


def segmentation_of(vector: dict[str, Any]) -> Segmentation:
    labels = np.array(vector["labels"], np.uint16).reshape(vector["shape"])
    affine = np.array([*vector["affineLPS"], [0, 0, 0, 1]], dtype=np.float64)
    segments = tuple(
        Segment(
            one["number"],
            f"any name {one['number']}",
            one["code"]["trackingUid"],
            _code(one["code"]["category"]),
            _code(one["code"]["type"]),
        )
        for one in vector["segments"]
    )
    return Segmentation(labels, Geometry(tuple(vector["shape"]), affine), segments)


def independent_body(segmentation: Segmentation) -> dict[str, Any]:
    voxels = {
        tuple(index): int(segmentation.array[tuple(index)])
        for index in np.argwhere(segmentation.array).tolist()
    }
    segments = [
        {
            "number": one.number,
            "code": {
                "category": {"scheme": one.category.scheme, "value": one.category.value},
                "type": {"scheme": one.type.scheme, "value": one.type.value},
                "trackingUid": one.tracking_uid,
            },
        }
        for one in segmentation.segments
    ]
    shape, affine = list(segmentation.geometry.shape), segmentation.geometry.affine.tolist()
    return independent.body_of(voxels, shape, affine, segments)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_vectors(vector: dict[str, Any]):
    mask = read_mask(segmentation_of(vector))
    assert mask.body == vector["body"]
    assert mask.hexdigest == vector["digest"]
    for segment, leaves in zip(mask.segments, mask.leaves, strict=True):
        wanted = vector["leaves"].get(str(segment.number), {})
        assert {str(index): leaf.hex() for index, leaf in leaves.items()} == wanted


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_independent_implementation_agrees_on_the_vectors(vector: dict[str, Any]):
    body = independent_body(segmentation_of(vector))
    assert body == vector["body"]
    assert independent.digest_of(body) == vector["digest"]


def test_a_leaf_by_hand():
    body = mask_body(segmentation_of(VECTORS[2]))
    first = hashlib.sha256(b"\x00run\x01" + bytes([2, 0, 0, 0, 5, 0, 0, 0])).digest()
    runs = bytes([0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0])
    second = hashlib.sha256(b"\x00run\x01" + runs).digest()
    slices = bytes(4) + first + bytes([1, 0, 0, 0]) + second
    assert body["segments"][0]["root"] == hashlib.sha256(b"\x01seg\x01" + slices).hexdigest()


@pytest.mark.parametrize("seed", range(40))
def test_the_independent_implementation_agrees_on_random_masks(seed: int):
    rng = np.random.default_rng(seed)
    shape = tuple(int(size) for size in rng.integers(1, 12, 3))
    affine = np.eye(4)
    affine[:3] = rng.normal(size=(3, 4)) * [1.0, 2.0, 0.5, 300.0]
    labels = (rng.integers(0, 8, shape) * (rng.random(shape) < 0.6)).astype(np.uint8)
    segments = tuple(Segment(n, f"L{n}", f"2.25.{rng.integers(1e9)}{n}") for n in range(1, 8))
    segmentation = Segmentation(labels, Geometry(shape, affine), segments)
    assert mask_body(segmentation) == independent_body(segmentation)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("shear", [0.0, 0.9])
def test_all_orientations_have_the_signed_body(orientation: Any, shear: float):
    signed = three_lesions(oblique_geometry((7, 9, 11), shear=shear))
    body = mask_body(signed)
    other = turned(signed, orientation)
    # What a float32 header makes of an affine.
    stored = with_geometry(other, other.geometry.affine.astype(np.float32).astype(np.float64))
    assert mask_body(stored, like=body) == body
    assert mask_digest(stored, like=body) == mask_digest(signed)


def test_near_45_degrees_the_signed_orientation_is_found_again():
    rng = np.random.default_rng(45)
    for _ in range(60):
        angle = np.radians(45 + rng.normal() * 1e-6)
        affine = np.diag([1.0, 1.0, 1.0, 1.0])
        affine[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        affine[:3, 3] = rng.uniform(-300, 300, 3)
        signed = three_lesions(Geometry((7, 9, 11), affine))
        other = turned(signed, ORIENTATIONS[rng.integers(48)])
        stored = with_geometry(other, other.geometry.affine.astype(np.float32))
        assert mask_digest(stored, like=mask_body(signed)) == mask_digest(signed)


def test_numbers_types_memory_names_and_colours_do_not_enter():
    signed = three_lesions()
    wanted = mask_digest(signed)
    rng = np.random.default_rng(8)
    for dtype in (np.uint8, np.uint16):
        numbers = (rng.choice(np.iinfo(dtype).max, 3, replace=False) + 1).tolist()
        other = renumbered(signed, dict(zip((1, 2, 3), numbers, strict=True)), dtype)
        for array in (np.ascontiguousarray(other.array), np.asfortranarray(other.array)):
            assert mask_digest(with_array(other, array)) == wanted
    renamed = tuple(
        Segment(
            one.number,
            "another name",
            one.tracking_uid,
            one.category,
            Code(one.type.value, one.type.scheme, "another text"),
            (1, 2, 3),
        )
        for one in signed.segments
    )
    assert mask_digest(Segmentation(signed.array, signed.geometry, renamed)) == wanted


@pytest.mark.parametrize("part", ["category", "type", "tracking_uid"])
def test_each_part_of_the_meaning_enters(part: str):
    from dataclasses import replace

    signed = three_lesions()
    value: Any = "2.25.999" if part == "tracking_uid" else Code("1", "99X", "other")
    first = replace(signed.segments[0], **{part: value})
    other = Segmentation(signed.array, signed.geometry, (first, *signed.segments[1:]))
    assert mask_digest(other) != mask_digest(signed)


def test_one_voxel_changes_one_leaf():
    signed = three_lesions()
    array = signed.array.copy()
    array[2, 4, 6] = 0
    before, after = read_mask(signed), read_mask(with_array(signed, array))
    assert before.hexdigest != after.hexdigest
    changed = [
        (segment.label, index)
        for segment, old, new in zip(before.segments, before.leaves, after.leaves, strict=True)
        for index in old.keys() | new.keys()
        if old.get(index) != new.get(index)
    ]
    assert len(changed) == 1
    assert changed[0][0] == "Nodule"


def test_two_equal_keys_cannot_be_signed():
    grid = oblique_geometry()
    twins = (Segment(1, "A", "2.25.1"), Segment(2, "B", "2.25.1"))
    with pytest.raises(SignoffError, match="Two equal keys cannot be signed"):
        mask_digest(Segmentation.empty(grid, twins))


def test_nothing_found_differs_from_nothing_listed():
    grid = oblique_geometry()
    listed = Segmentation.empty(grid, (Segment(1, "A", "2.25.1"),))
    assert len(mask_digest(Segmentation.empty(grid))) == 64
    assert mask_digest(listed) != mask_digest(Segmentation.empty(grid))


@pytest.mark.parametrize(
    ("move_mm", "fits"), [((0.0, 0.0, 0.004), True), ((0.009, 0.0, 0.02), False)]
)
def test_a_grid_snaps_within_a_hundredth_of_a_millimetre(
    move_mm: tuple[float, float, float], fits: bool
):
    signed = two_lesions()
    body = mask_body(signed)
    affine = signed.geometry.affine.copy()
    affine[:3, 3] += move_mm
    moved = with_geometry(signed, affine)
    if fits:
        assert mask_body(moved, like=body) == body
    else:
        with pytest.raises(GeometryError, match=r"0\.0219\d* mm off"):
            mask_digest(moved, like=body)


def test_a_hundredth_of_a_small_voxel_is_the_limit_on_fine_grids():
    signed = two_lesions(Geometry.from_spacing((6, 8, 10), (0.02, 0.02, 0.02)))
    affine = signed.geometry.affine.copy()
    affine[0, 3] += 0.001
    with pytest.raises(GeometryError, match=r"0\.001 mm off"):
        mask_digest(with_geometry(signed, affine), like=mask_body(signed))


def test_the_thickness_of_a_single_slice_is_bound():
    signed = Segmentation.empty(Geometry.from_spacing((1, 8, 10), (5.0, 1.0, 1.0)))
    thin = Segmentation.empty(Geometry.from_spacing((1, 8, 10), (1.0, 1.0, 1.0)))
    with pytest.raises(GeometryError, match="2 mm off"):
        mask_digest(thin, like=mask_body(signed))


def test_another_shape_is_another_grid():
    signed = two_lesions()
    cropped = Segmentation.empty(oblique_geometry((6, 8, 9)))
    with pytest.raises(GeometryError, match="inf mm off"):
        mask_digest(cropped, like=mask_body(signed))


@pytest.mark.parametrize(
    "like", [{}, {"alg": "medsegMaskV2"}, {"alg": "medsegMaskV1", "geometry": {"shape": 3}}]
)
def test_what_is_no_body_is_refused(like: dict[str, Any]):
    with pytest.raises(SignoffError):
        mask_digest(two_lesions(), like=like)


def test_a_signed_grid_that_is_flat_is_refused():
    body = mask_body(two_lesions())
    body["geometry"]["affineLPS"][0] = ["0.000000000"] * 4
    with pytest.raises(SignoffError, match="damaged"):
        mask_digest(two_lesions(), like=body)


def test_a_grid_beyond_a_kilometre_is_refused():
    affine = oblique_geometry().affine.copy()
    affine[0, 3] = 2e6
    with pytest.raises(GeometryError, match="kilometre"):
        mask_digest(with_geometry(two_lesions(), affine))


def test_a_number_without_a_segment_is_refused():
    segmentation = two_lesions()
    box = (slice(0, 1), slice(0, 1), slice(0, 1))
    segmentation.overwrite(box, np.ones((1, 1, 1), bool), np.array([9], np.uint8))
    with pytest.raises(SignoffError, match=r"\[9\]"):
        mask_digest(segmentation)
