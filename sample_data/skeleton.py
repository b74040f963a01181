"""Bones: ribs with their cartilage, sternum, spine, shoulder blades and collar bones."""

from __future__ import annotations

import numpy as np

from sample_data.painting import Array, Canvas, Point, ellipse, inside
from sample_data.thorax import (
    LEFT,
    RIGHT,
    body_distance,
    spine_y,
    wall_angle,
    wall_distance,
    wall_section,
)

CORTEX, SPONGY, CARTILAGE, DISC = 560, 190, 115, 80

LEVEL_MM = 24.5  # from one vertebra, and one rib, to the next
FIRST_LEVEL_Z = 8.0
_RIB_DROP_MM = 100.0  # how far a rib descends from back to front
_RIB_DEPTH_MM = 5.6  # its middle, outside the inner wall


def paint_skeleton(canvas: Canvas) -> None:
    """All bones, over whatever was painted before."""
    for side in (RIGHT, LEFT):
        half = canvas.crop(*_half_box(side))
        _paint_ribs(half, side)
        _paint_shoulder_blade(half, side)
        _paint_collar_bone(canvas, side)
    _paint_sternum(canvas.crop((-40, -125, -9), (40, 0, 999)))
    _paint_spine(canvas)


def paint_bone(canvas: Canvas, distance: Array, cortex_mm: float, hu: float = CORTEX) -> None:
    """A shape filled with spongy bone under a shell of cortex."""
    canvas.paint(distance, hu)
    canvas.paint(distance + cortex_mm, SPONGY, 1.2)


def _half_box(side: int) -> tuple[Point, Point]:
    x = (-999, 6) if side == RIGHT else (-6, 999)
    return (x[0], -999, -999), (x[1], 999, 999)


def _rib_height(angle: Array) -> Array:
    """Height of a rib's middle over its head, against the way round the chest."""
    turn = np.radians(np.clip(angle, -60, 160))
    fall = -_RIB_DROP_MM * (0.16 * turn + 0.55 * (1 - np.cos(1.09 * turn)) / 2)
    rise = 0.75 * np.maximum(angle - 158, 0)  # the cartilage climbs to the sternum
    return fall + rise


def _paint_ribs(half: Canvas, side: int) -> None:
    depth = wall_distance(side, half.x, half.y, half.z) - _RIB_DEPTH_MM
    angle = wall_angle(side, half.x, half.y, half.z)
    level = (half.z - FIRST_LEVEL_Z - 5 - _rib_height(angle)) / LEVEL_MM
    along_z = (level - np.round(level)) * LEVEL_MM
    # 92 mm is the chest's mean radius: it turns a fall for each radian into a slope.
    slope = _RIB_DROP_MM / 92 * (0.16 + 0.3 * np.sin(np.radians(np.clip(angle, 0, 165))))
    upright = along_z / np.sqrt(1 + slope**2)
    thick = np.where(angle < 150, 3.9, 4.6)
    scaled = np.sqrt((depth / thick) ** 2 + (upright / 6.3) ** 2)
    distance = (scaled - 1) * thick
    is_rib = inside(angle - 150 + 6 * np.sin(level), 2.0) * inside(-44 - angle, 2.0)
    is_cartilage = inside(150 - angle, 2.0) * inside(angle - 202, 2.0)
    half.blend(inside(distance) * is_cartilage, CARTILAGE)
    half.blend(inside(distance) * is_rib, CORTEX)
    half.blend(inside(distance + 1.5, 1.1) * is_rib, SPONGY)


def _paint_shoulder_blade(half: Canvas, side: int) -> None:
    part = half.crop((-999, -20, 88), (999, 120, 999))
    depth = wall_distance(side, part.x, part.y, part.z) - 17 - 0.07 * (part.z - 120)
    angle = wall_angle(side, part.x, part.y, part.z)
    # A triangle with its tip down: the inner edge is upright, the outer one leans outwards.
    outer = 34 + (part.z - 112) * 0.42
    middle, half_way = (outer + 26) / 2, (outer - 26) / 2
    edge = np.maximum((np.abs(angle - middle) - half_way) * 1.7, 0)
    thick = 1.9 + 2.8 * np.exp(-(((angle - outer) / 6) ** 2))
    distance = np.hypot(depth + 0.05 * (angle - middle), edge) - thick
    distance = np.maximum(distance, body_distance(part.x, part.y, part.z) + 12)
    part.paint(distance, 430)
    part.paint(distance + 1.6, SPONGY, 1.2)


