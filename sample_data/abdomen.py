"""What shows below the diaphragm: liver with its veins, spleen, stomach."""

from __future__ import annotations

import numpy as np

from sample_data.painting import Array, Canvas, Point, ellipse, ellipsoid, inside
from sample_data.texture import smooth_field
from sample_data.thorax import Forms
from sample_data.tissues import AIR, FAT, LIVER, MUSCLE, SPLEEN

_TOP_Z = 72.0  # nothing of the abdomen lies higher


def paint_abdomen(canvas: Canvas, forms: Forms, rng: np.random.Generator) -> None:
    """All organs below the domes of the diaphragm, in fat, under a sheet of muscle."""
    low = canvas.crop((-999, -999, -99), (999, 999, _TOP_Z))
    n = low.hu.shape[0]
    below, wall = forms.abdomen[:n], forms.wall[:n]
    cavity = np.maximum(below, wall)
    low.paint(cavity, MUSCLE, 1.2)
    low.paint(cavity + 2.6, FAT, 1.2)
    left_edge = (low.x - 14 + 0.5 * low.y) * 0.85
    liver = np.maximum(cavity + 2.4, left_edge)
    liver = np.maximum(liver, 2 - ellipse(low.x, low.y, (0, 52), (21, 20)))  # the spine's place
    low.paint(liver, LIVER + 2 * smooth_field(rng, 30.0)[:n])
    _paint_liver_vessels(low, liver)
    spleen = ellipsoid(low.x, low.y, low.z, (94, 34, 2), (36, 46, 40))
    low.paint(np.maximum(spleen, cavity + 3.2), SPLEEN)
    stomach = np.maximum(ellipsoid(low.x, low.y, low.z, (66, -26, 6), (46, 46, 44)), cavity + 3.5)
    low.paint(stomach, 42)
    content = np.where(low.y < -42, AIR, 14)
    low.paint(stomach + 4, content)


def _paint_liver_vessels(low: Canvas, liver: Array) -> None:
    veins: list[tuple[list[Point], list[float]]] = [
        ([(-20, 8, 46), (-52, 26, 32), (-92, 40, 12)], [4.6, 3.6, 2.2]),
        ([(-20, 4, 46), (-40, -22, 34), (-62, -58, 14)], [4.4, 3.4, 2.0]),
        ([(-18, 2, 46), (-2, -22, 34), (6, -52, 22)], [4.0, 3.0, 1.8]),
        ([(-40, 6, 0), (-84, -28, 14), (-104, -42, 22)], [4.6, 3.0, 1.6]),
    ]
    scratch = Canvas(np.zeros_like(low.hu), low.x, low.y, low.z)
    for points, radii in veins:
        scratch.paint_tube(points, radii, 1.0)
    low.blend(scratch.hu * inside(liver + 2), 40)
