"""Filling between slices against ITK, linear signed distances and the nearest key.

`python -m benchmarks.bench_interpolation [lidc|shapes|speed]`. ITK runs in a process of its own
(`peers_itk.py`): name a Python that has it in MEDSEG_ITK_PYTHON, or its columns stay empty. The
lesions are the LIDC file of the test data; without it that part is left out. The scorer is
numpy and scipy alone (`tests/interpolate/lesions.py`), no code of `medseg.measure`.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.interpolate import fill_between_slices
from tests.interpolate import shapes
from tests.interpolate.lesions import (
    Lesion,
    Score,
    lidc_lesions,
    linear_distance,
    nearest_key,
    score,
)

Mask = NDArray[Any]
STEPS = (2, 3, 5)
ROUNDS = 7
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


class Itk:
    """The other process; used as a context, it ends with it."""

    def __init__(self, python: str, masks: dict[str, Mask]) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.busy = 0.0  # processor time of the last filling
        program = Path(__file__).with_name("peers_itk.py")
        self.process = subprocess.Popen(
            [python, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        path = Path(self.folder.name) / "masks.npz"
        np.savez(path, **{name: mask.astype(np.uint8) for name, mask in masks.items()})
        self._ask({"load": str(path)})

    def __enter__(self) -> Itk:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait(timeout=60)
        self.folder.cleanup()

    def seconds(self, name: str) -> float:
        """How long the filter took for that mask."""
        return self._ask({"fill": name})

    def all_filled(self, names: Iterable[str]) -> dict[str, Mask]:
        """All of them filled."""
        for name in names:
            self.seconds(name)
        path = Path(self.folder.name) / "filled.npz"
        self._ask({"save": str(path)})
        with np.load(path) as archive:
            return {name: archive[name] > 0 for name in archive.files}

    def _ask(self, request: dict[str, str]) -> float:
        assert self.process.stdin  # noqa: S101 - both are pipes
        assert self.process.stdout  # noqa: S101
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        self.busy = float(answer["busy"])
        return float(answer["seconds"])


def main() -> None:
    """Print the tables of docs/benchmarks.md."""
    parts = {"shapes": bench_shapes, "lidc": bench_lidc, "speed": bench_speed}
    asked = [name for name in sys.argv[1:] if name in parts] or list(parts)
    for name in asked:
        print(f"\n-- {name}")
        parts[name](os.environ.get("MEDSEG_ITK_PYTHON"))


def bench_lidc(python: str | None) -> None:
    """Real lesions: each method's scores, and the paired gain over each peer."""
    if not SHARED_DATA.is_dir():
        print("the LIDC file is absent")
        return
    lesions = lidc_lesions(SHARED_DATA)
    for step in STEPS:
        kept = {str(row): one.without(step)[0] for row, one in enumerate(lesions)}
        rows = [row for row, one in enumerate(lesions) if one.without(step)[2]]
        by_itk: dict[str, Mask] = {}
        if python:
            with Itk(python, {str(row): kept[str(row)] for row in rows}) as itk:
                by_itk = itk.all_filled([str(row) for row in rows])
        scores: dict[str, list[Score]] = {}
        for row in rows:
            for name, filled in _filled(lesions[row], step, by_itk.get(str(row))).items():
                removed = lesions[row].without(step)[2]
                one = score(filled, lesions[row].mask, removed, lesions[row].spacing_mm[1:])
                scores.setdefault(name, []).append(one)
        _print_scores(step, scores)


def _filled(lesion: Lesion, step: int, by_itk: Mask | None) -> dict[str, Mask]:
    kept, keys, _ = lesion.without(step)
    results = {
        "medseg": fill_between_slices(kept, lesion.spacing_mm, keys=keys),
        "linear": linear_distance(kept, keys, lesion.spacing_mm[1:]),
        "nearest": nearest_key(kept, keys),
    }
    return results if by_itk is None else results | {"ITK": by_itk}


def _print_scores(step: int, scores: dict[str, list[Score]]) -> None:
    ours = np.array([one.dice for one in scores["medseg"]])
    ours_hd = float(np.mean([one.hd95_mm for one in scores["medseg"]]))
    print(f"k = {step}: {len(ours)} lesions")
    for name, found in scores.items():
        dice = np.array([one.dice for one in found])
        hd95, volume = (np.array([getattr(one, f) for one in found]) for f in ("hd95_mm", "volume"))
        gain = np.random.default_rng(0).choice(ours - dice, (2000, len(dice))).mean(axis=1)
        low, high = np.percentile(gain, [2.5, 97.5])
        print(
            f"  {name:8s} Dice mean {dice.mean():.4f} median {np.median(dice):.4f} 5th percentile "
            f"{np.percentile(dice, 5):.3f}; HD95 {hd95.mean():.3f} mm (ours "
            f"{ours_hd / hd95.mean():.2f}x); volume median {np.median(volume):.3f} mean "
            f"{volume.mean():.3f}; empty {sum(one.empty for one in found)}; our gain "
            f"{(ours - dice).mean():+.4f} [{low:+.4f}, {high:+.4f}]"
        )


