"""Every real file reads to its truth, or is refused in words; a new file needs a row.

`index_rows` states the truth and `oracles` works it out anew from the files. Where a peer is
right it speaks as a second witness, where it is wrong without a word a test says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

import medseg
from medseg.errors import (
    MissingSlicesError,
    SeveralSeriesError,
    UnevenSpacingError,
)
from medseg.model import SeriesInfo, Volume
from tests.formats import oracles
from tests.formats.index_rows import GAPPED, NO_IMAGE, REFUSED, ROWS, Row, truth_of

GE_CT = "dcm_qa_ct/In/GE"
GE_4D = "dcm_qa_nih/In/20180918GE/mr_0004"
PHILIPS = "dcm_qa_enh/In/Philips"
SIEMENS = "dcm_qa_enh/In/Siemens/XA10"
TURNED = "dicom2nifti/tests/data/failing/sliceorientation/001"
CODECS = ("compressed", "compressed_j2k", "compressed_jpeg", "compressed_jpegls", "compressed_rle")

# Which volume a slice belongs to: one tag for each case that is known, where medseg has rules.
VOLUME_OF: dict[str, Callable[[oracles.Frame], str]] = {
    GE_CT: lambda frame: f"/block={1 if frame.header.SliceThickness == 4 else 2}",
    GE_4D: lambda frame: f"/t={(frame.header.InstanceNumber - 1) // 15 + 1}",
    PHILIPS: lambda frame: f"/type={frame.groups[0].MRImageFrameTypeSequence[0].FrameType[3]}",
    SIEMENS: lambda frame: f"/t={frame.header.InstanceNumber}",
    TURNED: lambda frame: (
        "/1" if abs(frame.along_columns[1]) > abs(frame.along_columns[0]) else "/2"
    ),
}


@lru_cache(maxsize=1)
def listed(path: Path) -> list[SeriesInfo]:
    return medseg.list_series(path)


@lru_cache(maxsize=1)
def frames_of(path: Path) -> list[oracles.Frame]:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    images = [file for file in files if not fits(file, (*NO_IMAGE, "*rt.dcm"))]
    return oracles.frames(images)


def fits(file: Path, patterns: tuple[str, ...]) -> bool:
    return any(file.match(pattern) for pattern in patterns)


def truth(shared_data: Path, row: Row) -> oracles.Truth:
    path = shared_data / row.path
    if not row.is_dicom:
        return oracles.nifti(path) if path.name.endswith(".nii.gz") else oracles.itk(path)
    volume_of = VOLUME_OF.get(row.path, lambda _: "")
    return oracles.volume(f for f in frames_of(path) if volume_of(f) == row.series)


def read(shared_data: Path, row: Row) -> Volume:
    path = shared_data / row.path
    if not row.series:
        return medseg.read_volume(path)
    (series,) = (one for one in listed(path) if one.id.endswith(row.series))
    return medseg.read_volume(path, series=series.id)


def slice_places(volume: Volume) -> np.ndarray:
    """Where each slice's first voxel is, (slices, 3)."""
    return volume.geometry.to_patient([(k, 0, 0) for k in range(volume.geometry.shape[0])])


def assert_same(volume: Volume, expected: oracles.Truth) -> None:
    assert volume.voxels.shape == volume.geometry.shape == expected.shape
    apart = np.linalg.norm(volume.geometry.corners_lps - expected.corners, axis=1)
    assert apart.max() < 0.01, "mm between the corners"
    assert np.linalg.norm(slice_places(volume) - expected.firsts, axis=1).max() < 0.01
    if volume.voxels.dtype.kind in "iu":
        assert np.array_equal(volume.voxels, expected.values)
    else:  # in 32 bits, where the oracle has 64
        np.testing.assert_allclose(volume.voxels, expected.values, rtol=1e-6, atol=1e-6)


def files_in(folder: Path) -> list[str]:
    every = folder.rglob("*")
    return [file.relative_to(folder).as_posix() for file in every if file.is_file()]


@pytest.mark.parametrize("what", ["corners", "firsts", "values"])
def test_a_volume_off_by_a_hair_would_be_noticed(shared_data: Path, what: str) -> None:
    row = next(row for row in ROWS if row.path == "rt-utils/tests/mock_data")
    volume, expected = read(shared_data, row), truth(shared_data, row)
    wrong = getattr(expected, what).copy()
    wrong[-1] += 1 if what == "values" else 0.011
    assert_same(volume, expected)
    with pytest.raises(AssertionError):
        assert_same(volume, replace(expected, **{what: wrong}))


