"""Two masks compared against google-deepmind's surface-distance and panoptica, in turns.

512 x 512 x 200 voxels of 0.7 x 0.7 x 2.5 mm with one small lesion, with 39 lesions, and with one
as large as a liver. surface-distance (`pip install surface-distance`) takes part where it can be
imported, panoptica where MEDSEG_PANOPTICA_PYTHON names a Python that has it: it pins numpy below
2.3. Run it with `python -m benchmarks.bench_compare`.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from benchmarks.turns import ROUNDS, Work, compare
from medseg.measure import compare_lesions, compare_masks

try:
    from surface_distance import metrics as google_metrics
except ImportError:
    google_metrics = None

google: Any = google_metrics
SHAPE = (200, 512, 512)
SPACING_MM = (2.5, 0.7, 0.7)
GOALS = {"one small lesion": 12.0, "39 lesions": 80.0, "one large object": 8.0}
Mask = NDArray[np.bool_]


def main() -> None:
    """Print times, ratios and the largest differences."""
    cases = dict(zip(GOALS, (small(), many(), large()), strict=True))
    for case, (a, b) in cases.items():
        bench_masks(case, a, b)
    bench_lesions(*cases["39 lesions"])


def bench_masks(case: str, a: Mask, b: Mask) -> None:
    contestants: dict[str, Work] = {"medseg": lambda: compare_masks(a, b, SPACING_MM)}
    contestants["one joint pass"] = lambda: joint_pass(a.view(np.uint64), b.view(np.uint64))
    goals = {"one joint pass": 1 / 1.5} if case == "one small lesion" else {}
    if google is not None:
        contestants["surface-distance"] = lambda: by_google(a, b)
        goals["surface-distance"] = GOALS[case]
    compare(case, contestants, goals=goals)
    if google is not None:
        ours = compare_masks(a, b, SPACING_MM)
        apart = [abs(getattr(ours, name) / value - 1) for name, value in by_google(a, b).items()]
        print(f"    largest relative difference {max(apart):.1e}")


def by_google(a: Mask, b: Mask) -> dict[str, float]:
    """All that both programs compute."""
    vars(np).setdefault("Inf", np.inf)  # version 0.1 uses it, numpy 2 has it no more
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        apart = google.compute_surface_distances(a, b, SPACING_MM)
    there, back = google.compute_average_surface_distance(apart)
    return {
        "dice": google.compute_dice_coefficient(a, b),
        "hd_mm": google.compute_robust_hausdorff(apart, 100),
        "hd95_mm": google.compute_robust_hausdorff(apart, 95),
        "asd_ab_mm": there,
        "asd_ba_mm": back,
        "nsd": google.compute_surface_dice_at_tolerance(apart, 1.0),
    }


@njit(nogil=True, cache=True)
def joint_pass(a: Any, b: Any) -> Any:
    """Reads both masks once, eight voxels at a time: nothing can know both sooner."""
    seen = np.uint64(0)
    for index in range(a.shape[0]):
        for row in range(a.shape[1]):
            one, other = a[index, row], b[index, row]
            for word in range(one.size):
                seen |= one[word] & other[word]
    return seen


def bench_lesions(a: Mask, b: Mask) -> None:
    contestants: dict[str, Work] = {"medseg": lambda: compare_lesions(a, b, SPACING_MM)}
    python = os.environ.get("MEDSEG_PANOPTICA_PYTHON")
    if python is None:
        print("panoptica: MEDSEG_PANOPTICA_PYTHON names no Python that has it")
        compare("lesion by lesion, 39 lesions", contestants, goals={})
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "masks.npz"
        np.savez(path, a=a, b=b)
        program = str(Path(__file__).with_name("peers_panoptica.py"))
        with subprocess.Popen(
            [python, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as peer:
            asked(peer, str(path))
            contestants["panoptica"] = lambda: asked(peer, "")
            compare("lesion by lesion, 39 lesions", contestants, goals={"panoptica": 100.0})
            in_processor_time(peer, contestants)
            print(f"    panoptica: {asked(peer, '')}")
            peer.stdin.close()  # type: ignore[union-attr]
    found = compare_lesions(a, b, SPACING_MM).detection
    print(f"    medseg: {found}, PQ {found.panoptic_quality:.6f}")


def in_processor_time(peer: subprocess.Popen[str], contestants: dict[str, Work]) -> None:
    """Print the same in turns by the processor's time: on a busy machine the clock tells little."""
    place = Path(f"/proc/{peer.pid}/stat")
    if not place.exists():
        return

    def of_peer() -> float:
        ticks = place.read_text().rpartition(")")[2].split()[11:15]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    clocks = {"medseg": time.process_time, "panoptica": of_peer}
    rounds = [
        {name: took(clocks[name], work) for name, work in contestants.items()}
        for _ in range(ROUNDS)
    ]
    each = [one["panoptica"] / one["medseg"] for one in rounds]
    low, middle, high = statistics.quantiles(each, n=4, method="inclusive")
    ours = statistics.median(one["medseg"] for one in rounds)
    print(
        f"    in processor time: medseg {1e3 * ours:.4g} ms, panoptica / medseg {middle:.3g} "
        f"(quartiles {low:.3g} to {high:.3g})"
    )


