"""What stands under the pointer: the point in mm, the voxel as the file counts it, its value."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from medseg.model import Segmentation, Volume
from napari_medseg.display import PATIENT_ENDS, Display


def read_out(
    volume: Volume, segmentation: Segmentation | None, display: Display, shown_index: ArrayLike
) -> tuple[str, ...]:
    """Lines about the voxel nearest to a shown index (3,); none outside of the image.

    First the point itself in LPS mm, lettered, then the voxel with its value and unit, and the
    lesion there if there is one.
    """
    point = np.asarray(shown_index, dtype=np.float64)
    if not np.isfinite(point).all():
        return ()
    stored = np.rint(display.to_stored(point)).astype(int)
    if (stored < 0).any() or (stored >= volume.voxels.shape).any():
        return ()
    voxel = (int(stored[0]), int(stored[1]), int(stored[2]))
    lines = (lps_text(display.shown.to_patient(point)), _voxel_text(volume, voxel))
    lesion = _lesion_text(segmentation, voxel)
    return (*lines, lesion) if lesion else lines


def lps_text(point_lps: ArrayLike) -> str:
    """A point in LPS mm with the patient's sides as letters: "L 12.3  A 40.0  S 118.5 mm"."""
    parts = []
    for ends, value in zip(PATIENT_ENDS, np.asarray(point_lps, dtype=float), strict=True):
        shown = round(float(value), 1)
        parts.append(f"{ends[shown >= 0]} {abs(shown):.1f}")
    return "  ".join(parts) + " mm"


def _voxel_text(volume: Volume, voxel: tuple[int, int, int]) -> str:
    value = volume.voxels[voxel].item()
    unit = "" if volume.unit == "1" else f" {volume.unit}"
    slice_index, row, column = voxel
    return f"slice {slice_index}  row {row}  column {column}:  {value:.6g}{unit}"


def _lesion_text(segmentation: Segmentation | None, voxel: tuple[int, int, int]) -> str:
    number = int(segmentation.array[voxel]) if segmentation is not None else 0
    if segmentation is None or number not in segmentation.numbers:
        return ""
    return segmentation.segment(number).label
