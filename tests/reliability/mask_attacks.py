"""Tampering with the mask, its grid, its meaning, its provenance, the image and the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from medseg.model import Code, Geometry, Segmentation, Volume
from tests.reliability.tampering import Attack, Parts, Random
from tests.signoff.cases import with_array, with_geometry
from tests.signoff.verdicts.stories import Story


def voxel(case: Story, rng: Random) -> Parts:
    array = case.mask.array.copy()
    index = _anywhere(array.shape, rng)
    array[index] = rng.choice([label for label in range(4) if label != array[index]])
    return {"segmentation": with_array(case.mask, array)}


def edge_voxel(case: Story, rng: Random) -> Parts:
    """One voxel of a lesion given to the background."""
    array = case.mask.array.copy()
    inside = np.argwhere(array)
    array[tuple(inside[int(rng.integers(len(inside)))])] = 0
    return {"segmentation": with_array(case.mask, array)}


def block(case: Story, rng: Random) -> Parts:
    """A lesion moved by a voxel or two along an axis."""
    array = case.mask.array.copy()
    number = int(rng.integers(1, 4))
    lesion = array == number
    array[lesion] = 0
    array[np.roll(lesion, int(rng.integers(1, 3)), axis=int(rng.integers(3)))] = number
    return {"segmentation": with_array(case.mask, array)}


def mirrored(case: Story, rng: Random) -> Parts:
    """The voxels turned round while the grid stays: left for right, head for foot."""
    flipped = np.flip(case.mask.array, int(rng.integers(3)))
    return {"segmentation": with_array(case.mask, flipped)}


def grid(case: Story, rng: Random) -> Parts:
    affine = case.mask.geometry.affine.copy()
    kind = rng.integers(3)
    if kind == 0:
        affine[int(rng.integers(3)), 3] += rng.choice([-1, 1]) * 10.0 ** rng.uniform(-1.6, 2)
    elif kind == 1:
        affine[:3, int(rng.integers(3))] *= 1 + rng.choice([-1, 1]) * rng.uniform(0.02, 0.5)
    else:
        affine[:3, 0] += affine[:3, int(rng.integers(1, 3))] * rng.uniform(0.05, 0.9)
    return {"segmentation": with_geometry(case.mask, affine)}


def meaning(case: Story, rng: Random) -> Parts:
    segments = list(case.mask.segments)
    at = int(rng.integers(3))
    value = Code(str(rng.integers(10**6)), "SCT", "Lesion")
    parts: list[dict[str, Any]] = [
        {"type": value},
        {"category": value},
        {"tracking_uid": f"2.25.{rng.integers(10**6, 10**7)}"},
    ]
    segments[at] = replace(segments[at], **parts[int(rng.integers(3))])
    return {"segmentation": _with_segments(case, segments)}


def swap(case: Story, rng: Random) -> Parts:
    """Two lesions keep their voxels and get each other's meaning."""
    segments = list(case.mask.segments)
    a, b = rng.choice(3, 2, replace=False)
    numbers = segments[a].number, segments[b].number
    segments[a] = replace(segments[a], number=numbers[1])
    segments[b] = replace(segments[b], number=numbers[0])
    return {"segmentation": _with_segments(case, segments)}


def provenance(case: Story, rng: Random) -> Parts:
    """One slice of one lesion said to be somebody else's, or to have come about otherwise."""
    origins = dict(case.mask.provenance)
    keys = sorted(origins)
    key = keys[int(rng.integers(len(keys)))]
    if rng.random() < 0.2:
        del origins[key]
    else:
        changes: list[dict[str, Any]] = [
            {"author": f"Reader {rng.integers(1000)}"},
            {"tool": "brush"},
            {"time": "2026-05-02T09:00:00.000+02:00"},
            {"proposal": f"p-{rng.integers(1000)}"},
        ]
        origins[key] = replace(origins[key], **changes[int(rng.integers(4))])
    mask = case.mask
    changed = Segmentation(mask.array, mask.geometry, mask.segments, origins)
    return {"segmentation": changed}


def image_voxel(case: Story, rng: Random) -> Parts:
    voxels = case.volume.voxels.copy()
    voxels[_anywhere(voxels.shape, rng)] += rng.choice([-1, 1]) * rng.integers(1, 100)
    return {"image": replace(case.volume, voxels=voxels)}


def image_place(case: Story, rng: Random) -> Parts:
    volume = case.volume
    affine = volume.geometry.affine.copy()
    affine[int(rng.integers(3)), 3] += rng.choice([-1, 1]) * rng.uniform(0.02, 50)
    place = Geometry(volume.geometry.shape, affine)
    return {"image": Volume(volume.voxels, place, volume.unit, volume.source)}


def copied(_: Story, rng: Random) -> Parts:
    """The file with the sign-offs laid beside the mask of another case or reading."""
    number = int(rng.integers(2, 10**6))
    return {"case": f"c-{number}"} if rng.random() < 0.5 else {"reading": f"r-{number}"}


def _anywhere(shape: tuple[int, ...], rng: Random) -> tuple[int, ...]:
    return tuple(int(rng.integers(size)) for size in shape)


def _with_segments(case: Story, segments: list[Any]) -> Segmentation:
    return Segmentation(case.mask.array, case.mask.geometry, tuple(segments))


_ORIGINS = frozenset({"PROVENANCE_DIFFERS", "PROVENANCE_ABSENT"})
MASK_ATTACKS: Mapping[str, Attack] = MappingProxyType(
    {
        "voxel": Attack(voxel, frozenset({"TAMPERED_VOXELS"})),
        "edge voxel": Attack(edge_voxel, frozenset({"TAMPERED_VOXELS"})),
        "block": Attack(block, frozenset({"TAMPERED_VOXELS"})),
        "mirrored": Attack(mirrored, frozenset({"TAMPERED_VOXELS"})),
        "affine": Attack(grid, frozenset({"TAMPERED_GEOMETRY"})),
        "code": Attack(meaning, frozenset({"TAMPERED_LABEL_SCHEMA"})),
        "swapped codes": Attack(swap, frozenset({"TAMPERED_LABEL_SCHEMA"})),
        "provenance": Attack(provenance, _ORIGINS, is_refused=False),
        "image voxel": Attack(image_voxel, frozenset({"WRONG_IMAGE"})),
        "image place": Attack(image_place, frozenset({"WRONG_IMAGE"})),
        "another case": Attack(copied, frozenset({"REPLAYED_OTHER_CASE"})),
    }
)