def bench_shapes(python: str | None) -> None:
    """Analytic shapes: Dice of each method on the removed slices, and our volume."""
    for name in shapes.SHAPES:
        truth = shapes.make(name)
        sparse = {step: shapes.sparse(truth, step) for step in STEPS}
        by_itk: dict[str, Mask] = {}
        if python:
            with Itk(python, {str(step): kept for step, (kept, _) in sparse.items()}) as itk:
                by_itk = itk.all_filled([str(step) for step in STEPS])
        for step, (kept, keys) in sparse.items():
            spacing = shapes.SPACING_MM
            removed = [index for index in range(keys[0], keys[-1]) if index not in keys]
            ours = fill_between_slices(kept, spacing, keys=keys)
            peers = {
                "linear": linear_distance(kept, keys, spacing[1:]),
                "nearest": nearest_key(kept, keys),
            }
            if by_itk:
                peers["ITK"] = by_itk[str(step)]
            overlap = {peer: _dice(found, truth, removed) for peer, found in peers.items()}
            mine, best = _dice(ours, truth, removed), max(overlap.values())
            verdict = "" if mine >= best - 0.002 and (step < 5 or mine >= 0.978) else "  MISSED"
            others = ", ".join(f"{peer} {value:.4f}" for peer, value in overlap.items())
            volume = ours[removed].sum() / truth[removed].sum()
            print(
                f"{name:18s} k = {step}: medseg {mine:.4f}, {others}, volume {volume:.3f}{verdict}"
            )


def _dice(found: Mask, truth: Mask, removed: list[int]) -> float:
    a, b = found[removed] > 0, truth[removed]
    return 2.0 * float((a & b).sum()) / float(a.sum() + b.sum())


def bench_speed(python: str | None) -> None:
    """Times in turns with ITK: lesion crops, one small lesion in a volume, one large object."""
    cases: dict[str, tuple[dict[str, Mask], float]] = {}
    if SHARED_DATA.is_dir():
        lesions = lidc_lesions(SHARED_DATA)[::12]
        crops = {f"crop {row}": one.without(3)[0] for row, one in enumerate(lesions)}
        cases["lesion crops, k = 3"] = crops, 8.0
    small = np.zeros((200, 512, 512), np.uint8)
    lesion = shapes.sparse(shapes.make("small_ellipsoid"), 3)[0]
    small[70 : 70 + len(lesion), 150 : 150 + lesion.shape[1], 150 : 150 + lesion.shape[2]] = lesion
    cases["one small lesion in 512 x 512 x 200"] = {"small": small}, 150.0
    large = shapes.sparse(shapes.make("large_ellipsoid"), 5)[0][:60]
    cases[f"one large object, {large.shape}, k = 5"] = {"large": large.astype(np.uint8)}, 12.0
    for name, (masks, goal) in cases.items():
        if python:
            with Itk(python, masks) as itk:
                _in_turns(name, masks, goal, lambda mask, itk=itk: itk.seconds(mask))
        else:
            _in_turns(name, masks, goal, None)


def _in_turns(
    name: str, masks: dict[str, Mask], goal: float, itk: Callable[[str], float] | None
) -> None:
    spacing = shapes.SPACING_MM
    fill_between_slices(next(iter(masks.values())), spacing)
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for mask in masks.values():
            fill_between_slices(mask, spacing)
        ours = time.perf_counter() - start
        theirs = sum(itk(key) for key in masks) if itk else float("nan")
        rounds.append((ours / len(masks), theirs / len(masks)))
    mine, other = (statistics.median(times) * 1e3 for times in zip(*rounds, strict=True))
    ratios = [theirs / ours for ours, theirs in rounds]
    low, middle, high = statistics.quantiles(ratios)
    print(
        f"{name}: medseg {mine:.3f} ms, ITK {other:.3f} ms, ratio {middle:.1f} (quartiles "
        f"{low:.1f} to {high:.1f}), goal {goal:.0f}: {'met' if middle >= goal else 'MISSED'}"
    )


if __name__ == "__main__":
    main()
