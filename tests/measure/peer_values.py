"""Writes peer_values.json: what other programs say of small masks, to be compared with ours.

Run it once in each environment that has one of them, after `pip install surface-distance medpy`
or `pip install monai`: `python tests/measure/peer_values.py`. It adds what is installed.
"""

from __future__ import annotations

import base64
import importlib.metadata
import importlib.util
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np

PATH = Path(__file__).with_suffix(".json")
SPACINGS = [(1.0, 1.0, 1.0), (2.5, 0.7, 0.8), (0.7, 0.8, 2.5), (5.0, 0.49, 0.49)]
TOLERANCES = (0.0, 0.7, 1.0, 1.3, 2.5, 2.6)


def main() -> None:
    cases = json.loads(PATH.read_text())["cases"] if PATH.is_file() else made_cases()
    versions = json.loads(PATH.read_text())["versions"] if PATH.is_file() else {}
    peers = (("surface-distance", google), ("medpy", medpy), ("monai", monai))
    for name, values in peers:
        if importlib.util.find_spec(name.replace("-", "_")):
            versions[name] = importlib.metadata.version(name)
            for case in cases:
                a, b = (unpacked(case[side], case["shape"]) for side in "ab")
                case[name] = values(a, b, tuple(case["spacing_mm"]))
    text = json.dumps({"versions": versions, "cases": cases}, indent=1)
    PATH.write_text(text + "\n")


def made_cases() -> list[dict[str, Any]]:
    """Pairs of balls, of noise and of boxes, some on the array's side, some planes."""
    random = np.random.default_rng(20261122)
    cases = []
    for number in range(24):
        shape = (9, 14, 15) if number % 3 else (14, 15)
        spacing = SPACINGS[number % 4][-len(shape) :]
        masks = [made_mask(number // 6, shape, spacing, random) for _ in range(2)]
        packed = [base64.b64encode(np.packbits(mask).tobytes()).decode() for mask in masks]
        cases.append({"shape": shape, "spacing_mm": spacing, "a": packed[0], "b": packed[1]})
    return cases


def made_mask(kind: int, shape: Any, spacing: Any, random: np.random.Generator) -> Any:
    index = np.indices(shape)
    if kind == 0:
        return random.random(shape) < 0.3
    if kind == 1:
        first = [random.integers(0, size // 2) for size in shape]
        last = [random.integers(size // 2, size) for size in shape]
        inside = [(i >= f) & (i <= e) for i, f, e in zip(index, first, last, strict=True)]
        return np.logical_and.reduce(inside)
    mask = np.zeros(shape, bool)
    for _ in range(kind - 1):
        middle = [random.uniform(0, size) for size in shape]
        apart = [(i - m) * s for i, m, s in zip(index, middle, spacing, strict=True)]
        mask |= sum(step**2 for step in apart) <= random.uniform(2.6, 5.0) ** 2
    return mask


def unpacked(text: str, shape: list[int]) -> Any:
    bits = np.frombuffer(base64.b64decode(text), np.uint8)
    return np.unpackbits(bits)[: int(np.prod(shape))].reshape(shape).astype(bool)


def google(a: Any, b: Any, spacing: tuple[float, ...]) -> dict[str, Any]:
    from surface_distance import metrics

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        apart = metrics.compute_surface_distances(a, b, spacing)
    there, back = metrics.compute_average_surface_distance(apart)
    nsd = [float(metrics.compute_surface_dice_at_tolerance(apart, mm)) for mm in TOLERANCES]
    return {
        "dice": float(metrics.compute_dice_coefficient(a, b)),
        "hd_mm": float(metrics.compute_robust_hausdorff(apart, 100)),
        "hd95_mm": float(metrics.compute_robust_hausdorff(apart, 95)),
        "asd_ab_mm": float(there),
        "asd_ba_mm": float(back),
        "nsd": nsd,
    }


def medpy(a: Any, b: Any, spacing: tuple[float, ...]) -> dict[str, Any]:
    from medpy.metric import binary

    return {
        "dice": float(binary.dc(a, b)),
        "iou": float(binary.jc(a, b)),
        "hd_mm": float(binary.hd(a, b, spacing)),
        "hd95_mm": float(binary.hd95(a, b, spacing)),
        "asd_ab_mm": float(binary.asd(a, b, spacing)),
        "asd_ba_mm": float(binary.asd(b, a, spacing)),
        "assd_mm": float(binary.assd(a, b, spacing)),
    }


def monai(a: Any, b: Any, spacing: tuple[float, ...]) -> dict[str, Any]:
    import torch
    from monai import metrics

    one, other = (torch.from_numpy(mask)[None, None] for mask in (a, b))
    where: dict[str, Any] = {"include_background": True, "spacing": spacing}
    nsd = [
        metrics.compute_surface_dice(one, other, [mm], use_subvoxels=False, **where)
        for mm in TOLERANCES
    ]
    mean = metrics.compute_average_surface_distance
    return {
        "dice": float(metrics.compute_dice(one, other)),
        "hd_mm": float(metrics.compute_hausdorff_distance(one, other, **where)),
        "hd95_mm": float(metrics.compute_hausdorff_distance(one, other, percentile=95, **where)),
        "asd_ab_mm": float(mean(one, other, **where)),
        "asd_ba_mm": float(mean(other, one, **where)),
        "assd_mm": float(mean(one, other, symmetric=True, **where)),
        "nsd": [float(value) for value in nsd],
    }


if __name__ == "__main__":
    main()
