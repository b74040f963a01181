"""Scribbles over a plane, and dashed what would change there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from medseg.annotate import Scribbled
from medseg.model import Segmentation
from medseg.raster import edge_contours
from napari_medseg.viewmodels.contouring.tools.easel import ADDING, TAKING_AWAY, Easel
from napari_medseg.viewmodels.contouring.tools.ring import ring_on, size_below
from napari_medseg.viewmodels.contouring.tools.scribbling import BACKGROUND, Scribbling
from napari_medseg.viewmodels.contouring.tools.tool import Touch
from napari_medseg.viewmodels.sketch import Area, Line, Shape

#: Stored indices (n, 3) -> shown ones.
Shown = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def shapes_of(work: Scribbling, axis: int, layer: int, to_shown: Shown) -> Iterator[Shape]:
    """The seeds on one stored layer, those of no lesion hatched; dashed what would change."""
    mask = work.session.segmentation
    for kind, rings in work.seeds.rings_on(axis, layer).items():
        shown, color = tuple(map(to_shown, rings)), _color(mask, kind)
        yield Area(shown, color, "crossed" if kind == BACKGROUND else "plain", width=1.0)
    if (
        work.proposal is None
        or not 0 <= layer - work.proposal.corner[axis] < (work.proposal.labels.shape[axis])
    ):
        return
    for kind in work.seeds.kinds:
        for ring in _rings(work.proposal, kind, axis, layer):
            yield Line(to_shown(ring), _color(mask, kind), 2.0, is_dashed=True, is_closed=True)


def _rings(proposal: Scribbled, kind: int, axis: int, layer: int) -> Iterator[NDArray[np.float64]]:
    """Around what a lesion would gain on a layer; for the background, what would be lost to it."""
    changed = proposal.gained(kind) if kind != BACKGROUND else proposal.given_up
    start = np.delete(proposal.corner, axis)
    section = np.ascontiguousarray(changed.take(layer - proposal.corner[axis], axis))
    for ring in edge_contours(section):
        yield np.insert(ring + start, axis, layer, axis=1)


def _color(mask: Segmentation, kind: int) -> str:
    if kind not in mask.numbers:
        return TAKING_AWAY
    return "#{:02x}{:02x}{:02x}".format(*mask.segment(kind).color)


def ring_of(easel: Easel, at: Touch, plane: tuple[int, int], *, tells: bool) -> tuple[Shape, ...]:
    """The ring under the pointer, with its size where that is to be told."""
    size, shown = easel.options.now.seed_mm, easel.display.shown
    color = TAKING_AWAY if at.takes_away else ADDING
    ring = ring_on(shown, at, size / 2, plane, is_ball=False, color=color)
    is_told = tells and plane[0] == at.through and ring
    return (*ring, *(size_below(shown, at, size) if is_told else ()))
