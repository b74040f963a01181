"""A tiny writer of DICOM slices for the tests: one function per slice, one per stack."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset

CT = "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SERIES = "1.2.826.0.1.3680043.8.498.1"
ROWS, COLUMNS = 5, 7


def pixels(index: int) -> NDArray[np.uint16]:
    """Values of 12 bits that tell slice, row and column apart."""
    rows, columns = np.indices((ROWS, COLUMNS))
    return (1000 + 100 * index + 10 * rows + columns).astype(np.uint16)


def write_slice(
    path: Path, stored: NDArray[Any], *, syntax: str = EXPLICIT, **changes: Any
) -> Path:
    """Save one CT slice; `changes` replace attributes, None removes one."""
    dataset = Dataset()
    dataset.SOPClassUID = CT
    dataset.SOPInstanceUID = f"{SERIES}.{zlib.crc32(path.name.encode())}"
    dataset.SeriesInstanceUID = SERIES
    dataset.FrameOfReferenceUID = f"{SERIES}.9"
    dataset.Modality = "CT"
    dataset.PatientName = "Secret^Name"
    dataset.SeriesDescription = "Thorax"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = stored.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.PixelSpacing = [0.75, 0.5]
    dataset.ImageOrientationPatient = list(AXIAL)
    dataset.ImagePositionPatient = [-10.0, 20.0, 30.0]
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1024
    order = ">" if syntax == BIG_ENDIAN else "<"
    dataset.PixelData = stored.astype(stored.dtype.newbyteorder(order)).tobytes()
    dataset["PixelData"].VR = "OW"
    for name, value in changes.items():
        if value is None:
            delattr(dataset, name)
        else:
            setattr(dataset, name, value)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID") or CT
    meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID") or SERIES
    meta.TransferSyntaxUID = syntax
    dataset.file_meta = meta
    dataset.save_as(path, enforce_file_format=True)
    return path


def deflate(path: Path) -> None:
    """Store a slice's dataset deflated."""
    dataset = dcmread(path)
    dataset.file_meta.TransferSyntaxUID = DEFLATED
    dataset.save_as(path, enforce_file_format=True)


def write_stack(
    folder: Path,
    positions: list[tuple[float, float, float]],
    *,
    changes_at: dict[int, dict[str, Any]] | None = None,
    **changes: Any,
) -> Path:
    """Save a stack, slice k at `positions[k]`, under names that do not give the order away."""
    folder.mkdir(exist_ok=True)
    names = np.random.default_rng(7).permutation(len(positions))
    for index, position in enumerate(positions):
        more = {**changes, **(changes_at or {}).get(index, {})}
        place = {"ImagePositionPatient": list(position), **more}
        write_slice(folder / f"{names[index]:03d}.dcm", pixels(index), **place)
    return folder


def straight(count: int = 6, step: float = 2.5) -> list[tuple[float, float, float]]:
    """Positions of an upright axial stack."""
    return [(-10.0, 20.0, 30.0 + step * index) for index in range(count)]


def expected_hu(count: int) -> NDArray[np.int16]:
    """What such a stack holds once it is scaled."""
    return np.stack([pixels(index).astype(np.int16) - 1024 for index in range(count)])
