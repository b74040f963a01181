"""Gaps between slices: even, uneven, with slices missing, and where no patient reaches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import medseg
from medseg.errors import GeometryError, MissingSlicesError, UnevenSpacingError
from tests.formats.dicom_files import AXIAL, SERIES, expected_hu, straight, write_stack


def _at(folder: Path, *heights: float) -> Path:
    return write_stack(folder / "ct", [(0, 0, float(height)) for height in heights])


def test_rounding_of_positions_is_no_fault(tmp_path: Path) -> None:
    jitter = np.random.default_rng(3).uniform(-0.004, 0.004, (6, 3))
    positions = [tuple(np.array(p) + j) for p, j in zip(straight(), jitter, strict=True)]
    volume = medseg.read_volume(write_stack(tmp_path / "ct", positions))
    assert volume.geometry.spacing_mm[0] == pytest.approx(2.5, abs=0.002)


def _wobbling(step: float, off: float) -> list[tuple[float, float, float]]:
    return [(0.0, off * (index % 2), step * index) for index in range(9)]


def _rounded(step: float, decimals: int) -> list[tuple[float, float, float]]:
    """An oblique stack whose places were written with few decimals."""
    along = np.array([0.0, -0.6, 0.8]) * step
    return [tuple(map(float, np.round([1.0, 2.0, 3.0] + along * k, decimals))) for k in range(9)]


OBLIQUE = [1.0, 0.0, 0.0, 0.0, 0.8, 0.6]

#: Places as scanners write them, directions, and how far they lie off an even stack at most.
ROUGH: dict[str, tuple[list[tuple[float, float, float]], list[float], float]] = {
    "one decimal, 0.625 mm": ([(0, 0, round(0.625 * k, 1)) for k in range(9)], [*AXIAL], 0.1),
    "one decimal, 1.25 mm": ([(0, 0, round(1.25 * k, 1)) for k in range(9)], [*AXIAL], 0.1),
    "one decimal, oblique": (_rounded(3.3, 1), OBLIQUE, 0.15),
    "two decimals, oblique": (_rounded(1.237, 2), OBLIQUE, 0.015),
    "a table that wobbles": (_wobbling(2.5, 0.04137), [*AXIAL], 0.05),
    "a table that wobbles in thin slices": (_wobbling(0.5, 0.04137), [*AXIAL], 0.05),
}

#: Places that are off by more than rounding.
TOO_ROUGH = {
    "whole millimetres": [(0, 0, round(2.5 * k)) for k in range(9)],
    "a table that wobbles more": _wobbling(2.5, 0.0617),
    "a wobble of half a thin slice": _wobbling(0.05, 0.04137),
    "one slice of many that was moved": [(0, 0, 2.5 * k + 0.1 * (k == 4)) for k in range(9)],
    "few slices": [(0, 0, round(0.625 * k, 1)) for k in range(5)],
    "one decimal, two steps": [(0, 0, round(k + max(0.0, 0.1 * (k - 3)), 1)) for k in range(9)],
}


@pytest.mark.parametrize("case", ROUGH)
def test_rounded_and_wobbling_places_are_read_and_told(tmp_path: Path, case: str) -> None:
    positions, directions, limit = ROUGH[case]
    folder = write_stack(tmp_path / "ct", positions, ImageOrientationPatient=directions)
    volume = medseg.read_volume(folder)
    assert (volume.voxels == expected_hu(9)).all()
    there = [volume.geometry.to_patient((k, 0, 0)) for k in range(9)]
    off = np.linalg.norm(np.array(there) - positions, axis=1)
    assert off.max() <= limit
    told = "ROUGH_POSITIONS" in [finding.code for finding in volume.report]
    assert told == (off.max() > 0.0105), "what is off by more than rounding to 0.01 mm is told"


@pytest.mark.parametrize("case", TOO_ROUGH)
def test_places_off_by_more_are_refused(tmp_path: Path, case: str) -> None:
    with pytest.raises(GeometryError):
        medseg.read_volume(write_stack(tmp_path / "ct", TOO_ROUGH[case]))


def test_a_slice_far_away_takes_none_of_the_stack(tmp_path: Path) -> None:
    folder = _at(tmp_path, -200, 0, 2.5, 5, 7.5)
    with pytest.raises(UnevenSpacingError, match=r"slices 2 to 5 every 2\.5 mm, 1 slice\(s\) by"):
        medseg.read_volume(folder)
    _, block = medseg.list_series(folder)
    volume = medseg.read_volume(folder, series=block.id)
    assert (volume.voxels == expected_hu(5)[1:]).all()
    assert np.allclose(volume.geometry.to_patient((0, 0, 0)), (0, 0, 0))


def test_uneven_gaps_are_refused_and_the_blocks_can_be_read(tmp_path: Path) -> None:
    heights = [0, 4, 8, 12, 19, 26, 33]
    folder = write_stack(tmp_path / "ct", [(0, 0, float(z)) for z in heights])
    with pytest.raises(UnevenSpacingError) as refusal:
        medseg.read_volume(folder)
    assert "2 equidistant blocks: slices 1 to 4 every 4 mm, slices 5 to 7 every 7 mm" in str(
        refusal.value
    )
    assert ".dcm" in str(refusal.value)
    whole, first, second = medseg.list_series(folder)
    assert (whole.id, whole.shape, whole.is_readable) == (SERIES, (7, 5, 7), False)
    assert (first.shape, second.shape) == ((4, 5, 7), (3, 5, 7))
    with pytest.raises(UnevenSpacingError):
        medseg.read_volume(folder, series=whole.id)
    block = medseg.read_volume(folder, series=second.id)
    assert block.geometry.spacing_mm[0] == pytest.approx(7)
    assert (block.voxels == expected_hu(7)[4:]).all()
    assert np.allclose(block.geometry.to_patient((2, 0, 0)), (0, 0, 33))


def test_a_drift_that_adds_up_is_uneven(tmp_path: Path) -> None:
    # Each gap is within 1 % of its neighbour; the middle slices are 0.14 mm off an even step.
    heights = np.concatenate([[0], np.cumsum(np.linspace(4.96, 5.04, 28))])
    folder = write_stack(tmp_path / "ct", [(0, 0, float(z)) for z in heights])
    with pytest.raises(UnevenSpacingError):
        medseg.read_volume(folder)


def test_missing_slices_are_refused_and_located(tmp_path: Path) -> None:
    positions = straight(9)
    kept = [p for k, p in enumerate(positions) if k not in (3, 6, 7)]
    folder = write_stack(tmp_path / "ct", kept)
    with pytest.raises(MissingSlicesError, match=r"3 of 9 are missing \(1 between .*; 2 between"):
        medseg.read_volume(folder)
    (info,) = medseg.list_series(folder)
    assert info.shape == (9, 5, 7)
    assert not info.is_readable


@pytest.mark.parametrize("gaps", [(4, 4, 4, 2, 2, 2), (2, 2, 4, 4, 2), (6, 6, 2, 2, 2)])
def test_two_steps_are_uneven_and_no_holes(tmp_path: Path, gaps: tuple[int, ...]) -> None:
    heights = np.concatenate([[0], np.cumsum(gaps)])
    folder = write_stack(tmp_path / "ct", [(0, 0, float(z)) for z in heights])
    for allow_gaps in (False, True):
        with pytest.raises(UnevenSpacingError, match="equidistant blocks"):
            medseg.read_volume(folder, allow_gaps=allow_gaps)
    blocks = [info for info in medseg.list_series(folder) if "/block=" in info.id]
    assert len(blocks) >= 2
    assert all(info.is_readable for info in blocks)
    first = medseg.read_volume(folder, series=blocks[0].id)
    assert first.geometry.spacing_mm[0] == pytest.approx(gaps[0])


@pytest.mark.parametrize("gaps", [(2, 4, 2, 4, 2), (4, 2, 6, 2, 2), (2, 4, 6, 2, 2)])
def test_holes_apart_are_missing_slices(tmp_path: Path, gaps: tuple[int, ...]) -> None:
    heights = np.concatenate([[0], np.cumsum(gaps)])
    folder = write_stack(tmp_path / "ct", [(0, 0, float(z)) for z in heights])
    with pytest.raises(MissingSlicesError, match="are missing"):
        medseg.read_volume(folder)


def test_missing_slices_are_left_blank_where_that_is_allowed(tmp_path: Path) -> None:
    positions = straight(9)
    kept = [k for k in range(9) if k not in (3, 6, 7)]
    folder = write_stack(tmp_path / "ct", [positions[k] for k in kept])
    volume = medseg.read_volume(folder, allow_gaps=True)
    assert volume.geometry.spacing_mm[0] == pytest.approx(2.5), "the true step"
    assert (volume.voxels[kept] == expected_hu(6)).all()
    assert (volume.voxels[[3, 6, 7]] == volume.voxels.min()).all()
    (finding,) = volume.report
    assert (finding.code, finding.where.slices) == ("ABSENT_SLICES", (3, 6, 7))
    assert "3 slices are missing" in finding.text
    assert "filler" in finding.text
    assert "outlined" not in finding.text, "who forbids that says so itself"
    assert [k for k, name in enumerate(volume.source.files) if not name] == [3, 6, 7]
    assert volume.source.instances[3] == ("", "")
    assert len(volume.source.rescale) == 9


def test_gaps_allowed_change_nothing_where_there_are_none(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", straight())
    assert medseg.read_volume(folder, allow_gaps=True).report == ()


@pytest.mark.parametrize("heights", [(0, 2, 40), (0, 202.5, 203.75, 205), (0, 2, 4, 24, 26)])
def test_more_holes_than_slices_are_stations_apart(tmp_path: Path, heights: tuple) -> None:
    folder = _at(tmp_path, *heights)
    for allow_gaps in (False, True):
        with pytest.raises(UnevenSpacingError, match="2 equidistant blocks"):
            medseg.read_volume(folder, allow_gaps=allow_gaps)


def test_as_many_holes_as_slices_are_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingSlicesError, match="3 of 6 are missing"):
        medseg.read_volume(_at(tmp_path, 0, 2, 10))


@pytest.mark.parametrize("height", ["1e300", "-1000000.1", "1e18"])
def test_a_place_beyond_any_patient_is_refused_by_name(tmp_path: Path, height: str) -> None:
    far = {1: {"ImagePositionPatient": [0, 0, height]}}
    folder = write_stack(tmp_path / "ct", straight(3), changes_at=far)
    name = next(file.name for file in folder.iterdir() if height.encode() in file.read_bytes())
    with pytest.raises(GeometryError, match=rf"within 1e\+06 mm of the origin; {name}"):
        medseg.read_volume(folder)


@pytest.mark.parametrize("spacing", ["0.00009", "1000.1", "1e30", "1e-30"])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_pixel_spacing_of_no_image_is_refused(
    tmp_path: Path, spacing: str, is_first: bool
) -> None:
    both = [spacing, "1"] if is_first else ["1", spacing]
    folder = write_stack(tmp_path / "ct", straight(3), PixelSpacing=both)
    with pytest.raises(GeometryError, match=r"0\.0001 to 1000 mm; 00\d\.dcm has"):
        medseg.read_volume(folder)


@pytest.mark.parametrize("spacing", ["0.0001", "0.005", "1000"])
def test_pixel_spacings_from_microscope_to_metre_are_read(tmp_path: Path, spacing: str) -> None:
    folder = write_stack(tmp_path / "ct", straight(3), PixelSpacing=[spacing, spacing])
    wanted = (2.5, float(spacing), float(spacing))
    assert medseg.read_volume(folder).geometry.spacing_mm == pytest.approx(wanted)
