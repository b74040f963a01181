"""A label array on one grid, and what its numbers mean."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.errors import EditError, GeometryError
from medseg.model.caliper import Caliper
from medseg.model.geometry import Geometry
from medseg.model.provenance import Provenance, SliceOrigin

# Namespace for tracking UIDs that must come out the same each time a bare mask is read.
_NAMESPACE = uuid.UUID("6d656473-6567-4d61-8b56-310000000000")

# Distinguishable to colour-blind readers, repeated in order: Okabe & Ito 2008 without black, then
# what keeps the largest distance from all before and from grey, also as red- or green-blind eyes
# see it (CIEDE2000, Machado 2009).
_PALETTE = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
    (165, 255, 210),
    (180, 15, 45),
    (165, 240, 255),
    (165, 30, 120),
    (180, 195, 135),
)


@dataclass(frozen=True)
class Code:
    """A coded concept: value, coding scheme and meaning (DICOM PS3.3 8.8)."""

    value: str
    scheme: str
    meaning: str


ABNORMAL_STRUCTURE = Code("49755003", "SCT", "Morphologically Altered Structure")
LESION = Code("52988006", "SCT", "Lesion")


@dataclass(frozen=True)
class Segment:
    """One meaning in a segmentation; with a tracking UID it is a lesion that can be followed.

    Args:
        number: the label array's value, 1 to 65535.
        label: its name for people.
        tracking_uid: DICOM UID that follows the lesion over time.
        category: coded property category.
        type: coded property type.
        color: RGB, 0 to 255.
        is_locked: no tool changes its voxels; the word for whoever works on, no part of its
            meaning.
        region: coded part of the body that it is in; None where nobody has said. It is told
            along, and no part of what is signed.

    Raises:
        EditError: the number is out of range, or the label or tracking UID is empty.
    """

    number: int
    label: str
    tracking_uid: str
    category: Code = ABNORMAL_STRUCTURE
    type: Code = LESION
    color: tuple[int, int, int] = _PALETTE[0]
    is_locked: bool = False
    region: Code | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.number <= 65535:
            raise EditError(f"A segment's number is 1 to 65535; found {self.number}.")
        if not self.label or not self.tracking_uid:
            raise EditError(f"A segment has a label and a tracking UID; {self.number} lacks one.")

    @classmethod
    def new_lesion(cls, number: int, label: str | None = None) -> Segment:
        """A lesion never seen before: it gets a tracking UID of its own."""
        name = label or f"Lesion {number}"
        return cls(number, name, f"2.25.{uuid.uuid4().int}", color=palette_color(number))

    @classmethod
    def unnamed(cls, number: int, label: str | None = None) -> Segment:
        """A segment for a number found in a bare mask; the same each time it is read."""
        name = label or f"Segment {number}"
        derived = uuid.uuid5(_NAMESPACE, f"{number}:{name}")
        return cls(number, name, f"2.25.{derived.int}", color=palette_color(number))


def palette_color(number: int) -> tuple[int, int, int]:
    """The RGB colour given to a segment by its number when nobody chose one."""
    return _PALETTE[(number - 1) % len(_PALETTE)]


class Segmentation:
    """A label array on exactly one geometry, and its segments.

    The array can be read by anyone and is changed by `Edit.apply` alone; it is the one copy
    that views share.

    Args:
        array: (slice, row, column), uint8 or uint16; taken over, not copied.
        geometry: the grid; its shape equals the array's.
        segments: the meaning of each number in the array; numbers are unique.
        provenance: (segment number, slice) -> how it came to be.
        calipers: lengths that a person drew on the image; no part of the mask's meaning.

    Raises:
        GeometryError: array and geometry differ in shape.
        EditError: the array is of another type, two segments share a number, a segment's
            number does not fit into the array's type, or the array holds a number that no
            segment names.
    """

    def __init__(
        self,
        array: NDArray[Any],
        geometry: Geometry,
        segments: tuple[Segment, ...] = (),
        provenance: Provenance | None = None,
        calipers: tuple[Caliper, ...] = (),
    ) -> None:
        if array.shape != geometry.shape:
            raise GeometryError(
                f"A mask fills its grid; found a mask of {array.shape} on {geometry.shape}."
            )
        if array.dtype not in (np.uint8, np.uint16):
            raise EditError(f"Labels are uint8 or uint16; found {array.dtype}.")
        self._array = array if array.flags.writeable else array.copy()
        self._view = self._array.view()
        self._view.setflags(write=False)
        self.geometry = geometry
        self._segments = _checked_segments(segments, array.dtype)
        _check_all_named(self._array, self._segments)
        self._provenance = dict(provenance or {})
        self._calipers = tuple(calipers)

    @classmethod
    def empty(cls, geometry: Geometry, segments: tuple[Segment, ...] = ()) -> Segmentation:
        """A segmentation without a single voxel on the given grid."""
        return cls(np.zeros(geometry.shape, np.uint8), geometry, segments)

    @property
    def array(self) -> NDArray[Any]:
        """The label array, (slice, row, column), read-only; a live view, never a copy."""
        return self._view

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments, in the order of their list."""
        return self._segments

    @property
    def provenance(self) -> Provenance:
        """(segment number, slice) -> how it came to be."""
        return self._provenance

    @property
    def calipers(self) -> tuple[Caliper, ...]:
        """Lengths that a person drew on the image, in the order in which they were drawn."""
        return self._calipers

    def segment(self, number: int) -> Segment:
        """The segment of that number.

        Raises:
            EditError: there is none.
        """
        for segment in self._segments:
            if segment.number == number:
                return segment
        raise EditError(f"There is no segment {number}; there are {self.numbers}.")

    @property
    def free_number(self) -> int:
        """The number for a new segment: one above the highest, or the lowest one left.

        Raises:
            EditError: the array's type has no number left.
        """
        highest = int(np.iinfo(self._array.dtype).max)
        following = max(self.numbers, default=0) + 1
        if following <= highest:
            return following
        left = set(range(1, highest + 1)) - set(self.numbers)
        if not left:
            raise EditError(
                f"A mask of {self._array.dtype} has {highest} segments at most, and all are "
                "taken. Remove one, or start another mask."
            )
        return min(left)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The segments' numbers, in the order of their list."""
        return tuple(segment.number for segment in self._segments)

    def mask(self, number: int) -> NDArray[np.bool_]:
        """Where the array holds that number: a new boolean array of the same shape."""
        return np.asarray(self._array == number)

    def overwrite(
        self, box: tuple[slice, slice, slice], changed: NDArray[np.bool_], values: NDArray[Any]
    ) -> None:
        """Store values where `changed` is set inside the box; for `Edit.apply` alone."""
        self._array[box][changed] = values

    def replace_box(self, box: tuple[slice, slice, slice], values: NDArray[Any]) -> None:
        """Store an array of the box's shape in it; for `Edit.apply` alone."""
        self._array[box] = values

    def replace_segments(self, segments: tuple[Segment, ...]) -> None:
        """Store another list of segments; for `SegmentsEdit.apply` alone."""
        self._segments = _checked_segments(segments, self._array.dtype)

    def replace_calipers(self, calipers: tuple[Caliper, ...]) -> None:
        """Store other drawn lengths; for `CalipersEdit.apply` alone."""
        self._calipers = calipers

    def record_origins(self, origins: Mapping[tuple[int, int], SliceOrigin | None]) -> None:
        """Store how slices came to be, None to forget one; for `Edit.apply` alone."""
        for key, origin in origins.items():
            self.record_origin((key,), origin)

    def record_origin(self, keys: Iterable[tuple[int, int]], origin: SliceOrigin | None) -> None:
        """Store one origin of many slices, None to forget theirs; for `Edit.apply` alone."""
        if origin is not None:
            self._provenance.update(zip(keys, repeat(origin), strict=False))
            return
        for key in keys:
            self._provenance.pop(key, None)


def _checked_segments(segments: tuple[Segment, ...], dtype: np.dtype[Any]) -> tuple[Segment, ...]:
    numbers = [segment.number for segment in segments]
    if max(numbers, default=0) > np.iinfo(dtype).max:
        raise EditError(
            f"A segment's number fits into the mask's type; {max(numbers)} does not fit {dtype}."
        )
    if len(set(numbers)) != len(numbers):
        raise EditError(f"Each segment has a number of its own; found {numbers}.")
    return tuple(segments)


def _check_all_named(array: NDArray[Any], segments: tuple[Segment, ...]) -> None:
    named = {0} | {segment.number for segment in segments}
    unnamed = sorted(set(labels_in(array)) - named)
    if unnamed:
        raise EditError(f"Every number in a mask has a segment; none names {unnamed}.")


def labels_in(array: NDArray[Any]) -> tuple[int, ...]:
    """The non-zero values of a label array, ascending."""
    seen = np.zeros(np.iinfo(array.dtype).max + 1, dtype=bool)
    for plane in array:
        if plane.any():  # a plane of background, the usual case, costs one fast look
            seen[plane[plane != 0]] = True  # most of any other is background too
    return tuple(int(value) for value in np.flatnonzero(seen) if value)
