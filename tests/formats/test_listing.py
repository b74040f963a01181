"""What a path holds is listed in full: each volume once, each skipped file accounted for."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 (its users know it by this name)
from pydicom.dataset import Dataset, FileMetaDataset

import medseg
from medseg.errors import FormatError, SeveralSeriesError
from medseg.formats import registry
from medseg.formats.nifti_pair import PAIR_SUFFIXES
from tests.formats.dicom_files import SERIES, pixels, straight, write_slice, write_stack
from tests.phantoms import oblique_geometry, two_lesions


def _image(path: Path) -> Path:
    """A one-file image without a sidecar."""
    sitk.WriteImage(sitk.GetImageFromArray(np.ones((3, 4, 5), np.int16)), str(path))
    return path


def _object(path: Path, sop_class: str, modality: str) -> Path:
    """A DICOM object without pixels."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, "1.2.3"
    dataset.SeriesInstanceUID, dataset.Modality = "1.2.4", modality
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    dataset.file_meta.MediaStorageSOPClassUID = sop_class
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    dataset.save_as(path, enforce_file_format=True)
    return path


def test_every_volume_of_a_tree_is_listed_before_what_was_skipped(tmp_path: Path) -> None:
    write_stack(tmp_path / "ct", straight())
    _image(tmp_path / "mr.nii.gz")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    _image(tmp_path / "deep" / "er" / "a.nrrd")
    _image(tmp_path / "deep" / "b.mha")
    (tmp_path / "readme.txt").write_text("hello")
    infos = medseg.list_series(tmp_path)
    assert [info.id for info in infos] == [
        "mr.nii.gz",
        "deep/b.mha",
        "deep/er/a.nrrd",
        SERIES,
        "readme.txt",
    ]
    assert all(info.is_readable == (info.id != "readme.txt") for info in infos)
    assert infos[3].path == tmp_path / "ct"
    assert (infos[3].modality, infos[3].description) == ("CT", "Thorax")
    assert infos[3].spacing_mm == pytest.approx((2.5, 0.75, 0.5))
    assert infos[4].shape is None
    for index, info in enumerate(infos[:4]):
        by_id = medseg.read_volume(tmp_path, series=info.id)
        by_index = medseg.read_volume(tmp_path, series=index)
        assert by_id.voxels.shape == by_index.voxels.shape == info.shape
    assert json.dumps([info.to_json() for info in infos])


def test_several_volumes_are_named_in_the_refusal(tmp_path: Path) -> None:
    _image(tmp_path / "a.nii.gz")
    _image(tmp_path / "b.nrrd")
    with pytest.raises(SeveralSeriesError, match=r"(?s)a\.nii\.gz.*3 x 4 x 5.*b\.nrrd"):
        medseg.read_volume(tmp_path)


def test_an_unreadable_image_counts_as_one(tmp_path: Path) -> None:
    _image(tmp_path / "a.nii.gz")
    (tmp_path / "b.nii.gz").write_bytes(b"damaged")
    with pytest.raises(SeveralSeriesError, match=r"b\.nii\.gz"):
        medseg.read_volume(tmp_path)
    assert medseg.read_volume(tmp_path, series="a.nii.gz").voxels.shape == (3, 4, 5)


def test_what_is_no_image_does_not_count_and_is_reported(tmp_path: Path) -> None:
    write_stack(tmp_path, straight())
    _object(tmp_path / "report.dcm", "1.2.840.10008.5.1.4.1.1.88.33", "SR")
    _object(tmp_path / "rt.dcm", "1.2.840.10008.5.1.4.1.1.481.3", "RTSTRUCT")
    _object(tmp_path / "plan", "1.2.840.10008.5.1.4.1.1.481.5", "RTPLAN")
    _object(tmp_path / "DICOMDIR", "1.2.840.10008.1.3.10", "")
    (tmp_path / "notes.txt").write_text("hello")
    volume = medseg.read_volume(tmp_path)
    assert volume.voxels.shape == (6, 5, 7)
    texts = " ".join(finding.text for finding in volume.report if finding.code == "SKIPPED")
    for word in ("structured report", "RTSTRUCT", "RTPLAN", "DICOMDIR", "notes.txt"):
        assert word in texts
    infos = medseg.list_series(tmp_path)
    assert len(infos) == 6
    assert all(info.shape is None and info.reason for info in infos[1:])


