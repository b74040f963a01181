"""What real files hold, by code that shares nothing with medseg.

DICOM by pydicom and arithmetic on the headers, NIfTI by nibabel, NRRD and MetaImage by
SimpleITK. All arrays are (slice, row, column), all points LPS mm, DICOM slices ascending along
row x column.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pydicom
import SimpleITK as sitk  # noqa: N813 (its users know it by this name)
from numpy.typing import NDArray

# pydicom alone decodes these; the others need packages of their own, and SimpleITK decodes them.
_DECODED_BY_PYDICOM = {
    pydicom.uid.ImplicitVRLittleEndian,
    pydicom.uid.ExplicitVRLittleEndian,
    pydicom.uid.RLELossless,
}


@dataclass(frozen=True, eq=False)
class Truth:
    """A volume as it stands in its files.

    Args:
        values: (slice, row, column), rescaled.
        corners: (8, 3), centres of the corner voxels, the column's index running quickest.
        firsts: (slices, 3), centre of the first voxel of every slice.
        steps: (2, 3), from row to row and from column to column.
    """

    values: NDArray[Any]
    corners: NDArray[np.float64]
    firsts: NDArray[np.float64]
    steps: NDArray[np.float64]

    @property
    def shape(self) -> tuple[int, ...]:
        """(slice, row, column), whatever a voxel holds."""
        return self.values.shape[:3]

    def centroid(self, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        """The mean place of a mask's voxels."""
        slices, rows, columns = np.nonzero(mask)
        inside = np.stack([rows, columns], axis=1)
        return np.asarray((self.firsts[slices] + inside @ self.steps).mean(axis=0))


@dataclass(frozen=True, eq=False)
class Frame:
    """One slice: its plane, its values and what tells it from others at the same place."""

    first: NDArray[np.float64]
    along_columns: NDArray[np.float64]
    along_rows: NDArray[np.float64]
    values: NDArray[Any]
    header: pydicom.Dataset
    groups: tuple[pydicom.Dataset, ...] = ()

    @property
    def height(self) -> float:
        """The place along row x column."""
        normal = np.cross(self.along_columns, self.along_rows)
        return float(self.first @ normal / np.linalg.norm(normal))


def frames(files: Iterable[Path]) -> list[Frame]:
    """Every slice of classic or multi-frame files, in the order of the files."""
    found = []
    for file in files:
        header = pydicom.dcmread(file)
        stored = _stored(file, header)
        per_frame = header.get("PerFrameFunctionalGroupsSequence", [header] * len(stored))
        shared = header.get("SharedFunctionalGroupsSequence", [header])[0]
        for values, own in zip(stored, per_frame, strict=True):
            found.append(_frame(values, header, (own, shared)))
    return found


def volume(parts: Iterable[Frame]) -> Truth:
    """One volume of these slices, sorted by their places along row x column."""
    stack = sorted(parts, key=lambda frame: frame.height)
    rows, columns = stack[0].values.shape
    first = stack[0]
    firsts = np.stack([frame.first for frame in stack])
    steps = np.stack([first.along_rows, first.along_columns])
    corners = [
        start + row * first.along_rows + column * first.along_columns
        for start, row, column in product(firsts[[0, -1]], (0, rows - 1), (0, columns - 1))
    ]
    return Truth(np.stack([f.values for f in stack]), np.array(corners), firsts, steps)


def nifti(path: Path) -> Truth:
    """What nibabel says a NIfTI holds, from RAS to LPS."""
    image = nibabel.load(path)
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine
    return _lattice(np.asanyarray(image.dataobj).T, affine[:3, [2, 1, 0]], affine[:3, 3])


def itk(path: Path | list[str]) -> Truth:
    """What SimpleITK says a file holds; for a list of files, its series reader."""
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    image = sitk.ReadImage(path if isinstance(path, list) else str(path))
    if image.GetDimension() == 4 and image.GetSize()[3] == 1:  # its way with multi-frame files
        image = image[..., 0]
    direction = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    return _lattice(sitk.GetArrayFromImage(image), direction[:, ::-1], np.array(image.GetOrigin()))


def itk_series(folder: Path) -> Truth:
    """What SimpleITK's series reader makes of a folder."""
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
    return itk(list(names))


def _lattice(values: NDArray[Any], steps: NDArray[Any], origin: NDArray[Any]) -> Truth:
    ends = [(0, size - 1) for size in values.shape[:3]]
    corners = np.array([origin + steps @ index for index in product(*ends)])
    firsts = origin + np.arange(values.shape[0])[:, None] * steps[:, 0]
    return Truth(values, corners, firsts, steps[:, 1:].T)


def _stored(file: Path, header: pydicom.Dataset) -> NDArray[Any]:
    """Rescaled where SimpleITK decodes, as it cannot do otherwise; stored values elsewhere."""
    if header.file_meta.TransferSyntaxUID in _DECODED_BY_PYDICOM:
        values = header.pixel_array
    else:
        values = sitk.GetArrayFromImage(sitk.ReadImage(str(file)))
    return values.reshape(-1, header.Rows, header.Columns)


def _frame(
    stored: NDArray[Any], header: pydicom.Dataset, groups: tuple[pydicom.Dataset, ...]
) -> Frame:
    place = np.array(_of(groups, "PlanePositionSequence", "ImagePositionPatient"), float)
    turn = np.array(_of(groups, "PlaneOrientationSequence", "ImageOrientationPatient"), float)
    row_mm, column_mm = map(float, _of(groups, "PixelMeasuresSequence", "PixelSpacing"))
    values = stored
    if header.file_meta.TransferSyntaxUID in _DECODED_BY_PYDICOM:
        slope = _of(groups, "PixelValueTransformationSequence", "RescaleSlope") or 1
        start = _of(groups, "PixelValueTransformationSequence", "RescaleIntercept") or 0
        values = stored * float(slope) + float(start)
    return Frame(place, turn[:3] * column_mm, turn[3:] * row_mm, values, header, groups)


def _of(groups: tuple[pydicom.Dataset, ...], sequence: str, name: str) -> Any:
    """A value of the frame's own group, the shared one, or of a classic header itself."""
    for group in groups:
        inner = group[sequence].value[0] if sequence in group else group
        if name in inner:
            return inner[name].value
    return None