def took(clock: Callable[[], float], work: Work) -> float:
    start = clock()
    work()
    return clock() - start


def asked(peer: subprocess.Popen[str], question: str) -> Any:
    assert peer.stdin is not None  # noqa: S101
    assert peer.stdout is not None  # noqa: S101
    peer.stdin.write(question + "\n")
    peer.stdin.flush()
    return json.loads(peer.stdout.readline())


# --- masks ----------------------------------------------------------------------------------------


def small() -> tuple[Mask, Mask]:
    """One lesion of 1.4 ml."""
    a, b = empty_pair()
    add_ellipsoid(a, (100.0, 250.0, 260.0), (7.0, 7.0, 7.0))
    add_ellipsoid(b, (100.5, 252.0, 261.0), (7.0, 6.5, 7.5))
    return a, b


def many() -> tuple[Mask, Mask]:
    """39 lesions in the reference; in the other mask 35 of them, moved a little, and 3 more."""
    random = np.random.default_rng(2026)
    a, b = empty_pair()
    for number in range(42):
        center = random.uniform((10, 60, 60), (190, 450, 450))
        radii = random.uniform(3.0, 12.0, 3)
        if number < 39:
            add_ellipsoid(a, center, radii)
        if number >= 4:
            moved = center + random.uniform(-1, 1, 3) * (0.5, 2.0, 2.0)
            add_ellipsoid(b, moved, radii * random.uniform(0.85, 1.15, 3))
    return a, b


def large() -> tuple[Mask, Mask]:
    """An object of 4.8 l, and another reader's with a bulge."""
    a, b = empty_pair()
    add_ellipsoid(a, (100.0, 256.0, 220.0), (110.0, 100.0, 105.0))
    add_ellipsoid(b, (101.0, 260.0, 224.0), (112.0, 97.0, 108.0))
    add_ellipsoid(b, (101.0, 360.0, 250.0), (50.0, 40.0, 40.0))
    return a, b


def empty_pair() -> tuple[Mask, Mask]:
    """Two masks whose memory is really there, unlike that of zeros never written."""
    return np.full(SHAPE, False), np.full(SHAPE, False)


def add_ellipsoid(mask: Mask, center: Any, radii_mm: Any) -> None:
    """Set the voxels of an ellipsoid, looking at its box alone."""
    reach = np.array(radii_mm) / SPACING_MM
    first = np.maximum(np.floor(np.array(center) - reach).astype(int), 0)
    end = np.minimum(np.ceil(np.array(center) + reach).astype(int) + 1, mask.shape)
    box = tuple(slice(*sides) for sides in zip(first.tolist(), end.tolist(), strict=True))
    axes = [
        ((np.arange(side.start, side.stop) - middle) / half) ** 2
        for side, middle, half in zip(box, center, reach, strict=True)
    ]
    inside = axes[0][:, None, None] + axes[1][None, :, None] + axes[2][None, None, :] <= 1
    mask[box] |= inside


if __name__ == "__main__":
    main()
