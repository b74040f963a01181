"""NIfTI files. RAS, which NIfTI speaks, appears in this module alone.

Reference:
    https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from medseg.errors import FormatError, GeometryError, SeveralSeriesError
from medseg.formats.image_file import ImageData, ImageHeader, MaskData, MaskLayer
from medseg.formats.nifti_bytes import check_size, read_raw_header, read_voxels
from medseg.formats.nifti_checks import LABEL_INTENT, behind_findings, header_findings
from medseg.formats.nifti_labels import label_table
from medseg.formats.nifti_lengths import length_unit, negative_steps, steps_of
from medseg.formats.nifti_pair import halves, header_file
from medseg.formats.nifti_values import scaled, scaling, sizes_of, stored_dtype, time_step
from medseg.formats.packing import pack
from medseg.model import Finding, Geometry, Place, Segmentation
from medseg.model.geometry import SAME_GRID_TOLERANCE_MM

# The library does not describe its types.
_nib: Any = nibabel

_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])

_SCANNER = 1  # NIFTI_XFORM_SCANNER_ANAT
_MILLIMETRES = 2
# nifti1.h, NIFTI_XFORM_...
_SPACES = {
    1: "the scanner's own place",
    2: "aligned to another image",
    3: "Talairach's atlas",
    4: "the MNI 152 atlas",
    5: "another atlas",
}
_LARGEST_SIZE = 32767  # NIfTI-1 holds sizes in 16 bits

# The qform holds a rotation as a float32 quaternion, which can turn a grid by 0.1 mm at its edge.
_QFORM_TOLERANCE_MM = 0.001


def read_header(path: Path) -> ImageHeader:
    """Shape and geometry of a NIfTI file, and how its values are scaled.

    Args:
        path: a .nii or .nii.gz file, or either half of a pair .hdr and .img.

    Raises:
        FormatError: it is no NIfTI file, half of a pair is missing, it holds something other
            than scalar volumes, or its header is damaged.
        GeometryError: its affine is not finite or spans no volume.
    """
    file = header_file(path)
    header = read_raw_header(file)
    shape, times = sizes_of(header, file)
    dtype = stored_dtype(header, file)
    check_size(path, header, shape, times)
    affine, findings = _affine(header, shape, file)
    rescale, more = scaling(header, file)
    try:
        geometry = _to_geometry(shape, affine)
    except GeometryError as error:
        raise GeometryError(f"{file.name}: {error}") from error
    return ImageHeader(
        geometry,
        dtype.name,
        rescale,
        (*findings, *more, *header_findings(header, file)),
        times,
        time_step(header),
        is_labels=int(header["intent_code"]) == LABEL_INTENT,
    )


def read_image(path: Path) -> ImageData:
    """Voxels and geometry of a NIfTI file; the voxels keep their type unless they are scaled.

    Raises:
        FormatError: as `read_header`, and if the file is truncated or its checksum is wrong.
        SeveralSeriesError: it holds several volumes.
        GeometryError: as `read_header`.
    """
    header = read_header(path)
    if header.times > 1:
        raise SeveralSeriesError(
            f"One 3D volume is read here; {path.name} holds {header.times} (a time series). Split "
            "it into volumes and open one of them."
        )
    return read_image_at(path, 0)


def read_image_at(path: Path, time: int) -> ImageData:
    """One volume of a NIfTI file, counted from 0; of an unpacked file the others are not read.

    Raises:
        FormatError: as `read_header`, and if the file is truncated or its checksum is wrong.
        GeometryError: as `read_header`.
    """
    header = read_header(path)
    raw = read_raw_header(header_file(path))
    stored, behind = read_voxels(path, raw, header.geometry.shape, time, header.times)
    told = (*header.findings, *behind_findings(behind, halves(path)[-1]))
    return ImageData(scaled(stored, header.rescale, path), replace(header, findings=told))


def read_mask(path: Path) -> MaskData:
    """Labels of a NIfTI file, and of a label table in it the names of numbers that it holds.

    Raises:
        FormatError: as `read_image`.
        GeometryError: as `read_header`.
    """
    image = read_image(path)
    file = header_file(path)
    table = label_table(file, read_raw_header(file))
    return MaskData(image.header.geometry, (MaskLayer(image.voxels, table, is_table=True),))


def write_mask(segmentation: Segmentation, path: Path) -> None:
    """Save labels as NIfTI-1, gzipped if the name ends in .gz.

    Both forms hold the affine; a sheared grid, and one that the qform would move by more than
    0.001 mm, stands in the sform alone (`write_segmentation` tells of a shear).

    Raises:
        GeometryError: float32, which the header uses, cannot place the grid within 0.01 mm, or
            a side is longer than 32767 voxels.
    """
    header = _header_for(segmentation.array, segmentation.geometry)
    parts: tuple[Any, ...] = (
        header.binaryblock + bytes(4),
        np.ascontiguousarray(segmentation.array),
    )
    with path.open("wb") as file:
        if path.name.lower().endswith(".gz"):
            pack(file, parts)
        else:
            file.writelines(map(memoryview, parts))


def _to_geometry(shape: tuple[int, int, int], affine_ras: NDArray[np.float64]) -> Geometry:
    """The geometry of an affine from (i, j, k) to RAS mm; array axes are (k, j, i)."""
    # Of infinite places and flat grids, which the geometry refuses in words.
    with np.errstate(all="ignore"):
        return Geometry(shape, (_RAS_TO_LPS @ affine_ras)[:, [2, 1, 0, 3]])


def _to_affine(geometry: Geometry) -> NDArray[np.float64]:
    """The affine from (i, j, k) to RAS mm."""
    return np.asarray(_RAS_TO_LPS @ geometry.affine[:, [2, 1, 0, 3]])


def _affine(
    header: Any, shape: tuple[int, int, int], path: Path
) -> tuple[NDArray[np.float64], list[Finding]]:
    """The affine to RAS mm by NIfTI's order of preference, and what there is to say about it."""
    place = Place(file=path.name)
    factor, findings = length_unit(header, place)
    has_sform, has_qform = int(header["sform_code"]) > 0, int(header["qform_code"]) > 0
    if has_sform:
        affine = np.asarray(header.get_sform(), dtype=np.float64)
        findings += _disagreement(header, shape, factor, path) if has_qform else []
    elif has_qform:
        affine = _qform(header, path)
        findings += negative_steps(header, place)
    else:
        affine = np.diag([*steps_of(header, path), 1.0])
        text = (
            f"{path.name} does not say how it lies in the patient; left and right are unknown. "
            "Its voxel sizes are used."
        )
        findings += [Finding("NO_ORIENTATION", "warning", text, place)]
        findings += negative_steps(header, place)
    affine[:3] *= factor
    return affine, findings


