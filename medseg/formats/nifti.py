"""NIfTI files. RAS, which NIfTI speaks, appears in this module alone.

Reference:
    https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from medseg.errors import FormatError, GeometryError, SeveralSeriesError
from medseg.formats.image_file import ImageData, ImageHeader, MaskData, MaskLayer
from medseg.formats.nifti_bytes import check_size, compress, read_raw_header, read_voxels
from medseg.formats.nifti_labels import label_table
from medseg.formats.nifti_pair import header_file
from medseg.formats.nifti_values import scaled, scaling, sizes_of, stored_dtype
from medseg.model import Finding, Geometry, Place, Segmentation
from medseg.model.geometry import SAME_GRID_TOLERANCE_MM

# The library does not describe its types.
_nib: Any = nibabel

_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])

_LABEL_INTENT = 1002  # NIFTI_INTENT_LABEL
_SCANNER = 1  # NIFTI_XFORM_SCANNER_ANAT
_MILLIMETRES = 2
_LENGTH_UNITS = {1: ("metres", 1000.0), 3: ("micrometres", 0.001)}
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
    if times > 1:  # each will be listed, so that all must be there
        check_size(path, header, shape, times)
    affine, findings = _affine(header, shape, file)
    rescale, more = scaling(header, file)
    try:
        geometry = _to_geometry(shape, affine)
    except GeometryError as error:
        raise GeometryError(f"{file.name}: {error}") from error
    return ImageHeader(geometry, dtype.name, rescale, (*findings, *more), times)


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
    stored = read_voxels(path, raw, header.geometry.shape, time)
    return ImageData(scaled(stored, header.rescale, path), header)


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
    0.001 mm, stands in the sform alone.

    Raises:
        GeometryError: float32, which the header uses, cannot place the grid within 0.01 mm, or
            a side is longer than 32767 voxels.
    """
    header = _header_for(segmentation.array, segmentation.geometry)
    content = header.binaryblock + bytes(4) + segmentation.array.tobytes()
    path.write_bytes(compress(content) if path.name.lower().endswith(".gz") else content)


def _to_geometry(shape: tuple[int, int, int], affine_ras: NDArray[np.float64]) -> Geometry:
    """The geometry of an affine from (i, j, k) to RAS mm; array axes are (k, j, i)."""
    with np.errstate(invalid="ignore"):  # of infinite places, which the geometry refuses in words
        affine = (_RAS_TO_LPS @ affine_ras)[:, [2, 1, 0, 3]]
    return Geometry(shape, affine)


def _to_affine(geometry: Geometry) -> NDArray[np.float64]:
    """The affine from (i, j, k) to RAS mm."""
    return np.asarray(_RAS_TO_LPS @ geometry.affine[:, [2, 1, 0, 3]])


def _affine(
    header: Any, shape: tuple[int, int, int], path: Path
) -> tuple[NDArray[np.float64], list[Finding]]:
    """The affine to RAS mm by NIfTI's order of preference, and what there is to say about it."""
    place = Place(file=path.name)
    findings = []
    has_sform, has_qform = int(header["sform_code"]) > 0, int(header["qform_code"]) > 0
    if has_sform:
        affine = np.asarray(header.get_sform(), dtype=np.float64)
        if has_qform:
            findings += _disagreement(affine, header, shape, place)
    elif has_qform:
        affine = _qform(header, path)
    else:
        affine = np.diag([*_pixdim(header, path), 1.0])
        text = (
            f"{path.name} does not say how it lies in the patient; left and right are unknown. "
            "Its voxel sizes are used."
        )
        findings.append(Finding("NO_ORIENTATION", "warning", text, place))
    factor, more = _length_unit(header, place)
    affine[:3] *= factor
    return affine, findings + more


def _disagreement(
    sform: NDArray[np.float64], header: Any, shape: tuple[int, int, int], place: Place
) -> list[Finding]:
    try:
        qform = _to_geometry(shape, _qform(header, Path(place.file or "")))
        apart = f"{_to_geometry(shape, sform).corner_displacement_mm(qform):.3g} mm apart"
        if qform.corner_displacement_mm(_to_geometry(shape, sform)) <= SAME_GRID_TOLERANCE_MM:
            return []
    except (FormatError, GeometryError):
        apart = "at odds: one of them is damaged"
    text = (
        f"The two places that {place.file} gives for its voxels are {apart}; the sform was taken, "
        "as NIfTI asks. Other programs may take the qform."
    )
    return [Finding("FORMS_DISAGREE", "warning", text, place)]


def _pixdim(header: Any, path: Path) -> NDArray[np.float64]:
    steps = np.abs(np.asarray(header["pixdim"][1:4], dtype=np.float64))
    if not np.isfinite(steps).all() or not (steps > 0).all():
        raise FormatError(
            f"Voxel sizes are positive numbers; those of {path.name} are {steps.tolist()}. The "
            "header is damaged: export the file again."
        )
    return steps


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
    steps = _pixdim(header, path)
    steps[2] *= -1.0 if float(header["pixdim"][0]) < 0 else 1.0
    affine = np.eye(4)
    affine[:3, :3] = rotation * steps
    affine[:3, 3] = [float(header[f"qoffset_{axis}"]) for axis in "xyz"]
    return affine


def _length_unit(header: Any, place: Place) -> tuple[float, list[Finding]]:
    code = int(header["xyzt_units"]) & 0x07
    if code not in _LENGTH_UNITS:
        return 1.0, []  # millimetres, or no word about it, which everyone takes for millimetres
    name, factor = _LENGTH_UNITS[code]
    text = f"{place.file} gives lengths in {name}; they were converted to millimetres."
    return factor, [Finding("UNITS_CONVERTED", "warning", text, place)]


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
    header["intent_code"] = _LABEL_INTENT
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
