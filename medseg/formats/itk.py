"""NRRD and MetaImage files: the header through SimpleITK, whose points are (x, y, z) in LPS mm.

The voxels are unpacked in `itk_voxels`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK

from medseg.errors import FormatError, GeometryError
from medseg.formats.image_file import ImageData, ImageHeader, MaskData, MaskLayer
from medseg.formats.itk_headers import TextHeader, read_text_header
from medseg.formats.itk_voxels import StoredVoxels, read_voxels, stored_voxels
from medseg.formats.seg_nrrd import segment_keys, segments_by_layer
from medseg.model import Finding, Geometry, Place, Segmentation
from medseg.model.geometry import SAME_GRID_TOLERANCE_MM

# Its functions carry no types.
sitk: Any = SimpleITK

# What ITK would print is checked here and said in findings.
sitk.ProcessObject.SetGlobalWarningDisplay(False)

# Deflate packs at most 1032 to 1 (RFC 1951).
_DEFLATE_LIMIT = 1032


def read_header(path: Path) -> ImageHeader:
    """Shape and geometry of an NRRD or MetaImage file.

    Raises:
        FormatError: it is neither, holds no single 3D scalar volume, or is truncated.
        GeometryError: its affine is not finite or spans no volume.
        OverlapError: it is a .seg.nrrd that holds segments in layers.
    """
    return _checked_header(path)[0]


def read_image(path: Path) -> ImageData:
    """Voxels, in the file's own type, and geometry of an NRRD or MetaImage file.

    Raises:
        FormatError: as `read_header`, and if the voxels cannot be unpacked without an error to
            exactly their end.
        GeometryError: as `read_header`.
        OverlapError: as `read_header`.
    """
    header, stored, _ = _checked_header(path)
    voxels = read_voxels(stored, np.dtype(header.stored_dtype), header.geometry.shape)
    return ImageData(voxels, header)


def read_mask(path: Path) -> MaskData:
    """Labels of an NRRD or MetaImage file; of a .seg.nrrd all layers and its segments' names.

    Raises:
        FormatError: as `read_image`, and if its segments contradict each other.
        GeometryError: as `read_header`.
    """
    header, stored, text = _checked_header(path, in_layers=True)
    named = segments_by_layer(text.keys, text.layers, path)
    shape = header.geometry.shape
    is_layered = text.fields.get("dimension") == "4"
    values = read_voxels(
        stored, np.dtype(header.stored_dtype), (*shape, text.layers) if is_layered else shape
    )
    # A list's axis runs fastest, so it comes last here.
    arrays = np.moveaxis(values, -1, 0) if is_layered else values[np.newaxis]
    layers = (
        MaskLayer(np.ascontiguousarray(array), segments)
        for array, segments in zip(arrays, named, strict=True)
    )
    return MaskData(header.geometry, tuple(layers))


def write_mask(segmentation: Segmentation, path: Path) -> None:
    """Save labels as NRRD or MetaImage, packed, by the name's suffix.

    A .seg.nrrd gets Slicer's keys with the segments' names, colours and codes.

    Raises:
        GeometryError: the grid is sheared, which most readers of these formats straighten in
            silence, or would be off by more than 0.01 mm when read again.
    """
    geometry = segmentation.geometry
    _check_upright(geometry)
    image = sitk.GetImageFromArray(segmentation.array)
    steps = geometry.affine[:3, [2, 1, 0]]
    spacing = np.linalg.norm(steps, axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((steps / spacing).ravel().tolist())
    image.SetOrigin(geometry.affine[:3, 3].tolist())
    if path.name.lower().endswith(".seg.nrrd"):
        for key, value in segment_keys(segmentation).items():
            image.SetMetaData(key, value)
    sitk.WriteImage(image, str(path), useCompression=True)
    off = read_header(path).geometry.corner_displacement_mm(geometry)
    if not off <= SAME_GRID_TOLERANCE_MM:
        raise GeometryError(
            f"A saved mask lies within {SAME_GRID_TOLERANCE_MM} mm of its grid; this format would "
            f"move it by {off:.3g} mm. Save it as .nii.gz."
        )


def _checked_header(
    path: Path, *, in_layers: bool = False
) -> tuple[ImageHeader, StoredVoxels, TextHeader]:
    text = read_text_header(path, in_layers=in_layers)
    stored = stored_voxels(path, text)
    reader = sitk.ImageFileReader()
    # Named, because ITK does not know its own formats by upper-case suffixes.
    reader.SetImageIO("NrrdImageIO" if text.is_nrrd else "MetaImageIO")
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise _refusal(path, error) from error
    if reader.GetDimension() != 3 or reader.GetNumberOfComponents() != text.layers:
        raise FormatError(
            f"One 3D scalar volume is read from a file; {path.name} holds "
            f"{reader.GetNumberOfComponents()} values per voxel. Split it into volumes."
        )
    geometry = _geometry(reader, path)
    dtype = _stored_dtype(reader.GetPixelID(), path)
    _check_possible(path, geometry, dtype.itemsize * text.layers)
    return ImageHeader(geometry, dtype.name, findings=_findings(text, path)), stored, text


def _geometry(image: Any, path: Path) -> Geometry:
    direction = np.array(image.GetDirection()).reshape(3, 3)
    affine = np.eye(4)
    with np.errstate(invalid="ignore"):  # not finite where a step has no length: refused below
        affine[:3, :3] = (direction * np.array(image.GetSpacing()))[:, ::-1]
    affine[:3, 3] = image.GetOrigin()
    columns, rows, slices = image.GetSize()
    try:
        return Geometry((slices, rows, columns), affine)
    except GeometryError as error:
        raise GeometryError(f"{path.name}: {error}") from error


def _stored_dtype(pixel_id: int, path: Path) -> np.dtype[Any]:
    for name in ("Int8", "UInt8", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64"):
        if pixel_id in (getattr(sitk, f"sitk{name}"), getattr(sitk, f"sitkVector{name}")):
            return np.dtype(name.lower())
    if pixel_id in (sitk.sitkFloat32, sitk.sitkFloat64):
        return np.dtype(np.float32 if pixel_id == sitk.sitkFloat32 else np.float64)
    raise FormatError(
        f"A scalar image holds integers or 32- or 64-bit floats; {path.name} holds "
        f"{sitk.GetPixelIDValueAsString(pixel_id)}. Convert it to one of them."
    )


def _check_possible(path: Path, geometry: Geometry, bytes_each: int) -> None:
    """Refuse before anything is allocated: a damaged header can ask for petabytes."""
    needed = int(np.prod(geometry.shape, dtype=object)) * bytes_each
    # An .mhd stands beside its voxels, whose size has been checked against the header.
    possible = path.stat().st_size * _DEFLATE_LIMIT
    if path.suffix.lower() != ".mhd" and needed > possible:
        raise FormatError(
            f"A file is as long as its header says; {path.name} asks for {needed} bytes of voxels, "
            "more than it can hold. Its header is damaged: export it again."
        )


def _findings(text: TextHeader, path: Path) -> tuple[Finding, ...]:
    if text.has_orientation:
        return ()
    words = (
        f"{path.name} does not say how it lies in the patient; left and right are unknown. Its "
        "voxel sizes are used."
    )
    return (Finding("NO_ORIENTATION", "warning", words, Place(file=path.name)),)


def _check_upright(geometry: Geometry) -> None:
    """Refuse a shear that moves a corner; rounding in a scanner's header passes."""
    unit_steps = geometry.affine[:3, :3] / np.linalg.norm(geometry.affine[:3, :3], axis=0)
    lengths_mm = np.array(geometry.spacing_mm) * (np.array(geometry.shape) - 1)
    lean_mm = np.abs(unit_steps.T @ unit_steps - np.eye(3)) * lengths_mm
    if lean_mm.max() > SAME_GRID_TOLERANCE_MM:
        raise GeometryError(
            "NRRD and MetaImage hold grids with upright axes (most readers straighten others in "
            f"silence); this grid leans by {lean_mm.max():.3g} mm: {geometry.describe()}. Save it "
            "as .nii.gz, which holds the shear."
        )


def _refusal(path: Path, error: RuntimeError) -> FormatError:
    reason = str(error).strip().splitlines()[-1].strip()
    return FormatError(
        f"{path.name} cannot be read to its end; it is damaged or truncated ({reason}). Copy or "
        "export it again."
    )
