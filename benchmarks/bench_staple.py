"""STAPLE of five readers against SimpleITK's, and measures of 40 lesions and of a large one.

`python -m benchmarks.bench_staple`. A volume of 512 x 512 x 200 with three lesions that five
readers drew. SimpleITK's filter takes long on it, so that it has one turn and ours nine.
Goal: at least 20 times as fast as SimpleITK on the whole volume, equal to 1e-4.
"""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from medseg.measure import Consensus, Votes, measure_all, staple
from medseg.model import Geometry, Segment, Segmentation, Source, Volume

SHAPE = (200, 512, 512)
SPACING_MM = (2.5, 0.7, 0.7)
GOAL, EQUAL = 20.0, 1e-4
ROUNDS = 9

Mask = NDArray[np.uint8]
Result = TypeVar("Result")


def main() -> None:
    """Print times, ratios and the largest difference."""
    masks = five_readers()
    took, found = timed(lambda: staple(Votes.of(masks)), rounds=ROUNDS)
    theirs_took, theirs = timed(lambda: simpleitk(masks), rounds=1)
    print(f"STAPLE, 5 readers: medseg {1e3 * took:.4g} ms, SimpleITK {1e3 * theirs_took:.4g} ms")
    ratio, apart = theirs_took / took, largest_difference(found, theirs)
    print(f"    SimpleITK / medseg {ratio:.4g}, goal {GOAL:g}: {word(ratio >= GOAL)}")
    print(f"    largest difference of a rate {apart:.2g}, goal {EQUAL:g}: {word(apart <= EQUAL)}")
    for name, count, radius in (("40 lesions", 40, 8.0), ("one large lesion", 1, 165.0)):
        case = lesions(count, radius)
        took, _ = timed(functools.partial(measure_all, *case), rounds=ROUNDS)
        print(f"measure_all, {name}, {np.count_nonzero(case[0].array)} voxels: {1e3 * took:.4g} ms")


def timed(work: Callable[[], Result], *, rounds: int) -> tuple[float, Result]:
    """The median of so many turns in seconds, after one that compiles if there are several."""
    if rounds > 1:
        work()
    results, times = [], []
    for _ in range(rounds):
        start = time.perf_counter()
        results.append(work())
        times.append(time.perf_counter() - start)
    return statistics.median(times), results[-1]


def simpleitk(masks: dict[str, Mask]) -> SimpleITK.STAPLEImageFilter:
    judge = SimpleITK.STAPLEImageFilter()
    judge.SetForegroundValue(1)
    judge.Execute([SimpleITK.GetImageFromArray(mask) for mask in masks.values()])
    return judge


def largest_difference(found: Consensus, theirs: SimpleITK.STAPLEImageFilter) -> float:
    ours = (*found.sensitivity.values(), *found.specificity.values())
    rates = (*theirs.GetSensitivity(), *theirs.GetSpecificity())
    return max(abs(one - other) for one, other in zip(ours, rates, strict=True))


def five_readers() -> dict[str, Mask]:
    """Three lesions, each reader with a radius and a place of his own."""
    random = np.random.default_rng(5)
    masks = {f"reader {number}": np.zeros(SHAPE, np.uint8) for number in range(5)}
    for center in ((60, 200, 180), (110, 300, 320), (150, 240, 350)):
        for mask in masks.values():
            paint(mask, np.array(center) + random.normal(0, 1, 3), random.uniform(10, 14), 1)
    return masks


def lesions(count: int, radius_mm: float) -> tuple[Segmentation, Volume]:
    """So many balls at random places, or one in the middle, in an image of noise."""
    random = np.random.default_rng(count)
    array = np.zeros(SHAPE, np.uint8)
    for number in range(1, count + 1):
        center = random.uniform(0.1, 0.9, 3) if count > 1 else np.full(3, 0.5)
        paint(array, center * SHAPE, radius_mm, number)
    grid = Geometry.from_spacing(SHAPE, SPACING_MM)
    noise = random.integers(-200, 300, SHAPE, dtype=np.int16)
    segments = tuple(Segment.unnamed(number) for number in range(1, count + 1))
    source = Source("nifti", Path("noise.nii"), "noise.nii")
    return Segmentation(array, grid, segments), Volume(noise, grid, "HU", source)


def paint(mask: Mask, center: NDArray[np.float64], radius_mm: float, number: int) -> None:
    reach = np.ceil(radius_mm / np.array(SPACING_MM))
    low = np.maximum(center - reach, 0).astype(int)
    high = np.minimum(center + reach + 2, SHAPE).astype(int)
    box = tuple(slice(start, stop) for start, stop in zip(low, high, strict=True))
    squared = sum(
        ((index - middle) * step) ** 2
        for index, middle, step in zip(np.ogrid[box], center, SPACING_MM, strict=True)
    )
    mask[box][squared <= radius_mm**2] = number


def word(is_met: bool) -> str:
    return "met" if is_met else "MISSED"


if __name__ == "__main__":
    main()
