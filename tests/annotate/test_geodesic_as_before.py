"""The geodesic contour's own gliding gives what scikit-image's gave, on uneven grids too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from medseg.annotate import geodesic_edit
from medseg.annotate.growing import refine
from medseg.model import Authorship, Geometry, Segment, Segmentation, Source, Volume
from tests.raster.gliding_reference import by_scikit_image

BY = Authorship("reader", "geodesic contour")


@pytest.mark.parametrize(
    ("shape", "spacing_mm"),
    [
        ((7, 30, 30), (5.0, 0.5, 0.5)),
        ((30, 28, 7), (0.5, 0.5, 5.0)),
        ((14, 16, 15), (1.0, 1.0, 1.0)),
    ],
)
@pytest.mark.parametrize("band_mm", [1.4, 3.0])
def test_the_same_voxels_as_by_scikit_image(
    shape: tuple[int, int, int],
    spacing_mm: tuple[float, float, float],
    band_mm: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places = np.indices(shape).T - (np.array(shape) - 1) / 2
    away = np.linalg.norm(places * spacing_mm, axis=-1).T
    noise = np.random.default_rng(1).normal(0, 15, shape)
    geometry = Geometry.from_spacing(shape, spacing_mm)
    values = (np.where(away < 6.2, 80, -40) + noise).astype(np.int16)
    volume = Volume(values, geometry, "HU", source=Source("nifti", Path("image.nii"), ""))

    def edited() -> NDArray[np.generic]:
        mask = Segmentation((away < 5).astype(np.uint8), geometry, (Segment.unnamed(1),))
        edit = geodesic_edit(mask, volume, 1, BY, band_mm=band_mm)
        assert not edit.is_empty
        edit.apply(mask)
        return mask.array.copy()

    own = edited()
    monkeypatch.setattr(refine, "glided", by_scikit_image)
    np.testing.assert_array_equal(own, edited())