def stated_in_index(shared_data: Path) -> dict[str, list[str]]:
    """The lines of the index's table of measured truth, by path."""
    lines: dict[str, list[str]] = {}
    table = (shared_data / "INDEX.md").read_text().partition("## Measured truth")[2]
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 3 and not cells[1].startswith(("set", "---")):
            lines.setdefault(cells[2], []).append(line)
    return lines


def assert_simpleitk_agrees_or_errs_as_stated(volume: Volume, path: Path, off_mm: float) -> None:
    peer = oracles.itk_series(path) if path.is_dir() else oracles.itk(path)
    assert peer.shape == volume.voxels.shape
    np.testing.assert_allclose(volume.voxels, peer.values, rtol=1e-6, atol=5e-5)
    apart = np.linalg.norm(volume.geometry.corners_lps - peer.corners, axis=1).max()
    assert apart == pytest.approx(off_mm, abs=0.01)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_volume_reads_to_its_truth(shared_data: Path, row: Row) -> None:
    volume, expected = read(shared_data, row), truth(shared_data, row)
    assert_same(volume, expected)
    assert volume.geometry.shape == row.shape
    slices = len(volume.voxels) > 1
    assert volume.geometry.spacing_mm[not slices :] == pytest.approx(
        row.spacing_mm[not slices :], abs=1e-4
    )
    assert (volume.voxels.min(), volume.voxels.max()) == pytest.approx(row.limits, rel=1e-6)
    exact = volume.voxels.dtype.kind in "iu"
    assert volume.voxels.sum(dtype=np.float64) == pytest.approx(row.total, rel=not exact and 1e-6)
    assert volume.unit == row.unit
    assert volume.geometry.tilt_degrees == pytest.approx(row.tilt, abs=0.01)
    assert ("TILTED" in {finding.code for finding in volume.report}) == (row.tilt > 0)
    if not row.series:  # what it makes of several volumes in one folder is told below
        assert_simpleitk_agrees_or_errs_as_stated(volume, shared_data / row.path, row.itk_off_mm)


@pytest.mark.parametrize("path", dict.fromkeys(row.path for row in ROWS))
def test_the_index_states_the_same(shared_data: Path, path: str) -> None:
    rows = [row for row in ROWS if row.path == path]
    lines = stated_in_index(shared_data)
    assert path in lines or str(Path(path).parent) in lines
    for line in lines.get(path, []):
        limits = re.search(r"\[(-?[\d.]+),(-?[\d.]+)\]", line[line.rfind("@") :])
        if limits and path != PHILIPS:  # there SimpleITK's range is wrong: see below
            lowest = min(row.limits[0] for row in rows)
            highest = max(row.limits[1] for row in rows)
            assert tuple(map(float, limits.groups())) == pytest.approx((lowest, highest), rel=1e-5)
        labels = re.search(r"labels=(\d+) vox=(\d+)", line)
        if labels:
            mask = medseg.read_segmentation(shared_data / path)
            voxels = int(np.count_nonzero(mask.array))
            assert (len(mask.segments), voxels) == tuple(map(int, labels.groups()))


def test_every_line_of_the_index_has_a_row(shared_data: Path) -> None:
    lines = stated_in_index(shared_data)
    assert len(lines) > 90
    files = files_in(shared_data)
    for path in lines:
        inside = [file for file in files if file == path or file.startswith(f"{path}/")]
        assert any(truth_of(file) not in (None, *NO_IMAGE) for file in inside), path


def test_every_file_has_a_truth(shared_data: Path) -> None:
    files = files_in(shared_data)
    assert len(files) > 500
    assert not [file for file in files if truth_of(file) is None], (
        "give each of them a line in index_rows.csv or a pattern in REFUSED"
    )
    for new in ("dcm_qa_ct/In/GE/more/29.dcm", "niivue/new.nii.gz", "rt-utils/tests/scan.mha"):
        assert truth_of(new) is None, "a file that nobody has looked at"


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_is_no_volume_is_refused_in_words(shared_data: Path, pattern: str) -> None:
    error, words = REFUSED[pattern]
    files = sorted(shared_data.glob(pattern))
    assert files
    for file in files:
        with pytest.raises(error, match=words) as refusal:
            medseg.read_volume(file)
        assert refusal.type is error
        assert file.name in str(refusal.value)
        (info,) = medseg.list_series(file)
        assert not info.is_readable
        assert re.search(words, info.reason or "")


