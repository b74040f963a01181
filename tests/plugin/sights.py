"""What is on screen, told by the pixels of the planes."""

from __future__ import annotations

from typing import Any

import numpy as np

from medseg.model import palette_color
from napari_medseg.viewmodels.looking.film import letter_boxes
from tests.plugin.hands import Hands, count_color, picture
from tests.plugin.readers import AXIAL, CORONAL, SAGITTAL

LETTER_COLOR = (0xFF, 0xD8, 0x4D)


def assert_planes_are_on_screen(hands: Hands) -> None:
    """Each plane shows the ball, grey on black, and the patient's sides at its edges."""
    wanted = {AXIAL: "RLAP", CORONAL: "RLSI", SAGITTAL: "APSI"}
    for through, sides in wanted.items():
        view = hands.view(through)
        letters = view.overlays.letters()
        assert "".join(letters.values()) == sides
        pixels = picture(view.canvas)
        assert count_color(pixels, (255, 255, 255)) > 500, "the ball"
        assert count_color(pixels, (0, 0, 0)) > 500, "what is around it"
        for box in letter_boxes(view.canvas.width(), view.canvas.height(), letters).values():
            top, left = round(box.top), round(box.left)
            around = pixels[top : top + round(box.height), left : left + round(box.width)]
            assert count_color(around, LETTER_COLOR, within=60) > 10, letters


def lesion_pixels(hands: Hands, through: int) -> int:
    """How many pixels of a plane have the hue of the first lesion, as outline, dash or fill."""
    color = np.array(palette_color(1), float)
    pixels = picture(hands.view(through).canvas).astype(float)
    chroma = pixels - pixels.mean(axis=2, keepdims=True)
    wanted = color - color.mean()
    strength = np.linalg.norm(chroma, axis=2)
    along = (chroma @ wanted) / np.linalg.norm(wanted)
    return int(((strength > 30) & (along > 0.95 * strength)).sum())


def bare_pixels(hands: Hands) -> list[int]:
    return [lesion_pixels(hands, through) for through in (AXIAL, CORONAL, SAGITTAL)]


def has_dashes(view: Any) -> bool:
    return any(getattr(shape, "is_dashed", False) for shape in view.marks.shapes)
