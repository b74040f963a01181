"""Region tools on a 30 mm lesion in a 512 x 512 x 400 volume: `python benchmarks/bench_regions.py`.

Region growing runs in turns with SimpleITK's ConnectedThreshold on the whole volume, both from
the same click with the same limits; the voxels found are compared. Goal: at least 3 times as
quick, from the click on; a dragged tolerance after it costs less still. The other tools have no
peer here and are timed by themselves.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813 - its usual name
from numpy.typing import NDArray

from medseg.annotate import (
    Growing,
    geodesic_edit,
    joint_smoothing_edit,
    margin_edit,
    random_walker_edit,
    seeds_edit,
    smoothing_edit,
    surface_edit,
)
from medseg.model import Authorship, Contour, Geometry, Segment, Segmentation, Source, Volume

SHAPE = (400, 512, 512)
SPACING_MM = (1.0, 0.75, 0.75)
SEED = (200, 260, 250)
RADIUS_MM = 15.0
TOLERANCE = 60.0
ROUNDS = 11
GOAL = 3.0
BY = Authorship("Benchmark", "grow")


def main() -> None:
    """Print the median times and the ratio's quartiles, then the other tools' times."""
    volume, lesion = lesion_in_noise()
    print(f"{SHAPE} int16, lesion of {2 * RADIUS_MM:.0f} mm, {int(lesion.sum())} voxels")
    _report_growing(volume)
    _report_tools(volume, lesion)


def lesion_in_noise() -> tuple[Volume, NDArray[np.bool_]]:
    """A bright ball in noise, and where it is."""
    rng = np.random.default_rng(2026)
    voxels = np.empty(SHAPE, np.int16)
    for plane in voxels:
        plane[:] = rng.normal(0, 12, SHAPE[1:])
    geometry = Geometry.from_spacing(SHAPE, SPACING_MM)
    axes = (np.arange(size) for size in SHAPE)
    z, y, x = (
        ((axis - middle) * step).reshape([-1 if own == n else 1 for n in range(3)])
        for own, (axis, middle, step) in enumerate(zip(axes, SEED, SPACING_MM, strict=True))
    )
    lesion = np.asarray(z**2 + y**2 + x**2 <= RADIUS_MM**2)
    voxels[lesion] += 150
    return Volume(voxels, geometry, "HU", Source("nifti", Path("x"), "x")), lesion


def _report_growing(volume: Volume) -> None:
    click = volume.geometry.to_patient(SEED)
    image = sitk.GetImageFromArray(volume.voxels)
    held = Growing(volume, click)
    low, high = held.limits(TOLERANCE)

    def ours() -> object:
        return Growing(volume, click).region(TOLERANCE)

    def dragged() -> object:
        return held.region(TOLERANCE)

    def peer() -> object:
        return sitk.ConnectedThreshold(image, [SEED[::-1]], lower=low, upper=high)

    _check_same(peer(), ours())
    times = [[_seconds(work) for work in (peer, ours, dragged)] for _ in range(ROUNDS)]
    peers, clicks, drags = (np.array(one) for one in zip(*times, strict=True))
    print(f"SimpleITK ConnectedThreshold, whole volume: {_spread(peers)}")
    for name, own in (("click and grow", clicks), ("drag the tolerance", drags)):
        ratio = np.quantile(peers / own, (0.25, 0.5, 0.75))
        verdict = "met" if ratio[1] >= GOAL else "MISSED"
        print(
            f"{name}: {_spread(own)}; {ratio[1]:.0f}x as quick (quartiles {ratio[0]:.0f} to "
            f"{ratio[2]:.0f}), goal {GOAL:.0f}: {verdict}"
        )


def _check_same(peer: object, ours: object) -> None:
    found = sitk.GetArrayViewFromImage(peer).astype(bool)
    (one, two, three), inside = ours  # type: ignore[misc]
    whole = np.zeros(SHAPE, bool)
    depth, height, width = inside.shape
    whole[one : one + depth, two : two + height, three : three + width] = inside
    print(f"voxels: SimpleITK {int(found.sum())}, differing {int((found != whole).sum())}")


def _report_tools(volume: Volume, lesion: NDArray[np.bool_]) -> None:
    labels = lesion.astype(np.uint8)
    labels[:, :, SEED[2] :] *= 2
    halves = Segmentation(labels, volume.geometry, (Segment.unnamed(1), Segment.unnamed(2)))
    mask = Segmentation(lesion.astype(np.uint8), volume.geometry, (Segment.unnamed(1),))
    blank = Segmentation.empty(volume.geometry, (Segment.unnamed(1),))
    middle = volume.geometry.to_patient(SEED)
    beside = middle + 1.4 * RADIUS_MM * np.vstack((np.eye(3), -np.eye(3)))
    contours = _sections(middle)
    work: dict[str, Callable[[], object]] = {
        "margin of 5 mm": lambda: margin_edit(mask, 1, BY, margin_mm=5.0),
        "median, 3 mm": lambda: smoothing_edit(mask, 1, BY, radius_mm=3.0),
        "closing, 3 mm": lambda: smoothing_edit(mask, 1, BY, method="closing", radius_mm=3.0),
        "two segments jointly, 2 mm": lambda: joint_smoothing_edit(
            halves, (1, 2), BY, sigma_mm=2.0
        ),
        "surface through 3 contours": lambda: surface_edit(blank, contours, BY),
        "grow from seeds": lambda: seeds_edit(blank, volume, {1: [middle], 0: beside}, BY),
        "random walker, band 3 mm": lambda: random_walker_edit(mask, volume, 1, BY),
        "geodesic contour, band 3 mm": lambda: geodesic_edit(mask, volume, 1, BY),
    }
    for name, tool in work.items():
        tool()  # compile
        print(f"{name}: {_spread(np.array([_seconds(tool) for _ in range(7)]))}")


def _sections(middle: NDArray[np.float64]) -> list[Contour]:
    turn = np.linspace(0, 2 * np.pi, 80, endpoint=False)[:, None]
    axes = RADIUS_MM * np.eye(3)
    pairs = ((0, 1), (0, 2), (1, 2))
    return [
        Contour(middle + np.cos(turn) * axes[one] + np.sin(turn) * axes[two], 1)
        for one, two in pairs
    ]


def _spread(seconds: NDArray[np.float64]) -> str:
    low, high = np.quantile(seconds, (0.25, 0.75)) * 1e3
    return f"{statistics.median(seconds) * 1e3:.1f} ms ({low:.1f} to {high:.1f})"


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
