"""The 3D view without a screen: surfaces in the right place, kept up, given up; sides lettered."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from medseg.model import Authorship, Edit, Segment, Segmentation
from medseg.raster import smooth_surface
from napari_medseg.viewmodels.looking import surfaces as room
from napari_medseg.viewmodels.looking.scene import (
    BOX_EDGES,
    Sight,
    box_corners,
    letters_seen,
    to_world,
)
from napari_medseg.viewmodels.looking.surfaces import SurfacesViewModel
from tests.phantoms import oblique_geometry

SHAPE = (16, 40, 50)
FRONT = Sight((-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 0.0), 2.0)


def ball(shape: tuple[int, int, int], middle: tuple[float, float, float], radius: float):
    away = np.indices(shape) - np.array(middle)[:, None, None, None]
    return (away**2).sum(axis=0) <= radius**2


@pytest.fixture
def mask() -> Segmentation:
    array = np.zeros(SHAPE, np.uint8)
    array[ball(SHAPE, (7, 12, 14), 6.0)] = 1
    array[ball(SHAPE, (8, 28, 36), 6.0)] = 2
    segments = tuple(Segment.new_lesion(number) for number in (1, 2, 3))
    return Segmentation(array, oblique_geometry(SHAPE, shear=0.4), segments)


def made(model: SurfacesViewModel) -> SurfacesViewModel:
    model.begin()
    model.wait()
    return model


def volume_of(surface: room.Surface) -> float:
    """The volume that a closed surface encloses, by the divergence theorem."""
    first, second, third = np.moveaxis(surface.corners_lps[surface.triangles], 1, 0)
    return abs(float((first * np.cross(second, third)).sum()) / 6)


def test_surfaces_lie_where_the_lesions_lie_in_the_patient(mask):
    model = SurfacesViewModel()
    model.show(mask)
    made(model)
    assert sorted(model.surfaces) == [1, 2]  # the third has no voxel
    for number, surface in model.surfaces.items():
        voxels = np.argwhere(mask.array == number)
        middle = mask.geometry.to_patient(voxels).mean(axis=0)
        assert surface.is_fine
        assert surface.corners_lps.mean(axis=0) == pytest.approx(middle, abs=0.5)
        truth = len(voxels) * mask.geometry.voxel_volume_mm3
        assert volume_of(surface) == pytest.approx(truth, rel=0.06)


def test_the_first_look_is_coarse_and_has_fewer_triangles(mask):
    model, seen = SurfacesViewModel(), []
    big = np.zeros((40, 120, 120), np.uint8)
    big[ball(big.shape, (20, 60, 60), 18)] = 1
    model.show(Segmentation(big, oblique_geometry(big.shape), (Segment.new_lesion(1),)))
    model.begin()
    while model.is_busy:
        queued = model.surfaces.get(1)
        model.poll()
        now = model.surfaces.get(1)
        if now is not None and now is not queued:
            seen.append(now)
    assert seen[-1].is_fine
    coarse_corners, _ = smooth_surface(big == 1, most_along=room.COARSE)
    assert len(coarse_corners) < len(seen[-1].corners_lps) / 4


def test_an_edit_makes_only_what_it_touched_anew(mask):
    model = SurfacesViewModel()
    model.show(mask)
    before = dict(made(model).surfaces)
    by = Authorship("A. Reader", "brush")
    where = ball(SHAPE, (8, 28, 36), 7.5)
    edit = Edit.of_one_value(mask, (0, 0, 0), where, 2, by)
    edit.apply(mask)
    model.touch(edit)
    assert model.is_stale
    made(model)
    assert model.surfaces[1] is before[1]
    assert volume_of(model.surfaces[2]) > 1.5 * volume_of(before[2])
    edit.inverse().apply(mask)
    model.touch(edit.inverse())
    made(model)
    assert volume_of(model.surfaces[2]) == pytest.approx(volume_of(before[2]))


def test_what_is_erased_loses_its_surface(mask):
    model = SurfacesViewModel()
    model.show(mask)
    made(model)
    edit = Edit.of_one_value(mask, (0, 0, 0), mask.array == 1, 0, Authorship("A", "erase"))
    edit.apply(mask)
    model.touch(edit)
    made(model)
    assert sorted(model.surfaces) == [2]


def test_a_new_edit_gives_up_what_is_being_made(mask, monkeypatch):
    begun, may_go_on, asked = threading.Event(), threading.Event(), []

    def slow(one, *, most_along):
        asked.append(most_along)
        begun.set()
        may_go_on.wait(10)
        return smooth_surface(one, most_along=most_along)

    monkeypatch.setattr(room, "smooth_surface", slow)
    model = SurfacesViewModel()
    model.show(mask)
    model.begin()
    worker = model._thread
    assert begun.wait(10)
    edit = Edit.of_one_value(
        mask, (0, 0, 0), ball(SHAPE, (8, 28, 36), 7.5), 2, Authorship("A", "brush")
    )
    edit.apply(mask)
    model.touch(edit)
    assert not model.is_busy
    may_go_on.set()
    worker.join(10)
    assert not worker.is_alive()
    assert len(asked) == 1  # the rest was never begun
    model.poll()
    assert model.surfaces == {}
    monkeypatch.undo()
    assert sorted(made(model).surfaces) == [1, 2]


def test_from_the_front_the_patients_left_is_on_the_right_and_the_head_above():
    lps = np.array([[30.0, 0, 0], [0, -30.0, 0], [0, 0, 30.0]])
    left, front, head = FRONT.seen(to_world(lps))
    assert left == pytest.approx((60, 0, 0))
    assert head == pytest.approx((0, -60, 0))
    assert front == pytest.approx((0, 0, -30))  # nearer to whoever looks
    where = {letter: (right, below) for letter, right, below, _ in letters_seen(FRONT, 10)}
    assert where["L"] == pytest.approx((10, 0))
    assert where["R"] == pytest.approx((-10, 0))
    assert where["S"] == pytest.approx((0, -10))
    assert where["I"] == pytest.approx((0, 10))


def test_from_any_side_nothing_is_mirrored():
    rng = np.random.default_rng(7)
    for _ in range(50):
        view, about = rng.normal(size=(2, 3))
        up = np.cross(np.cross(view, about), view)
        sight = Sight(tuple(view), tuple(up), (0.0, 0.0, 0.0), 1.0)
        left, back, head = sight.seen(to_world(np.eye(3)))
        # Left, back, head is a right-handed triple; so is right, down, away.
        assert np.linalg.det(np.array([left, back, head])) == pytest.approx(1.0)
    mirrored = np.array([[1.0, 0, 0], [0, 1.0, 0], [0, 0, -1.0]])
    assert np.linalg.det(mirrored) < 0  # the control


def test_the_box_is_that_of_the_outer_edges():
    geometry = oblique_geometry(SHAPE, shear=0.4)
    corners = box_corners(geometry)
    sides = corners[[4, 2, 1]] - corners[0]
    volume = abs(np.linalg.det(sides))
    assert volume == pytest.approx(geometry.voxel_volume_mm3 * np.prod(SHAPE))
    assert len(BOX_EDGES) == 12


def test_an_empty_mask_has_no_surface_and_one_voxel_has_one():
    corners, triangles = smooth_surface(np.zeros((4, 4, 4), bool))
    assert corners.shape == (0, 3)
    assert triangles.shape == (0, 3)
    one = np.zeros((5, 5, 5), bool)
    one[1, 2, 3] = True
    corners, triangles = smooth_surface(one)
    assert len(triangles)
    assert corners.mean(axis=0) == pytest.approx((1, 2, 3))
