"""The montage: which slices it takes, how it cuts and turns them, and that it draws them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from medseg.errors import EditError
from medseg.measure import measure_segment
from medseg.model import (
    ORIENTATIONS,
    Authorship,
    Edit,
    Geometry,
    Orientation,
    Origin,
    Segment,
    Segmentation,
    Source,
    Volume,
)
from medseg.raster import boxes_of
from medseg.report import write_montage
from medseg.report.tiles import (
    LUNG,
    SOFT_TISSUE,
    Frame,
    Tile,
    cut_tile,
    fitting_window,
    frame_of,
    shown_slices,
)
from tests.phantoms import ellipsoid, ramp_volume, two_lesions

GRID = Geometry.from_spacing((30, 64, 72), (2.0, 1.0, 0.8), (-30.0, -30.0, 0.0))
DRAWN, FILLED = (255, 176, 0), (86, 209, 255)


def _case(background: float = -800.0) -> tuple[Volume, Segmentation]:
    inside = ellipsoid(GRID, (14.0, 30.0, 40.0), (21.0, 9.0, 9.0))
    voxels = np.where(inside, 50, background).astype(np.int16)
    volume = Volume(voxels, GRID, "HU", Source("nifti", Path("x"), "x"), description="Phantom")
    segmentation = Segmentation.empty(GRID, (Segment.new_lesion(1, "Nodule"),))
    for index in np.flatnonzero(inside.any(axis=(1, 2))):
        origin = Origin.DRAWN if index in (4, 14, 24) else Origin.INTERPOLATED
        patch = inside[index : index + 1].astype(np.uint8)
        by = Authorship("Reader", "outline")
        Edit.from_patch(segmentation, (int(index), 0, 0), patch, by, origin).apply(segmentation)
    return volume, segmentation


def _frame(volume: Volume, segmentation: Segmentation) -> Frame:
    return frame_of(volume, segmentation, 1, boxes_of(segmentation.array)[1])


def _tile(volume: Volume, segmentation: Segmentation, index: int) -> Tile:
    return cut_tile(volume, segmentation, _frame(volume, segmentation), index)


def _near(pixels: np.ndarray, color: tuple[int, int, int]) -> int:
    return int((np.abs(pixels - color).sum(axis=2) < 40).sum())


def test_key_slices_are_shown_and_the_rest_is_spread() -> None:
    _, segmentation = _case()
    frame = _frame(*_case())
    shown = shown_slices(frame, segmentation.provenance, 7)
    assert len(shown) == 7
    assert {4, 14, 24} <= set(shown)
    assert list(shown) == sorted(shown)
    assert shown_slices(frame, segmentation.provenance, 99) == tuple(range(4, 25))
    assert len(shown_slices(frame, segmentation.provenance, 2)) == 2


SAME_PLANE = [stored for stored in ORIENTATIONS if stored.axes[0] == 0]


@pytest.mark.parametrize("stored", SAME_PLANE)
def test_a_tile_looks_the_same_however_the_image_is_stored(stored: Orientation) -> None:
    volume, segmentation = _case()
    grid = stored.geometry(GRID)
    turned_volume = Volume(
        np.ascontiguousarray(stored.apply(volume.voxels)), grid, "HU", volume.source
    )
    turned_mask = Segmentation(
        np.ascontiguousarray(stored.apply(segmentation.array)), grid, segmentation.segments
    )
    index = 29 - 14 if stored.flips[0] else 14
    tile, turned = (
        _tile(volume, segmentation, 14),
        _tile(turned_volume, turned_mask, index),
    )
    assert_array_equal(turned.pixels, tile.pixels)
    assert_array_equal(turned.mask, tile.mask)


def test_the_window_follows_what_is_around_the_lesion() -> None:
    for background, window in ((-800, LUNG), (60, SOFT_TISSUE)):
        volume, segmentation = _case(background)
        assert fitting_window(volume, _tile(volume, segmentation, 14)) == window
    volume, segmentation = _case()
    mr = Volume(volume.voxels, GRID, "1", volume.source)
    assert fitting_window(mr, _tile(mr, segmentation, 14)) == mr.display_window


def test_the_picture_shows_both_kinds_of_outline(tmp_path: Path) -> None:
    volume, segmentation = _case()
    measured = {1: measure_segment(segmentation, 1, volume)}
    write_montage(volume, segmentation, measured, tmp_path / "montage.png")
    pixels = np.asarray(Image.open(tmp_path / "montage.png").convert("RGB")).astype(int)
    assert _near(pixels, DRAWN) > 200
    assert _near(pixels, FILLED) > 200


def test_without_interpolated_slices_no_blue_is_drawn(tmp_path: Path) -> None:
    volume, segmentation = _case()
    only_drawn = Segmentation.empty(GRID, segmentation.segments)
    patch = np.array(segmentation.array[14:15])
    Edit.from_patch(only_drawn, (14, 0, 0), patch, Authorship("Reader", "outline")).apply(
        only_drawn
    )
    write_montage(volume, only_drawn, {}, tmp_path / "montage.png")
    pixels = np.asarray(Image.open(tmp_path / "montage.png").convert("RGB")).astype(int)
    legend = pixels[-60:]
    assert _near(pixels, FILLED) == _near(legend, FILLED)


def test_an_empty_segmentation_is_refused(tmp_path: Path) -> None:
    volume, segmentation = _case()
    with pytest.raises(EditError, match="empty"):
        write_montage(
            volume, Segmentation.empty(GRID, segmentation.segments), {}, tmp_path / "m.png"
        )
    assert not list(tmp_path.iterdir())


def test_a_name_is_drawn_as_it_is_written(tmp_path):
    """Half a formula, and letters that the font lacks, are names too."""
    volume, lesions = ramp_volume(), two_lesions()
    segments = tuple(replace(one, label=r"病変 $\frac{1$") for one in lesions.segments)
    named = Segmentation(lesions.array.copy(), lesions.geometry, segments)
    write_montage(volume, named, {}, tmp_path / "montage.png")
    assert (tmp_path / "montage.png").stat().st_size > 5000


def test_lines_are_seen_on_the_brightest_tissue(tmp_path: Path) -> None:
    """Light outlines and diameters of a mask without provenance on a white image."""
    volume, segmentation = _case()
    bright = Volume(np.full(GRID.shape, 3000, np.int16), GRID, "HU", volume.source)
    bare = Segmentation(segmentation.array.copy(), GRID, segmentation.segments)
    measured = {1: measure_segment(bare, 1, bright)}
    write_montage(bright, bare, measured, tmp_path / "montage.png")
    pixels = np.asarray(Image.open(tmp_path / "montage.png").convert("L")).astype(int)
    row = pixels[70:-70, 900:1060]
    assert (row > 250).mean() > 0.5, "white tissue all around"
    assert (row < 120).sum() > 300, "a dark casing under each line"


def test_the_slice_that_the_diameters_lie_on_is_among_those_shown() -> None:
    volume, segmentation = _case()
    frame = _frame(volume, segmentation)
    for index in frame.slices:
        for count in (1, 3, 7):
            shown = shown_slices(frame, segmentation.provenance, count, first_of_all={index})
            assert index in shown
            assert len(shown) == count
            assert list(shown) == sorted(set(shown))
    assert shown_slices(frame, {}, 7, first_of_all={99}) == shown_slices(frame, {}, 7)
