"""The reviewer's view in napari's window: what changed is seen, walked through and stood beside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from medseg import formats
from medseg.model import Segment, Segmentation
from napari_medseg.viewmodels.reviewing.comparing.comparison_sketch import CURRENT, THEIRS

pytestmark = [
    pytest.mark.qt,
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]


def settle(milliseconds: int = 150) -> None:
    from qtpy.QtTest import QTest

    QTest.qWait(milliseconds)


def press(panel: Any, key: str) -> None:
    """Shift and a key, on napari's own canvas."""
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    canvas = panel.desk.screen.views[0].canvas
    QTest.keyClick(canvas, getattr(Qt.Key, f"Key_{key}"), Qt.KeyboardModifier.ShiftModifier)
    settle()


def pixels_of(view: Any, color: str) -> int:
    """How many pixels of the marks over a canvas have about this colour."""
    from qtpy.QtCore import QBuffer, QIODevice
    from qtpy.QtGui import QColor

    image = view.marks.grab().toImage()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PPM")
    data = bytes(buffer.data())
    raw = np.frombuffer(data[-3 * image.width() * image.height() :], np.uint8).reshape(-1, 3)
    wanted = QColor(color)
    away = np.abs(raw.astype(int) - (wanted.red(), wanted.green(), wanted.blue())).max(axis=1)
    return int((away < 12).sum())


def a_mask(like: Any, column: int) -> Segmentation:
    array = np.zeros(like.geometry.shape, np.uint8)
    array[4:8, 12:22, column : column + 10] = 1
    return Segmentation(array, like.geometry, (Segment(1, "Nodule", "2.25.77"),))


@pytest.fixture
def reviewed(window: Any, image_path: Any, tmp_path: Any) -> Any:
    """A window with a mask on screen, and the one before it, moved by two voxels, in a file."""
    viewer, panel = window(image_path, show=True)
    viewer.window.resize(1300, 800)
    volume = panel.model.session.volume
    before, now = tmp_path / "before-lesions.nii.gz", tmp_path / "now-lesions.nii.gz"
    formats.write_segmentation(a_mask(volume, 20), before)
    formats.write_segmentation(a_mask(volume, 22), now)
    panel.model.open_mask(now)
    settle()
    yield viewer, panel, before
    panel.desk.review.comparing.finish()


def test_what_changed_is_seen_walked_through_by_one_key_and_stands_side_by_side(reviewed):
    _, panel, before = reviewed
    review, page = panel.desk.review, panel.review_page
    panel.questions.mask_to_compare = lambda: before
    page.comparison.file.click()
    for _ in range(100):
        if review.comparing.result is not None:
            break
        settle(100)  # the page's own timer takes the result up
    assert page.summary.toolTip().startswith("2 differences in 1 of 1 lesions")
    assert page.lesions.item(0, 1).text() == "0.80"

    (main,) = panel.desk.screen.views
    assert pixels_of(main, CURRENT) == pixels_of(main, THEIRS) == 0
    press(panel, "Right")
    first = review.walk.items[0]
    assert panel.reading.planes.stored_index == first.point
    assert review.comparing.mode == "difference"
    settle()
    assert pixels_of(main, CURRENT) > 100
    assert pixels_of(main, THEIRS) > 100
    assert review.case.looks.gives_way
    assert panel.desk.on_screen.shows_mask  # the comparison draws its outlines
    press(panel, "Right")
    assert [line.checkState().value for line in map(page.differences.item, range(2))] == [2, 2]

    press(panel, "X")
    assert review.comparing.mode == "side by side"
    settle(300)
    shown = [view for view in panel.desk.screen.views if view.canvas.isVisible()]
    assert [view.remark for view in shown] == ["", "theirs: before-lesions.nii.gz"]
    assert shown[0].slice_index == shown[1].slice_index
    lesion = "#{:02x}{:02x}{:02x}".format(*a_mask(panel.model.session.volume, 20).segments[0].color)
    assert pixels_of(shown[1], lesion) > 20  # their outline
    press(panel, "X")
    settle(300)
    assert [view.remark for view in panel.desk.screen.views if view.canvas.isVisible()] == [""]
    assert not panel.reading.is_linked

    press(panel, "T")
    assert "kept in a project" in panel.model.notice.text
    press(panel, "U")
    assert panel.reading.planes.stored_index[0] in review.slices.labelled
