"""The tools of the palette, without a screen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medseg.model import ORIENTATIONS, Geometry
from napari_medseg.display import Display
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.tools.outline import OutlineTool
from napari_medseg.viewmodels.contouring.tools.tool import Touch
from napari_medseg.viewmodels.contouring.tools.toolbox import Toolbox
from tests.phantoms import ellipsoid
from tests.plugin.cases import write_image

SQUARE = np.array([(10, 10), (10, 20), (20, 20), (20, 10)]) - 0.5


@pytest.fixture
def case(image_path: Path) -> CaseViewModel:
    model = CaseViewModel("A. Reader")
    model.open(image_path)
    return model


def mask_of(model: CaseViewModel) -> np.ndarray:
    assert model.session is not None
    return model.session.segmentation.array


def test_the_tool_stays_down_without_an_image():
    model = CaseViewModel("A. Reader")
    toolbox = Toolbox(model, (OutlineTool(model),))
    toolbox.toggle("outline")
    assert toolbox.active is None
    assert model.notice.text == "Open an image first."


def drawn(drawing: OutlineTool, points: np.ndarray, *, subtract: bool = False) -> None:
    drawing.press(Touch(points[0], 0, takes_away=subtract))
    for point in points[1:]:
        drawing.drag(Touch(point, 0))
    drawing.release(Touch(points[-1], 0))


@pytest.mark.parametrize("orientation", ORIENTATIONS[::5], ids=str)
def test_what_is_drawn_on_screen_lands_there_however_the_image_is_stored(tmp_path, orientation):
    straight = Geometry.from_spacing((16, 18, 20), (1.5, 1, 1.2))
    path = write_image(tmp_path / "scan.nii.gz", orientation.geometry(straight))
    model = CaseViewModel("A. Reader")
    model.open(path)
    drawing = OutlineTool(model)
    display = Display(model.session.volume.geometry)
    corners = np.array([(4, 3, 2), (4, 3, 9), (4, 8, 9), (4, 8, 2)]) - (0, 0.5, 0.5)
    drawn(drawing, corners)
    wanted = np.zeros(display.shown.shape, bool)
    wanted[4, 3:8, 2:9] = True
    np.testing.assert_array_equal(display.show(mask_of(model)) == 1, wanted)


def test_an_outline_is_shown_while_it_is_drawn_and_gone_when_it_is_finished(case):
    clock = iter([10.0, 12.5])
    drawing, seen = OutlineTool(case, seconds=lambda: next(clock)), []
    drawing.changed.connect(lambda: seen.append(len(drawing.points)))
    points = np.column_stack([np.full(4, 3.2), SQUARE])
    drawing.press(Touch(points[0], 0))
    drawing.drag(Touch(points[0] + 0.1, 0))  # the hand trembles
    drawing.drag(Touch(points[1] + (4, 0, 0), 0))  # another slice is scrolled to meanwhile
    drawing.drag(Touch(points[2], 0))
    (line,) = drawing.shapes_on(0, 3)
    assert len(line.points) == 3
    assert not drawing.shapes_on(0, 4)
    assert not drawing.shapes_on(1, 3)
    drawing.release(Touch(points[3], 0))
    assert seen == [2, 3, 4, 0]
    assert not drawing.shapes_on(0, 3)
    assert mask_of(case)[3].sum() == mask_of(case).sum() == 100
    assert case.session.history.last.authorship.active_seconds == 2.5


def test_a_click_draws_nothing_and_says_how_to_draw(case):
    drawn(OutlineTool(case), np.array([(3.0, 5, 5)]))
    assert "button held down" in case.notice.text
    assert not mask_of(case).any()


def test_cancel_gives_the_outline_up_and_then_puts_the_tool_down(case):
    drawing = OutlineTool(case)
    toolbox = Toolbox(case, (drawing,))
    toolbox.toggle("outline")
    points = np.column_stack([np.full(4, 3), SQUARE])
    drawing.press(Touch(points[0], 0))
    for point in points[1:]:
        drawing.drag(Touch(point, 0))
    assert toolbox.shapes_on(0, 3)
    assert toolbox.cancel()
    assert toolbox.active is drawing
    drawing.release(Touch(points[1], 0))
    assert not len(drawing.points)
    assert not mask_of(case).any()
    assert toolbox.cancel()
    assert toolbox.active is None
    assert not toolbox.cancel()


def test_drawn_circles_filled_between_slices_come_near_the_balls_volume(tmp_path):
    geometry = Geometry.from_spacing((31, 64, 64), (1, 1, 1))
    model = CaseViewModel("A. Reader")
    model.open(write_image(tmp_path / "ball.nii.gz", geometry))
    drawing = OutlineTool(model)
    turn = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    for index in (6, 9, 12, 15, 18, 21, 24):
        radius = np.sqrt(100 - (index - 15) ** 2)
        circle = 31.5 + radius * np.column_stack([np.sin(turn), np.cos(turn)])
        drawn(drawing, np.column_stack([np.full(200, index), circle]))
    model.lesions.fill()
    truth = ellipsoid(geometry, (15, 31.5, 31.5), (10, 10, 10))
    both = (mask_of(model) == 1) & truth
    assert 2 * both.sum() / (mask_of(model).sum() + truth.sum()) > 0.95
