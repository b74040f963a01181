"""medsegMaskV1: one digest for one meaning, whatever file holds it.

Each segment is a coded meaning with, per slice, the run list of its voxels; label numbers,
label texts, colours, data type, memory order and file format do not enter. The grid enters as
signed text, in the orientation nearest to LPS. The full definition with vectors is
docs/medsegMaskV1.md.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from medseg.errors import GeometryError, SignoffError
from medseg.model import Geometry, Orientation, Segment, Segmentation, closest_to_lps
from medseg.raster.runs import runs_by_slice
from medseg.signoff.canonical import canonical
from medseg.signoff.placement import match_placement, write_placement

ALGORITHM = "medsegMaskV1"

# A byte for the kind, its name, a byte for the version: no hash of one kind is one of another.
_LEAF = b"\x00run\x01"
_ROOT = b"\x01seg\x01"


@dataclass(frozen=True, eq=False)
class MaskDigest:
    """What was hashed, and in which orientation it was seen.

    Args:
        body: the signed body, plain JSON values.
        leaves: per segment of the body: canonical slice -> digest of its run list.
        segments: the segmentation's own segments, in the order of the body.
        orientation: from the array as stored to the canonical one.
        geometry: the grid as stored.
    """

    body: dict[str, Any]
    leaves: tuple[dict[int, bytes], ...]
    segments: tuple[Segment, ...]
    orientation: Orientation
    geometry: Geometry

    @property
    def hexdigest(self) -> str:
        """The medsegMaskV1 digest: 64 hexadecimal digits."""
        return body_digest(self.body)

    def after(self, segmentation: Segmentation, slices: Iterable[int]) -> MaskDigest:
        """The digest after an edit, with only the changed slices hashed again.

        It equals `read_mask` of the whole, with this body's grid. Where the grid, a segment or
        the order of the slices is another one, everything is hashed again.

        Args:
            segmentation: the mask after the edit.
            slices: all array slices (axis 0) in which any voxel differs from the mask that this
                digest is of; unchanged ones among them do no harm, a missing one makes the
                digest wrong.

        Raises:
            SignoffError: as `mask_digest`.
            IndexError: the mask has no such slice.
        """
        placement = self.body["geometry"]
        if self.orientation.axes[0] != 0 or not self._is_alike(segmentation):
            return digest_placed(segmentation, *_placed(segmentation, None))
        labels = self.orientation.apply(segmentation.array)
        last = len(labels) - 1
        changed = {last - one if self.orientation.flips[0] else one for one in slices}
        if changed and not 0 <= min(changed) <= max(changed) <= last:
            raise IndexError(f"The mask has slices 0 to {last}; found {sorted(changed)}.")
        fresh: dict[int, dict[int, bytes]] = {}
        for index in sorted(changed):
            for label, found in _leaves(labels[index : index + 1]).items():
                fresh.setdefault(label, {})[index] = found[0]
        _check_named(fresh.keys(), segmentation)
        leaves = tuple(
            _exchanged(before, changed, fresh.get(segment.number, {}))
            for segment, before in zip(self.segments, self.leaves, strict=True)
        )
        pairs = zip(self.body["segments"], self.leaves, leaves, strict=True)
        listed = [
            one if now is before else {**one, "root": segment_root(now).hex()}
            for one, before, now in pairs
        ]
        body = {"alg": ALGORITHM, "geometry": placement, "segments": listed}
        return MaskDigest(body, leaves, self.segments, self.orientation, segmentation.geometry)

    def _is_alike(self, segmentation: Segmentation) -> bool:
        """Whether grid and segments are those of this digest."""
        if not _are_alike(self.segments, segmentation.segments):
            return False
        placement, geometry = self.body["geometry"], segmentation.geometry
        if geometry is self.geometry:  # as after every edit
            return True
        if write_placement(self.orientation.geometry(geometry)) == placement:
            return True
        match = match_placement(geometry, placement)
        return match.fits and match.orientation == self.orientation


def _are_alike(some: tuple[Segment, ...], others: tuple[Segment, ...]) -> bool:
    """Whether the segments are the same, in any order."""
    if set(map(id, some)) == set(map(id, others)):  # as after every edit
        return True
    return {one.number: one for one in some} == {one.number: one for one in others}


def mask_digest(segmentation: Segmentation, *, like: Mapping[str, Any] | None = None) -> str:
    """The medsegMaskV1 digest of a segmentation: 64 hexadecimal digits.

    A segmentation without voxels, and one without segments, have a digest too.

    Args:
        segmentation: what to digest; only read.
        like: a signed body; its grid is taken if the segmentation's is the same within
            0.01 mm and 1 % of a voxel's smallest side, in whichever of the 48 orientations.

    Raises:
        GeometryError: `like` is given and the grid is another one; the text says by how much.
        SignoffError: two segments have equal keys, or `like` is no signed body.
    """
    return read_mask(segmentation, like=like).hexdigest


def mask_body(
    segmentation: Segmentation, *, like: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The body that `mask_digest` hashes: algorithm, geometry and segments, as JSON values.

    Raises:
        GeometryError, SignoffError: as `mask_digest`.
    """
    return read_mask(segmentation, like=like).body


