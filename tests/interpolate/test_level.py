"""The level of a blend and its rows of pixels: the quick ways give what the plain ones give."""

from __future__ import annotations

import numpy as np
import pytest

from medseg.interpolate.blend import blend_along, blend_at
from medseg.interpolate.level import level_between, level_for
from medseg.interpolate.moving import way_back


@pytest.mark.parametrize("steps", [3.0, 40.0, 1e7])
def test_a_level_looked_for_between_two_others_is_the_same(steps: float) -> None:
    """Few steps make many equal values, which are all above the level or none."""
    random = np.random.default_rng(0)
    for _ in range(60):
        values = (np.round(random.normal(0, 2, 400) * steps) / steps).astype(np.float32)
        count = int(random.integers(1, 400))
        area, deeper = count + random.uniform(-0.5, 0.5), int(random.integers(0, 3))
        between = tuple(sorted(random.normal(0, 2, 2).tolist()))
        found = level_between(values.copy(), count, area, deeper, (between[0], between[1]))
        assert found == level_for(values.copy(), count, area, deeper)


@pytest.mark.parametrize("turn", [0.0, 0.3])
@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_a_row_of_pixels_is_blended_as_each_of_them(turn: float, share: float) -> None:
    """From outside the fields too, and where a pixel comes from just between two."""
    random = np.random.default_rng(1)
    fields = tuple(random.normal(0, 3, (20, 24)).astype(np.float32) for _ in range(2))
    rooms = np.empty(24), np.empty(24)
    for away in (0.0, 0.25, -6.5, 3.0 - 1e-16, 7.9999999999999996):
        ways = (
            way_back(9.0, 11.0, 9.0 + away, 11.0 - away, -turn, 1.0),
            way_back(8.5, 12.0, 8.5 - away, 12.0 + away, turn, 1.0),
        )
        weights = 0.375, 0.625, share, 0.0
        for row, (start, stop) in ((0, (0, 24)), (7, (3, 17)), (19, (0, 24))):
            found = np.empty(stop - start, np.float32)
            blend_along(fields, ways, weights, (1.0, 1.0), row, (start, stop), rooms, found)
            single = [
                blend_at(fields, ways, weights, (1.0, 1.0), row, column)
                for column in range(start, stop)
            ]
            np.testing.assert_array_equal(found, np.array(single, np.float32))
