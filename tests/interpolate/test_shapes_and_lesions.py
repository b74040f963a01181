"""How good the filling is: bounds on analytic shapes and on real lesions, with broken controls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from medseg.interpolate import fill_between_slices
from tests.interpolate import shapes
from tests.interpolate.lesions import Lesion, lidc_lesions, linear_distance, nearest_key, score

Fill = Callable[[Lesion, NDArray[np.bool_], list[int]], NDArray[np.bool_]]
QUICK = ("small_ellipsoid", "oblique_ellipsoid", "oblique_tube", "thin_plate", "rotating_bar")


def dice_on_removed(found: Any, truth: Any, keys: list[int]) -> float:
    removed = [index for index in range(keys[0], keys[-1]) if index not in keys]
    a, b = found[removed], truth[removed]
    return 2.0 * float((a & b).sum()) / float(a.sum() + b.sum())


def check_shape(name: str) -> None:
    truth = shapes.make(name)
    for step in (2, 3, 5):
        kept, keys = shapes.sparse(truth, step)
        ours = dice_on_removed(fill_between_slices(kept, shapes.SPACING_MM), truth, keys)
        usual = linear_distance(kept, keys, shapes.SPACING_MM[1:])
        assert ours >= dice_on_removed(usual, truth, keys) - 0.002
        assert ours >= (0.978 if step == 5 else 0.975)


@pytest.mark.parametrize("name", QUICK)
def test_shapes_are_filled_well_and_never_worse_than_by_the_usual_rule(name: str) -> None:
    check_shape(name)


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(set(shapes.SHAPES) - set(QUICK)))
def test_the_other_shapes_too(name: str) -> None:
    check_shape(name)


def test_the_usual_rule_fails_the_bound_on_what_leans() -> None:
    truth = shapes.make("oblique_tube")
    kept, keys = shapes.sparse(truth, 5)
    usual = linear_distance(kept, keys, shapes.SPACING_MM[1:])
    assert dice_on_removed(usual, truth, keys) < 0.5


def test_sections_that_are_all_alike_are_carried_on_unchanged() -> None:
    random = np.random.default_rng(3)
    section = random.random((20, 24)) < 0.5
    mask = np.zeros((9, 20, 24), bool)
    mask[[0, 4, 8]] = section
    np.testing.assert_array_equal(
        fill_between_slices(mask, (3.0, 0.7, 0.7)), np.broadcast_to(section, mask.shape)
    )


def ours(lesion: Lesion, kept: NDArray[np.bool_], keys: list[int]) -> NDArray[np.bool_]:
    return fill_between_slices(kept, lesion.spacing_mm, keys=keys)


def nearest(_: Lesion, kept: NDArray[np.bool_], keys: list[int]) -> NDArray[np.bool_]:
    return nearest_key(kept, keys)


def means(lesions: list[Lesion], step: int, fill: Fill) -> tuple[float, float, int]:
    """Mean Dice, median volume, and slices left empty."""
    scores = []
    for lesion in lesions:
        kept, keys, removed = lesion.without(step)
        if removed:
            found = fill(lesion, kept, keys)
            scores.append(score(found, lesion.mask, removed, lesion.spacing_mm[1:]))
    dice = float(np.mean([one.dice for one in scores]))
    volume = float(np.median([one.volume for one in scores]))
    return dice, volume, sum(one.empty for one in scores)


@pytest.mark.parametrize(
    "every", [pytest.param(16, id="every 16th"), pytest.param(1, id="all", marks=pytest.mark.long)]
)
def test_real_lesions_keep_their_shape_and_volume(shared_data: Path, every: int) -> None:
    lesions = lidc_lesions(shared_data)[::every]
    margin = 0.0 if every == 1 else 0.01  # a part of the lesions scatters
    for step, least, off in ((2, 0.858, 0.04), (3, 0.825, 0.04), (5, 0.742, 0.25)):
        dice, volume, empty = means(lesions, step, ours)
        assert dice >= least - margin
        assert abs(volume - 1.0) <= off
        assert empty == 0
    assert means(lesions, 2, nearest)[0] < 0.80, "a copy of the nearest key fails the bound"
