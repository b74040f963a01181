"""A geodesic contour by scikit-image, which ours is held against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import morphological_geodesic_active_contour


def by_scikit_image(
    edges: NDArray[np.float64], start: NDArray[np.bool_], rounds: int
) -> NDArray[np.bool_]:
    """The same as `glided`; a last round brings back scikit-image's order of smoothing.

    It goes on from call to call where it last ended.
    """
    found = morphological_geodesic_active_contour(
        edges, rounds, start, smoothing=1, threshold=0.0, balloon=0
    )
    if rounds % 2:
        morphological_geodesic_active_contour(edges, 1, start)
    return np.asarray(found > 0)
