"""Where mutated files say that their voxels lie, read by other means than medseg's own.

DICOM by pydicom, NIfTI's headers by nibabel, the texts of NRRD and MetaImage by their words.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Sequence
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pydicom
from numpy.typing import NDArray

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
FRAMES_OR_SLICES = 3


class WrongError(Exception):
    """What was read lies elsewhere than its file says."""


def unchanged(path: Path, result: Any, *, is_chosen: bool = False) -> None:
    """Nothing to say: checksums cover it, and the values are compared."""


def compare(geometry: Any, shape: Sequence[int], affine: NDArray[np.float64]) -> None:
    """Pass if a geometry has this shape, and this affine of (slice, row, column) to LPS mm."""
    if tuple(geometry.shape) != tuple(shape):
        raise WrongError(f"shape {geometry.shape}, stated {tuple(shape)}")
    for share in product((0, 1), repeat=3):
        index = [*(part * (size - 1) for part, size in zip(share, shape, strict=True)), 1]
        there, stated = geometry.affine @ index, affine @ index
        scale = max(1.0, float(np.abs(stated).max()))
        if not np.allclose(there, stated, rtol=0, atol=0.001 * scale):
            raise WrongError(f"corner {share} at {there[:3]}, stated {stated[:3]}")


def series(path: Path, volume: Any, *, is_chosen: bool = False) -> None:
    """Each slice lies where its file places it, and none is left out in silence."""
    affine, shape = volume.geometry.affine, volume.geometry.shape
    files = volume.source.files
    is_told = any("SKIPPED" in finding.code for finding in volume.report)
    if len(files) < FRAMES_OR_SLICES and not is_told and not is_chosen:
        raise WrongError(f"only {files} were read and nothing was said")
    for index, name in enumerate(files):
        stated = pydicom.dcmread(_opened(path, name), force=True, stop_before_pixels=True)
        plane = (len(files), int(stated.Rows), int(stated.Columns))
        if tuple(shape) != plane:
            raise WrongError(f"shape {shape}, {name} states {plane}")
        _compare_plane(affine, index, _plane(stated), plane, name)


def _opened(path: Path, name: str) -> Any:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return BytesIO(archive.read(name))
    return path / name if path.is_dir() else path


def _plane(stated: Any) -> NDArray[np.float64]:
    """From (row, column) to LPS mm, (3, 3)."""
    cosines = np.array([float(part) for part in stated.ImageOrientationPatient]).reshape(2, 3)
    cosines /= np.linalg.norm(cosines, axis=1, keepdims=True)
    between_rows, between_columns = (float(part) for part in stated.PixelSpacing)
    place = [float(part) for part in stated.ImagePositionPatient]
    return np.column_stack([cosines[1] * between_rows, cosines[0] * between_columns, place])


def _compare_plane(
    affine: NDArray[np.float64],
    index: int,
    plane: NDArray[np.float64],
    shape: tuple[int, int, int],
    name: str,
) -> None:
    """Gaps may differ by a hundredth, cosines and spacings by 1e-4."""
    tolerance = max(0.0101, 0.0101 * float(np.linalg.norm(affine[:3, 0])))
    for row, column in product((0, shape[1] - 1), (0, shape[2] - 1)):
        there = (affine @ [index, row, column, 1])[:3]
        stated = plane @ [row, column, 1]
        reach = 3e-4 * float(np.linalg.norm(stated - plane[:, 2]))
        if not np.linalg.norm(there - stated) <= tolerance + reach:
            raise WrongError(f"slice {index} has {there}, {name} states {stated}")


def frames(path: Path, volume: Any, *, is_chosen: bool = False) -> None:
    """Each slice lies where one frame's groups place it, and no frame is left out in silence."""
    dataset = pydicom.dcmread(path, force=True, stop_before_pixels=True)
    groups = dataset.PerFrameFunctionalGroupsSequence
    shared = dataset.SharedFunctionalGroupsSequence[0]
    count, *size = volume.geometry.shape
    if size != [int(dataset.Rows), int(dataset.Columns)]:
        raise WrongError(f"{size}, stated {dataset.Rows} x {dataset.Columns}")
    if count != len(groups) and not is_chosen:
        raise WrongError(f"{count} of {len(groups)} frames were read and nothing was said")
    stated = [
        np.array([float(part) for part in place.ImagePositionPatient])
        for place in (
            _group(one, shared, "PlanePositionSequence")
            for one in groups
            if "PlanePositionSequence" in one or "PlanePositionSequence" in shared
        )
    ]
    for index in range(count):
        there = volume.geometry.affine[:3] @ [index, 0, 0, 1]
        if not min(np.linalg.norm(place - there) for place in stated) <= 0.03:
            raise WrongError(f"slice {index} at {there}, stated {stated}")
    plane = pydicom.Dataset()
    for name in ("PixelMeasuresSequence", "PlaneOrientationSequence"):
        plane.update(_group(groups[0], shared, name))
    plane.ImagePositionPatient = volume.geometry.affine[:3, 3].tolist()
    _compare_plane(volume.geometry.affine, 0, _plane(plane), volume.geometry.shape, "the first")