def _paint_collar_bone(canvas: Canvas, side: int) -> None:
    points = ((side * 17.0, -50.0, 206.0), (side * 34.0, -56.0, 214.0))
    share, part = canvas.tube_share(points, (9.0, 7.0))
    part.blend(share, CORTEX)
    share, part = canvas.tube_share(points, (7.3, 5.3))
    part.blend(share, SPONGY)


def _paint_sternum(part: Canvas) -> None:
    section = wall_section(part.z)
    middle_y = section.middle_y - 0.965 * section.half_depth - 5
    widths = np.interp(
        part.z, (30, 48, 70, 120, 160, 172, 196, 213), (2, 6, 19, 18, 15, 22, 29, 24)
    )
    distance = ellipse(part.x, part.y, (0, middle_y), (widths, np.minimum(widths, 6.6)))
    paint_bone(part, np.maximum(distance, 34 - part.z), 1.5, 420)
    joint = np.abs(part.z - 166) - 1.0
    part.paint(np.maximum(distance, joint), CARTILAGE)


def _paint_spine(canvas: Canvas) -> None:
    column = canvas.crop((-25, 0, -99), (25, 110, 999))
    _paint_bodies(column)
    levels = np.arange(-1, int(np.ceil(canvas.z.max() / LEVEL_MM)) + 2)
    for z in FIRST_LEVEL_Z + LEVEL_MM * levels:
        _paint_arch(canvas, float(z))
    middle = spine_y(column.z).astype(np.float32) + 22.5
    canal = ellipse(column.x, column.y, (0, middle), (9.0, 8.0))
    column.paint(canal, -20)
    column.paint(canal + 1.2, 12)
    column.paint(ellipse(column.x, column.y, (0, middle), (4.8, 3.8)), 38)


def _paint_bodies(part: Canvas) -> None:
    middle = spine_y(part.z).astype(np.float32)
    level = (part.z - FIRST_LEVEL_Z) / LEVEL_MM
    from_middle = np.abs(level - np.round(level)) * LEVEL_MM
    # The waist of a body is narrower than its ends; behind, it is hollowed for the canal.
    size = 1 + 0.10 * (from_middle / 10) ** 2
    hollow = np.maximum(0, part.y - middle - 8) * np.exp(-((part.x / 9) ** 2)) * 0.5
    outline = ellipse(part.x, part.y, (0, middle), (16.5 * size, 14.2 * size)) + hollow
    part.paint(outline + 0.8, DISC)
    body = np.maximum(outline, from_middle - 9.8)
    part.paint(body, 400)
    part.paint(np.maximum(outline + 1.5, from_middle - 8.3), SPONGY, 1.2)


def _paint_arch(canvas: Canvas, z: float) -> None:
    y = float(spine_y(z))
    tubes: list[tuple[list[Point], float]] = [([(0, y + 33, z - 4), (0, y + 51, z - 18)], 3.2)]
    for side in (RIGHT, LEFT):
        tubes += [
            ([(side * 11, y + 10, z + 4), (side * 13, y + 24, z + 4)], 4.3),
            ([(side * 13, y + 25, z + 2), (side * 2, y + 34, z - 5)], 3.6),
            ([(side * 14, y + 25, z + 3), (side * 33, y + 32, z + 5)], 4.6),
            ([(side * 12, y + 26, z + 9), (side * 12, y + 27, z - 11)], 4.4),
        ]
    for shrink, hu in ((0.0, 480.0), (1.6, 230.0)):
        for points, radius in tubes:
            canvas.paint_tube(points, (radius - shrink,) * 2, hu)
