"""DICOM without preamble and mark, and trees with a DICOMDIR, are read as what they are."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import RLELossless

import medseg
from medseg.formats.dicom.header.bare import is_bare_dicom
from medseg.formats.dicom.media_directory import followed
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


def _disc(folder: Path, names: list[list[str]]) -> Path:
    """A DICOMDIR with a record for each name."""
    directory = pydicom.dcmread(next((folder / "IMAGES").iterdir()))
    del directory.PixelData
    directory.SOPClassUID = directory.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's remarks on names with a dot
        records = [pydicom.Dataset() for _ in range(len(names) + 1)]  # the first names no file
        for record, name in zip(records[1:], names, strict=True):
            record.ReferencedFileID = name
        directory.DirectoryRecordSequence = records
        directory.save_as(folder / "DICOMDIR")
    return folder / "DICOMDIR"


@pytest.mark.parametrize("is_small", [False, True])
def test_the_files_that_a_directory_names_are_found(tmp_path: Path, is_small: bool) -> None:
    images = write_stack(tmp_path / "IMAGES", straight(4))
    path = _disc(tmp_path, [["IMAGES", f"{n:03d}.DCM"] for n in (3, 1, 0, 2, 1)])
    for file in sorted(images.iterdir()):
        file.rename(file.with_suffix(".dcm" if is_small else ".DCM"))
    files, absent = followed([path], path)
    assert [file.name.upper() for file in files[1:]] == ["003.DCM", "001.DCM", "000.DCM", "002.DCM"]
    assert (files[0], absent) == (path, [])
    assert followed([path], tmp_path) == ([path], []), "a folder is walked, not followed"


def test_names_that_lead_out_or_nowhere_are_absent(tmp_path: Path) -> None:
    folder = tmp_path / "disc"
    folder.mkdir()
    write_stack(folder / "IMAGES", straight(1))
    (tmp_path / "secret.dcm").write_bytes(b"x")
    names = [["..", "SECRET.DCM"], ["IMAGES"], ["IMAGES", "999.DCM"], ["IMAGES/000.dcm"], ["."]]
    path = _disc(folder, names)
    files, (absent,) = followed([path], path)
    assert files == [path]
    assert absent.info.file_count == len(names)
    assert "5 that DICOMDIR names are absent: ../SECRET.DCM" in (absent.info.reason or "")


@pytest.mark.parametrize("lost", [0, 1])
def test_a_directory_opened_by_itself_is_its_tree(tmp_path: Path, lost: int) -> None:
    write_stack(tmp_path / "IMAGES", straight(4))
    write_stack(tmp_path / "more", straight(4), SeriesInstanceUID="1.2.3.4")  # in no record
    names = ["003.dcm", "001.dcm", "000.dcm", "002.dcm", *["004.dcm"] * lost]
    path = _disc(tmp_path, [["IMAGES", name] for name in names])
    volume = medseg.read_volume(path)
    assert (volume.voxels == expected_hu(4)).all()
    assert set(volume.source.files) == {f"IMAGES/{name}" for name in names[:4]}
    texts = [finding.text for finding in volume.report]
    assert len(texts) == 1 + lost  # the directory itself, and what it names in vain
    assert ("names are absent: IMAGES/004.dcm" in " ".join(texts)) == bool(lost)
