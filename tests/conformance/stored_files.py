"""Masks and images as files, the same bytes each time."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from medseg.formats import write_segmentation
from medseg.model import Segmentation, Volume


def mask_files(segmentation: Segmentation) -> dict[str, bytes]:
    """The mask and its sidecar."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lesions.nii.gz"
        write_segmentation(segmentation, path)
        names = path.with_name("lesions.json").read_bytes()
        return {"lesions.nii.gz": path.read_bytes(), "lesions.json": names}


def image_file(volume: Volume) -> bytes:
    """The image as NIfTI."""
    return nifti(volume.voxels, volume.geometry.affine)


def nifti(array: Any, affine_lps: Any, *, slope: tuple[float, float] | None = None) -> bytes:
    """A NIfTI file of a (slice, row, column) array, the same bytes each time."""
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ np.asarray(affine_lps)[:, [2, 1, 0, 3]]
    values = np.asarray(array).transpose(2, 1, 0)
    image = nib.Nifti1Image(values, affine, dtype=values.dtype)
    image.header.set_xyzt_units("mm")
    image.header.set_slope_inter(*(slope or (1.0, 0.0)))
    data = bytearray(image.to_bytes())
    return gzip.compress(bytes(data), mtime=0)


def edited_json(data: bytes, change: Callable[[Any], object]) -> bytes:
    """A JSON file with its content changed."""
    content = json.loads(data)
    change(content)
    return json.dumps(content, indent=1).encode()
