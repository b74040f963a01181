"""All region tools in a row, undone and redone, and through the journal's form and back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from medseg.annotate import (
    Growing,
    History,
    Protection,
    copy_to_slice,
    ellipsoid_edit,
    fill_holes_edit,
    geodesic_edit,
    hollow_edit,
    joint_smoothing_edit,
    lasso_edit,
    margin_edit,
    move_edit,
    random_walker_edit,
    remove_small_edit,
    seeds_edit,
    smoothing_edit,
    split_islands,
    surface_edit,
)
from medseg.annotate.journal.change_codec import decoded, encoded
from medseg.model import Change, Contour, Segmentation, Volume
from tests.annotate.regions import BY, SHEARED, ball, image, middle, segmented

HERE = middle(SHEARED)
FLAT = np.array([(-5, -5, 0), (5, -5, 0), (5, 5, 0), (-5, 5, 0)], float)


def contours() -> list[Contour]:
    return [Contour(HERE + FLAT, 2), Contour(HERE + FLAT[:, [0, 2, 1]], 2)]


def pair(length: float, axis: int, offset: float) -> np.ndarray:
    way = length / 2 * np.eye(3)[axis]
    return np.array([HERE - way, HERE + way]) + offset * np.eye(3)[0]


def seeds() -> dict[int, np.ndarray]:
    around = HERE + 12 * np.vstack((np.eye(3), -np.eye(3)))
    return {2: HERE[None] + 4.0 * np.eye(3)[:1], 0: around}


Tool = Callable[[Segmentation, Volume], Change]
TOOLS: list[Tool] = [
    lambda s, v: Growing(v, HERE).edit(s, 1, 30.0, BY),
    lambda s, _: margin_edit(s, 1, BY, margin_mm=2.0),
    lambda s, _: hollow_edit(s, 1, BY, thickness_mm=4.0),
    lambda s, _: fill_holes_edit(s, 1, BY),
    lambda s, v: random_walker_edit(s, v, 1, BY),
    lambda s, _: move_edit(s, 1, BY, by_mm=(-3.1, 0.4, 0)),
    lambda s, v: seeds_edit(s, v, seeds(), BY),
    lambda s, _: surface_edit(s, contours(), BY, protection=Protection("everything")),
    lambda s, _: joint_smoothing_edit(s, (1, 2), BY, sigma_mm=1.5),
    lambda s, _: ellipsoid_edit(s, 1, [pair(9, 0, -16.0), pair(6, 1, -16.0)], BY),
    lambda s, _: copy_to_slice(s, 1, BY, source=11, target=20),
    lambda s, _: lasso_edit(s, 1, HERE + FLAT, BY),
    lambda s, _: split_islands(s, 1, BY),
    lambda s, _: remove_small_edit(s, 3, BY, below_mm3=1e6),
    lambda s, _: smoothing_edit(s, 1, BY, radius_mm=2.0),
    lambda s, v: geodesic_edit(s, v, 2, BY),
]


def state(segmentation: Segmentation) -> tuple[object, ...]:
    provenance = dict(segmentation.provenance)
    return segmentation.array.tobytes(), provenance, segmentation.segments


def test_every_tool_in_a_row_is_undone_and_redone_to_the_byte() -> None:
    nothing = np.zeros(SHEARED.shape, bool)
    segmentation = segmented(SHEARED, nothing, nothing)
    twin = segmented(SHEARED, nothing, nothing)
    noise = np.random.default_rng(1).normal(0, 5, SHEARED.shape)
    volume = image(SHEARED, (noise + 100 * ball(SHEARED, 9.0)).astype(np.int16))
    history, twins = History(segmentation), History(twin)
    states = [state(segmentation)]
    for tool in TOOLS:
        change = tool(segmentation, volume)
        history.do(change)
        twins.do(decoded(encoded(change), SHEARED.shape))
        states.append(state(segmentation))
        assert states[-1] != states[-2], len(states) - 2
        assert state(twin) == states[-1]
    for expected in reversed(states[:-1]):
        history.undo()
        assert state(segmentation) == expected
    for expected in states[1:]:
        history.redo()
        assert state(segmentation) == expected
