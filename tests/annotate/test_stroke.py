"""Brush and eraser: what a stroke changes, what it leaves, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from medseg.annotate import Brush, Protection, Stroke
from medseg.errors import EditError, GeometryError, MedsegError
from medseg.model import (
    Authorship,
    Edit,
    Geometry,
    Origin,
    Segment,
    Segmentation,
    Volume,
    composed,
)
from tests.phantoms import oblique_geometry, ramp_volume, two_lesions

BY = Authorship("Reader", "brush")


def at(segmentation: Segmentation, *index: float) -> NDArray[np.float64]:
    return segmentation.geometry.to_patient(index)


def painted(stroke: Stroke, segmentation: Segmentation, *points: Any) -> list[Edit]:
    """Apply the edit of each event, as a viewer does."""
    edits = []
    for point in points:
        edits.append(stroke.to(point, BY))
        edits[-1].apply(segmentation)
    return edits


@pytest.mark.parametrize("shear", [0.0, 0.9])
def test_a_disc_takes_the_free_voxels_of_its_slice(shear: float) -> None:
    segmentation = two_lesions(oblique_geometry(shear=shear))
    before = segmentation.array.copy()
    stroke = Stroke(segmentation, 1, Brush(1.65))
    painted(stroke, segmentation, at(segmentation, 4, 5, 7))
    changed = segmentation.array != before
    centres = segmentation.geometry.to_patient(np.argwhere(before[4:5] == 0) + np.array((4, 0, 0)))
    away = np.linalg.norm(centres - at(segmentation, 4, 5, 7), axis=1)
    expected = np.zeros_like(changed)
    expected[4][before[4] == 0] = away <= 1.65
    np.testing.assert_array_equal(changed, expected)
    assert (before[4] == 2).any(), "a neighbour lies within reach"
    np.testing.assert_array_equal(segmentation.mask(2), before == 2)
    assert segmentation.provenance[1, 4].origin is Origin.DRAWN


def test_events_leave_no_gap_between_them() -> None:
    """The broken control: dabs alone, without the way between them, do."""
    geometry = Geometry.from_spacing((1, 12, 60), (1.0, 1.0, 1.0))
    whole, dabs = (Segmentation.empty(geometry, (Segment.unnamed(1),)) for _ in range(2))
    points = [geometry.to_patient((0, 6, column)) for column in (5, 25, 50)]
    painted(Stroke(whole, 1, Brush(2.0)), whole, *points)
    for point in points:
        painted(Stroke(dabs, 1, Brush(2.0)), dabs, point)
    assert whole.array[0, 4:9, 5:51].all()
    assert not dabs.array[0, 4:9, 5:51].all()


@pytest.mark.parametrize("mode", ["add", "subtract"])
def test_a_stroke_is_what_its_events_are_and_goes_back_in_one_step(mode: Any) -> None:
    segmentation = two_lesions()
    before = segmentation.array.copy()
    brush = Brush(1.5, "ball")
    points = [at(segmentation, 2, 2, 2), at(segmentation, 2, 4, 5), at(segmentation, 4, 5, 5)]
    edits = painted(Stroke(segmentation, 1, brush, mode=mode), segmentation, *points)
    assert not np.array_equal(segmentation.array, before)
    expected = before.copy()
    for start, end in pairwise([points[0], *points]):
        corner, covered = brush.patch(segmentation.geometry, start, end)
        box = tuple(slice(low, low + size) for low, size in zip(corner, covered.shape, strict=True))
        if mode == "add":
            expected[box][covered & (before[box] == 0)] = 1
        else:
            expected[box][covered & (before[box] == 1)] = 0
    np.testing.assert_array_equal(segmentation.array, expected)
    composed(edits).inverse().apply(segmentation)
    np.testing.assert_array_equal(segmentation.array, before)
    assert not segmentation.provenance


def test_building_an_edit_changes_nothing() -> None:
    segmentation = two_lesions()
    before = segmentation.array.copy()
    edit = Stroke(segmentation, 1, Brush(3.0, "ball")).to(at(segmentation, 2, 4, 5), BY)
    assert not edit.is_empty
    np.testing.assert_array_equal(segmentation.array, before)


def test_pressure_scales_the_radius() -> None:
    segmentation = two_lesions()
    pressed = Stroke(segmentation, 1, Brush(1.0)).to(at(segmentation, 5, 4, 5), BY, pressure=2.0)
    wide = Stroke(segmentation, 1, Brush(2.0)).to(at(segmentation, 5, 4, 5), BY)
    np.testing.assert_array_equal(pressed.changed, wide.changed)


def test_locks_the_paint_over_rule_and_the_intensity_range_hold() -> None:
    segmentation = two_lesions()
    volume = ramp_volume(segmentation.geometry)
    over = Protection(over="everything", intensity=(400.0, 460.0), volume=volume)
    pointer = at(segmentation, 4, 5, 5)
    stroke = Stroke(segmentation, 1, Brush(90.0, "ball"), protection=over)
    before = segmentation.array.copy()
    painted(stroke, segmentation, pointer)
    changed = segmentation.array != before
    np.testing.assert_array_equal(
        changed, (volume.voxels >= 400) & (volume.voxels <= 460) & (before != 1)
    )


def test_locked_segments_keep_their_voxels_and_take_none() -> None:
    segmentation = two_lesions()
    one, two = segmentation.segments
    locked = Segmentation(
        segmentation.array, segmentation.geometry, (one, replace(two, is_locked=True))
    )
    before = locked.array.copy()
    all_over = Protection(over="everything")
    stroke = Stroke(locked, 1, Brush(90.0, "ball"), protection=all_over)
    painted(stroke, locked, at(locked, 4, 5, 5))
    np.testing.assert_array_equal(locked.array == 2, before == 2)
    assert (locked.array == 1).sum() == locked.array.size - 1
    with pytest.raises(EditError, match="locked"):
        Stroke(locked, 2, Brush(1.0)).to(at(locked, 4, 5, 5), BY)


def test_off_the_grid_the_edit_is_empty_and_the_stroke_goes_on() -> None:
    segmentation = two_lesions()
    stroke = Stroke(segmentation, 1, Brush(1.0))
    assert stroke.to(at(segmentation, 5, -30, 4), BY).is_empty
    edit = stroke.to(at(segmentation, 5, 3, 4), BY)
    assert edit.box[1].start == 0, "the way in from outside is part of the stroke"


def two_tissues() -> tuple[Segmentation, Volume]:
    """A bright bar of 100 in a dark image of 0, another one apart from it, and a NaN."""
    geometry = Geometry.from_spacing((3, 20, 30), (2.0, 1.0, 1.0))
    volume = ramp_volume(geometry)
    values = np.zeros(geometry.shape, np.float32)
    values[:, 8:12, :] = 100 + np.indices((3, 4, 30))[2] % 3
    values[:, 14:16, :] = 101
    values[1, 10, 15] = np.nan
    return Segmentation.empty(geometry, (Segment.unnamed(1),)), replace(volume, voxels=values)


@pytest.mark.parametrize("shape", ["disc", "ball"])
def test_an_adaptive_brush_stays_in_the_tissue_and_in_one_piece(shape: Any) -> None:
    segmentation, volume = two_tissues()
    stroke = Stroke(segmentation, 1, Brush(3.6, shape, spread=3.0), volume=volume)
    pointer = at(segmentation, 1, 9, 14)
    painted(stroke, segmentation, pointer)
    centres = segmentation.geometry.to_patient(np.stack(np.indices(volume.voxels.shape), -1))
    reach = np.linalg.norm(centres - pointer, axis=-1) <= 3.6
    if shape == "disc":
        reach[[0, 2]] = False
    # The second bar is as bright, but between the two it is dark.
    expected = reach & (volume.voxels >= 50)
    expected[:, 14:] = False
    np.testing.assert_array_equal(segmentation.array == 1, expected)
    assert (reach & (volume.voxels < 50)).any(), "there was something to leave out"


def test_an_adaptive_brush_upon_nan_or_off_the_grid_paints_nothing() -> None:
    segmentation, volume = two_tissues()
    for where in ((1, 10, 15), (1, -9, 15)):
        stroke = Stroke(segmentation, 1, Brush(2.6, spread=3.0), volume=volume)
        assert stroke.to(at(segmentation, *where), BY).is_empty


def test_an_adaptive_brush_of_spread_0_takes_equal_values() -> None:
    segmentation, volume = two_tissues()
    flat = replace(volume, voxels=np.zeros(volume.voxels.shape, np.float32))
    stroke = Stroke(segmentation, 1, Brush(3.0, spread=0.0), volume=flat)
    plain = Stroke(segmentation, 1, Brush(3.0))
    one, other = (s.to(at(segmentation, 1, 4, 14), BY) for s in (stroke, plain))
    np.testing.assert_array_equal(one.changed, other.changed)


@pytest.mark.parametrize("radius", [0, -1.0, float("nan"), float("inf"), None, "wide", 1j])
def test_a_brush_without_a_size_is_refused(radius: Any) -> None:
    with pytest.raises(EditError, match="radius above 0 mm"):
        Brush(radius)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shape": "square"}, "disc"),
        ({"axis": 3}, "across axis 0, 1 or 2"),
        ({"spread": -1.0}, "standard deviations"),
        ({"spread": float("nan")}, "standard deviations"),
    ],
)
def test_a_brush_that_makes_no_sense_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(EditError, match=message):
        Brush(2.0, **options)


def test_strokes_that_make_no_sense_are_refused_in_words() -> None:
    segmentation = two_lesions()
    adaptive = Brush(2.0, spread=2.0)
    with pytest.raises(EditError, match="none was given"):
        Stroke(segmentation, 1, adaptive)
    with pytest.raises(GeometryError, match="on the mask's grid"):
        Stroke(segmentation, 1, adaptive, volume=two_tissues()[1])
    with pytest.raises(EditError, match="no segment 7"):
        Stroke(segmentation, 7, Brush(2.0))
    with pytest.raises(EditError, match="subtract"):
        Stroke(segmentation, 1, Brush(2.0), mode="replace")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("point", "pressure"),
    [
        ((0.0, np.nan, 0.0), 1.0),
        ((0.0, 0.0), 1.0),
        ("here", 1.0),
        ((1e9, 0.0, 0.0), 1.0),
        (None, 1.0),
        ((0.0, 0.0, 0.0), 0.0),
        ((0.0, 0.0, 0.0), float("nan")),
        ((0.0, 0.0, 0.0), "hard"),
    ],
)
def test_an_event_that_is_refused_leaves_the_stroke_as_it_was(point: Any, pressure: Any) -> None:
    segmentation = two_lesions()
    stroke, other = (Stroke(segmentation, 1, Brush(1.0)) for _ in range(2))
    for each in (stroke, other):
        each.to(at(segmentation, 5, 2, 2), BY)
    with pytest.raises(MedsegError, match=r"found|away"):
        stroke.to(point, BY, pressure=pressure)
    one, two = (each.to(at(segmentation, 5, 6, 7), BY) for each in (stroke, other))
    np.testing.assert_array_equal(one.changed, two.changed)
