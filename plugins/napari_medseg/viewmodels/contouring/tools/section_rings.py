"""The current lesion's contours on the slice of a plane, with few enough points to take hold of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medseg.annotate import simplify_contour
from medseg.model import Contour
from medseg.raster import edge_contours
from napari_medseg.viewmodels.contouring.tools.easel import Easel

#: A contour's points may leave the voxels' edges by this part of the larger step in the plane.
_SLACK = 0.55
#: ... or by this part of what counts as one place on screen, so that points stay apart.
_SLACK_ON_SCREEN = 0.2


class SectionRings:
    """Looks contours up, and again only when the mask, the lesion or the slice is another.

    Args:
        easel: whose lesions.
    """

    def __init__(self, easel: Easel) -> None:
        self._easel = easel
        self._key: object = None
        self._rings: list[NDArray[np.float64]] = []

    def on(self, through: int, index: int, near_mm: float = 0.0) -> list[NDArray[np.float64]]:
        """The current lesion's rings on a shown slice, (n, 3) shown indices each; [] if none.

        Args:
            through: shown axis through the plane.
            index: the shown slice.
            near_mm: what lies nearer to each other counts as the same place on screen.
        """
        session, number = self._easel.session, self._easel.case.lesions.current
        if session is None or number is None:
            return []
        key = (id(session), session.history.state, number, through, index, near_mm)
        if key != self._key:
            self._key, self._rings = key, self._looked_up(number, through, index, near_mm)
        return self._rings

    def _looked_up(
        self, number: int, through: int, index: int, near_mm: float
    ) -> list[NDArray[np.float64]]:
        session = self._easel.at_work
        geometry = session.segmentation.geometry
        axis, layer = self._easel.layer(through, index)
        section = np.asarray(session.segmentation.array.take(layer, axis) == number)
        spacing = [mm for other, mm in enumerate(geometry.spacing_mm) if other != axis]
        slack_mm = max(_SLACK * max(spacing), _SLACK_ON_SCREEN * near_mm)
        rings = []
        for ring in edge_contours(section):
            stored = np.insert(ring, axis, layer, axis=1)
            contour = Contour(geometry.to_patient(stored), number)
            few = simplify_contour(contour, slack_mm)
            shown = self._easel.display.to_shown(geometry.to_index(few.points_lps))
            shown[:, through] = index
            rings.append(shown)
        return rings
