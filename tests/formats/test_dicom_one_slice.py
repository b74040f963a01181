"""One slice alone has the values that it has in the whole volume, and is read without the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate

import medseg
from medseg.errors import FormatError
from medseg.formats.dicom import volume as volume_module
from medseg.formats.dicom.header.slice_header import read_header
from medseg.formats.dicom.pixels.frames import read_frames
from medseg.formats.dicom.series import stack_entries
from medseg.formats.dicom.stacking.groups import grouped
from medseg.formats.dicom.stacking.stack import Stack, sorted_stack
from medseg.formats.dicom.volume import slice_values
from medseg.formats.entries import ReadOptions
from tests.formats.dicom_files import BIG_ENDIAN, IMPLICIT, pixels, straight, write_stack
from tests.formats.test_dicom_frames import HEIGHTS, _frame, _write
from tests.formats.test_dicom_pet import write_pet


def _stack(folder: Path) -> Stack:
    headers = [read_header(file) for file in sorted(folder.iterdir())]
    (members,) = grouped(headers).values()
    return sorted_stack(members)


@pytest.mark.parametrize(
    "changes",
    [{}, {"syntax": IMPLICIT}, {"syntax": BIG_ENDIAN}, {"RescaleSlope": 0.5}, {"HighBit": 13}],
)
def test_a_slice_has_the_values_of_the_volume(tmp_path: Path, changes: dict[str, Any]) -> None:
    folder = write_stack(tmp_path / "ct", straight(5), **changes)
    whole = medseg.read_volume(folder)
    stack = _stack(folder)
    for index in range(5):
        values, unit = slice_values(stack, index)
        assert unit == whole.unit == "HU"
        assert values.dtype == whole.voxels.dtype
        assert (values == whole.voxels[index]).all()


def test_a_slice_of_pet_is_in_suv_too(tmp_path: Path) -> None:
    folder = write_pet(tmp_path / "pt")
    whole = medseg.read_volume(folder)
    (entry,) = stack_entries(sorted(folder.iterdir()), folder)
    assert entry.load is not None
    stack: Stack = entry.load.args[0]  # type: ignore[attr-defined]
    values, unit = slice_values(stack, 2)
    assert (unit, values.dtype) == (whole.unit, np.dtype(np.float32)) == ("SUVbw", values.dtype)
    assert (values == whole.voxels[2]).all()


def test_a_slice_is_read_though_another_one_is_damaged(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", straight(5))
    stack = _stack(folder)
    bad = stack.headers[4].path
    bad.write_bytes(bad.read_bytes()[:-30])
    assert (slice_values(stack, 2)[0] == pixels(2).astype(int) - 1024).all()
    with pytest.raises(FormatError, match=bad.name):
        slice_values(stack, 4)


def _packed_frames(path: Path, stored: np.ndarray) -> None:
    dataset = pydicom.dcmread(path)
    frames = [_literal_rle(frame) for frame in stored]
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.5"
    dataset.PixelData = encapsulate(frames)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(path, enforce_file_format=True)


def _literal_rle(frame: np.ndarray) -> bytes:
    """A frame packed as RLE in literal runs alone (PS3.5 Annex G)."""
    low, high = (frame.view(np.uint8).reshape(-1, 2)[:, k].tobytes() for k in (0, 1))
    parts = [bytes([len(part) - 1]) + part + b"\0" * (1 - len(part) % 2) for part in (high, low)]
    starts = [2, 64, 64 + len(parts[0]), *[0] * 13]
    return np.array(starts, "<u4").tobytes() + b"".join(parts)


@pytest.mark.parametrize("is_packed", [False, True])
def test_frames_of_plain_pixels_are_read_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_packed: bool
) -> None:
    path = tmp_path / "a.dcm"
    stored = _write(path, [_frame(height) for height in HEIGHTS])
    if is_packed:
        _packed_frames(path, stored)
    told: list[int] = []

    def telling(headers: Any, progress: Any) -> Any:
        told.append(len(headers))
        return read_frames(headers, progress)

    monkeypatch.setattr(volume_module, "read_frames", telling)
    (entry,) = stack_entries([path], path)
    assert entry.load is not None
    voxels = entry.load(ReadOptions()).voxels
    assert (voxels == stored.astype(int) - 1024).all()
    assert told == ([4] if is_packed else [])
    stack: Stack = entry.load.args[0]  # type: ignore[attr-defined]
    for index in range(4):
        assert (slice_values(stack, index)[0] == voxels[index]).all()
