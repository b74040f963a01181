"""The lungs: their tissue, the clefts between lobes, vessels and airways."""

from __future__ import annotations

import numpy as np

from sample_data.lesions import LESIONS
from sample_data.painting import Array, Canvas, Point, inside
from sample_data.texture import smooth_field
from sample_data.thorax import LEFT, RIGHT, SIDES, Forms
from sample_data.tissues import BLOOD
from sample_data.vessels import Branch, grow_tree, paint_airways, tree_shares

_LEAVES = 640  # last branches of each tree
_ARTERY_ROOTS = {RIGHT: (-47.0, 8.0, 120.0), LEFT: (52.0, 12.0, 130.0)}
_VEIN_ROOTS = {RIGHT: (-40.0, 2.0, 104.0), LEFT: (44.0, 6.0, 108.0)}
_LEAST_AIRWAY = 40  # last branches that an artery serves where its bronchus is still seen
_THICK_MM = 0.9  # vessels from this radius on stay clear of the lesions ...
_CLEAR_MM = 2.5  # ... by this much, so that a lesion's outline is its own


def paint_lungs(canvas: Canvas, forms: Forms, rng: np.random.Generator) -> None:
    """Both lungs, denser behind (as in a patient who lies) and a little patchy."""
    patchy = 8 * smooth_field(rng, 22.0) + 9 * smooth_field(rng, 6.0)
    air = -864 + 0.48 * canvas.y + patchy
    dependent = 22 * np.exp(np.minimum(forms.wall, 0) / 7) * np.clip((canvas.y - 25) / 45, 0, 1)
    for side in SIDES:
        lung = forms.lungs[side]
        canvas.paint(lung, air + dependent)
        _paint_fissures(canvas, lung, side)
        _paint_lung_vessels(canvas, lung, side, rng)


def _paint_fissures(canvas: Canvas, lung: Array, side: int) -> None:
    """The clefts between the lobes: faint sheets that rise from front to back."""
    wave = 5 * np.sin(canvas.x / 31) + 4 * np.cos(canvas.y / 27)
    wave = wave - 0.005 * (np.abs(canvas.x) - 70) ** 2
    oblique = np.abs(canvas.z - 104 - 1.05 * (canvas.y - 2) - wave) * 0.66 - 0.3
    canvas.blend(inside(oblique, 1.3) * inside(lung + 1) * 0.16, 0)
    if side == RIGHT:
        minor = np.abs(canvas.z - 112 - 0.12 * canvas.y - wave) - 0.3
        minor = np.maximum(minor, 1.05 * (canvas.y - 2) + 104 + wave - canvas.z)
        canvas.blend(inside(minor, 1.5) * inside(lung + 1) * 0.05, 0)


def _paint_lung_vessels(canvas: Canvas, lung: Array, side: int, rng: np.random.Generator) -> None:
    arteries = _grown(canvas, lung, _ARTERY_ROOTS[side], side, rng)
    veins = _grown(canvas, lung, _VEIN_ROOTS[side], side, rng)
    shares = np.maximum(tree_shares(canvas, arteries), tree_shares(canvas, veins))
    airways = Canvas(canvas.hu.copy(), canvas.x, canvas.y, canvas.z)
    airways.blend(shares, BLOOD)
    paint_airways(airways, arteries, _LEAST_AIRWAY)
    canvas.blend(inside(lung + 0.5), airways.hu)


def _grown(
    canvas: Canvas, lung: Array, root: Point, side: int, rng: np.random.Generator
) -> list[Branch]:
    k, j, i = np.nonzero(lung < -3.5)
    picked = rng.choice(k.size, _LEAVES, replace=False)
    targets = np.stack(
        [canvas.x.ravel()[i[picked]], canvas.y.ravel()[j[picked]], canvas.z.ravel()[k[picked]]],
        axis=1,
    )
    jitter = rng.uniform(-1, 1, targets.shape)
    tree = grow_tree(root, (side, 0.15, -0.1), targets.astype(np.float64) + jitter, rng)
    return [branch for branch in tree if not _crowds_a_lesion(branch)]


def _crowds_a_lesion(branch: Branch) -> bool:
    """Whether a thick branch passes close to a lesion."""
    radius = max(branch.radii)
    if radius < _THICK_MM:
        return False
    x, y, z = np.linspace(branch.start, branch.end, 5).T
    near = min(float(lesion.shape.distance(x, y, z).min()) for lesion in LESIONS)
    return near < radius + _CLEAR_MM
