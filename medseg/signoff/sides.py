"""A segment as it was signed, and as it is found: two sides of one comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medseg.model import Segment
from medseg.signoff.canonical import canonical
from medseg.signoff.digest import MaskDigest, segment_key, segment_root
from medseg.signoff.record import Record
from medseg.signoff.statement import MARK_BYTES

_EMPTY_ROOT = segment_root({}).hex()


@dataclass(frozen=True)
class Side:
    """One segment, as signed or as found.

    Args:
        label: its name.
        code: what it is known by: category, type and tracking UID.
        meanings: what its category and its type are called.
        root: the digest of its voxels.
        marks: canonical slice -> the first bytes of that slice's digest.
        has_name: whether the name is more than one derived from a number.
    """

    label: str
    code: Mapping[str, Any]
    meanings: Mapping[str, str]
    root: str
    marks: Mapping[int, bytes]
    has_name: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether it has no voxels."""
        return self.root == _EMPTY_ROOT

    @property
    def coded(self) -> str:
        """The code in words."""
        kind, uid = self.code["type"], self.code["trackingUid"]
        return f"{kind['scheme']} {kind['value']}, tracking UID {uid}"


Sides = dict[bytes, Side]


def signed_sides(record: Record) -> Sides:
    """The segments of a record, by key."""
    said = record.predicate
    segments = said["maskBody"]["segments"]
    parts = zip(said["labels"], said["codeMeanings"], segments, record.marks, strict=True)
    return {
        canonical(segment["code"]): Side(label, segment["code"], meanings, segment["root"], marks)
        for label, meanings, segment, marks in parts
    }


def found_sides(mask: MaskDigest) -> Sides:
    """The segments of a mask, by key."""
    parts = zip(mask.segments, mask.body["segments"], mask.leaves, strict=True)
    return {
        canonical(listed["code"]): Side(
            segment.label,
            listed["code"],
            {"category": segment.category.meaning, "type": segment.type.meaning},
            listed["root"],
            {index: leaf[:MARK_BYTES] for index, leaf in leaves.items()},
            segment.label != Segment.unnamed(segment.number).label,
        )
        for segment, listed, leaves in parts
    }


def is_bare(segments: tuple[Segment, ...]) -> bool:
    """Whether every meaning is only derived from a number, as it is without a sidecar."""
    return all(
        segment_key(segment) == segment_key(Segment.unnamed(segment.number, segment.label))
        for segment in segments
    )
