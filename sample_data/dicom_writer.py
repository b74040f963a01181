"""The phantom as a DICOM CT series, one file for each slice."""

from __future__ import annotations

from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, CTImageStorage, JPEG2000Lossless

INTERCEPT = -1024
_BITS = 12
_DATE, _TIME = "20260117", "101500"


def phantom_uid(name: str) -> UID:
    """The same UID for the same name, under 2.25 (a UUID as a number: PS3.5 B.2)."""
    return UID(f"2.25.{uuid5(NAMESPACE_DNS, f'phantom.medseg/{name}').int}")


STUDY, SERIES = phantom_uid("chest/study"), phantom_uid("chest/series")
FRAME_OF_REFERENCE = phantom_uid("chest/frame")


def write_dicom_series(hu: NDArray[np.int16], affine: NDArray[np.float64], folder: Path) -> None:
    """IM0001.dcm (lowest slice) and on; files of that pattern from earlier runs are removed.

    JPEG 2000 lossless, because plain pixels (8.7 MB) and RLE would not fit the sample's budget of
    6 MB, and because pydicom with Pillow, GDCM and ITK read it without more.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("IM*.dcm"):
        old.unlink()
    for index, pixels in enumerate(hu):
        dataset = _slice_dataset(index, pixels, affine)
        dataset.save_as(folder / f"IM{index + 1:04d}.dcm", enforce_file_format=True)


def _slice_dataset(index: int, pixels: NDArray[np.int16], affine: NDArray[np.float64]) -> Dataset:
    dataset = Dataset()
    _add_patient_and_study(dataset)
    _add_series(dataset)
    _add_acquisition(dataset)
    _add_plane(dataset, index, affine)
    _add_pixels(dataset, pixels)
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = phantom_uid(f"chest/slice/{index}")
    dataset.InstanceNumber = index + 1
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    dataset.file_meta.ImplementationClassUID = phantom_uid("implementation")
    dataset.file_meta.ImplementationVersionName = "MEDSEG_PHANTOM"
    return dataset


def _add_patient_and_study(dataset: Dataset) -> None:
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = "Phantom^Chest"
    dataset.PatientID = "PHANTOM-CHEST"
    dataset.PatientBirthDate = ""
    dataset.PatientSex = "O"
    dataset.QualityControlSubject = "YES"  # a phantom, not a person: PS3.3 C.7.1.1
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = "Synthetic image, there is no patient"
    dataset.StudyInstanceUID = STUDY
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = _DATE
    dataset.StudyTime = dataset.SeriesTime = dataset.AcquisitionTime = dataset.ContentTime = _TIME
    dataset.ReferringPhysicianName = ""
    dataset.StudyID = "1"
    dataset.AccessionNumber = ""
    dataset.StudyDescription = "CT chest, synthetic phantom"


def _add_series(dataset: Dataset) -> None:
    dataset.Modality = "CT"
    dataset.SeriesInstanceUID = SERIES
    dataset.SeriesNumber = 2
    dataset.SeriesDescription = "Chest 3.0 mm, synthetic"
    dataset.ProtocolName = "Synthetic chest"
    dataset.BodyPartExamined = "CHEST"
    dataset.PatientPosition = "HFS"
    dataset.FrameOfReferenceUID = FRAME_OF_REFERENCE
    dataset.PositionReferenceIndicator = ""
    dataset.Manufacturer = "medseg"
    dataset.ManufacturerModelName = "Analytic phantom"
    dataset.DeviceSerialNumber = "1"
    dataset.SoftwareVersions = "1"


def _add_acquisition(dataset: Dataset) -> None:
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.AcquisitionNumber = 1
    dataset.KVP = "120"
    dataset.DataCollectionDiameter = "500"
    dataset.ReconstructionDiameter = "380"
    dataset.ConvolutionKernel = "STANDARD"
    dataset.BurnedInAnnotation = "NO"
    dataset.LossyImageCompression = "00"


def _add_plane(dataset: Dataset, index: int, affine: NDArray[np.float64]) -> None:
    slice_mm, row_mm, column_mm = np.linalg.norm(affine[:3, :3], axis=0)
    position = affine[:3, 3] + index * affine[:3, 0]
    # "Row direction" is the way the column index grows (PS3.3 C.7.6.2.1.1).
    cosines = [*(affine[:3, 2] / column_mm), *(affine[:3, 1] / row_mm)]
    dataset.PixelSpacing = [f"{row_mm:.10g}", f"{column_mm:.10g}"]
    dataset.ImageOrientationPatient = [f"{value:.10g}" for value in cosines]
    dataset.ImagePositionPatient = [f"{value:.12g}" for value in position]
    dataset.SliceThickness = f"{slice_mm:.10g}"
    dataset.SliceLocation = f"{position[2]:.10g}"


def _add_pixels(dataset: Dataset, pixels: NDArray[np.int16]) -> None:
    stored = (pixels - INTERCEPT).astype(np.uint16)
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = stored.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, _BITS, _BITS - 1
    dataset.PixelRepresentation = 0
    dataset.RescaleIntercept, dataset.RescaleSlope = str(INTERCEPT), "1"
    dataset.RescaleType = "HU"
    dataset.WindowCenter, dataset.WindowWidth = ["-600", "40"], ["1500", "400"]
    dataset.WindowCenterWidthExplanation = ["LUNG", "MEDIASTINUM"]
    frame = imagecodecs.jpeg2k_encode(
        stored, level=0, reversible=True, codecformat="J2K", bitspersample=_BITS
    )
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
