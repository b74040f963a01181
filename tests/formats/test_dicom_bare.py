"""DICOM without preamble and mark, and trees with a DICOMDIR, are read as what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import RLELossless

import medseg
from medseg.formats.dicom.bare import is_bare_dicom
from tests.formats.dicom_files import EXPLICIT, IMPLICIT, expected_hu, straight, write_stack


def _meta_end(content: bytes) -> int:
    return 144 + int.from_bytes(content[140:144], "little")


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
@pytest.mark.parametrize("keeps_meta", [True, False])
@pytest.mark.parametrize("suffix", ["", ".dcm"])
def test_a_dataset_alone_is_read(
    tmp_path: Path, syntax: str, keeps_meta: bool, suffix: str
) -> None:
    folder = write_stack(tmp_path / "ct", straight(), syntax=syntax)
    truth = medseg.read_volume(folder)
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        file.unlink()
        bare = content[132:] if keeps_meta else content[_meta_end(content) :]
        file.with_suffix(suffix).write_bytes(bare)
    volume = medseg.read_volume(folder)
    assert (volume.voxels == expected_hu(6)).all()
    assert volume.report == ()
    assert (volume.geometry.affine == truth.geometry.affine).all()
    assert volume.source.instances == truth.source.instances


def test_compressed_pixels_of_a_bare_file_are_read(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", straight())
    for file in folder.iterdir():
        dataset = pydicom.dcmread(file)
        dataset.compress(RLELossless, generate_instance_uid=False)
        dataset.save_as(file)
        file.write_bytes(file.read_bytes()[132:])
    assert (medseg.read_volume(folder).voxels == expected_hu(6)).all()


@pytest.mark.parametrize(
    "content",
    [b"", b"\x08\x00", b"Some text about images", b"\x08\x00\x05\x00CS\xff\xff" + b"a" * 90],
)
def test_what_begins_otherwise_is_no_dicom(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a"
    file.write_bytes(content)
    assert not is_bare_dicom(file)
    assert not is_bare_dicom(tmp_path / "absent")
    assert [info.shape for info in medseg.list_series(tmp_path)] == [None]


def test_random_bytes_are_no_dicom(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    file = tmp_path / "a"
    for start in (b"", b"\x08\x00", b"\x08\x00\x05\x00", b"\x02\x00\x00\x00"):
        for _ in range(50):
            file.write_bytes(start + random.bytes(300))
            assert not is_bare_dicom(file)


def test_a_media_directory_is_listed_and_not_followed(tmp_path: Path) -> None:
    images = tmp_path / "disk" / "IMAGES"
    images.parent.mkdir()
    write_stack(images, straight())
    for number, file in enumerate(sorted(images.iterdir())):
        file.rename(images / f"IM{number:04d}")
    outside = write_stack(tmp_path / "outside", straight(4), SeriesInstanceUID="1.2.3.4")
    directory = pydicom.dcmread(images / "IM0000")
    del directory.PixelData
    directory.SOPClassUID = directory.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    record = pydicom.Dataset()
    record.ReferencedFileID = [outside.name.upper(), "000"]
    directory.DirectoryRecordSequence = [record]
    directory.save_as(tmp_path / "disk" / "DICOMDIR")
    volume, skipped = medseg.list_series(tmp_path / "disk")
    assert (volume.shape, volume.reason) == ((6, 5, 7), None)
    assert (skipped.shape, skipped.id) == (None, "DICOMDIR")
    assert "media directory" in (skipped.reason or "")
    assert (medseg.read_volume(tmp_path / "disk").voxels == expected_hu(6)).all()
