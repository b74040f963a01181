"""Digest and verdict of a mask against one copy of it: `python -m benchmarks.bench_digest`.

They run in turns in one process, so that all see the same machine. Goals: a digest in at most 6
copies, a verdict on the mask (signature, grid, meanings, voxels; without the image) in at most 8,
and the digest after an edit of one slice in at most a fiftieth of a full one.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from benchmarks.turns import compare
from medseg.model import Geometry, Segment, Segmentation, Source, Volume
from medseg.signoff import (
    Claim,
    SignedContent,
    SigningKey,
    build_statement,
    image_identity,
    judge,
    mask_digest,
    read_mask,
    seal,
)
from medseg.signoff.canonical import canonical
from medseg.signoff.keys import key_id

SHAPE = (400, 512, 512)
SPACING_MM = (1.0, 0.75, 0.75)
ROUNDS = 11
GOAL = 6.0


def main() -> None:
    """Print the median times, the ratio and its interval for three ways of storing a mask."""
    rng = np.random.default_rng(2026)
    labels = organ_and_lesions(rng)
    print(f"{SHAPE} uint8, {np.count_nonzero(labels) / labels.size:.1%} labelled")
    for name, geometry in stored_geometries().items():
        _report(name, Segmentation(labels, geometry, segments()))
    plain = Segmentation(labels, stored_geometries()["LPS"], segments())
    _report_verdict(plain)
    _report_edit(plain)


def _report_verdict(segmentation: Segmentation) -> None:
    """The verdict on the mask of a signed record, against copies of the mask."""
    lines, key = _signed(segmentation)
    target = np.empty_like(segmentation.array)
    verdicts = judge(lines, segmentation, None, trust=[key.keyid]).verdicts
    if [one.code for one in verdicts] != ["IMAGE_ABSENT"]:
        raise RuntimeError(f"All but the image is in order; found {verdicts}.")
    compare(
        "verdict on a mask",
        {
            "verify": lambda: judge(lines, segmentation, None, trust=[key.keyid]),
            "copy": lambda: np.copyto(target, segmentation.array),
        },
        goals={"copy": 1 / 8},
    )


def _report_edit(segmentation: Segmentation) -> None:
    """The digest after a stroke on one slice, against the digest of the whole."""
    labels = segmentation.array.copy()
    labels[200, 240:250, 170:180] = 3
    edited = Segmentation(labels, segmentation.geometry, segmentation.segments)
    before = read_mask(segmentation)
    if before.after(edited, [200]).hexdigest != mask_digest(edited):
        raise RuntimeError("Hashing one slice anew gives the digest of the whole.")
    compare(
        "digest after an edit of one slice",
        {
            "after": lambda: before.after(edited, [200]).hexdigest,
            "full": lambda: mask_digest(edited),
        },
        goals={"full": 50},
    )


def _signed(segmentation: Segmentation) -> tuple[bytes, SigningKey]:
    """A record over the mask on a small image: the image plays no part in what is timed."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\x01")
    public = private.public_key().public_bytes_raw()
    key = SigningKey(key_id(public), public, None, "Ada Reader", private)
    grid = Geometry.from_spacing((2, 4, 4), SPACING_MM)
    source = Source("nifti", Path("image.nii.gz"), "", stored_dtype="int16")
    image = Volume(np.zeros((2, 4, 4), np.int16), grid, "HU", source)
    content = SignedContent(read_mask(segmentation), image_identity(image))
    return canonical(seal(build_statement(Claim(), content, key), key)), key


def segments() -> tuple[Segment, ...]:
    """One large organ and 24 lesions."""
    return tuple(Segment.unnamed(number) for number in range(1, 26))


def stored_geometries() -> dict[str, Geometry]:
    """The same grid as DICOM stores it and as most NIfTI files do (rows and columns mirrored)."""
    plain = Geometry.from_spacing(SHAPE, SPACING_MM)
    mirrored = plain.affine * np.array([[1, -1, -1, 1]] * 3 + [[1, 1, 1, 1]])
    columns = plain.affine * np.array([[1, 1, -1, 1]] * 3 + [[1, 1, 1, 1]])
    return {
        "LPS": plain,
        "RAS, rows and columns mirrored": Geometry(SHAPE, mirrored),
        "RPS, columns mirrored": Geometry(SHAPE, columns),
    }


def organ_and_lesions(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A liver-like organ with a wavy border (1) and 24 lesions of 4 to 40 mm (2 to 25)."""
    labels = np.zeros(SHAPE, np.uint8)
    _fill(labels, (200, 240, 170), (90.0, 75.0, 100.0), 1, waves=0.12)
    for number in range(2, 26):
        center = rng.uniform((60, 100, 80), (340, 400, 430))
        radii = rng.uniform(2.0, 20.0) * rng.uniform(0.7, 1.3, 3)
        _fill(labels, tuple(center), tuple(radii), number, waves=0.08)
    return labels


def _fill(
    labels: NDArray[np.uint8],
    center: tuple[float, ...],
    radii_mm: tuple[float, ...],
    number: int,
    *,
    waves: float,
) -> None:
    reach = [radius * (1 + waves) / step for radius, step in zip(radii_mm, SPACING_MM, strict=True)]
    box = tuple(
        slice(max(0, int(middle - far)), min(size, int(middle + far) + 2))
        for middle, far, size in zip(center, reach, SHAPE, strict=True)
    )
    axes = [np.arange(side.start, side.stop) for side in box]
    z, y, x = (
        ((axis - middle) * step / radius).reshape([-1 if n == own else 1 for n in range(3)])
        for own, (axis, middle, step, radius) in enumerate(
            zip(axes, center, SPACING_MM, radii_mm, strict=True)
        )
    )
    border = 1 + waves * np.sin(7 * x + 2 * y) * np.cos(5 * z)
    labels[box][x * x + y * y + z * z <= border] = number


def _report(name: str, segmentation: Segmentation) -> None:
    target = np.empty_like(segmentation.array)

    def copy() -> object:
        return np.copyto(target, segmentation.array)

    def digest() -> object:
        return mask_digest(segmentation)

    copy(), digest()  # compile, and touch the memory
    pairs = [(_seconds(copy), _seconds(digest)) for _ in range(ROUNDS)]
    copies, digests = zip(*pairs, strict=True)
    ratio = statistics.median(digests) / statistics.median(copies)
    each = sorted(one / other for other, one in pairs)
    print(
        f"{name}: copy {statistics.median(copies) * 1e3:.1f} ms, "
        f"digest {statistics.median(digests) * 1e3:.1f} ms, ratio {ratio:.2f} "
        f"(quartiles {each[ROUNDS // 4]:.2f} to {each[-1 - ROUNDS // 4]:.2f}), "
        f"goal {GOAL:.0f}: {'met' if ratio <= GOAL else 'MISSED'}"
    )


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
