"""The chest without its lesions: the order of painting, the table, and the body wall."""

from __future__ import annotations

import numpy as np

from sample_data.abdomen import paint_abdomen
from sample_data.lungs import paint_lungs
from sample_data.mediastinum import paint_great_vessels, paint_heart, paint_windpipe
from sample_data.painting import Array, Canvas, ellipse, inside
from sample_data.skeleton import paint_skeleton
from sample_data.texture import smooth_field
from sample_data.thorax import LEFT, RIGHT, SIDES, Forms, spine_y, wall_angle
from sample_data.tissues import FAT, MUSCLE, SKIN


def paint_chest(canvas: Canvas, rng: np.random.Generator) -> Forms:
    """The whole chest on a canvas of air; the forms come back for those who paint on."""
    forms = Forms.of(canvas)
    grain = smooth_field(rng, 9.0)
    _paint_table(canvas)
    _paint_outside_of_chest(canvas, forms, grain, rng)
    _paint_inside_of_chest(canvas, forms)
    paint_abdomen(canvas, forms, rng)
    paint_lungs(canvas, forms, rng)
    paint_heart(canvas, forms)
    paint_great_vessels(canvas)
    paint_windpipe(canvas)
    paint_skeleton(canvas)
    return forms


def _paint_table(canvas: Canvas) -> None:
    part = canvas.crop((-175, 60, -99), (175, 179, 999))
    top = 121.5 - part.x**2 / 860
    bottom = 152 - part.x**2 / 470
    table = np.maximum(top - part.y, part.y - bottom) + 0 * part.z
    part.paint(table, -930)
    part.blend(inside(np.abs(table + 1.0) - 0.9, 0.8), -330)
    pad = np.maximum(np.abs(part.y - top + 4) - 3.5, np.abs(part.x) - 128)
    part.paint(pad + 0 * part.z, -955)


def _muscle_thickness(angle: Array, z: Array) -> Array:
    """Muscle over the ribs in mm, against the way round the chest and the height."""

    def bump(value: Array, middle: float, width: float) -> Array:
        return np.exp(-(((value - middle) / width) ** 2))

    def above(height: float, over: float) -> Array:
        return 1 / (1 + np.exp(-(z - height) / over))

    side = bump(angle, 80, 34) * (4 + 6 * above(90, 15))
    fold = bump(angle, 70, 20) * 17 * above(152, 10)  # the back wall of the armpit
    blade = bump(angle, 38, 30) * 25 * above(108, 9)
    chest = bump(angle, 144, 25) * 17 * above(112, 12) + bump(angle, 122, 14) * 8 * above(168, 8)
    return 2.5 + side + fold + blade + chest


def _paint_outside_of_chest(
    canvas: Canvas, forms: Forms, grain: Array, rng: np.random.Generator
) -> None:
    """Skin, fat, and the muscles between skin and ribs."""
    canvas.paint(forms.body, SKIN)
    strands = np.exp(-((smooth_field(rng, 18.0) / 0.06) ** 2))
    canvas.paint(forms.body + 2.0, FAT + 5 * grain + 30 * strands, 0.7)
    x, y, z = canvas.x, canvas.y, canvas.z
    side_angle = np.where(x < 0, wall_angle(RIGHT, x, y, z), wall_angle(LEFT, x, y, z))
    thick = _muscle_thickness(side_angle, z)
    outer = np.minimum(forms.wall - 10.5 - thick + 0.9 * grain, 90)
    outer = np.maximum(outer, forms.body + 5.0)
    muscle = MUSCLE + 4 * grain
    canvas.paint(outer, muscle, 1.1)
    for part in (0.36, 0.70):  # fat between the layers of muscle
        between = np.abs(forms.wall - 10.5 - part * thick + 1.0 * grain) - 0.5 - 0.35 * grain
        between = np.maximum(between, outer + 1.5)
        canvas.blend(inside(between, 1.0) * np.clip((thick - 7) / 6, 0, 1), FAT)
    edge = np.abs(forms.wall - 9.6 + 0.8 * grain) - 0.3  # fat over the ribs, here and there
    canvas.blend(inside(edge, 1.0) * np.clip(0.35 + 0.35 * grain, 0, 0.9), FAT)
    _paint_back(canvas, forms, grain)


def _paint_back(canvas: Canvas, forms: Forms, grain: Array) -> None:
    """The long muscles beside the spine, with fat around them."""
    x, y, z = canvas.x, canvas.y, canvas.z
    middle = spine_y(z).astype(np.float32)
    body = forms.body
    rear = np.maximum(ellipse(x, y, (0, middle + 46), (56, 34)), 9 - forms.wall)
    rear = np.maximum(rear, body + 5)
    canvas.paint(rear, FAT + 5 * grain)
    for side in SIDES:
        long_muscle = ellipse(x, y, (side * 27, middle + 43), (24, 13)) + grain
        deep = ellipse(x, y, (side * 12, middle + 41), (11, 14)) + grain
        canvas.paint(np.maximum(np.minimum(long_muscle, deep), body + 6), MUSCLE + 3 * grain, 1.1)
        sheet = np.abs(ellipse(x, y, (side * 27, middle + 43), (30, 19)) + 0.6 * grain) - 1.8
        sheet = np.maximum(np.maximum(sheet, middle + 40 - y), body + 5)
        canvas.blend(inside(sheet, 1.0) * np.clip((z - 70) / 40, 0, 1), MUSCLE)


def _paint_inside_of_chest(canvas: Canvas, forms: Forms) -> None:
    """Fat wherever no organ will lie: within the wall and between the two halves."""
    between = np.maximum(np.abs(canvas.x) - 34, np.abs(canvas.y + 4) - 62)
    canvas.paint(np.minimum(forms.wall + 1.2, np.maximum(between, forms.body + 22)), FAT + 4, 1.2)
