"""Which image was looked at: digests that survive renamed files and new UIDs.

Three rungs, from the strictest down: `pixels` (the stored values with their rescaling),
`modality` (the values after rescaling, as HU), `uids` (names only). `uids` are identifiers of
a patient's study, so they are recorded under a project's secret alone, and are null without.
"""

from __future__ import annotations

import hashlib
import hmac
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
_RUNGS: tuple[Rung, ...] = ("pixels", "modality")  # the strictest first

IMAGE_IDENTITY = {
    "alg": frozenset({ALGORITHM}),
    "geometry": PLACEMENT,
    "rungs": {"pixels": Maybe(HEX_256), "modality": HEX_256, "uids": Maybe(HEX_256)},
}

_SLICE = b"\x02img\x01"
_STACK = b"\x03stk\x01"
# The first of these that holds every value exactly is hashed, little-endian. So the digest does
# not depend on the type that a reader happens to choose.
_TYPES = ("<i2", "<i4", "<f4", "<i8", "<u8", "<f8")

_Planes = Callable[[int], NDArray[Any]]
Matcher = Callable[[Mapping[str, Any]], Rung | None]


def image_identity(volume: Volume, *, secret: bytes | None = None) -> dict[str, Any]:
    """The grid of an image and its rungs, plain JSON values.

    The rung `pixels` is null where the source's rescaling cannot be inverted; `uids` is null
    where the image has no instance UIDs, or no secret is given.

    Args:
        volume: the image.
        secret: the project's, under which the UIDs are hidden.

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
            "uids": uids_rung(volume, secret) if secret else None,
        },
    }


def uids_rung(volume: Volume, secret: bytes) -> str | None:
    """HMAC-SHA256 of an image's sorted instance UIDs under a secret; None if it has none."""
    if not volume.source.instances:
        return None
    lines = sorted(" ".join(instance) for instance in volume.source.instances)
    text = "\n".join([volume.source.series_id, *lines])
    return hmac.new(secret, b"medseg uids\x01" + text.encode(), "sha256").hexdigest()


def match_image(volume: Volume, signed: Mapping[str, Any]) -> Rung | None:
    """The strictest rung on which the image is the signed one, or None: it is another image.

    Raises:
        SignoffError: `signed` is no image identity.
    """
    return image_matcher(volume)(signed)


def image_matcher(volume: Volume) -> Matcher:
    """`match_image` for one image and many identities; it hashes once for each signed grid."""
    known: dict[tuple[Rung, bytes], str | None] = {}

    def digest(rung: Rung, orientation: Orientation, placement: Mapping[str, Any]) -> str | None:
        key = (rung, canonical(placement))
        if key not in known:
            hashed = _pixels if rung == "pixels" else _modality
            known[key] = hashed(volume, orientation, placement)
        return known[key]

    def match(signed: Mapping[str, Any]) -> Rung | None:
        check(signed, IMAGE_IDENTITY, "image")
        placement = signed["geometry"]
        place = match_placement(volume.geometry, placement)
        if not place.fits:
            return None
        for rung in _RUNGS:
            text = signed["rungs"][rung]
            if text and text == digest(rung, place.orientation, placement):
                return rung
        return None

    return match


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
        # What is left of the rescaling's rounding goes: a whole number was stored, or a float32.
        if volume.source.stored_dtype == "float32":
            return np.asarray(unscaled.astype(np.float32))
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
    flat = np.ascontiguousarray(values, dtype=encoding)
    if encoding in ("<f4", "<f8"):  # one bit pattern for NaN, and one for zero
        flat = np.where(np.isnan(flat), flat.dtype.type("nan"), flat + flat.dtype.type(0))
        flat = flat.astype(encoding)
    return hashlib.sha256(_SLICE + flat.tobytes()).digest()


def _encoding(plane: _Planes, count: int) -> str:
    """The first of `_TYPES` that holds every value exactly."""
    if np.can_cast(plane(0).dtype, np.int16):
        return "<i2"
    fitting = (name for name in _TYPES if all(_holds(name, plane(i)) for i in range(count)))
    return next(fitting, "<f8")


def _holds(name: str, values: NDArray[Any]) -> bool:
    """Whether every value is exactly a value of that type; NaN is one of the floats."""
    dtype = np.dtype(name)
    if dtype.kind == "f":
        return _held_by_float(dtype, values)
    limits = np.iinfo(dtype)
    # Python compares whole numbers with floats exactly, however large they are.
    lowest, highest = values.min().item(), values.max().item()
    if not limits.min <= lowest <= highest <= limits.max:
        return False
    return values.dtype.kind in "biu" or bool((values == np.rint(values)).all())


def _held_by_float(dtype: np.dtype[Any], values: NDArray[Any]) -> bool:
    if np.can_cast(values.dtype, dtype):
        return True
    if values.dtype.kind == "f":
        with np.errstate(over="ignore"):  # beyond the type is infinity, which differs
            return bool(((values.astype(dtype) == values) | np.isnan(values)).all())
    # A whole number fits if its digits, from the first that is 1 to the last, fit the fraction.
    size = np.abs(values.astype(np.int64)).astype(np.uint64) if values.dtype.kind == "i" else values
    size = size.astype(np.uint64)
    last_one = np.maximum(size & (~size + np.uint64(1)), np.uint64(1))
    return bool((size // last_one < 2 ** (np.finfo(dtype).nmant + 1)).all())
