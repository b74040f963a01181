"""What lies between the lungs: heart, great vessels, windpipe and gullet."""

from __future__ import annotations

import numpy as np

from sample_data.painting import Canvas, Point, ellipsoid
from sample_data.thorax import AORTA_DESCENDING, HEART_CENTER, SIDES, Forms, heart_distance
from sample_data.tissues import AIR, BLOOD, FAT, HEART


def paint_heart(canvas: Canvas, forms: Forms) -> None:
    """Pericardium, fat, muscle, chambers, and two of the coronary arteries."""
    canvas.paint(forms.heart + 1.5, FAT + 8)
    canvas.paint(np.abs(forms.heart + 2.0) - 0.7, 0)  # the pericardium
    part = canvas.crop((-60, -90, 20), (99, 60, 140))
    heart = heart_distance(part.x, part.y, part.z)
    x, y, z = part.x - HEART_CENTER[0], part.y - HEART_CENTER[1], part.z - HEART_CENTER[2]
    # Fat lies thick where the chambers meet: one groove between atria and ventricles, one between
    # the ventricles.
    across = 0.80 * x - 0.45 * y - 0.35 * z + 14
    between = 0.45 * x + 0.80 * y + 0.15 * z - 1
    groove = 9 * np.exp(-((across / 6) ** 2)) + 6 * np.exp(-((between / 5) ** 2)) * (across > 0)
    muscle = heart + 4.0 + groove
    part.paint(muscle, HEART + 6, 1.6)
    chambers: list[tuple[Point, Point]] = [
        ((46, -28, 68), (27, 17, 22)),  # left ventricle
        ((20, -50, 72), (30, 12, 24)),  # right ventricle
        ((-16, -12, 84), (20, 22, 26)),  # right atrium
        ((4, 12, 96), (30, 15, 20)),  # left atrium
    ]
    for center, radii in chambers:
        chamber = ellipsoid(part.x, part.y, part.z, center, radii)
        part.paint(np.maximum(chamber, muscle + 3), BLOOD - 4)
    canvas.paint_tube([(18, -60, 112), (8, -62, 84), (0, -52, 62)], [1.8, 1.6, 1.4], BLOOD)
    canvas.paint_tube([(26, -40, 112), (48, -62, 92), (64, -66, 66)], [1.8, 1.6, 1.3], BLOOD)


def paint_great_vessels(canvas: Canvas) -> None:
    """Aorta, caval and pulmonary vessels, their branches, and a few small lymph nodes."""
    arch = [(10, -16, 100), (-10, -24, 122), (-14, -26, 146), (-8, -18, 162), (8, 0, 169)]
    arch += [(20, 20, 164), *AORTA_DESCENDING]
    tubes: list[tuple[list[Point], list[float]]] = [
        ([(-24, -14, 186), (-25, -8, 150), (-23, -6, 108)], [8, 8.5, 9.5]),  # upper caval vein
        ([(-22, 4, -9), (-22, 0, 62)], [11, 11]),  # lower caval vein
        ([(-24, -14, 184), (-25, -20, 200), (-30, -24, 216)], [7.5, 7, 7]),
        ([(-23, -14, 184), (-4, -28, 192), (16, -28, 204), (25, -24, 216)], [7.5, 6.5, 6.5, 6.5]),
        ([(20, -34, 104), (25, -18, 124), (28, -4, 132)], [14, 13.5, 12.5]),  # pulmonary trunk
        ([(28, -4, 132), (42, 10, 135), (54, 14, 128), (58, 22, 112)], [11.5, 10.5, 9, 6.5]),
        ([(26, -8, 126), (2, 4, 124), (-28, 6, 121), (-47, 8, 118)], [11, 10, 9.5, 8]),
        ([(4, 12, 98), (-24, 8, 103), (-42, 2, 105)], [8, 6.5, 5.5]),  # pulmonary veins
        ([(4, 12, 92), (-26, 16, 90), (-42, 22, 86)], [8, 6, 5]),
        ([(8, 12, 98), (30, 10, 106), (46, 6, 110)], [8, 6.5, 5.5]),
        ([(8, 12, 92), (32, 20, 92), (46, 28, 90)], [8, 6, 5]),
        ([(-7, 34, -9), (-8, 33, 60), (-9, 32, 138)], [3.5, 3.8, 4]),  # azygos vein and its arch
        ([(-9, 32, 138), (-16, 26, 148), (-26, 6, 148), (-26, -6, 144)], [4, 4.5, 4.8, 4.5]),
        (arch, [16, 15.5, 15, 14.5, 14, 13.5, 13.2, 12.8, 12.4, 12]),
        ([(-9, -18, 164), (-12, -14, 190), (-22, -6, 216)], [7, 6.6, 6.4]),  # to head and arms
        ([(4, -6, 168), (12, -4, 190), (14, 2, 216)], [4.6, 4.2, 4.2]),
        ([(14, 10, 168), (20, 15, 190), (21, 17, 216)], [5.4, 5, 5]),
        ([(-30, -20, 150), (-30, -22, 150.5)], [3.2, 3.2]),  # a few small lymph nodes
        ([(-16, 2, 152), (-17, 4, 154)], [3.4, 3.4]),
        ([(18, -20, 148), (19, -18, 147)], [2.8, 2.8]),
        ([(8, 16, 116), (4, 18, 117)], [3.6, 3.6]),
    ]
    for side in SIDES:  # through the armpit, with a few nodes
        x = side * 1.0
        tubes += [
            ([(x * 112, -8, 216), (x * 121, 4, 178), (x * 133, 14, 140)], [3.8, 3.2, 1.6]),
            ([(x * 119, -14, 216), (x * 127, 0, 178), (x * 136, 8, 140)], [4.6, 3.6, 1.6]),
            ([(x * 128, 12, 190), (x * 129, 15, 192)], [2.6, 2.6]),
            ([(x * 112, -18, 196), (x * 115, -16, 197)], [2.8, 2.8]),
        ]
    for points, radii in tubes:
        canvas.paint_tube(points, radii, BLOOD)


def paint_windpipe(canvas: Canvas) -> None:
    """Windpipe and main bronchi, and the gullet behind them."""
    gullet: list[Point] = [(6, 28, 216), (8, 31, 150), (9, 29, 100), (12, 22, 60), (20, 8, 30)]
    canvas.paint_tube(gullet, [6.5, 6.5, 6.5, 7, 8], 40)
    canvas.paint_tube([(7, 28, 216), (7, 29, 176)], [1.6, 1.0], -700)
    tubes: list[tuple[list[Point], list[float]]] = [
        ([(0, 8, 222), (0, 13, 165), (2, 18, 140)], [8.6, 8.6, 9.2]),
        ([(0, 18, 139), (-22, 16, 125), (-40, 14, 116)], [7.2, 6.8, 5.2]),
        ([(-24, 15, 126), (-44, 8, 138)], [4.6, 3.6]),
        ([(-40, 14, 116), (-47, 22, 98)], [5.0, 4.0]),
        ([(4, 18, 139), (24, 20, 124), (42, 21, 116)], [6.8, 6.2, 4.8]),
        ([(40, 20, 117), (54, 8, 124)], [4.0, 3.2]),
        ([(41, 21, 116), (50, 30, 98)], [4.4, 3.6]),
    ]
    for wall, hu in ((1.4, 20.0), (0.0, AIR)):
        for points, radii in tubes:
            canvas.paint_tube(points, [r + wall for r in radii], hu)
