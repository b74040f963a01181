"""The real files and their stated truth, row by row as in the data's index.

The figures of `index_rows.csv` are those of `oracles`, which shares no code with medseg; the
index states the same sizes and ranges, measured with SimpleITK, dcm2niix and arithmetic on the
headers. It is one line a volume:

- series: how its id ends, where the path holds several volumes;
- shape, spacing_mm: along (slice, row, column); 0 from slice to slice where there is but one;
- limits, total: smallest and largest value, sum of all voxels;
- tilt: of the stack, in degrees;
- itk_off_mm: how far SimpleITK puts a corner from its place without a word; 0 where it is right.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from medseg.errors import FormatError, GeometryError, MedsegError


@dataclass(frozen=True)
class Row:
    """One volume that is read: a line of the table."""

    path: str
    series: str
    unit: str
    shape: tuple[int, ...]
    spacing_mm: tuple[float, ...]
    limits: tuple[float, ...]
    total: float
    tilt: float
    itk_off_mm: float

    def __str__(self) -> str:
        return self.path + self.series

    @property
    def is_dicom(self) -> bool:
        """Whether it is a folder or a file of DICOM."""
        return not self.path.endswith((".nii.gz", ".nrrd", ".mha"))


def _row(cells: dict[str, str]) -> Row:
    return Row(
        cells["path"],
        cells["series"],
        cells["unit"],
        tuple(map(int, cells["shape"].split())),
        tuple(map(float, cells["spacing_mm"].split())),
        tuple(map(float, cells["limits"].split())),
        float(cells["total"]),
        float(cells["tilt"]),
        float(cells["itk_off_mm"]),
    )


with Path(__file__).with_name("index_rows.csv").open(encoding="utf-8", newline="") as _table:
    ROWS = tuple(_row(cells) for cells in csv.DictReader(_table))

#: A series that lacks a slice: refused, and read with its gap on request.
GAPPED = "dicom2nifti/tests/data/failing/sliceincrement/001"

_SEG = (FormatError, r"segmentation or registration \(DICOM SEG, REG\)")

#: What is refused: paths -> the error and what it says.
REFUSED: dict[str, tuple[type[MedsegError], str]] = {
    "dcm_qa_nih/In/20180918Si/mr_*/*.dcm": (FormatError, "mosaics of many slices"),
    "dcmqi/data/segmentations/*.dcm": _SEG,
    "dcmqi/data/segmentations/*/seg/label.seg": _SEG,
    "dicom2nifti/tests/data/generic/rgb/001/*.dcm": (FormatError, r"3 values per pixel \(RGB\)"),
    "dicom2nifti/tests/data/generic/rgb/*.nii.gz": (FormatError, "data type 2304"),
    "highdicom/data/test_files/dx_image.dcm": (GeometryError, "Image Position"),
    "highdicom/data/test_files/seg_*.dcm": _SEG,
    "highdicom/data/test_files/sm_annotations.dcm": (FormatError, "microscopy annotations"),
    "highdicom/data/test_files/sm_image*.dcm": (FormatError, "whole-slide microscopy"),
    "highdicom/data/test_files/sr_*.dcm": (FormatError, "structured report"),
    "rt-utils/tests/mock_data/*rt.dcm": (FormatError, "RTSTRUCT"),
}

#: What is no image at all.
NO_IMAGE = ("*.md", "*.txt", "*/LICENSE", "*.jpg", "*.jpeg", "*.png", "*.npz")


def truth_of(path: str) -> str | None:
    """Which entry of these tables speaks of a file, its path relative to the data; or None."""
    parent = str(PurePosixPath(path).parent)
    for pattern in (*NO_IMAGE, *REFUSED):
        # Only as deep as the pattern, as a shell would have it: fnmatch's star crosses slashes.
        if fnmatch(path, pattern) and (
            pattern in NO_IMAGE or pattern.count("/") == path.count("/")
        ):
            return pattern
    return next((row.path for row in ROWS if row.path in (path, parent)), None) or (
        GAPPED if parent == GAPPED else None
    )
