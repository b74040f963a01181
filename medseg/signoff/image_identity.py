"""Which image was looked at: digests that survive renamed files and new UIDs.

Three rungs, from the strictest down: `pixels` (the stored values with their rescaling),
`modality` (the values after rescaling, as HU), `uids` (names only). `uids` are identifiers of
a patient's study, so they are recorded under a project's secret alone and are null here.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medseg.model import Orientation, Volume, closest_to_lps
from medseg.signoff.canonical import canonical
from medseg.signoff.placement import PLACEMENT, match_placement, write_placement
from medseg.signoff.schema import HEX_256, Maybe, check

ALGORITHM = "medsegImageV1"
Rung = Literal["pixels", "modality"]

IMAGE_IDENTITY = {
    "alg": frozenset({ALGORITHM}),
    "geometry": PLACEMENT,
    "rungs": {"pixels": Maybe(HEX_256), "modality": HEX_256, "uids": Maybe(HEX_256)},
}

_SLICE = b"\x02img\x01"
_STACK = b"\x03stk\x01"
# The narrowest of these that holds every value exactly is hashed, little-endian; float32 is
# the last resort. So the digest does not depend on the type that a reader happens to choose.
_INTEGERS = (("<i2", -(2**15), 2**15 - 1), ("<i4", -(2**31), 2**31 - 1))

_Planes = Callable[[int], NDArray[Any]]


def image_identity(volume: Volume) -> dict[str, Any]:
    """The grid of an image and its rungs, plain JSON values.

    The rung `pixels` is null where the source's rescaling cannot be inverted; `uids` is null.

    Raises:
        GeometryError: the grid cannot be written.
    """
    orientation = closest_to_lps(volume.geometry)
    placement = write_placement(orientation.geometry(volume.geometry))
    return {
        "alg": ALGORITHM,
        "geometry": placement,
        "rungs": {
            "pixels": _pixels(volume, orientation, placement),
            "modality": _modality(volume, orientation, placement),
            "uids": None,
        },
    }


def match_image(volume: Volume, signed: Mapping[str, Any]) -> Rung | None:
    """The strictest rung on which the image is the signed one, or None: it is another image.

    Raises:
        SignoffError: `signed` is no image identity.
    """
    check(signed, IMAGE_IDENTITY, "image")
    match = match_placement(volume.geometry, signed["geometry"])
    if not match.fits:
        return None
    rungs, placement = signed["rungs"], signed["geometry"]
    if rungs["pixels"] and rungs["pixels"] == _pixels(volume, match.orientation, placement):
        return "pixels"
    if rungs["modality"] == _modality(volume, match.orientation, placement):
        return "modality"
    return None


def _modality(volume: Volume, orientation: Orientation, placement: Mapping[str, Any]) -> str:
    voxels = orientation.apply(volume.voxels)
    return _digest("modality", lambda index: voxels[index], len(voxels), {"geometry": placement})


def _pixels(volume: Volume, orientation: Orientation, placement: Mapping[str, Any]) -> str | None:
    pairs = np.array(volume.source.rescale, dtype=np.float64).reshape(-1, 2)
    usable = np.isfinite(pairs).all() and (pairs[:, 0] != 0).all()
    if not usable or len(pairs) not in (1, volume.geometry.shape[0]):
        return None
    stored = _stored_planes(volume, orientation, pairs)
    # Per slice only where slices differ, by position and not by the order in the file.
    rescale = pairs if (pairs != pairs[0]).any() else pairs[:1]
    texts = [[_number(slope), _number(intercept)] for slope, intercept in rescale]
    if len(texts) > 1 and orientation.flips[orientation.axes.index(0)]:
        texts.reverse()
    about = {"geometry": placement, "rescale": texts}
    return _digest("pixels", stored, placement["shape"][0], about)


def _stored_planes(volume: Volume, orientation: Orientation, pairs: NDArray[np.float64]) -> _Planes:
    """The stored values of one slice at a time: (value - intercept) / slope."""
    voxels = orientation.apply(volume.voxels)
    if (pairs == (1.0, 0.0)).all():
        return lambda index: np.asarray(voxels[index])
    slope, intercept = (_along_slices(column, volume, orientation) for column in pairs.T)
    if voxels.dtype.kind in "iu" and (pairs[:, 0] == 1).all() and (pairs % 1 == 0).all():
        return lambda index: np.asarray(voxels[index] - intercept[index].astype(np.int64))

    def stored(index: int) -> NDArray[Any]:
        unscaled = (voxels[index].astype(np.float64) - intercept[index]) / slope[index]
        # A whole number was stored; what is left of the rescaling's rounding goes.
        was_float = volume.source.stored_dtype.startswith("float")
        return np.asarray(unscaled if was_float else np.rint(unscaled))

    return stored


def _along_slices(
    values: NDArray[np.float64], volume: Volume, orientation: Orientation
) -> NDArray[np.float64]:
    """One value per stored slice, spread over the grid as a view and turned like the voxels."""
    return orientation.apply(np.broadcast_to(values[:, None, None], volume.geometry.shape))


def _number(value: float) -> str:
    return repr(float(value) + 0.0)


def _digest(rung: str, plane: _Planes, count: int, about: Mapping[str, Any]) -> str:
    encoding = _encoding(plane, count)
    stack = hashlib.sha256(_STACK)
    for index in range(count):
        stack.update(struct.pack("<I", index) + _slice_digest(plane(index), encoding))
    body = {"alg": ALGORITHM, "rung": rung, "type": encoding, "values": stack.hexdigest(), **about}
    return hashlib.sha256(canonical(body)).hexdigest()


def _slice_digest(values: NDArray[Any], encoding: str) -> bytes:
    with np.errstate(over="ignore"):  # beyond float32 is infinity, on every machine
        flat = np.ascontiguousarray(values, dtype=encoding)
    if encoding == "<f4":
        flat = np.where(np.isnan(flat), np.float32("nan"), flat + np.float32(0)).astype("<f4")
    return hashlib.sha256(_SLICE + flat.tobytes()).digest()


def _encoding(plane: _Planes, count: int) -> str:
    """The narrowest type that holds every value exactly; float32 otherwise."""
    lowest, highest = 0.0, 0.0
    first = plane(0)
    if first.dtype.kind in "iu" and np.can_cast(first.dtype, np.int16):
        return "<i2"
    for index in range(count):
        values = plane(index)
        if values.dtype.kind == "f" and not (values == np.rint(values)).all():
            return "<f4"  # a fraction, or no number at all
        lowest = min(lowest, float(values.min()))
        highest = max(highest, float(values.max()))
    fitting = (name for name, low, high in _INTEGERS if low <= lowest and highest <= high)
    return next(fitting, "<f4")
