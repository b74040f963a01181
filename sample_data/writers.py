"""The phantom on disk: NIfTI image and truth, and a table of the lesions as JSON."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from sample_data.dicom_writer import FRAME_OF_REFERENCE, SERIES, write_dicom_series
from sample_data.key_slices import best_key_slices
from sample_data.lesions import LESIONS, Lesion
from sample_data.painting import BODY_TO_LPS, ORIGIN_LPS, SHAPE, SPACING_MM, Point, grid_affine

VOXEL_ML = float(np.prod(SPACING_MM)) / 1000


def write_case(
    hu: NDArray[np.int16], truth: NDArray[np.uint8], folder: Path
) -> list[dict[str, object]]:
    """The lesions' table, once image, truth and table are in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_dicom_series(hu, grid_affine(), folder / "dicom")
    _write_nifti(hu, folder / "chest.nii.gz", "synthetic chest CT, HU")
    _write_nifti(truth, folder / "truth.nii.gz", "lesion numbers, see lesions.json")
    rows = [lesion_row(lesion, truth == lesion.number) for lesion in LESIONS]
    table = {
        "about": "Synthetic chest CT; the volumes follow from the shapes, not from the voxels.",
        "grid": {
            "axes": "slice (to superior), row (to posterior), column (to the left)",
            "shape": SHAPE,
            "spacing_mm": SPACING_MM,
            "origin_lps_mm": ORIGIN_LPS,
            "voxel_ml": VOXEL_ML,
            "frame_of_reference_uid": FRAME_OF_REFERENCE,
            "series_instance_uid": SERIES,
        },
        "lesions": rows,
    }
    text = json.dumps(table, indent=2) + "\n"
    (folder / "lesions.json").write_text(text, encoding="utf-8", newline="\n")
    return rows


def lesion_row(lesion: Lesion, mask: NDArray[np.bool_]) -> dict[str, object]:
    """What `lesions.json` says about one lesion, whose voxels are given."""
    filled = np.nonzero(mask.any(axis=(1, 2)))[0]
    return {
        "number": lesion.number,
        "name": lesion.name,
        "kind": lesion.kind,
        "center_lps_mm": _to_lps(lesion.shape.center),
        "analytic_volume_ml": round(lesion.shape.volume_mm3() / 1000, 5),
        "volume_method": lesion.shape.method,
        "voxel_volume_ml": round(int(mask.sum()) * VOXEL_ML, 5),
        "voxels": int(mask.sum()),
        "hu_without_noise": lesion.hu,
        "slices": [int(filled[0]), int(filled[-1])],
        "key_slices": best_key_slices(mask),
        "shape_lps_mm": _shape_in_lps(lesion.shape.parts()),
    }


def _to_lps(point: Point) -> list[float]:
    return np.add(point, BODY_TO_LPS).round(4).tolist()


def _shape_in_lps(value: object, key: str = "") -> object:
    """The same nested numbers with every point moved from body to LPS coordinates."""
    if isinstance(value, dict):
        return {name: _shape_in_lps(item, name) for name, item in value.items()}
    if key in {"center", "from", "to"}:
        return _to_lps(value)
    return [_shape_in_lps(item) for item in value] if isinstance(value, list) else value


def _write_nifti(array: NDArray[np.generic], path: Path, description: str) -> None:
    # NIfTI counts columns first and points to the right's and the back's opposites: RAS.
    flip = np.diag([-1.0, -1.0, 1.0, 1.0])
    affine = flip @ grid_affine()[:, [2, 1, 0, 3]]
    image = nib.Nifti1Image(array.transpose(2, 1, 0), affine)
    image.header.set_xyzt_units("mm")
    image.header["descrip"] = description
    image.set_sform(affine, code="scanner")
    image.set_qform(affine, code="scanner")
    # No name and no time within, so that the same image gives the same bytes.
    path.write_bytes(gzip.compress(image.to_bytes(), compresslevel=9, mtime=0))