def test_an_uneven_stack_is_refused_and_its_blocks_are_listed(shared_data: Path) -> None:
    folder = shared_data / GE_CT
    with pytest.raises(UnevenSpacingError, match=r"1\.081 to 6\.999 mm.*2 equidistant blocks"):
        medseg.read_volume(folder)
    whole, *blocks = medseg.list_series(folder)
    assert (whole.shape, whole.is_readable) == ((28, 512, 512), False)
    assert [block.shape for block in blocks] == [(14, 512, 512)] * 2
    peer, expected = oracles.itk_series(folder), oracles.volume(frames_of(folder))
    step = np.linalg.norm(peer.firsts[1] - peer.firsts[0])
    assert step == pytest.approx(5.63, abs=0.005), "SimpleITK: one spacing, and no tilt"
    assert np.linalg.norm(peer.corners - expected.corners, axis=1).max() > 48


def test_a_missing_slice_is_found_and_its_place_left_blank(shared_data: Path) -> None:
    folder = shared_data / GAPPED
    with pytest.raises(MissingSlicesError, match="1 of 5 are missing"):
        medseg.read_volume(folder)
    volume = medseg.read_volume(folder, allow_gaps=True)
    (absent,) = volume.absent_slices
    there = [k for k in range(5) if k != absent]
    expected = oracles.volume(frames_of(folder))
    assert np.allclose(slice_places(volume)[there], expected.firsts, atol=0.01)
    assert np.array_equal(volume.voxels[there], expected.values)
    peer = oracles.itk_series(folder)
    assert peer.shape == (4, 512, 512), "SimpleITK: four slices, each a third too thick"
    assert np.linalg.norm(peer.firsts[2] - expected.firsts[2]) > 1.6


def test_orientations_that_are_mixed_are_volumes_of_their_own(shared_data: Path) -> None:
    folder = shared_data / TURNED
    with pytest.raises(SeveralSeriesError):
        medseg.read_volume(folder)
    assert len(medseg.list_series(folder)) == 2
    peer = oracles.itk_series(folder)
    step = np.linalg.norm(peer.firsts[1] - peer.firsts[0])
    assert (peer.shape[0], round(step)) == (4, 69), "SimpleITK: one stack of both"


def test_five_codecs_hold_the_same_voxels(shared_data: Path) -> None:
    folder = shared_data / "dicom2nifti/tests/data/generic"
    volumes = [medseg.read_volume(folder / name / "001") for name in CODECS]
    for volume in volumes[1:]:
        assert np.array_equal(volume.voxels, volumes[0].voxels)
        assert volume.geometry.corner_displacement_mm(volumes[0].geometry) == 0
    for name in CODECS:  # as another program has written them
        mask = medseg.read_segmentation(
            folder / name / "001_ground_truth_reoriented.nii.gz", like=volumes[0]
        )
        assert np.array_equal(mask.array, volumes[0].voxels)


def test_times_are_volumes_and_not_slices(shared_data: Path) -> None:
    folder = shared_data / GE_4D
    with pytest.raises(SeveralSeriesError):
        medseg.read_volume(folder)
    assert [info.shape for info in medseg.list_series(folder)[:10]] == [(15, 64, 64)] * 10
    peer = oracles.itk_series(folder)
    step = np.linalg.norm(peer.firsts[1] - peer.firsts[0])
    assert peer.shape == (150, 64, 64), "SimpleITK: all times as one stack"
    assert step == pytest.approx(0.47, abs=0.005)


def test_kinds_of_frame_are_volumes_with_their_own_rescale(shared_data: Path) -> None:
    folder = shared_data / PHILIPS
    assert len(medseg.list_series(folder)) == 2
    peer = oracles.itk(next(folder.iterdir()))
    assert peer.shape == (64, 64, 64), "SimpleITK: magnitude and field map as one stack"
    assert peer.values.min() == 0, "and the field map's values are not those of its rescale"
    assert medseg.read_volume(folder, series=0).voxels.min() != 0


def test_times_in_files_of_their_own_are_as_simpleitk_has_them(shared_data: Path) -> None:
    folder = shared_data / SIEMENS
    with pytest.raises(SeveralSeriesError):
        medseg.read_volume(folder)
    for time in range(1, 5):
        volume = medseg.read_volume(folder, series=time - 1)
        assert volume.source.series_id.endswith(f"/t={time}")
        assert_simpleitk_agrees_or_errs_as_stated(volume, folder / f"6_{time}.dcm", 0)
