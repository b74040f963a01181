"""Randomness with a scanner's look: smooth fields for tissue, filtered-ramp noise for images."""

from __future__ import annotations

import numpy as np
from scipy import fft
from scipy.ndimage import gaussian_filter1d, zoom

from sample_data.painting import SHAPE, SPACING_MM, Array

_RAMP_TURNS_MM = 0.19  # cycles per mm at which the reconstruction kernel rolls the ramp off


def smooth_field(rng: np.random.Generator, scale_mm: float) -> Array:
    """A random field of mean 0 and deviation 1 whose features are about `scale_mm` wide."""
    coarse = [
        max(4, int(np.ceil(n * s / scale_mm * 2))) for n, s in zip(SHAPE, SPACING_MM, strict=True)
    ]
    field = rng.standard_normal(coarse, dtype=np.float32)
    for axis, (fine, few) in enumerate(zip(SHAPE, coarse, strict=True)):
        # One small matrix for each axis does what a 3D spline zoom does, ten times as fast.
        weights = zoom(np.eye(few, dtype=np.float32), (fine / few, 1), order=2)
        field = np.moveaxis(np.tensordot(weights, field, axes=(1, axis)), 0, axis)
    return np.ascontiguousarray(field / field.std())


def scanner_noise(rng: np.random.Generator) -> Array:
    """Noise of deviation 1 with the power spectrum of filtered back projection.

    Within a slice the power rises with frequency and is rolled off by the kernel, so the grain
    has a size and no drift; neighbouring slices share a little of it.
    """
    rows = fft.fftfreq(SHAPE[1], SPACING_MM[1])[:, None]
    columns = fft.rfftfreq(SHAPE[2], SPACING_MM[2])
    frequency = np.hypot(rows, columns).astype(np.float32)
    gain = np.sqrt(frequency) * np.exp(-((frequency / _RAMP_TURNS_MM) ** 2))
    white = rng.standard_normal(SHAPE, dtype=np.float32)
    noise = fft.irfft2(fft.rfft2(white) * gain, s=SHAPE[1:])
    noise = gaussian_filter1d(noise, 0.45, axis=0)
    return noise / noise.std()
