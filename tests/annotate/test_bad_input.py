"""One table over all tools that draw: what is bad is refused in words or gives what is written.

Whatever happens, the mask, its provenance and the image stay bit for bit as they were.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from medseg.annotate import (
    Brush,
    Livewire,
    Protection,
    Stroke,
    contours_of,
    delete_point,
    fill_polygon,
    insert_point,
    move_point,
    outline_edit,
    simplify_contour,
    smooth_contour,
)
from medseg.errors import EditError, GeometryError, MedsegError
from medseg.model import Authorship, Contour, Edit, Segment, Segmentation, Volume
from medseg.raster import ring_coverage
from tests.phantoms import oblique_geometry, ramp_volume, two_lesions

BY = Authorship("Reader", "any tool")
NAN, INF = float("nan"), float("inf")


@dataclass(frozen=True)
class Desk:
    """What every tool is tried on: two lesions, of which the second is locked, and an image."""

    mask: Segmentation
    image: Volume

    @classmethod
    def new(cls) -> Desk:
        plain = two_lesions(oblique_geometry(shear=0.9))
        one, two = plain.segments
        # From a read-only array, as a memory-mapped file gives.
        array = np.array(plain.array)
        array.setflags(write=False)
        mask = Segmentation(array, plain.geometry, (one, replace(two, is_locked=True)))
        return cls(mask, ramp_volume(plain.geometry))

    def at(self, *index: float) -> NDArray[np.float64]:
        return self.mask.geometry.to_patient(index)

    def outline(self, *points_rc: tuple[float, float], on: float = 5, segment: int = 1) -> Contour:
        index = np.array([(on, *point) for point in points_rc], float)
        return Contour(self.mask.geometry.to_patient(index), segment)

    def dab(self, point: Any, brush: Brush | None = None, **options: Any) -> Edit:
        pressure = options.pop("pressure", 1.0)
        number = options.pop("number", 1)
        stroke = Stroke(self.mask, number, brush or Brush(2.0), **options)
        return stroke.to(point, BY, pressure=pressure)

    def wire(self, **options: Any) -> Livewire:
        return Livewire(self.image, options.pop("index", 2), **options)


Attempt = Callable[[Desk], Any]
SQUARE = ((1.0, 1.0), (1.0, 4.0), (4.0, 4.0), (4.0, 1.0))

REFUSED: dict[str, tuple[type[MedsegError], Attempt]] = {
    "fill: NaN": (EditError, lambda _: fill_polygon([(0, 0), (NAN, 1), (2, 2)], (5, 5))),
    "fill: far outside": (EditError, lambda _: fill_polygon([(0, 0), (1e12, 1), (2, 2)], (5, 5))),
    "fill: text": (EditError, lambda _: fill_polygon("outline", (5, 5))),
    "fill: three columns": (EditError, lambda _: fill_polygon([(0, 0, 0)] * 4, (5, 5))),
    "fill: complex": (EditError, lambda _: fill_polygon([[1j, 0], [0, 1], [1, 1]], (5, 5))),
    "fill: shape": (EditError, lambda _: fill_polygon(SQUARE, (5.5, 5))),  # type: ignore[arg-type]
    "outline: no contour": (EditError, lambda d: outline_edit(d.mask, [], BY)),
    "outline: zero area": (
        EditError,
        lambda d: outline_edit(d.mask, [d.outline((1, 1), (3, 3), (2, 2))], BY),
    ),
    "outline: one spot": (
        EditError,
        lambda d: outline_edit(d.mask, [d.outline(*[(1, 1)] * 4)], BY),
    ),
    "outline: off the image": (
        EditError,
        lambda d: outline_edit(d.mask, [d.outline((90, 90), (90, 95), (95, 95))], BY),
    ),
    "outline: far outside": (
        EditError,
        lambda d: outline_edit(d.mask, [d.outline((0, 0), (0, 1e12), (1e12, 0))], BY),
    ),
    "outline: between slices": (
        GeometryError,
        lambda d: outline_edit(d.mask, [d.outline(*SQUARE, on=2.5)], BY),
    ),
    "outline: slice beyond the last": (
        GeometryError,
        lambda d: outline_edit(d.mask, [d.outline(*SQUARE, on=6)], BY),
    ),
    "outline: one point": (GeometryError, lambda d: d.outline((1, 1))),
    "outline: two points": (GeometryError, lambda d: d.outline((1, 1), (2, 2))),
    "outline: NaN": (GeometryError, lambda d: d.outline((1, 1), (2, NAN), (3, 1))),
    "outline: no such segment": (
        EditError,
        lambda d: outline_edit(d.mask, [d.outline(*SQUARE, segment=70_000)], BY),
    ),
    "outline: locked segment": (
        EditError,
        lambda d: outline_edit(d.mask, [d.outline(*SQUARE, segment=2)], BY),
    ),
    "outline: two segments": (
        EditError,
        lambda d: outline_edit(d.mask, [d.outline(*SQUARE), d.outline(*SQUARE, segment=2)], BY),
    ),
    "outline: mode": (
        EditError,
        lambda d: outline_edit(d.mask, [d.outline(*SQUARE)], BY, mode="xor"),  # type: ignore[arg-type]
    ),
    "brush: 0 mm": (EditError, lambda _: Brush(0.0)),
    "brush: negative": (EditError, lambda _: Brush(-2.0)),
    "brush: NaN": (EditError, lambda _: Brush(NAN)),
    "brush: endless": (EditError, lambda _: Brush(INF)),
    "brush: NaN point": (EditError, lambda d: d.dab((0, NAN, 0))),
    "brush: far outside": (EditError, lambda d: d.dab((1e9, 0, 0))),
    "brush: two coordinates": (EditError, lambda d: d.dab((0, 0))),
    "brush: no pressure": (EditError, lambda d: d.dab(d.at(2, 3, 3), pressure=0.0)),
    "brush: no such segment": (EditError, lambda d: d.dab(d.at(2, 3, 3), number=70_000)),
    "brush: locked segment": (EditError, lambda d: d.dab(d.at(2, 3, 3), number=2)),
    "brush: mode": (EditError, lambda d: d.dab(d.at(2, 3, 3), mode="xor")),
    "brush: adaptive without an image": (
        EditError,
        lambda d: d.dab(d.at(2, 3, 3), Brush(2.0, spread=2.0)),
    ),
    "brush: adaptive on another grid": (
        GeometryError,
        lambda d: d.dab(d.at(2, 3, 3), Brush(2.0, spread=2.0), volume=ramp_volume()),
    ),
    "protection: range upside down": (
        EditError,
        lambda d: Protection(intensity=(9.0, 1.0), volume=d.image),
    ),
    "livewire: plane": (EditError, lambda d: d.wire(index=6)),
    "livewire: NaN": (EditError, lambda d: d.wire().anchor((0, 0, NAN))),
    "livewire: other plane": (EditError, lambda d: d.wire().anchor(d.at(4, 3, 3))),
    "livewire: sigma": (EditError, lambda d: d.wire(sigma_mm=INF)),
    "livewire: closed at once": (EditError, lambda d: d.wire().close(1)),
    "contours: no such segment": (EditError, lambda d: contours_of(d.mask, 70_000)),
    "contours: no such slice": (EditError, lambda d: contours_of(d.mask, 1, [-1])),
    "point moved: NaN": (EditError, lambda d: move_point(d.outline(*SQUARE), 0, (NAN, 0, 0))),
    "point moved: none such": (EditError, lambda d: move_point(d.outline(*SQUARE), 4, (0, 0, 0))),
    "point inserted: NaN": (EditError, lambda d: insert_point(d.outline(*SQUARE), (NAN, 0, 0))),
    "point deleted: last three": (
        EditError,
        lambda d: delete_point(d.outline(*SQUARE[:3]), 0),
    ),
    "simplify: NaN": (EditError, lambda d: simplify_contour(d.outline(*SQUARE), NAN)),
    "simplify: no number": (
        EditError,
        lambda d: simplify_contour(d.outline(*SQUARE), "1 mm"),  # type: ignore[arg-type]
    ),
    "smooth: 0 mm": (EditError, lambda d: smooth_contour(d.outline(*SQUARE), 0.0)),
    "smooth: no length": (EditError, lambda d: smooth_contour(d.outline(*[(1, 1)] * 4), 1.0)),
}

EMPTY: dict[str, Attempt] = {
    "fill: no point": lambda _: fill_polygon([], (5, 5)).sum(),
    "fill: one point": lambda _: fill_polygon([(2, 2)], (5, 5)).sum(),
    "fill: two points": lambda _: fill_polygon([(2, 2), (3, 3)], (5, 5)).sum(),
    "fill: zero area": lambda _: fill_polygon([(0, 0), (2, 2), (4, 4)], (5, 5)).sum(),
    "fill: outside": lambda _: fill_polygon(np.array(SQUARE) + 100, (5, 5)).sum(),
    "fill: no pixels": lambda _: fill_polygon(SQUARE, (0, 5)).size,
    "coverage: two points": lambda _: ring_coverage([np.array([(0.0, 0), (3, 3)])], (5, 5)).sum(),
    "brush: off the grid": lambda d: not d.dab(d.at(2, 300, 3)).is_empty,
    "brush: between the last slice and nothing": lambda d: not d.dab(d.at(6.4, 3, 3)).is_empty,
    "contours: nothing there": lambda d: len(contours_of(d.mask, 1, [0])),
}


def state(desk: Desk) -> tuple[bytes, dict[Any, Any], bytes]:
    return desk.mask.array.tobytes(), dict(desk.mask.provenance), desk.image.voxels.tobytes()


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_in_words_and_nothing_changes(what: str) -> None:
    kind, attempt = REFUSED[what]
    desk = Desk.new()
    before = state(desk)
    with pytest.raises(kind) as refusal:
        attempt(desk)
    assert len(str(refusal.value).split()) >= 6, "the rule and what was found, in a sentence"
    assert state(desk) == before


@pytest.mark.parametrize("what", EMPTY)
def test_it_gives_nothing_as_documented(what: str) -> None:
    desk = Desk.new()
    before = state(desk)
    assert EMPTY[what](desk) == 0
    assert state(desk) == before


def test_a_brush_larger_than_the_volume_is_cut_off() -> None:
    desk = Desk.new()
    edit = desk.dab(desk.at(2, 3, 3), Brush(1e5, "ball"))
    edit.apply(desk.mask)
    assert (desk.mask.array == 1).sum() == desk.mask.array.size - 1, "all but the locked voxel"


@pytest.mark.parametrize("dtype", [np.int32, np.float32, np.bool_, np.uint32])
def test_a_mask_of_another_type_never_reaches_a_tool(dtype: Any) -> None:
    geometry = oblique_geometry()
    with pytest.raises(EditError, match="uint8 or uint16"):
        Segmentation(np.zeros(geometry.shape, dtype), geometry)


def test_numbers_beyond_the_masks_type_never_reach_a_tool() -> None:
    geometry = oblique_geometry()
    with pytest.raises(EditError, match="65535"):
        Segment.unnamed(65_536)
    with pytest.raises(EditError, match="uint8"):
        Segmentation.empty(geometry, (Segment.unnamed(300),))


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.float32, np.float64, np.uint8, ">i2"])
def test_images_of_any_type_are_fine(dtype: Any) -> None:
    desk = Desk.new()
    image = replace(desk.image, voxels=(desk.image.voxels // 8).astype(dtype))
    wire = Livewire(image, 2)
    wire.anchor(desk.at(2, 3, 3))
    assert len(wire.path_to(desk.at(2, 6, 6))) == 4
    edit = desk.dab(desk.at(2, 3, 8), Brush(1.0, spread=5.0), volume=image)
    assert not edit.is_empty


def test_the_table_would_see_a_tool_that_changes_the_mask() -> None:
    desk = Desk.new()
    before = state(desk)
    outline_edit(desk.mask, [desk.outline(*SQUARE)], BY).apply(desk.mask)
    assert state(desk) != before
