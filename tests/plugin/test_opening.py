"""What is opened as a mask and what as an image: one test for each line of the rule."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest

from medseg import formats
from napari_medseg.opening import MASK_WORDS, holds_mask
from tests.phantoms import two_lesions


def nifti(path: Path, *, intent: str = "none") -> Path:
    image = nibabel.Nifti1Image(np.zeros((3, 4, 5), np.uint8), np.eye(4))
    image.header.set_intent(intent)
    nibabel.save(image, path)
    return path


def test_our_sidecar_beside_it_makes_a_mask_and_another_programs_does_not(tmp_path):
    path = tmp_path / "case_7.nii.gz"
    formats.write_segmentation(two_lesions(), path)
    assert holds_mask(path)
    (tmp_path / "case_7.json").write_text('{"EchoTime": 0.03}')  # as BIDS converters leave it
    nifti(path)
    assert not holds_mask(path)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_the_intent_code_makes_a_mask(tmp_path, name):
    assert not holds_mask(nifti(tmp_path / name))
    assert holds_mask(nifti(tmp_path / name, intent="label"))


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_intent_code_is_read_in_either_byte_order(tmp_path, order):
    header = nibabel.Nifti1Header(endianness=order)
    header.set_intent("label")
    header.set_data_shape((3, 4, 5))
    path = tmp_path / "a.nii"
    path.write_bytes(header.binaryblock + bytes(4 + 60))
    assert holds_mask(path)


@pytest.mark.parametrize("word", sorted(MASK_WORDS))
def test_a_word_of_the_name_makes_a_mask(tmp_path, word):
    assert holds_mask(nifti(tmp_path / f"p01_{word.upper()}-2.nii.gz"))


@pytest.mark.parametrize("name", ["segovia.nii.gz", "unmasked.nii", "labelled.nii.gz"])
def test_a_part_of_a_word_does_not(tmp_path, name):
    assert not holds_mask(nifti(tmp_path / name))


def test_a_slicer_segmentation_is_a_mask_by_its_ending(tmp_path):
    path = tmp_path / "liver.seg.nrrd"
    path.write_bytes(b"NRRD0004\n")
    assert holds_mask(path)


def test_folders_dicom_and_what_is_absent_are_no_masks(tmp_path):
    (tmp_path / "lesion masks").mkdir()
    (tmp_path / "mask.dcm").write_bytes(bytes(128) + b"DICM")
    assert not holds_mask(tmp_path / "lesion masks")
    assert not holds_mask(tmp_path / "mask.dcm")
    assert not holds_mask(tmp_path / "absent_mask.nii.gz")


def test_a_damaged_file_is_left_to_its_reader(tmp_path):
    (tmp_path / "a.nii.gz").write_bytes(b"not gzip")
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(bytes(500))[:20])
    (tmp_path / "c.nii").write_bytes(bytes(10))
    assert not any(holds_mask(path) for path in tmp_path.iterdir())
