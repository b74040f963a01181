"""Small signed cases for the tests of this room."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from medseg.model import (
    Code,
    Geometry,
    Orientation,
    Segment,
    Segmentation,
    Verification,
    Volume,
)
from medseg.signoff import (
    Claim,
    SignedContent,
    SigningKey,
    build_statement,
    image_identity,
    judge,
    read_mask,
    seal,
)
from medseg.signoff.canonical import canonical
from medseg.signoff.keys import key_id
from medseg.signoff.provenance import provenance_digest
from tests.phantoms import oblique_geometry, ramp_volume

CYST = Code("367643001", "SCT", "Cyst")


def key_of(seed: int = 1, name: str = "Ada Reader") -> SigningKey:
    """A key made of a number, so that no test waits for a passphrase."""
    private = Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32, "big"))
    public = private.public_key().public_bytes_raw()
    return SigningKey(key_id(public), public, None, name, private)


def three_lesions(geometry: Geometry | None = None) -> Segmentation:
    """Two lesions and a cyst with tracking UIDs of their own, one of a single voxel."""
    grid = geometry or oblique_geometry()
    array = np.zeros(grid.shape, np.uint8)
    array[1:4, 2:5, 3:7] = 1
    array[4, 6, 8] = 2
    array[0:3, 5:8, 0:2] = 3
    return Segmentation(
        array,
        grid,
        (
            Segment(1, "Nodule", "2.25.101"),
            Segment(2, "Speck", "2.25.102"),
            Segment(3, "Cyst", "2.25.103", type=CYST),
        ),
    )


def envelope_line(
    segmentation: Segmentation,
    volume: Volume,
    key: SigningKey,
    claim: Claim | None = None,
    **options: Any,
) -> bytes:
    """One line of a sign-off file."""
    mask = read_mask(segmentation)
    content = SignedContent(
        mask,
        image_identity(volume),
        ".nii.gz",
        "ab" * 32,
        provenance_digest(segmentation, mask.orientation),
    )
    return canonical(seal(build_statement(claim or Claim(), content, key, **options), key)) + b"\n"


@dataclass(frozen=True, eq=False)
class SignedCase:
    """A mask, its image, its sign-off and the key that made it."""

    segmentation: Segmentation
    volume: Volume
    lines: bytes
    key: SigningKey

    @classmethod
    def make(cls, segmentation: Segmentation | None = None) -> SignedCase:
        mask = segmentation or three_lesions()
        volume = ramp_volume(mask.geometry)
        key = key_of()
        return cls(mask, volume, envelope_line(mask, volume, key), key)

    def judged(self, **changes: Any) -> Verification:
        """The verdict, with parts of the case exchanged."""
        case = replace(self, **changes)
        return judge(case.lines, case.segmentation, case.volume, trust=[self.key.keyid])


def codes(verification: Verification) -> list[str]:
    return [finding.code for finding in verification.verdicts]


def with_array(segmentation: Segmentation, array: NDArray[Any]) -> Segmentation:
    """The same segments on the same grid over another array."""
    return Segmentation(
        array, segmentation.geometry, segmentation.segments, segmentation.provenance
    )


def with_geometry(segmentation: Segmentation, affine: NDArray[np.float64]) -> Segmentation:
    """The same voxels and segments at another place."""
    geometry = Geometry(segmentation.geometry.shape, affine)
    return Segmentation(segmentation.array, geometry, segmentation.segments)


def turned(segmentation: Segmentation, orientation: Orientation) -> Segmentation:
    """The same mask stored in another orientation."""
    return Segmentation(
        orientation.apply(segmentation.array),
        orientation.geometry(segmentation.geometry),
        segmentation.segments,
    )


def renumbered(
    segmentation: Segmentation, numbers: dict[int, int], dtype: Any = np.uint16
) -> Segmentation:
    """The same mask with other label numbers, and its list in reverse order."""
    table = np.zeros(65536, dtype)
    for old, new in numbers.items():
        table[old] = new
    segments = [replace(one, number=numbers[one.number]) for one in segmentation.segments]
    return Segmentation(table[segmentation.array], segmentation.geometry, tuple(reversed(segments)))
