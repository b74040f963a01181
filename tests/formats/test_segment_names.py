"""Names, colours and codes that mask files hold themselves, without a sidecar of ours."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 (its users know it by this name)

import medseg
from medseg.errors import FormatError, OverlapError
from medseg.formats.itk_headers import read_text_header
from medseg.model import Code, Geometry, Segment, Segmentation
from medseg.model.segmentation import ABNORMAL_STRUCTURE, LESION

KIDNEY = Code("64033007", "SCT", "Kidney")
ORGAN = Code("123037004", "SCT", "Anatomical Structure")
HEAD = (
    "NRRD0004\n# written as by Slicer\ntype: uchar\ndimension: 4\nspace: left-posterior-superior\n"
    "sizes: {layers} 2 2 1\nspace directions: none (1,0,0) (0,1,0) (0,0,1)\n"
    "kinds: list domain domain domain\nencoding: raw\nspace origin: (0,0,0)\n{keys}\n"
)
TERMS = "Segmentation.Status:done|TerminologyEntry:General~SCT^123037004^Anatomical Structure~"
TABLE = (
    '<?xml version="1.0" encoding="UTF-8"?><CaretExtension><VolumeInformation Index="0">'
    "<LabelTable>{labels}</LabelTable></VolumeInformation></CaretExtension>"
)


def _mask() -> Segmentation:
    array = np.zeros((3, 4, 5), np.uint8)
    array[1, 1:3, 2:5], array[2, 0, 0] = 3, 7
    segments = (
        replace(Segment.new_lesion(3, "Läsion Å «1»"), color=(1, 128, 255)),
        replace(Segment.new_lesion(7, "line\nbreak \\n"), category=ORGAN, type=KIDNEY),
        Segment.new_lesion(9, "not there"),
    )
    return Segmentation(array, Geometry.from_spacing((3, 4, 5), (2.5, 0.7, 0.8)), segments)


def test_a_seg_nrrd_keeps_its_segments_without_the_sidecar(tmp_path: Path) -> None:
    path = tmp_path / "a.seg.nrrd"
    medseg.write_segmentation(_mask(), path)
    (tmp_path / "a.json").unlink()
    found = medseg.read_segmentation(path)
    assert found.segments == _mask_like(found)
    assert (found.array == _mask().array).all()
    assert [one.segments for one in medseg.read_segmentations(path)] == [found.segments]


def _mask_like(found: Segmentation) -> tuple[Segment, ...]:
    """The segments of the phantom, whose tracking UIDs are new each time."""
    pairs = zip(_mask().segments, found.segments, strict=True)
    assert all(one.tracking_uid.startswith("2.25.") for one in found.segments)
    return tuple(replace(one, tracking_uid=other.tracking_uid) for one, other in pairs)


def test_the_keys_are_slicers(tmp_path: Path) -> None:
    path, mask = tmp_path / "a.seg.nrrd", _mask()
    medseg.write_segmentation(mask, path)
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.ReadImageInformation()
    assert reader.GetMetaData("Segmentation_MasterRepresentation") == "Binary labelmap"
    assert reader.GetMetaData("Segmentation_ContainedRepresentationNames") == "Binary labelmap|"
    assert reader.GetMetaData("Segment0_ID") == mask.segments[0].tracking_uid
    assert reader.GetMetaData("Segment0_Name") == mask.segments[0].label
    assert reader.GetMetaData("Segment0_LabelValue") == "3"
    assert reader.GetMetaData("Segment0_Layer") == "0"
    assert reader.GetMetaData("Segment0_Extent") == "2 4 1 2 1 1"
    assert reader.GetMetaData("Segment2_Extent") == "0 -1 0 -1 0 -1"
    color = [float(part) for part in reader.GetMetaData("Segment0_Color").split()]
    assert color == pytest.approx([1 / 255, 128 / 255, 1.0], abs=1e-5)
    tags = reader.GetMetaData("Segment1_Tags")
    assert tags.startswith("TerminologyEntry:")
    assert tags.split("~")[1:3] == [
        "SCT^123037004^Anatomical Structure",
        "SCT^64033007^Kidney",
    ]
    assert "Segment0_Name" not in read_text_header(_saved(tmp_path / "b.nrrd")).keys


def _saved(path: Path) -> Path:
    medseg.write_segmentation(_mask(), path)
    return path


def _layered(path: Path, layers: list[list[int]], *keys: str) -> Path:
    head = HEAD.format(layers=len(layers), keys="".join(f"{key}\n" for key in keys))
    path.write_bytes(head.encode() + np.array(layers, np.uint8).T.tobytes())
    return path


def test_layers_that_do_not_overlap_are_merged(tmp_path: Path) -> None:
    path = _layered(
        tmp_path / "a.seg.nrrd",
        [[1, 0, 0, 2], [0, 1, 0, 0]],
        "Segment0_Name:=one",
        "Segment0_LabelValue:=1",
        "Segment0_Layer:=0",
        "Segment1_Name:=other layer",
        "Segment1_LabelValue:=1",
        "Segment1_Layer:=1",
        "Segment1_Color:=0 0.5 1",
        f"Segment1_Tags:={TERMS}SCT^64033007^Kidney~^^~Anatomic~^^~^^|",
    )
    mask = medseg.read_segmentation(path)
    assert [(one.number, one.label) for one in mask.segments] == [
        (1, "one"),
        (2, "Segment 2"),
        (3, "other layer"),
    ]
    assert mask.array.ravel().tolist() == [1, 3, 0, 2]
    assert mask.segments[2].color == (0, 128, 255)
    assert (mask.segments[2].category, mask.segments[2].type) == (ORGAN, KIDNEY)
    assert (mask.segments[0].category, mask.segments[0].type) == (ABNORMAL_STRUCTURE, LESION)
    first, second = medseg.read_segmentations(path)
    assert first.array.ravel().tolist() == [1, 0, 0, 2]
    assert second.array.ravel().tolist() == [0, 1, 0, 0]
    assert [one.label for one in second.segments] == ["other layer"]


def test_numbers_that_differ_between_layers_are_kept(tmp_path: Path) -> None:
    path = _layered(tmp_path / "a.seg.nrrd", [[5, 0, 0, 0], [0, 9, 0, 0]])
    mask = medseg.read_segmentation(path)
    assert mask.numbers == (5, 9)
    assert mask.array.ravel().tolist() == [5, 9, 0, 0]


def test_only_pairs_that_truly_overlap_are_named(tmp_path: Path) -> None:
    path = _layered(
        tmp_path / "a.seg.nrrd",
        [[1, 1, 2, 0], [0, 3, 0, 3], [4, 0, 0, 0]],
        *("Segment0_Name:=liver", "Segment0_LabelValue:=1", "Segment0_Layer:=0"),
        *("Segment1_Name:=spleen", "Segment1_LabelValue:=2", "Segment1_Layer:=0"),
        *("Segment2_Name:=tumour", "Segment2_LabelValue:=3", "Segment2_Layer:=1"),
        *("Segment3_Name:=cyst", "Segment3_LabelValue:=4", "Segment3_Layer:=2"),
    )
    with pytest.raises(OverlapError, match=r"a\.seg\.nrrd these do") as refusal:
        medseg.read_segmentation(path)
    assert "liver and tumour; liver and cyst. " in str(refusal.value)
    assert "spleen" not in str(refusal.value)
    assert len(medseg.read_segmentations(path)) == 3


def test_segments_from_before_layers_have_one_each(tmp_path: Path) -> None:
    path = _layered(
        tmp_path / "a.seg.nrrd",
        [[1, 1, 0, 0], [0, 1, 0, 0]],
        "Segment0_Name:=a",
        "Segment1_Name:=b",
    )
    first, second = medseg.read_segmentations(path)
    assert [one.label for one in (*first.segments, *second.segments)] == ["a", "b"]


@pytest.mark.parametrize(
    "keys",
    [
        ("Segment0_LabelValue:=0",),
        ("Segment0_LabelValue:=65536",),
        ("Segment0_LabelValue:=-1",),
        ("Segment0_LabelValue:=one",),
        ("Segment0_LabelValue:=1", "Segment0_Layer:=2"),
        ("Segment0_LabelValue:=1", "Segment1_LabelValue:=1"),
    ],
)
def test_segments_that_contradict_are_refused_by_name(tmp_path: Path, keys: Any) -> None:
    path = _layered(tmp_path / "a.seg.nrrd", [[1, 0, 0, 0], [0, 1, 0, 0]], *keys)
    with pytest.raises(FormatError, match=r"a\.seg\.nrrd"):
        medseg.read_segmentation(path)


def test_odd_colours_ids_and_tags_are_as_if_absent(tmp_path: Path) -> None:
    path = _layered(
        tmp_path / "a.seg.nrrd",
        [[1, 0, 0, 0]],
        *("Segment0_Color:=red", "Segment0_ID:=Segment_1", "Segment0_Tags:=TerminologyEntry:a~b"),
    )
    (segment,) = medseg.read_segmentation(path).segments
    assert segment == Segment.unnamed(1)


def _with_table(path: Path, text: bytes, code: int, byte_order: str = "<") -> Path:
    values = np.zeros((2, 3, 4), np.uint8)
    values[0, 0, :2], values[1, 1, 1] = (1, 4), 9
    image = nibabel.Nifti1Image(values, np.eye(4), nibabel.Nifti1Header(endianness=byte_order))
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(code, text))
    image.to_filename(path)
    return path


LABELS = (
    '<Label Key="0" Red="0" Green="0" Blue="0" Alpha="0">???</Label>'
    '<Label Key="4" Red="1" Green="0.5" Blue="0" Alpha="1"><![CDATA[Leber <rechts>]]></Label>'
    '<Label Key="1" Red="x" Green="0" Blue="0" Alpha="1">Milz</Label>'
    '<Label Key="77" Red="0" Green="0" Blue="0" Alpha="1">not there</Label>'
    '<Label Key="4" Red="0" Green="0" Blue="0" Alpha="1">a second four</Label>'
    '<Label Key="99999999" Red="0" Green="0" Blue="0" Alpha="1">too large</Label>'
)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.img"])
@pytest.mark.parametrize("code", [0, 6, 30])
def test_a_label_table_in_nifti_names_what_is_there(tmp_path: Path, code: int, name: str) -> None:
    text = TABLE.format(labels=LABELS).encode()
    if name == "a.img":
        image = nibabel.load(_with_table(tmp_path / "b.nii", text, code))
        nibabel.Nifti1Pair(image.dataobj, image.affine, image.header).to_filename(tmp_path / name)
    else:
        _with_table(tmp_path / name, text, code, "<" if code else ">")
    segments = medseg.read_segmentation(tmp_path / name).segments
    assert [(one.number, one.label) for one in segments] == [
        (4, "Leber <rechts>"),
        (1, "Milz"),
        (9, "Segment 9"),
    ]
    assert segments[0].color == (255, 128, 0)
    assert segments[1].color == Segment.unnamed(1).color


@pytest.mark.parametrize(
    "text",
    [
        b"a comment",
        b"<Other><LabelTable><Label Key='1'>no</Label></LabelTable></Other>",
        b"<CaretExtension><VolumeInformation/></CaretExtension>",
    ],
)
def test_what_is_no_label_table_names_nothing(tmp_path: Path, text: bytes) -> None:
    segments = medseg.read_segmentation(_with_table(tmp_path / "a.nii", text, 6)).segments
    assert segments == tuple(Segment.unnamed(number) for number in (1, 4, 9))


@pytest.mark.parametrize(
    "text",
    [
        b"<LabelTable",
        TABLE.format(labels=LABELS)[:-20].encode(),
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + TABLE.format(labels=LABELS).encode()[38:],
        b'<?xml version="1.0" encoding="klingon"?><CaretExtension><LabelTable/></CaretExtension>',
    ],
)
def test_a_damaged_label_table_is_refused_by_name(tmp_path: Path, text: bytes) -> None:
    path = _with_table(tmp_path / "a.nii", text, 6)
    with pytest.raises(FormatError, match=r"table of names in a\.nii cannot be read"):
        medseg.read_segmentation(path)
    assert medseg.read_volume(path).voxels.max() == 9  # an image needs no names


@pytest.mark.parametrize("size", [-5, 0, 7, 2**31 - 1])
def test_a_label_table_of_a_senseless_length_is_refused(tmp_path: Path, size: int) -> None:
    path = _with_table(tmp_path / "a.nii", TABLE.format(labels=LABELS).encode(), 0)
    content = bytearray(path.read_bytes())
    content[352:356] = struct.pack("<i", size)
    path.write_bytes(bytes(content))
    with pytest.raises(FormatError, match="gives a wrong length"):
        medseg.read_segmentation(path)
    (finding,) = medseg.read_volume(path).report
    assert finding.code == "EXTENSION_DAMAGED"
    (info,) = medseg.list_series(path)
    assert info.findings == (finding,)


def test_our_sidecar_comes_before_the_files_own_names(tmp_path: Path) -> None:
    path, mask = tmp_path / "a.seg.nrrd", _mask()
    medseg.write_segmentation(mask, path)
    sidecar = tmp_path / "a.json"
    sidecar.write_text(sidecar.read_text().replace("not there", "renamed"))
    assert [one.label for one in medseg.read_segmentation(path).segments][2] == "renamed"


def test_totalsegmentators_names(shared_data: Path) -> None:
    folder = shared_data / "TotalSegmentator/tests/reference_files"
    mask = medseg.read_segmentation(folder / "example_seg_dicom.nii.gz")
    assert len(mask.segments) == 31
    assert (mask.segment(5).label, mask.segment(5).color) == ("liver", (0, 255, 255))


@pytest.mark.parametrize("name", ["liver_spine_seg", "spine_seg_label5", "heart_seg"])
def test_masks_of_dcmqi_keep_their_voxels_through_seg_nrrd(
    shared_data: Path, tmp_path: Path, name: str
) -> None:
    path = shared_data / f"dcmqi/data/segmentations/{name}.nrrd"
    mask = medseg.read_segmentation(path)
    medseg.write_segmentation(mask, tmp_path / "a.seg.nrrd")
    (tmp_path / "a.json").unlink()
    again = medseg.read_segmentation(tmp_path / "a.seg.nrrd")
    assert (again.array == sitk.GetArrayViewFromImage(sitk.ReadImage(str(path)))).all()
    assert again.segments == mask.segments
    assert again.geometry.same_grid(mask.geometry)
