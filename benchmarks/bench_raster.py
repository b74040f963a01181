"""Polygons to masks and back against scikit-image and OpenCV: `python -m benchmarks.bench_raster`.

All take turns in one process and start from float64 points. OpenCV is measured where it is
installed (`pip install opencv-python-headless`); medseg does not depend on it. Goals: fill at
least 500 times as fast as skimage.draw.polygon at radius 60, at most 1.1 times as slow as
cv2.fillPoly on real lesions; contours at least 8 times as fast as find_contours.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.draw import polygon
from skimage.measure import find_contours

from benchmarks.turns import Work, compare
from medseg.annotate import fill_polygon
from medseg.raster import edge_contours, fill_rings, ring_coverage

try:
    import cv2 as opencv
except ImportError:
    opencv = None

cv2: Any = opencv
LIDC = Path(__file__).resolve().parents[2] / "shared" / "data" / "lidc" / "lidc_lesions.npz"
CONTOURS = 3000
_BITS = 8

Ring = NDArray[np.float64]
Outline = tuple[Ring, tuple[int, int]]


def main() -> None:
    """Print times and ratios for filling, covering and outlining."""
    plane = (512, 512)
    for radius in (4, 15, 60, 180):
        one = [(lobed((255.3, 256.1), radius), plane)]
        goal = {"skimage": 500.0} if radius == 60 else {}
        compare(f"fill, radius {radius}", fillers(one, radius < 100), goals=goal, repeats=40)
    ring = lobed((255.3, 256.1), 60)
    coverage: dict[str, Work] = {"medseg": lambda: ring_coverage([ring], plane)}
    compare("exact coverage, radius 60", coverage, goals={}, repeats=40)
    outlines = lidc_outlines() if LIDC.is_file() else small_outlines()
    name = "LIDC" if LIDC.is_file() else "made-up"
    compare(
        f"fill, {len(outlines)} {name} contours", fillers(outlines, False), goals={"OpenCV": 0.91}
    )
    masks = [fill_rings([ring], shape) for ring, shape in outlines]
    compare(f"contours of {len(masks)} {name} masks", tracers(masks), goals={"skimage": 8.0})
    whole = fill_rings([lobed((255.3, 256.1), 180), lobed((255.3, 256.1), 90)], plane)
    compare("contours of a 512 x 512 slice", tracers([whole]), goals={"skimage": 8.0}, repeats=5)


def lobed(center: tuple[float, float], radius: float) -> Ring:
    """A lobed outline with a point each pixel, as traced ones have."""
    turn = np.linspace(0, 2 * np.pi, round(2 * np.pi * radius), endpoint=False)
    reach = radius * (1 + 0.2 * np.sin(3 * turn + 0.3))
    return np.column_stack([center[0] + reach * np.sin(turn), center[1] + reach * np.cos(turn)])


def lidc_outlines() -> list[Outline]:
    """Readers' contours of lung nodules, each in the crop around its lesion."""
    with np.load(LIDC) as archive:
        lidc = {name: archive[name] for name in archive.files if name != "bits"}
    outlines = []
    for row, _, _, first, count in lidc["contour_index"][:CONTOURS]:
        corner = int(lidc["row_y0"][row]), int(lidc["row_x0"][row])
        ring = lidc["contour_points"][first : first + count].astype(np.float64) - corner
        outlines.append((ring, (int(lidc["row_ny"][row]), int(lidc["row_nx"][row]))))
    return outlines


def small_outlines() -> list[Outline]:
    rng = np.random.default_rng(2026)
    return [
        (lobed(tuple(rng.uniform(15, 16, 2)), rng.uniform(3, 12)), (32, 33))
        for _ in range(CONTOURS)
    ]


def fillers(outlines: list[Outline], with_skimage: bool) -> dict[str, Work]:
    """What each takes to fill all outlines."""
    work: dict[str, Work] = {
        "medseg": lambda: [fill_polygon(ring, shape) for ring, shape in outlines]
    }
    if with_skimage:
        work["skimage"] = lambda: [
            polygon(ring[:, 0], ring[:, 1], shape) for ring, shape in outlines
        ]
    if cv2 is not None:
        work["OpenCV"] = lambda: [by_opencv(ring, shape) for ring, shape in outlines]
    return work


def by_opencv(ring: Ring, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Its nearest to sub-pixel points; it paints the outline too, so that small lesions grow."""
    mask = np.zeros(shape, np.uint8)
    points = np.rint(ring[:, ::-1] * (1 << _BITS)).astype(np.int32)
    cv2.fillPoly(mask, [points], 1, shift=_BITS)
    return mask


def tracers(masks: list[NDArray[np.bool_]]) -> dict[str, Work]:
    """What each takes to outline all masks; OpenCV's contours run through pixel centres."""
    work: dict[str, Work] = {
        "medseg": lambda: [edge_contours(mask) for mask in masks],
        "skimage": lambda: [find_contours(mask, 0.5) for mask in masks],
    }
    if cv2 is not None:
        work["OpenCV"] = lambda: [
            cv2.findContours(mask.view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
            for mask in masks
        ]
    return work


if __name__ == "__main__":
    main()
