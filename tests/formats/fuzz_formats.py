"""What is fuzzed, one literal table: whole files of a few hundred bytes, one of them mutated."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pydicom
import SimpleITK as sitk  # noqa: N813 (its users know it by this name)
from pydicom.dataset import Dataset

import medseg
from medseg.model import Geometry, Segment, Segmentation
from tests.formats import fuzz_oracles as oracles
from tests.formats.codestreams import CODECS, JPEG, JPEG_2000, JPEG_LS, RLE, packed
from tests.formats.dicom_files import AXIAL, IMPLICIT, pixels, straight, write_slice

VOXELS = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
GRID = Geometry.from_spacing((3, 4, 5), (2.0, 1.5, 1.0), (1.0, 2.0, 3.0))
TWO = (Segment.unnamed(1), Segment.unnamed(2))


@dataclass(frozen=True)
class FuzzedFormat:
    """A kind of file.

    Args:
        make: writes the whole files into a folder.
        target: the one that is mutated.
        states: passes if what was read lies where the files say it does; told whether it was
            chosen from several volumes.
        opened: what is read; "" for the folder.
        reads: the functions of medseg that read it.
        is_sealed: whether checksums cover it all, so that nothing else than the original is read.
    """

    make: Callable[[Path], Any]
    target: str
    states: Callable[..., None]
    opened: str = ""
    reads: tuple[Callable[..., Any], ...] = (medseg.read_volume,)
    is_sealed: bool = False


def _series(folder: Path, **changes: Any) -> list[Path]:
    return [
        write_slice(
            folder / f"{index}.dcm",
            pixels(index),
            ImagePositionPatient=list(position),
            SliceThickness=2.5,
            **changes,
        )
        for index, position in enumerate(straight(3))
    ]


def _implicit(folder: Path) -> None:
    """One of them; the parser of the others is quicker."""
    _series(folder)
    dataset = pydicom.dcmread(folder / "1.dcm")
    dataset.file_meta.TransferSyntaxUID = IMPLICIT
    dataset.save_as(folder / "1.dcm", implicit_vr=True, little_endian=True)


def _packed(syntax: str) -> Callable[[Path], Any]:
    return lambda folder: [packed(syntax, CODECS[syntax])(file) for file in _series(folder)]


def _zipped(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in _series(folder):
            archive.write(file, f"ct/{file.name}")
            file.unlink()


def _item(**attributes: Any) -> Dataset:
    item = Dataset()
    for name, value in attributes.items():
        setattr(item, name, value)
    return item


def _enhanced(folder: Path) -> None:
    frames = [
        _item(
            PlanePositionSequence=[_item(ImagePositionPatient=list(position))],
            FrameContentSequence=[_item(StackID="1", InStackPositionNumber=index + 1)],
        )
        for index, position in enumerate(straight(3))
    ]
    shared = _item(
        PlaneOrientationSequence=[_item(ImageOrientationPatient=list(AXIAL))],
        PixelMeasuresSequence=[_item(PixelSpacing=[0.75, 0.5], SliceThickness=2.5)],
        PixelValueTransformationSequence=[_item(RescaleSlope=1, RescaleIntercept=-1024)],
    )
    gone = ("PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient")
    write_slice(
        folder / "a.dcm",
        pixels(0),
        SOPClassUID="1.2.840.10008.5.1.4.1.1.2.1",
        NumberOfFrames=3,
        SharedFunctionalGroupsSequence=[shared],
        PerFrameFunctionalGroupsSequence=frames,
        PixelData=np.stack([pixels(index) for index in range(3)]).tobytes(),
        **dict.fromkeys((*gone, "RescaleSlope", "RescaleIntercept")),
    )


def _nifti(name: str, kind: Any = nibabel.Nifti1Image, times: int = 1) -> Callable[[Path], Any]:
    def make(folder: Path) -> None:
        values = VOXELS.T if times == 1 else np.stack([VOXELS.T + 7 * t for t in range(times)], -1)
        affine = np.diag([1.0, 1.5, 2.0, 1.0])
        affine[:3, 3] = -1, -2, 3
        image = kind(values, affine)
        image.set_sform(affine, 1)
        image.set_qform(affine, 1)
        nibabel.save(image, folder / name)

    return make


def _itk(name: str, *, is_packed: bool = False) -> Callable[[Path], Any]:
    def make(folder: Path) -> None:
        image = sitk.GetImageFromArray(VOXELS)
        image.SetSpacing((1.0, 1.5, 2.0))
        image.SetOrigin((1.0, 2.0, 3.0))
        sitk.WriteImage(image, str(folder / name), is_packed)

    return make


def _mask(name: str) -> Callable[[Path], Any]:
    def make(folder: Path) -> None:
        mask = Segmentation((VOXELS % 3).astype(np.uint8), GRID, TWO)
        medseg.write_segmentation(mask, folder / name)
        if name.endswith(".nrrd"):
            (folder / "a.json").unlink()

    return make


_BOTH: Any = (medseg.read_volume, medseg.read_segmentation)

FORMATS = {
    "DICOM explicit": FuzzedFormat(_series, "2.dcm", oracles.series),
    "DICOM implicit": FuzzedFormat(_implicit, "1.dcm", oracles.series),
    "DICOM RLE": FuzzedFormat(_packed(RLE), "0.dcm", oracles.series),
    "DICOM JPEG": FuzzedFormat(_packed(JPEG), "1.dcm", oracles.series),
    "DICOM JPEG-LS": FuzzedFormat(_packed(JPEG_LS), "1.dcm", oracles.series),
    "DICOM JPEG 2000": FuzzedFormat(_packed(JPEG_2000), "1.dcm", oracles.series),
    "DICOM enhanced": FuzzedFormat(_enhanced, "a.dcm", oracles.frames, "a.dcm"),
    "DICOM in ZIP": FuzzedFormat(_zipped, "a.zip", oracles.series, "a.zip"),
    ".nii": FuzzedFormat(_nifti("a.nii"), "a.nii", oracles.nifti, "a.nii", _BOTH),
    ".nii.gz": FuzzedFormat(
        _nifti("a.nii.gz"), "a.nii.gz", oracles.unchanged, "a.nii.gz", _BOTH, is_sealed=True
    ),
    ".nii 4D": FuzzedFormat(_nifti("a.nii", times=2), "a.nii", oracles.nifti, "a.nii"),
    "NIfTI-2": FuzzedFormat(
        _nifti("a.nii", nibabel.Nifti2Image), "a.nii", oracles.nifti, "a.nii", _BOTH
    ),
    ".hdr of a pair": FuzzedFormat(
        _nifti("a.hdr", nibabel.Nifti1Pair), "a.hdr", oracles.nifti, "a.hdr", _BOTH
    ),
    ".nrrd raw": FuzzedFormat(_itk("a.nrrd"), "a.nrrd", oracles.nrrd, "a.nrrd", _BOTH),
    ".nrrd gzip": FuzzedFormat(
        _itk("a.nrrd", is_packed=True), "a.nrrd", oracles.nrrd, "a.nrrd", _BOTH
    ),
    ".seg.nrrd": FuzzedFormat(_mask("a.seg.nrrd"), "a.seg.nrrd", oracles.nrrd, "a.seg.nrrd", _BOTH),
    ".mha": FuzzedFormat(_itk("a.mha"), "a.mha", oracles.meta, "a.mha", _BOTH),
    ".mhd + .raw": FuzzedFormat(_itk("a.mhd"), "a.mhd", oracles.meta, "a.mhd", _BOTH),
    "sidecar .json": FuzzedFormat(
        _mask("a.nii"), "a.json", oracles.sidecar, "a.nii", (medseg.read_segmentation,)
    ),
}
