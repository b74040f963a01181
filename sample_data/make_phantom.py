"""Make the sample case: a synthetic chest CT with lesions whose volumes are known exactly.

Usage: python sample_data/make_phantom.py [--out sample_data/chest]
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

if __package__ in (None, ""):  # started as a script: let it find its own package
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sample_data.anatomy import paint_chest
from sample_data.lesions import LESIONS, Lesion
from sample_data.painting import SHAPE, Array, Canvas, body_axes
from sample_data.texture import scanner_noise
from sample_data.thorax import Forms
from sample_data.writers import write_case

SEED = 20260117
_FIELD_RADIUS_MM = 188.5  # the round field of view; beyond it the image holds -1024
_REACH_MM = 36.0  # no lesion reaches further from its centre
_BLUR_VOXELS = (0.3, 0.45, 0.45)


@dataclass(frozen=True, eq=False)
class Phantom:
    """The image in HU and its truth: 0 for background, else the lesion's number."""

    hu: NDArray[np.int16]
    truth: NDArray[np.uint8]


def make_phantom(seed: int = SEED) -> Phantom:
    """The phantom, the same for the same seed; both arrays are (slice, row, column)."""
    rng = np.random.default_rng(seed)
    canvas = Canvas.of_air()
    forms = paint_chest(canvas, rng)
    for lesion in LESIONS:
        part = _around(canvas, lesion)
        part.paint(lesion.shape.distance(part.x, part.y, part.z), lesion.hu)
    hu = gaussian_filter(canvas.hu, _BLUR_VOXELS)
    hu += scanner_noise(rng) * _noise_level(forms, canvas)
    hu = np.clip(np.rint(hu), -1024, 3071).astype(np.int16)
    hu[np.broadcast_to(np.hypot(canvas.x, canvas.y) > _FIELD_RADIUS_MM, SHAPE)] = -1024
    return Phantom(hu, truth_mask())


def truth_mask() -> NDArray[np.uint8]:
    """Each voxel whose centre lies in a lesion, surface included, has the lesion's number."""
    canvas = Canvas(np.zeros(SHAPE, np.uint8), *body_axes(np.float64))
    for lesion in LESIONS:
        part = _around(canvas, lesion)
        part.hu[lesion.shape.contains(part.x, part.y, part.z)] = lesion.number
    return canvas.hu


def _around(canvas: Canvas, lesion: Lesion) -> Canvas:
    center = np.array(lesion.shape.center)
    return canvas.crop(center - _REACH_MM, center + _REACH_MM)


def _noise_level(forms: Forms, canvas: Canvas) -> Array:
    """Deviation of the noise in HU: most where the rays cross most tissue, little in free air."""
    depth = np.clip(-forms.body / 95, 0, 1)
    high = 3 * np.clip((canvas.z - 165) / 45, 0, 1)  # the shoulders cost light
    return np.where(forms.body < 0, 7 + (10 + high) * depth, 5 * np.exp(-forms.body / 5) + 0.6)


def main() -> None:
    """Write the case to a folder and print its lesions."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "chest")
    folder = parser.parse_args().out
    phantom = make_phantom()
    for row in write_case(phantom.hu, phantom.truth, folder):
        print(row)


if __name__ == "__main__":
    main()