def read_mask(segmentation: Segmentation, *, like: Mapping[str, Any] | None = None) -> MaskDigest:
    """The body of a segmentation together with the digests of its single slices.

    Raises:
        GeometryError, SignoffError: as `mask_digest`.
    """
    return digest_placed(segmentation, *_placed(segmentation, like))


def digest_placed(
    segmentation: Segmentation, orientation: Orientation, placement: dict[str, Any]
) -> MaskDigest:
    """The body of a segmentation on a grid that is known to be its own.

    Raises:
        SignoffError: as `mask_digest`.
    """
    leaves = _leaves(orientation.apply(segmentation.array))
    _check_named(leaves.keys(), segmentation)
    segments = _in_order(segmentation.segments)
    found = tuple(leaves.get(segment.number, {}) for segment in segments)
    listed = [
        {"code": segment_key(segment), "root": segment_root(slices).hex()}
        for segment, slices in zip(segments, found, strict=True)
    ]
    body = {"alg": ALGORITHM, "geometry": placement, "segments": listed}
    return MaskDigest(body, found, segments, orientation, segmentation.geometry)


def body_digest(body: Mapping[str, Any]) -> str:
    """The digest of a body: SHA-256 of its canonical JSON, hexadecimal."""
    return hashlib.sha256(canonical(body)).hexdigest()


def segment_key(segment: Segment) -> dict[str, Any]:
    """The coded meaning that a segment is known by: category, type and tracking UID.

    A code is its value and scheme. Its text is left out: writers word and translate it as
    they like, and it must never be used as an identity (DICOM PS3.3 8.3).
    """
    return {
        "category": {"scheme": segment.category.scheme, "value": segment.category.value},
        "type": {"scheme": segment.type.scheme, "value": segment.type.value},
        "trackingUid": segment.tracking_uid,
    }


def segment_root(leaves: Mapping[int, bytes]) -> bytes:
    """The digest of a segment from those of its slices; a segment without voxels has one too."""
    parts = [struct.pack("<I", index) + leaves[index] for index in sorted(leaves)]
    return hashlib.sha256(_ROOT + b"".join(parts)).digest()


def _placed(
    segmentation: Segmentation, like: Mapping[str, Any] | None
) -> tuple[Orientation, dict[str, Any]]:
    geometry = segmentation.geometry
    if like is None:
        orientation = closest_to_lps(geometry)
        return orientation, write_placement(orientation.geometry(geometry))
    if like.get("alg") != ALGORITHM or not isinstance(like.get("geometry"), dict):
        raise SignoffError(f"A signed body of {ALGORITHM} is needed to compare with; found none.")
    match = match_placement(geometry, like["geometry"])
    if not match.fits:
        raise GeometryError(
            f"A mask stands on the grid that was signed, within {match.tolerance_mm:.4g} mm; this "
            f"one is {match.displacement_mm:.4g} mm off. Verify the file that was signed."
        )
    return match.orientation, like["geometry"]


def _leaves(labels: NDArray[Any]) -> dict[int, dict[int, bytes]]:
    leaves: dict[int, dict[int, bytes]] = {}
    for index, label, runs in runs_by_slice(labels):
        pairs = runs.astype("<u4", copy=False).tobytes()
        leaves.setdefault(label, {})[index] = hashlib.sha256(_LEAF + pairs).digest()
    return leaves


def _check_named(numbers: Iterable[int], segmentation: Segmentation) -> None:
    unnamed = sorted(set(numbers) - set(segmentation.numbers))
    if unnamed:
        raise SignoffError(f"Every number in a signed mask has a segment; none names {unnamed}.")


def _exchanged(
    before: dict[int, bytes], changed: set[int], fresh: dict[int, bytes]
) -> dict[int, bytes]:
    """The leaves of a segment with those of the changed slices exchanged; itself if equal."""
    if all(before.get(index) == fresh.get(index) for index in changed):
        return before
    kept = {index: leaf for index, leaf in before.items() if index not in changed}
    return {**kept, **fresh}


def _in_order(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    keyed = {canonical(segment_key(segment)): segment for segment in segments}
    if len(keyed) != len(segments):
        labels = sorted(segment.label for segment in segments)
        raise SignoffError(
            "Two equal keys cannot be signed: each segment differs from the others in code or "
            f"tracking UID; found {labels}. Give each its own."
        )
    return tuple(keyed[key] for key in sorted(keyed))
