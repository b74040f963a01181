"""The state of a mask that a journal starts from, and by which it is known again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.model import (
    Authorship,
    Caliper,
    CalipersEdit,
    Change,
    Changes,
    Geometry,
    Provenance,
    Segment,
    Segmentation,
    SegmentsEdit,
)
from medseg.model.caliper import calipers_from
from medseg.model.plain import (
    ORIGIN,
    check_segment,
    origin_from,
    origin_json,
    segment_from,
    segment_json,
)
from medseg.strict_json import Maybe, check

_SHAPE = {
    "shape": [int],
    "affine": [[float]],
    "frame": Maybe(str),
    "voxels": str,
    "segments": [{}],
    "provenance": [{"segment": int, "slice": int, **ORIGIN}],
}


@dataclass(frozen=True, eq=False)
class MaskState:
    """A segmentation at one moment: its voxels as a digest, all else in full.

    Args:
        geometry: the grid.
        voxels: digest of the labels, the same for uint8 and uint16.
        segments: the list of segments.
        provenance: (segment number, slice) -> how it came to be.
        calipers: lengths that a person drew.
    """

    geometry: Geometry
    voxels: str
    segments: tuple[Segment, ...]
    provenance: Provenance
    calipers: tuple[Caliper, ...] = ()

    @classmethod
    def of(cls, segmentation: Segmentation) -> MaskState:
        """The present state; it takes one look at every voxel."""
        return cls(
            segmentation.geometry,
            voxel_digest(segmentation.array),
            segmentation.segments,
            dict(segmentation.provenance),
            segmentation.calipers,
        )

    @cached_property
    def names(self) -> str:
        """Digest of segments and provenance, and of drawn lengths where there are any."""
        plain = self.to_json()
        parts = ("segments", "provenance", "calipers")
        named = {part: plain[part] for part in parts if part in plain}
        text = json.dumps(named, separators=(",", ":"), sort_keys=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The state as JSON values; "calipers" stands there only if there are any."""
        calipers = [caliper.to_json() for caliper in self.calipers]
        values: dict[str, Any] = {
            "shape": list(self.geometry.shape),
            "affine": self.geometry.affine.tolist(),
            "frame": self.geometry.frame_of_reference,
            "voxels": self.voxels,
            "segments": [segment_json(segment) for segment in self.segments],
            "provenance": [
                {"segment": int(number), "slice": int(index), **origin_json(origin)}
                for (number, index), origin in sorted(self.provenance.items())
            ],
        }
        return values | ({"calipers": calipers} if calipers else {})

    @classmethod
    def from_json(cls, values: Any) -> MaskState:
        """The state that `to_json` gave.

        Raises:
            ValueError: the values are no such state.
        """
        check(values, _SHAPE, "state")
        for index, one in enumerate(values["segments"]):
            check_segment(one, f"segments[{index}]")
        if len(values["shape"]) != 3:
            raise ValueError(f"a grid has three sizes; found {values['shape']}")
        geometry = Geometry(tuple(values["shape"]), values["affine"], values["frame"])
        segments = tuple(segment_from(one) for one in values["segments"])
        provenance, calipers = _provenance(values["provenance"]), calipers_from(values, "state")
        return cls(geometry, values["voxels"], segments, provenance, calipers)

    def naming(self, segmentation: Segmentation) -> Change:
        """The change that gives the segmentation this state's segments, provenance and lengths."""
        now = segmentation.provenance
        origins = {
            key: (now.get(key), self.provenance.get(key))
            for key in sorted({*now, *self.provenance})
            if now.get(key) != self.provenance.get(key)
        }
        by = Authorship("medseg", "recovery")
        names = SegmentsEdit(segmentation.segments, self.segments, by, origins)
        if segmentation.calipers == self.calipers:
            return names
        return Changes((names, CalipersEdit(segmentation.calipers, self.calipers, by)))


def voxel_digest(array: NDArray[Any]) -> str:
    """SHA-256 over the slices that hold a label: 64 hexadecimal digits.

    A slice enters as its index and its labels, of one byte if all fit and else of two.
    """
    digest = hashlib.sha256()
    for index, plane in enumerate(array):
        if not plane.any():  # the usual case, ten times quicker than hashing it
            continue
        size = 1 if plane.max() < 256 else 2
        digest.update(index.to_bytes(4, "little") + bytes((size,)))
        digest.update(np.ascontiguousarray(plane, f"<u{size}").data)
    return digest.hexdigest()


def _provenance(values: list[Mapping[str, Any]]) -> Provenance:
    return {(one["segment"], one["slice"]): origin_from(one) for one in values}
