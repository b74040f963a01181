"""medsegMaskV1 once more, from docs/medsegMaskV1.md alone: plain Python, nothing of medseg.

Slow and simple on purpose. Where it disagrees with `medseg.signoff.digest`, one is wrong.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from typing import Any

Index = tuple[int, int, int]


def nearest_orientation(affine: list[list[float]]) -> tuple[list[int], list[bool]]:
    """Stored axes in the order (most nearly superior, posterior, left), and which to reverse."""
    columns = [[affine[row][axis] for row in range(3)] for axis in range(3)]
    lengths = [math.sqrt(sum(part * part for part in column)) for column in columns]

    def fit(order: tuple[int, ...]) -> float:
        return sum(
            abs(columns[axis][patient]) / lengths[axis]
            for axis, patient in zip(order, (2, 1, 0), strict=True)
        )

    order = max(itertools.permutations(range(3)), key=fit)
    reverse = [columns[axis][patient] < 0 for axis, patient in zip(order, (2, 1, 0), strict=True)]
    return list(order), reverse


def leaves_of(
    voxels: dict[Index, int], shape: list[int], order: list[int], reverse: list[bool]
) -> dict[int, dict[int, str]]:
    """label -> canonical slice -> leaf; `voxels` holds the labelled voxels only."""
    sizes = [shape[axis] for axis in order]
    lines: dict[int, dict[int, list[int]]] = {}
    for index, label in voxels.items():
        turned = [
            sizes[new] - 1 - index[old] if flip else index[old]
            for new, (old, flip) in enumerate(zip(order, reverse, strict=True))
        ]
        position = turned[1] * sizes[2] + turned[2]
        lines.setdefault(label, {}).setdefault(turned[0], []).append(position)
    return {
        label: {z: leaf_of(runs_of(sorted(line))) for z, line in slices.items()}
        for label, slices in lines.items()
    }


def runs_of(positions: list[int]) -> list[tuple[int, int]]:
    """Ascending positions as (start, end) runs, end exclusive."""
    runs: list[tuple[int, int]] = []
    for position in positions:
        if runs and runs[-1][1] == position:
            runs[-1] = (runs[-1][0], position + 1)
        else:
            runs.append((position, position + 1))
    return runs


def leaf_of(runs: list[tuple[int, int]]) -> str:
    data = b"".join(start.to_bytes(4, "little") + end.to_bytes(4, "little") for start, end in runs)
    return hashlib.sha256(b"\x00run\x01" + data).hexdigest()


def root_of(leaves: dict[int, str]) -> str:
    data = b"".join(z.to_bytes(4, "little") + bytes.fromhex(leaves[z]) for z in sorted(leaves))
    return hashlib.sha256(b"\x01seg\x01" + data).hexdigest()


def decimal(number: float) -> str:
    text = f"{number:.9f}"
    return "0.000000000" if text == "-0.000000000" else text


def canonical_affine(
    affine: list[list[float]], shape: list[int], order: list[int], reverse: list[bool]
) -> list[list[str]]:
    rows = []
    for row in range(3):
        origin = affine[row][3]
        steps = []
        for old, flip in zip(order, reverse, strict=True):
            step = affine[row][old]
            origin += step * (shape[old] - 1) if flip else 0.0
            steps.append(-step if flip else step)
        rows.append([decimal(number) for number in [*steps, origin]])
    return rows


def canonical_json(value: Any) -> bytes:
    """RFC 8785 for what a body holds: ASCII names, text, whole numbers, lists and objects."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def body_of(
    voxels: dict[Index, int],
    shape: list[int],
    affine: list[list[float]],
    segments: list[dict[str, Any]],
) -> dict[str, Any]:
    """The signed body; `segments` have `number` and `code`."""
    order, reverse = nearest_orientation(affine)
    leaves = leaves_of(voxels, shape, order, reverse)
    listed = [
        {"code": segment["code"], "root": root_of(leaves.get(segment["number"], {}))}
        for segment in segments
    ]
    return {
        "alg": "medsegMaskV1",
        "geometry": {
            "shape": [shape[axis] for axis in order],
            "affineLPS": canonical_affine(affine, shape, order, reverse),
        },
        "segments": sorted(listed, key=lambda one: canonical_json(one["code"])),
    }


def digest_of(body: dict[str, Any]) -> str:
    return hashlib.sha256(canonical_json(body)).hexdigest()
