from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK

from medseg import project
from medseg.errors import FormatError, GeometryError, MedsegError, SignoffError
from medseg.formats import read_segmentation, read_volume, sidecar, write_segmentation
from medseg.model import (
    Edit,
    Segment,
    Segmentation,
    Volume,
)
from medseg.signoff import Meaning
from tests.phantoms import oblique_geometry, ramp_volume
from tests.project.cases import Folder, save_image
from tests.signoff.cases import codes, key_of, renumbered, three_lesions


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder.make(tmp_path)


def change(folder: Folder, index: tuple[int, int, int], label: int) -> None:
    """A voxel changed and saved as a person would."""
    from medseg.model import Authorship

    mask = read_segmentation(folder.mask)
    patch = np.full((1, 1, 1), label, mask.array.dtype)
    Edit.from_patch(mask, index, patch, Authorship("Ada", "brush")).apply(mask)
    write_segmentation(mask, folder.mask, image=read_volume(folder.image).source)


def test_signed_saved_and_verified(folder: Folder):
    path = folder.sign()
    assert path == folder.root / "lesions.signoff.jsonl"
    assert codes(folder.verify()) == ["VALID"]
    assert "as it was signed" in folder.verify().verdicts[0].text
    assert folder.verify(trust=()).exit_code == 12
    assert codes(folder.verify(trust=folder.key.keyid)) == ["VALID"]
    assert codes(folder.verify(image=folder.image)) == ["VALID"]
    assert codes(folder.verify(image=read_volume(folder.image))) == ["VALID"]


def test_unsigned(folder: Folder):
    assert codes(folder.verify()) == ["NOT_SIGNED"]


def test_a_later_edit_is_seen(folder: Folder):
    folder.sign()
    change(folder, (2, 3, 4), 0)
    verification = folder.verify()
    assert verification.exit_code == 11
    (found,) = verification.verdicts
    assert found.code == "TAMPERED_VOXELS"
    assert (found.where.segment, found.where.slices) == ("Nodule", (2,))
    folder.sign()
    assert codes(folder.verify()) == ["SUPERSEDED", "VALID"]


def test_records_follow_each_other(folder: Folder):
    folder.sign(case="case-7", stage="first read")
    folder.sign(decision="reject", reason="one is missing", role="second reader")
    folder.sign(meaning=Meaning("CHECKED", "I have counted the lesions."), metrics={"count": 3})
    statements = folder.statements()
    said = [statement["predicate"] for statement in statements]
    assert [one["caseVersion"] for one in said] == [1, 2, 3]
    assert [len(one["previous"]) for one in said] == [0, 1, 2]
    assert said[2]["previous"][0] == said[1]["previous"][0]
    assert said[0]["case"] == "case-7"
    assert said[0]["stage"] == "first read"
    assert said[1]["role"] == "second reader"
    assert said[2]["meaning"]["code"] == "CHECKED"
    assert said[2]["metrics"] == {"count": 3}
    assert codes(folder.verify()) == ["SUPERSEDED", "SUPERSEDED", "VALID"]


def test_a_rejection_needs_a_reason_and_writes_nothing_without(folder: Folder):
    with pytest.raises(SignoffError, match="reason"):
        folder.sign(decision="reject")
    assert not sidecar.signoff_path(folder.mask).exists()
    folder.sign(decision="reject", reason="incomplete")
    assert folder.verify().exit_code == 11


def test_the_record_names_no_file(folder: Folder):
    named = folder.root / "Doe^Jane 1970.nii.gz"
    source = read_volume(folder.image).source
    write_segmentation(read_segmentation(folder.mask), named, image=source)
    content = project.sign(named, folder.key).read_bytes()
    payload = base64.b64decode(json.loads(content)["payload"])
    assert b"Doe" not in payload
    assert b"image.nii" not in payload
    assert b'"file:mask.nii.gz"' in payload


@pytest.mark.parametrize("suffix", [".nii", ".nrrd", ".seg.nrrd", ".mha"])
def test_the_sign_off_holds_for_another_format(folder: Folder, suffix: str):
    folder.sign()
    other = folder.root / "copies" / f"lesions{suffix}"
    other.parent.mkdir()
    source = read_volume(folder.image).source
    write_segmentation(read_segmentation(folder.mask), other, image=source)
    shutil.copy(sidecar.signoff_path(folder.mask), sidecar.signoff_path(other))
    verification = folder.verify(other)
    assert codes(verification) == ["VALID"]
    assert "written anew" in verification.verdicts[0].text


