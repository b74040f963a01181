"""`read(write(x)) == x` in every format that masks are written in, and two libraries agree."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 (its users know it by this name)
from hypothesis import given, settings
from hypothesis import strategies as st

import medseg
from medseg.errors import FormatError, GeometryError
from medseg.formats import registry, sidecar
from medseg.model import (
    Geometry,
    Origin,
    Segment,
    Segmentation,
    SliceOrigin,
    Source,
    labels_in,
)
from tests.phantoms import oblique_geometry, two_lesions

SUFFIXES = registry.mask_suffixes()
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0])


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    """Any upright grid: any rotation, either hand, spacings from 0.1 to 10 mm."""
    quaternion = np.array(draw(st.tuples(*[st.floats(-1, 1)] * 4)))
    length = np.linalg.norm(quaternion)
    w, x, y, z = quaternion / length if length > 0.1 else (1, 0, 0, 0)
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    hand = draw(st.sampled_from([1.0, -1.0]))
    affine = np.eye(4)
    affine[:3, :3] = rotation * draw(st.tuples(*[st.floats(0.1, 10)] * 3)) * [hand, 1, 1]
    affine[:3, 3] = draw(st.tuples(*[st.floats(-900, 900)] * 3))
    return Geometry(draw(st.tuples(*[st.integers(1, 6)] * 3)), affine)


@st.composite
def segmentations(draw: st.DrawFn) -> Segmentation:
    """Any small mask: on any grid, with numbers of one or two bytes."""
    geometry = draw(geometries())
    numbers = sorted(draw(st.sets(st.sampled_from([1, 2, 255, 256, 40000]), max_size=3)))
    seed = draw(st.integers(0, 10_000))
    values = np.random.default_rng(seed).choice([0, *numbers], geometry.shape)
    array = values.astype(np.uint16 if max(numbers, default=0) > 255 else np.uint8)
    segments = tuple(Segment.new_lesion(number, f"L {number} ü") for number in numbers)
    origin = SliceOrigin(Origin.DRAWN, "Dr. A", "2026-01-01T00:00:00+00:00", "outline", "p1")
    provenance = {(number, 0): origin for number in numbers}
    return Segmentation(array, geometry, segments, provenance)


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=25, deadline=None)
@given(segmentation=segmentations())
def test_a_mask_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, segmentation: Segmentation
) -> None:
    path = tmp_path_factory.mktemp("round") / f"lesions{suffix}"
    medseg.write_segmentation(segmentation, path)
    found = medseg.read_segmentation(path)
    assert found.array.dtype == segmentation.array.dtype
    assert (found.array == segmentation.array).all()
    assert found.geometry.corner_displacement_mm(segmentation.geometry) <= 0.001
    assert found.segments == segmentation.segments
    assert dict(found.provenance) == dict(segmentation.provenance)
    (only,) = medseg.read_segmentations(path)
    assert only.segments == found.segments


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_mask_gives_the_same_bytes_and_two_files(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    medseg.write_segmentation(two_lesions(), path)
    first = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    medseg.write_segmentation(two_lesions(), path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == first
    assert set(first) == {f"a{suffix}", "a.json"}


def test_gzip_holds_neither_time_nor_name(tmp_path: Path) -> None:
    path = tmp_path / "a.nii.gz"
    medseg.write_segmentation(two_lesions(), path)
    start = path.read_bytes()[:10]
    assert start[3] == 0, "no name, no comment"
    assert start[4:8] == bytes(4), "no time"
    assert len(gzip.decompress(path.read_bytes())) == 352 + two_lesions().array.nbytes


def _centroid_lps(segmentation: Segmentation) -> np.ndarray:
    return segmentation.geometry.to_patient(np.argwhere(segmentation.array == 1).mean(axis=0))


@pytest.mark.parametrize("shear", [0.0, 0.9])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_nibabel_finds_the_same_places(tmp_path: Path, suffix: str, shear: float) -> None:
    mask = two_lesions(oblique_geometry(shear=shear))
    told = medseg.write_segmentation(mask, tmp_path / f"a{suffix}")
    assert [finding.code for finding in told] == (["TILTED"] if shear else [])
    assert all("stands in the sform alone" in finding.text for finding in told)
    image = nibabel.load(tmp_path / f"a{suffix}")
    there = nibabel.affines.apply_affine(
        image.affine, np.argwhere(np.asarray(image.dataobj) == 1).mean(axis=0)
    )
    assert np.allclose(there, LPS_TO_RAS @ _centroid_lps(mask), atol=1e-3)
    corners = nibabel.affines.apply_affine(
        image.affine, np.array(list(np.ndindex(2, 2, 2))) * (np.array(image.shape) - 1)
    )
    ours = mask.geometry.corners_lps @ LPS_TO_RAS
    assert np.allclose(sorted(corners.tolist()), sorted(ours.tolist()), atol=1e-3)
    header = image.header
    assert header["intent_code"] == 1002
    assert header.get_xyzt_units()[0] == "mm"
    assert image.get_data_dtype() == np.uint8
    assert int(header["sform_code"]) == 1
    assert int(header["qform_code"]) == (0 if shear else 1), "a qform cannot hold a shear"
    if not shear:
        assert np.allclose(header.get_qform(), header.get_sform(), atol=1e-3)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_simpleitk_finds_the_same_places(tmp_path: Path, suffix: str) -> None:
    mask = two_lesions()
    path = tmp_path / f"a{suffix}"
    medseg.write_segmentation(mask, path)
    image = sitk.ReadImage(str(path))
    labels = sitk.GetArrayFromImage(image)
    assert (labels == mask.array).all()
    index = np.argwhere(labels == 1).mean(axis=0)[::-1].tolist()
    there = image.TransformContinuousIndexToPhysicalPoint(index)
    assert np.allclose(there, _centroid_lps(mask), atol=1e-3)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_side_too_long_for_nifti_is_refused_before_anything_is_written(
    tmp_path: Path, suffix: str
) -> None:
    for size in (32767, 32768):
        mask = Segmentation.empty(Geometry.from_spacing((1, 2, size), (1.0, 1.0, 0.001)))
        path = tmp_path / f"{size}{suffix}"
        if size == 32767:
            medseg.write_segmentation(mask, path)
            assert medseg.read_segmentation(path).array.shape == (1, 2, size)
        else:
            with pytest.raises(GeometryError, match="at most 32767 voxels along a side"):
                medseg.write_segmentation(mask, path)
            assert not list(tmp_path.glob("32768*"))


def test_a_qform_that_would_move_the_grid_is_left_out(tmp_path: Path) -> None:
    # Nearly half a turn: the quaternion's first part is lost in the rounding of the others.
    angle = np.pi - 2e-4
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    affine = np.eye(4)
    affine[:2, :2] = turn
    affine[:3, :3] = (affine[:3, :3] @ np.diag([-1, -1, 1]))[:, ::-1]
    grid = Geometry((2, 400, 400), affine)
    half_turn = Geometry(grid.shape, np.diag([-1.0, -1.0, 1.0, 1.0]) @ grid.affine)
    codes = set()
    for geometry in (grid, half_turn):
        medseg.write_segmentation(Segmentation.empty(geometry), tmp_path / "a.nii")
        header = nibabel.load(tmp_path / "a.nii").header
        codes.add(int(header["qform_code"]))
        found = medseg.read_segmentation(tmp_path / "a.nii").geometry
        assert found.corner_displacement_mm(geometry) < 0.001
    assert codes == {0, 1}, "one of the two can be held, the other not"


@pytest.mark.parametrize("suffix", [".nrrd", ".seg.nrrd", ".mha"])
def test_a_shear_is_refused_where_readers_straighten_it(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    with pytest.raises(GeometryError, match=r"leans by .* mm.*Save it as \.nii\.gz"):
        medseg.write_segmentation(two_lesions(oblique_geometry(shear=0.9)), path)
    assert list(tmp_path.iterdir()) == []


def test_a_grid_beyond_float32_is_refused_in_nifti(tmp_path: Path) -> None:
    grid = Geometry.from_spacing((2, 3, 4), (1, 1, 1), origin_lps=(1e6 + 0.03, 0, 0))
    with pytest.raises(GeometryError, match=r"32-bit.*\.nrrd"):
        medseg.write_segmentation(Segmentation.empty(grid), tmp_path / "a.nii.gz")
    medseg.write_segmentation(Segmentation.empty(grid), tmp_path / "a.nrrd")
    assert medseg.read_segmentation(tmp_path / "a.nrrd").geometry.same_grid(grid)


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"\.nii\.gz.*a\.png"):
        medseg.write_segmentation(two_lesions(), tmp_path / "a.png")


def test_another_programs_json_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"EchoTime": 0.01}')
    with pytest.raises(FormatError, match=r"a\.json; another program"):
        medseg.write_segmentation(two_lesions(), tmp_path / "a.nii.gz")
    assert (tmp_path / "a.json").read_text() == '{"EchoTime": 0.01}'
    assert not (tmp_path / "a.nii.gz").exists()


def test_a_failing_writer_leaves_mask_and_sidecar_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.nii.gz"
    medseg.write_segmentation(two_lesions(), path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    renamed = Segmentation(
        two_lesions().array.copy(), oblique_geometry(), (Segment.unnamed(1), Segment.unnamed(2))
    )

    def fail(_self: Path, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fail)
        with pytest.raises(FormatError, match=r"a\.(nii\.gz|json).*No space left"):
            medseg.write_segmentation(renamed, path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_bare_mask_gets_the_same_segments_each_time(tmp_path: Path) -> None:
    medseg.write_segmentation(two_lesions(), tmp_path / "a.nii.gz")
    sidecar.sidecar_path(tmp_path / "a.nii.gz").unlink()
    once = medseg.read_segmentation(tmp_path / "a.nii.gz")
    again = medseg.read_segmentation(tmp_path / "a.nii.gz")
    assert once.segments == again.segments == (Segment.unnamed(1), Segment.unnamed(2))
    assert labels_in(once.array) == (1, 2)


def test_a_sidecar_that_does_not_name_a_number_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.nii.gz"
    medseg.write_segmentation(two_lesions(), path)
    content = json.loads((tmp_path / "a.json").read_text())
    content["segments"].pop()
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(FormatError, match=r"a\.json does not name \[2\] of a\.nii\.gz"):
        medseg.read_segmentation(path)


def test_provenance_beyond_the_last_slice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.nii.gz"
    mask = two_lesions()
    origin = SliceOrigin(Origin.DRAWN, "A", "t", "outline")
    far = Segmentation(mask.array.copy(), mask.geometry, mask.segments, {(1, 6): origin})
    with pytest.raises(FormatError, match=r"speaks of \[6\].*6 slices"):
        medseg.write_segmentation(far, path)
    assert list(tmp_path.iterdir()) == []
    last = Segmentation(mask.array.copy(), mask.geometry, mask.segments, {(1, 5): origin})
    medseg.write_segmentation(last, path)
    beside = sidecar.sidecar_path(path)
    beside.write_text(beside.read_text().replace('"slice": 5', '"slice": 6'))
    with pytest.raises(FormatError, match=r"speaks of \[6\].*6 slices"):
        medseg.read_segmentation(path)


def test_the_image_is_referred_to(tmp_path: Path) -> None:
    image = Source("nifti", tmp_path / "ct.nii.gz", "ct.nii.gz")
    medseg.write_segmentation(two_lesions(), tmp_path / "a.nii.gz", image=image)
    assert sidecar.image_reference(tmp_path / "a.nii.gz") == (tmp_path / "ct.nii.gz", "ct.nii.gz")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_labels_can_hold_every_number_that_is_listed(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    grid = oblique_geometry()
    numbers = (44, 300)
    array = np.zeros(grid.shape, np.uint16)
    array[0, 0, 0] = 44
    medseg.write_segmentation(
        Segmentation(array, grid, tuple(Segment.unnamed(number) for number in numbers)), path
    )
    found = medseg.read_segmentation(path)
    assert found.array.dtype == np.uint16
    assert found.numbers == numbers
    assert (found.array == array).all()


@pytest.mark.parametrize("name", ["A.MHA", "A.NRRD", "A.Seg.NRRD", "A.NII.GZ", "A.NII", "a.b.MHA"])
def test_the_suffix_may_be_in_upper_case(tmp_path: Path, name: str) -> None:
    medseg.write_segmentation(two_lesions(), tmp_path / name)
    found = medseg.read_segmentation(tmp_path / name)
    assert (found.array == two_lesions().array).all()
    assert found.segments[0].label == two_lesions().segments[0].label
