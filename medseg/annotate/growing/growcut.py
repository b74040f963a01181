"""FastGrowCut by ITK's remote module, where somebody has installed it."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.errors import EditError


def has_grow_cut() -> bool:
    """Whether the package itk-growcut is installed."""
    if find_spec("itk") is None:
        return False
    # It is no dependency, and takes seconds to load.
    return hasattr(import_module("itk"), "FastGrowCut")


def fast_grow_cut(
    values: NDArray[np.float64], marked: NDArray[np.uint8], steps_mm: NDArray[np.float64]
) -> NDArray[Any]:
    """Per voxel the marker whose way has the least sum of differences in value.

    Args:
        values: 3D, finite.
        marked: 1 to 255 on seeds, 0 elsewhere.
        steps_mm: (3, 3), the grid's steps as columns; only their lengths count here.

    Raises:
        EditError: itk-growcut is not installed.

    Reference:
        Zhu L, Kolesov I, Gao Y, Kikinis R, Tannenbaum A. MICCAI Workshop on Interactive
        Medical Image Computing, 2014.
    """
    if not has_grow_cut():
        raise EditError(
            "FastGrowCut comes with the package itk-growcut, which is not installed. Install it "
            '(pip install itk-growcut), or grow by "watershed".'
        )
    itk = import_module("itk")
    spacing = np.linalg.norm(steps_mm, axis=0)[::-1].tolist()
    image = itk.image_from_array(np.ascontiguousarray(values, np.float32))
    seeds = itk.image_from_array(np.ascontiguousarray(marked, np.uint8))
    image.SetSpacing(spacing)
    seeds.SetSpacing(spacing)
    cut = itk.FastGrowCut[type(image), type(seeds)].New()
    cut.SetInput(image)
    cut.SetSeedImage(seeds)
    cut.Update()
    return np.array(itk.array_from_image(cut.GetOutput()))