def test_the_sign_off_holds_after_another_program_wrote_the_mask(folder: Folder):
    """SimpleITK writes it, with other numbers, in int16 and without the sidecar."""
    folder.sign()
    bare = folder.root / "bare" / "lesions.nrrd"
    bare.parent.mkdir()
    image = SimpleITK.Cast(SimpleITK.ReadImage(str(folder.mask)), SimpleITK.sitkInt16) * 50
    SimpleITK.WriteImage(image, str(bare))
    shutil.copy(sidecar.signoff_path(folder.mask), sidecar.signoff_path(bare))
    verification = folder.verify(bare, image=folder.image)
    assert codes(verification) == ["MEANING_FROM_RECORD", "VALID"]
    assert verification.exit_code == 10
    assert codes(folder.verify(bare)) == ["IMAGE_ABSENT", "MEANING_FROM_RECORD"]


def test_other_numbers_in_the_sidecar(folder: Folder):
    folder.sign()
    other = renumbered(read_segmentation(folder.mask), {1: 300, 2: 2, 3: 9})
    write_segmentation(other, folder.mask, image=read_volume(folder.image).source)
    assert codes(folder.verify()) == ["VALID"]


def test_a_sign_off_copied_to_another_mask(folder: Folder):
    folder.sign()
    other = folder.root / "other.nii.gz"
    mask = three_lesions()
    array = mask.array.copy()
    array[0, 0, 9] = 1
    changed = Segmentation(array, mask.geometry, mask.segments)
    write_segmentation(changed, other, image=read_volume(folder.image).source)
    shutil.copy(sidecar.signoff_path(folder.mask), sidecar.signoff_path(other))
    assert codes(folder.verify(other)) == ["TAMPERED_VOXELS"]


def test_a_replay_on_another_image(folder: Folder):
    folder.sign()
    volume = ramp_volume()
    voxels = volume.voxels + np.int16(1)
    other = Volume(voxels, volume.geometry, "HU", volume.source)
    image = save_image(other, folder.root / "other_patient.nii.gz")
    verification = folder.verify(image=image)
    assert codes(verification) == ["WRONG_IMAGE"]
    assert verification.exit_code == 11


def test_an_image_that_cannot_be_had_is_undecided(folder: Folder):
    folder.sign()
    folder.image.unlink()
    for options in ({}, {"image": folder.image}, {"image": folder.root / "absent"}):
        verification = folder.verify(**options)
        assert codes(verification) == ["IMAGE_ABSENT"]
        assert verification.exit_code == 12
    with pytest.raises(MedsegError):
        folder.sign()


def test_a_damaged_image_is_undecided(folder: Folder):
    folder.sign()
    folder.image.write_bytes(folder.image.read_bytes()[:60])
    assert codes(folder.verify()) == ["IMAGE_ABSENT"]


def test_signing_needs_an_image(folder: Folder):
    sidecar.sidecar_path(folder.mask).unlink()
    with pytest.raises(SignoffError, match="--image"):
        folder.sign()
    folder.sign(image=folder.image)
    assert codes(folder.verify(image=folder.image)) == ["VALID"]


def test_a_mask_off_the_images_grid_is_not_signed(folder: Folder):
    image = save_image(ramp_volume(oblique_geometry((6, 8, 9))), folder.root / "cropped.nii.gz")
    with pytest.raises(GeometryError, match="grid of its image"):
        folder.sign(image=image)


@pytest.mark.parametrize("operation", [project.verify, lambda path: project.sign(path, key_of())])
def test_an_absent_mask_is_a_format_error(tmp_path: Path, operation: Any):
    with pytest.raises(FormatError, match="absent"):
        operation(tmp_path / "absent.nii.gz")


def test_a_folder_of_no_project_is_no_mask(tmp_path: Path):
    found = project.verify(tmp_path)
    assert codes(found) == ["NOT_SIGNED"]
    assert found.exit_code == 12
    with pytest.raises(FormatError):
        project.verify(tmp_path / "absent")


def test_a_registry_or_a_log_that_is_absent_is_refused_in_words(folder: Folder):
    for name in ("people", "log"):
        with pytest.raises(FormatError, match="cannot be"):
            folder.verify(**{name: folder.root / "people.json"})


@pytest.mark.parametrize("trust", ["ab", ["x" * 64], ["ab" * 32, ""]])
def test_trust_takes_key_ids_only(folder: Folder, trust: Any):
    with pytest.raises(SignoffError, match="64 hexadecimal"):
        folder.verify(trust=trust)