def test_skipped_files_of_one_kind_share_an_entry(tmp_path: Path) -> None:
    for index in range(30):
        (tmp_path / f"note{index}.txt").write_text("hello")
        _object(tmp_path / f"report{index}", "1.2.840.10008.5.1.4.1.1.88.33", "SR")
    counts = sorted(info.file_count for info in medseg.list_series(tmp_path))
    assert counts == [30, 30]
    with pytest.raises(FormatError, match="holds none"):
        medseg.read_volume(tmp_path)


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    _image(tmp_path / "a.nii.gz")
    _image(tmp_path / ".b.nii.gz")
    (tmp_path / ".hidden").mkdir()
    _image(tmp_path / ".hidden" / "c.nii.gz")
    assert [info.id for info in medseg.list_series(tmp_path)] == ["a.nii.gz"]


def test_links_that_lead_in_circles_end(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    _image(tmp_path / "sub" / "a.nii.gz")
    (tmp_path / "sub" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "again").symlink_to(tmp_path / "sub", target_is_directory=True)
    (tmp_path / "broken.nrrd").symlink_to(tmp_path / "nothing.nrrd")
    infos = medseg.list_series(tmp_path)
    assert len([info for info in infos if info.is_readable]) == 1
    assert any("broken.nrrd" in (info.reason or "") for info in infos)


def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.nii")
    (info,) = medseg.list_series(tmp_path)
    assert "device" in (info.reason or "")
    with pytest.raises(FormatError, match=r"a\.nii is a device"):
        medseg.read_segmentation(tmp_path / "a.nii")


def test_a_missing_path_and_an_empty_folder(tmp_path: Path) -> None:
    for call in (medseg.list_series, medseg.read_volume, medseg.read_segmentation):
        with pytest.raises(FormatError, match=r"there is no .*nowhere"):
            call(tmp_path / "nowhere")
    assert medseg.list_series(tmp_path) == []
    with pytest.raises(FormatError, match="empty folder"):
        medseg.read_volume(tmp_path)
    with pytest.raises(FormatError, match="is a folder"):
        medseg.read_segmentation(tmp_path)


def test_a_text_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    for call in (medseg.read_volume, medseg.read_segmentation):
        with pytest.raises(FormatError, match=r"a\.txt"):
            call(tmp_path / "a.txt")
    (info,) = medseg.list_series(tmp_path / "a.txt")
    assert (info.id, info.shape) == ("a.txt", None)


@pytest.mark.parametrize("series", ["nothing", 1, -1])
def test_a_series_that_is_not_there_is_refused(tmp_path: Path, series: str | int) -> None:
    _image(tmp_path / "a.nii.gz")
    with pytest.raises(FormatError, match=r"(?s)has no .*It holds:.*a\.nii\.gz"):
        medseg.read_volume(tmp_path, series=series)


def test_a_skipped_file_cannot_be_read_as_a_series(tmp_path: Path) -> None:
    _image(tmp_path / "a.nii.gz")
    (tmp_path / "b.txt").write_text("hello")
    with pytest.raises(FormatError, match=r"b\.txt"):
        medseg.read_volume(tmp_path, series="b.txt")


def test_our_sidecars_are_part_of_the_mask_and_others_are_listed(tmp_path: Path) -> None:
    medseg.write_segmentation(two_lesions(), tmp_path / "lesions.nii.gz")
    (tmp_path / "lesions.signoff.jsonl").write_text("{}\n")
    (info,) = medseg.list_series(tmp_path)
    assert (info.id, info.modality) == ("lesions.nii.gz", "SEG")
    assert medseg.read_volume(tmp_path).voxels.dtype == np.uint8
    (tmp_path / "other.json").write_text('{"EchoTime": 0.01}')
    assert [i.id for i in medseg.list_series(tmp_path)] == ["lesions.nii.gz", "other.json"]


def test_a_mask_of_ours_is_no_second_image(tmp_path: Path) -> None:
    write_stack(tmp_path, straight())
    medseg.write_segmentation(two_lesions(), tmp_path / "lesions.nii.gz")
    volume = medseg.read_volume(tmp_path)
    assert volume.modality == "CT"
    assert any("it is a mask" in finding.text for finding in volume.report)
    assert medseg.read_volume(tmp_path, series="lesions.nii.gz").voxels.max() == 2


def test_a_damaged_dicom_file_makes_its_folders_series_unreadable(tmp_path: Path) -> None:
    write_stack(tmp_path / "ct", straight())
    (tmp_path / "ct" / "x.dcm").write_bytes(b"not a slice")
    with pytest.raises(FormatError, match=r"x\.dcm in the same folder"):
        medseg.read_volume(tmp_path)
    write_stack(tmp_path / "mr", straight(), SeriesInstanceUID="1.2.3", Modality="MR")
    assert medseg.read_volume(tmp_path, series="1.2.3").modality == "MR"


def test_dicom_files_need_no_suffix(tmp_path: Path) -> None:
    write_slice(tmp_path / "IM000001", pixels(0), SliceThickness=1.0)
    (tmp_path / "README").write_text("hello")
    assert [info.shape for info in medseg.list_series(tmp_path)] == [(1, 5, 7), None]


def test_looks_readable_knows_images_by_name_or_mark(tmp_path: Path) -> None:
    assert not registry.looks_readable(tmp_path / "nowhere")
    assert not registry.looks_readable(tmp_path)
    (tmp_path / "a.txt").write_text("hello" * 100)
    assert not registry.looks_readable(tmp_path / "a.txt")
    assert not registry.looks_readable(tmp_path)
    (tmp_path / "fake.dcm").write_text("hello" * 100)
    assert not registry.looks_readable(tmp_path / "fake.dcm")
    for name in ("a.nii", "a.nii.gz", "A.NRRD", "a.seg.nrrd", "a.mha", "a.mhd"):
        (tmp_path / name).write_bytes(b"")
        assert registry.looks_readable(tmp_path / name)
    assert registry.looks_readable(tmp_path)
    deep = tmp_path / "study" / "series"
    deep.mkdir(parents=True)
    write_slice(deep / "IM1", pixels(0))
    assert registry.looks_readable(deep / "IM1")
    assert registry.looks_readable(tmp_path / "study")


def test_the_table_says_what_each_format_can() -> None:
    names = [known.name for known in registry.FORMATS]
    assert names == ["nifti", "nrrd", "mha", "dicom"]
    assert registry.mask_suffixes() == (".nii.gz", ".nii", ".seg.nrrd", ".nrrd", ".mha")
    assert set(registry.mask_suffixes()) < set(registry.supported_suffixes())
    for known in registry.FORMATS:
        for suffix in set(known.suffixes) - set(PAIR_SUFFIXES):
            assert registry.format_of(Path(f"a.b{suffix.upper()}")) is known
    assert registry.format_of(Path("a.png")) is None


@pytest.mark.parametrize("suffix", registry.mask_suffixes())
def test_every_mask_format_opens_as_an_image_too(tmp_path: Path, suffix: str) -> None:
    medseg.write_segmentation(two_lesions(), tmp_path / f"a{suffix}")
    volume = medseg.read_volume(tmp_path / f"a{suffix}")
    assert (volume.voxels == two_lesions().array).all()
    assert volume.geometry.same_grid(oblique_geometry())


def test_an_unreadable_folder_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(FormatError, match="Permission denied"):
        medseg.list_series(tmp_path)
    assert not registry.looks_readable(tmp_path)


def test_a_crash_journal_is_nothing_to_list(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", straight(3))
    journal = folder / "lesions.journal"
    journal.mkdir()
    (journal / "edits.journal").write_bytes(b"medseg journal\0\1")
    assert [info.reason for info in medseg.list_series(folder)] == [None]
    assert not medseg.read_volume(folder).report
