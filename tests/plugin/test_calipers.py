"""Ruler and caliper: right in mm on every plane of every grid, correctable, undoable, stored."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from medseg import formats
from medseg.model import Geometry
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.tools.tool import Touch
from napari_medseg.viewmodels.looking.calipers import CalipersViewModel
from napari_medseg.viewmodels.looking.measuring import Ruler, TwoDiameters
from napari_medseg.viewmodels.sketch import Text
from tests.phantoms import ANISOTROPIC_MM, oblique_geometry
from tests.plugin.cases import write_image

SHAPE = (12, 40, 50)
GRIDS = {
    "straight": Geometry.from_spacing(SHAPE, ANISOTROPIC_MM),
    "oblique": oblique_geometry(SHAPE),
    "tilted": oblique_geometry(SHAPE, shear=0.9),
}


@pytest.fixture(params=GRIDS)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> CaseViewModel:
    model = CaseViewModel("A. Reader")
    model.open(write_image(tmp_path / "scan.nii.gz", GRIDS[request.param]))
    assert model.session is not None
    yield model
    model.keeping.close()


def stroke(tool: Ruler, start, end, through: int, *, shift: bool = False) -> None:
    """The hand goes from one shown index to another on the plane of this axis."""
    first, last = (np.array(point, dtype=float) for point in (start, end))
    tool.press(Touch(first, through, takes_away=shift))
    tool.drag(Touch((first + last) / 2, through))
    tool.release(Touch(last, through))


@pytest.mark.parametrize("through", [0, 1, 2])
def test_a_ruler_tells_the_distance_in_the_patient_on_each_plane(case, through):
    calipers = CalipersViewModel(case)
    start, end = np.array([3.0, 9.0, 8.0]), np.array([8.0, 21.0, 33.0])
    end[through] = start[through]
    stroke(Ruler(calipers), start, end, through)
    (drawn,) = case.session.segmentation.calipers
    affine = calipers.display.shown.affine  # the truth without any of the tool's own code
    apart = affine[:3, :3] @ (end - start)
    assert drawn.longest_mm == pytest.approx(math.sqrt(apart @ apart), abs=1e-6)
    assert drawn.author == "A. Reader"
    shapes = calipers.shapes_on(through, int(start[through]))
    (text,) = [shape for shape in shapes if isinstance(shape, Text)]
    assert text.text == f"{drawn.longest_mm:.1f} mm"
    assert not calipers.shapes_on(through, int(start[through]) + 1)


def test_spacing_instead_of_the_affine_would_be_noticed_on_a_sheared_grid():
    """The control: on the tilted grid the lengths of the columns alone give another distance."""
    step = np.array([5.0, 12.0, 0.0])
    true = np.linalg.norm(GRIDS["tilted"].affine[:3, :3] @ step)
    by_spacing = np.linalg.norm(np.array(GRIDS["tilted"].spacing_mm) * step)
    assert abs(true - by_spacing) > 0.5


def test_a_calipers_lines_are_at_a_right_angle_in_the_patient_and_stay_so(case):
    calipers = CalipersViewModel(case)
    tool = TwoDiameters(calipers)
    stroke(tool, (3, 9, 8), (8, 9, 33), 1)
    (drawn,) = case.session.segmentation.calipers
    assert drawn.perpendicular_mm == pytest.approx(drawn.longest_mm / 2)
    assert_upright(drawn, calipers, row=9)
    end = calipers.shown(drawn.perpendicular)[0]
    target = end + np.array([0.6, 0.0, 2.0])
    stroke(tool, end, target, 1)
    (corrected,) = case.session.segmentation.calipers
    assert corrected.uid == drawn.uid
    assert corrected.longest == drawn.longest
    assert corrected.lines != drawn.lines
    assert_upright(corrected, calipers, row=9)
    first = calipers.shown(corrected.longest)[0]
    stroke(tool, first, first + np.array([1.0, 0.0, -3.0]), 1)
    assert_upright(case.session.segmentation.calipers[0], calipers, row=9)
    assert case.session.segmentation.calipers[0].longest != drawn.longest


def assert_upright(caliper, calipers, *, row: int) -> None:
    (a, b), (c, d) = (np.array(line) for line in caliper.lines)
    cosine = (b - a) @ (d - c) / np.linalg.norm(b - a) / np.linalg.norm(d - c)
    assert abs(cosine) < 1e-9
    assert calipers.shown([a, b, c, d])[:, 1] == pytest.approx([row] * 4)
    assert caliper.longest_mm >= caliper.perpendicular_mm


def test_the_longer_line_comes_first_however_it_was_dragged(case):
    calipers = CalipersViewModel(case)
    tool = TwoDiameters(calipers)
    stroke(tool, (4, 10, 20), (4, 10, 26), 0)
    (drawn,) = case.session.segmentation.calipers
    end = calipers.shown(drawn.perpendicular)[1]
    away = end - calipers.shown(drawn.longest).mean(axis=0)
    stroke(tool, end, end + 8 * away, 0)
    (corrected,) = case.session.segmentation.calipers
    assert corrected.longest_mm > corrected.perpendicular_mm
    assert corrected.perpendicular_mm == pytest.approx(drawn.longest_mm)


def test_lengths_are_undone_removed_and_saved_and_no_digest_knows_of_them(case, tmp_path):
    from medseg.signoff import mask_digest

    calipers, session = CalipersViewModel(case), case.session
    before = mask_digest(session.segmentation)
    stroke(Ruler(calipers), (4, 5, 5), (4, 30, 40), 0)
    stroke(TwoDiameters(calipers), (4, 25, 10), (4, 25, 30), 0)
    both = session.segmentation.calipers
    assert [one.kind for one in both] == ["ruler", "caliper"]
    assert mask_digest(session.segmentation) == before
    case.lesions.undo()
    assert session.segmentation.calipers == both[:1]
    case.lesions.redo()
    assert session.segmentation.calipers == both
    case.keeping.save(tmp_path / "mask.nii.gz")
    again = formats.read_segmentation(tmp_path / "mask.nii.gz", like=session.volume)
    assert again.calipers == both
    end = calipers.shown(both[0].longest)[1]
    stroke(Ruler(calipers), end, end, 0, shift=True)
    assert session.segmentation.calipers == both[1:]


def test_a_click_draws_nothing_and_escape_gives_up(case):
    calipers = CalipersViewModel(case)
    tool = Ruler(calipers)
    stroke(tool, (4, 5, 5), (4, 5, 5), 0)
    tool.press(Touch(np.array([4.0, 5, 5]), 0))
    tool.drag(Touch(np.array([4.0, 9, 25]), 0))
    assert tool.shapes_on(0, 4)
    assert not tool.shapes_on(0, 5)
    assert tool.cancel()
    assert not tool.shapes_on(0, 4)
    assert not tool.cancel()
    assert case.session.segmentation.calipers == ()
    assert not case.keeping.has_unsaved_changes