def test_damaged_sign_offs_are_invalid_and_not_built_upon(folder: Folder):
    path = folder.sign()
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert folder.verify().exit_code == 11
    with pytest.raises(SignoffError, match="sound"):
        folder.sign()
    assert path.read_bytes() == whole[:-20]


def test_sign_offs_that_cannot_be_read_are_refused(folder: Folder, monkeypatch: Any):
    from medseg.project.folder import mask_files

    path = folder.sign()
    monkeypatch.setattr(mask_files, "_MAX_SIGNOFF_BYTES", 10)
    with pytest.raises(SignoffError, match="too large"):
        folder.verify()
    path.unlink()
    path.mkdir()
    monkeypatch.undo()
    with pytest.raises(FormatError, match="cannot be read"):
        folder.verify()


def test_among_several_images_the_signed_one_is_found(folder: Folder):
    folder.sign()
    study = folder.root / "study"
    study.mkdir()
    brighter = ramp_volume()
    voxels = brighter.voxels + np.int16(7)
    other = Volume(voxels, brighter.geometry, "HU", brighter.source)
    save_image(other, study / "a.nii.gz")
    save_image(ramp_volume(oblique_geometry((2, 3, 4))), study / "b.nii.gz")
    assert codes(folder.verify(image=study)) == ["IMAGE_ABSENT"]
    save_image(ramp_volume(), study / "c.nii.gz")
    assert codes(folder.verify(image=study)) == ["VALID"]


def test_a_missing_last_line_end_is_mended(folder: Folder):
    path = folder.sign()
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    folder.sign()
    assert path.read_bytes().count(b"\n") == 2
    assert codes(folder.verify()) == ["SUPERSEDED", "VALID"]


def test_a_failed_save_leaves_the_earlier_sign_offs(folder: Folder, monkeypatch: Any):
    from medseg.formats import atomic

    path = folder.sign()
    before = path.read_bytes()

    def full(*_: Any, **__: Any) -> None:
        raise FormatError("the disk is full")

    monkeypatch.setattr(atomic, "write_bytes", full)
    with pytest.raises(FormatError, match="full"):
        folder.sign()
    assert path.read_bytes() == before


def test_a_mask_that_is_being_written_is_not_read(folder: Folder, monkeypatch: Any):
    from medseg.project.folder import mask_files

    def meanwhile(path: Path) -> Segmentation:
        mask = read_segmentation(path)
        write_segmentation(Segmentation.empty(mask.geometry), path)
        return mask

    monkeypatch.setattr(mask_files, "read_segmentation", meanwhile)
    with pytest.raises(FormatError, match="being changed"):
        folder.sign()


def test_two_equal_keys_are_not_signed(folder: Folder):
    twins = (Segment(1, "A", "2.25.1"), Segment(2, "B", "2.25.1"))
    empty = Segmentation.empty(oblique_geometry(), twins)
    write_segmentation(empty, folder.mask, image=read_volume(folder.image).source)
    with pytest.raises(SignoffError, match="equal keys"):
        folder.sign()


def test_an_empty_mask_can_be_signed(folder: Folder):
    listed = Segmentation.empty(oblique_geometry(), (Segment(1, "Metastasis", "2.25.7"),))
    write_segmentation(listed, folder.mask, image=read_volume(folder.image).source)
    folder.sign()
    assert codes(folder.verify()) == ["VALID"]
    sidecar.sidecar_path(folder.mask).unlink()
    assert codes(folder.verify(image=folder.image)) == ["MEANING_FROM_RECORD", "VALID"]


def test_a_real_dicom_series_and_its_copy_by_another_program(shared_data: Path, tmp_path: Path):
    series = shared_data / "dcm_qa_ct" / "In" / "Philips" / "S21570" / "S2010"
    volume = read_volume(series)
    array = np.zeros(volume.geometry.shape, np.uint8)
    array[10:14, 200:240, 220:260] = 1
    mask = tmp_path / "lesions.nii.gz"
    segments = (Segment.new_lesion(1),)
    segmentation = Segmentation(array, volume.geometry, segments)
    write_segmentation(segmentation, mask, image=volume.source)
    project.sign(mask, key_of())
    trust = [key_of().keyid]
    verification = project.verify(mask, trust=trust)
    assert codes(verification) == ["VALID"]
    assert "matched by its pixels" in verification.verdicts[0].text

    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(series)))
    copy = tmp_path / "copy.nii.gz"
    SimpleITK.WriteImage(reader.Execute(), str(copy))
    verification = project.verify(mask, image=copy, trust=trust)
    assert codes(verification) == ["VALID"]
    assert "matched by its modality" in verification.verdicts[0].text