def _disagreement(
    header: Any, shape: tuple[int, int, int], factor: float, path: Path
) -> list[Finding]:
    """One finding where sform and qform differ by more than the tolerance of a grid."""
    scale = np.array([[factor], [factor], [factor], [1.0]])
    try:
        qform = _to_geometry(shape, scale * _qform(header, path))
        sform = _to_geometry(shape, scale * header.get_sform())
        apart_mm = sform.corner_displacement_mm(qform)
        if apart_mm <= SAME_GRID_TOLERANCE_MM:
            return []
        apart = f"{apart_mm:.3g} mm apart; the sform was taken"
        at = " That is the distance at the corner where they differ most."
    except (FormatError, GeometryError):
        apart, at = "at odds: one of them is damaged; the sform was taken", ""
    text = (
        f"The two places that {path.name} gives for its voxels, the sform ({_space(header, 's')}) "
        f"and the qform ({_space(header, 'q')}), are {apart}, because it comes first in most "
        f"programs and alone can hold every grid. Others may take the qform.{at}"
    )
    return [Finding("FORMS_DISAGREE", "warning", text, Place(file=path.name))]


def _space(header: Any, form: str) -> str:
    code = int(header[f"{form}form_code"])
    return _SPACES.get(code, f"code {code}")


def _qform(header: Any, path: Path) -> NDArray[np.float64]:
    """The qform as an affine to RAS (nifti1.h, "Method 2")."""
    b, c, d = (float(header[name]) for name in ("quatern_b", "quatern_c", "quatern_d"))
    squared = b * b + c * c + d * d
    if not squared < 1.0001:  # NaN is caught by the same test
        raise FormatError(
            f"A qform's quaternion is at most of length 1; that of {path.name} is "
            f"{np.sqrt(squared):.3g}. The header is damaged: export the file again."
        )
    a = np.sqrt(max(0.0, 1.0 - squared))
    b, c, d = np.array([b, c, d]) / max(1.0, np.sqrt(squared))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    steps = steps_of(header, path)
    steps[2] *= -1.0 if float(header["pixdim"][0]) < 0 else 1.0
    affine = np.eye(4)
    affine[:3, :3] = rotation * steps
    affine[:3, 3] = [float(header[f"qoffset_{axis}"]) for axis in "xyz"]
    return affine


def _header_for(array: NDArray[Any], geometry: Geometry) -> Any:
    if max(array.shape) > _LARGEST_SIZE:
        raise GeometryError(
            f"NIfTI-1 holds at most {_LARGEST_SIZE} voxels along a side; this grid has "
            f"{array.shape}. Save it as .nrrd."
        )
    affine = _to_affine(geometry)
    header = _nib.Nifti1Header()
    header.set_data_shape(array.shape[::-1])
    header.set_data_dtype(array.dtype)
    header["intent_code"] = LABEL_INTENT
    header["xyzt_units"] = _MILLIMETRES
    header["scl_slope"], header["scl_inter"] = 1.0, 0.0
    header["vox_offset"] = 352
    header["magic"] = b"n+1"
    header["pixdim"][1:4] = geometry.spacing_mm[::-1]
    header.set_sform(affine, _SCANNER)
    _set_qform_if_exact(header, affine, geometry)
    written = _to_geometry(geometry.shape, np.asarray(header.get_sform(), dtype=np.float64))
    off = written.corner_displacement_mm(geometry)
    if not off <= SAME_GRID_TOLERANCE_MM:
        raise GeometryError(
            f"A saved mask lies within {SAME_GRID_TOLERANCE_MM} mm of its grid; NIfTI's 32-bit "
            f"numbers would move this one by {off:.3g} mm. Save it as .nrrd."
        )
    return header


def _set_qform_if_exact(header: Any, affine: NDArray[np.float64], geometry: Geometry) -> None:
    header.set_qform(affine, _SCANNER, strip_shears=True)
    as_read = _to_geometry(geometry.shape, _qform(header, Path("qform")))
    if as_read.corner_displacement_mm(geometry) > _QFORM_TOLERANCE_MM:
        header["qform_code"] = 0
