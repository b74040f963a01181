"""The middle slice can be shown before the rest is read, and is the slice it will be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import medseg
from medseg.errors import FormatError
from medseg.model import Geometry, Volume
from tests.formats.dicom_files import straight, write_stack
from tests.formats.test_dicom_pet import write_pet
from tests.phantoms import two_lesions


def _is_slice_of(one: Volume, whole: Volume, index: int) -> bool:
    corners = (one.geometry.to_patient((0, 0, 0)), whole.geometry.to_patient((index, 0, 0)))
    return (
        bool((one.voxels[0] == whole.voxels[index]).all())
        and np.allclose(*corners, atol=1e-9)
        and one.geometry.shape == (1, *whole.geometry.shape[1:])
        and np.array_equal(one.geometry.affine[:3, :3], whole.geometry.affine[:3, :3])
        and (one.unit, one.window, one.modality) == (whole.unit, whole.window, whole.modality)
    )


def _file_of(folder: Path, index: int) -> Path:
    files = medseg.read_volume(folder).source.files
    return folder / files[index]


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_the_middle_slice_of_a_series_comes_before_the_rest_is_read(
    tmp_path: Path, count: int
) -> None:
    folder = write_stack(tmp_path / "ct", straight(count), SliceThickness=2.0)
    told: list[tuple[str, object]] = []
    whole = medseg.read_volume(
        folder,
        progress=lambda done, _text: told.append(("progress", done)),
        preview=lambda volume: told.append(("preview", volume)),
    )
    assert [kind for kind, _ in told].count("preview") == 1
    kind, one = told[0]
    assert kind == "preview"  # nothing was read before
    assert isinstance(one, Volume)
    assert _is_slice_of(one, whole, count // 2)
    assert one.source.files == whole.source.files[count // 2 : count // 2 + 1]
    assert not _is_slice_of(one, whole, (count // 2 + 1) % count) or count == 1


def test_it_is_shown_although_a_later_slice_is_damaged(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", straight(5))
    last = _file_of(folder, 4)
    last.write_bytes(last.read_bytes()[:-20])
    shown: list[Volume] = []
    with pytest.raises(FormatError, match=last.name):
        medseg.read_volume(folder, preview=shown.append)
    assert len(shown) == 1


def test_with_gaps_it_stands_where_it_was_scanned(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", straight(6))
    _file_of(folder, 1).unlink()
    shown: list[Volume] = []
    whole = medseg.read_volume(folder, allow_gaps=True, preview=shown.append)
    assert whole.absent_slices == (1,)
    assert _is_slice_of(shown[0], whole, 3)  # the third of 0 2 3 4 5


def test_pet_is_shown_in_the_unit_it_will_have(tmp_path: Path) -> None:
    shown: list[Volume] = []
    whole = medseg.read_volume(write_pet(tmp_path / "pt"), preview=shown.append)
    assert whole.unit == "SUVbw"
    assert _is_slice_of(shown[0], whole, len(whole.voxels) // 2)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_a_one_file_format_shows_it_too(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"lesions{suffix}"
    medseg.write_segmentation(two_lesions(), path)
    shown: list[Volume] = []
    whole = medseg.read_volume(path, preview=shown.append)
    assert _is_slice_of(shown[0], whole, len(whole.voxels) // 2)


def test_one_slice_of_a_tilted_grid_stands_where_it_stood() -> None:
    affine = np.array([[0, 0, 0.5, 1], [1.2, 0.7, 0, 2], [3, 0.1, 0, 3], [0, 0, 0, 1]])
    grid = Geometry((4, 5, 6), affine, "1.2.3")
    one = grid.one_slice(3)
    assert np.allclose(one.to_patient((0, 4, 5)), grid.to_patient((3, 4, 5)))
    assert (one.shape, one.frame_of_reference) == ((1, 5, 6), "1.2.3")