def _group(frame: Any, shared: Any, name: str) -> Any:
    return (frame if name in frame else shared)[name][0]


def nifti(path: Path, result: Any, *, is_chosen: bool = False) -> None:
    """The sform, else the qform, else the voxel sizes; in the file's own unit of length."""
    data = path.read_bytes()
    kind: Any = nibabel.Nifti2Header if data[4:7] in (b"n+2", b"ni2") else nibabel.Nifti1Header
    header = kind.from_fileobj(BytesIO(data), check=False)
    header["pixdim"][1:4] = np.abs(header["pixdim"][1:4])
    # nifti1.h takes the sign of qfac alone, where nibabel wants exactly 1 or -1.
    header["pixdim"][0] = -1.0 if header["pixdim"][0] < 0 else 1.0
    if header["sform_code"] > 0:
        affine = header.get_sform()
    elif header["qform_code"] > 0:
        affine = header.get_qform()
    else:
        affine = np.diag([*header["pixdim"][1:4].astype(float), 1.0])
    unit = {1: 1000.0, 3: 0.001}.get(int(header["xyzt_units"]) & 7, 1.0)
    affine = np.diag([unit, unit, unit, 1.0]) @ affine
    count = int(header["dim"][0])
    sizes = [int(size) if axis < count else 1 for axis, size in enumerate(header["dim"][1:4])]
    compare(result.geometry, sizes[::-1], (RAS_TO_LPS @ affine)[:, [2, 1, 0, 3]])


def nrrd(path: Path, result: Any, *, is_chosen: bool = False) -> None:
    """Sizes, space directions and origin, as the words of the header have them."""
    head = path.read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("latin-1")
    lines = [line.partition(": ") for line in head.split("\n")[1:] if ":=" not in line]
    fields = {name.strip().lower(): value.strip() for name, _, value in lines}
    vectors = re.findall(r"\(([^)]*)\)", fields.get("space directions", ""))
    if vectors:
        steps = np.array([_numbers(vector) for vector in vectors]).T
        (origin,) = [
            _numbers(vector)
            for vector in re.findall(r"\(([^)]*)\)", fields.get("space origin", "(0,0,0)"))
        ]
    else:
        steps, origin = np.diag(_numbers(fields["spacings"])), [0.0, 0.0, 0.0]
    compare(result.geometry, _sizes(fields["sizes"]), _affine(steps, origin, fields.get("space")))


def _affine(steps: NDArray[np.float64], origin: Any, space: str | None) -> NDArray[np.float64]:
    """Of steps in columns (x, y, z), in a space named by letters or words; LPS if in none."""
    letters = "".join(word[0] for word in (space or "lps").lower().split("-"))
    letters = letters if len(letters) > 1 else (space or "lps").lower()
    signs = [1.0 if letter in "lps" else -1.0 for letter in letters[:3]]
    affine = np.eye(4)
    affine[:3, :3] = np.diag(signs) @ steps[:, ::-1]
    affine[:3, 3] = np.array(signs) * origin
    return affine


def meta(path: Path, result: Any, *, is_chosen: bool = False) -> None:
    """DimSize, ElementSpacing, TransformMatrix and Offset, under their other names too."""
    head = re.split(rb"(?m)^ElementDataFile[ \t]*=", path.read_bytes(), maxsplit=1)[0]
    lines = [line.partition("=") for line in head.decode("latin-1").split("\n")]
    fields = {name.strip(): value for name, _, value in lines}
    steps = np.diag(_first(fields, ("ElementSpacing", "ElementSize"), [1.0] * 3))
    names = ("TransformMatrix", "Rotation", "Orientation")
    turned = np.array(_first(fields, names, np.eye(3).ravel())).reshape(3, 3).T
    origin = _first(fields, ("Offset", "Position", "Origin"), [0.0] * 3)
    compare(result.geometry, _sizes(fields["DimSize"]), _affine(turned @ steps, origin, None))


def _first(fields: dict[str, str], names: Sequence[str], default: Any) -> Any:
    found = [fields[name] for name in names if name in fields]
    return _numbers(found[0]) if found else default


def _numbers(text: str) -> list[float]:
    return [float(part) for part in re.split(r"[,\s]+", text.strip())]


def _sizes(text: str) -> list[int]:
    return [int(part) for part in text.split()][::-1]


def sidecar(path: Path, mask: Any, *, is_chosen: bool = False) -> None:
    """Names are the sidecar's, or none where it is no sidecar of this mask."""
    labels = [segment.label for segment in mask.segments]
    try:
        content = json.loads(path.with_name("a.json").read_bytes())
        stated = [segment["label"] for segment in content["segments"]]
    except (ValueError, KeyError, TypeError):
        stated = None
    if labels not in (stated, [f"Segment {number}" for number in mask.numbers]):
        raise WrongError(f"named {labels}, the sidecar names {stated}")
