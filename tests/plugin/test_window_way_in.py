"""Files dropped on the window with Qt's own events, and what stands on a canvas without image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from medseg import formats
from medseg.model import Segmentation
from tests.plugin.hands import wait_for
from tests.plugin.studies import SmallStudy

pytest.importorskip("napari", reason="the gui extra is not installed")

pytestmark = [
    pytest.mark.qt,
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]


def drop(widget: Any, paths: Sequence[Path], *, text: str = "") -> bool:
    """Drag over the middle of a widget and let go, as Qt delivers it; whether it was accepted."""
    from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
    from qtpy.QtGui import QDragEnterEvent, QDropEvent
    from qtpy.QtWidgets import QApplication

    data, actions = QMimeData(), Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    if paths:
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    if text:
        data.setText(text)
    at, left, no = widget.rect().center(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enters = QDragEnterEvent(QPoint(at), actions, data, left, no)
    QApplication.sendEvent(widget, enters)
    if not enters.isAccepted():
        return False
    falls = QDropEvent(QPointF(at), actions, data, left, no)
    QApplication.sendEvent(widget, falls)
    assert falls.dropAction() == Qt.DropAction.CopyAction  # nobody takes the file away
    return falls.isAccepted()


def at_rest(panel: Any) -> bool:
    return not (
        panel.loading.is_busy or panel.jobs.is_busy or panel.desk.screen.arrival.is_under_way
    )


def test_what_is_dropped_on_any_part_of_the_window_is_opened_behind_it(
    window: Any, image_path: Path, tmp_path: Path
) -> None:
    from qtpy.QtWidgets import QWidget

    from napari_medseg.views.looking.board import canvas_widget_of

    study = SmallStudy.make(tmp_path)
    viewer, panel = window(show=True)
    main = panel.desk.screen
    widget = canvas_widget_of(viewer)
    widget.show_welcome_screen = True  # as outside of napari's fixtures
    canvas = widget.canvas.native
    (welcome,) = (one for one in canvas.findChildren(QWidget) if one.acceptDrops())
    assert welcome.isVisible()
    panel.layout_model.choose("side by side")

    # A project, on napari's welcome: that makes way for a sentence of ours.
    assert drop(welcome, [study.folder])
    wait_for(lambda: panel.project_model.project is not None and at_rest(panel))
    assert panel.tabs.tabText(panel.tabs.currentIndex()).startswith("Worklist")
    view = main.views[0]
    assert view.marks.caption == ("Say who you are, on the page Worklist.",)
    panel.project_model.choose_person("p-ana")
    wait_for(lambda: at_rest(panel))
    assert view.marks.caption == ("Choose a case in the worklist.",)
    assert not welcome.isVisible()
    assert [one.canvas.isVisible() for one in main.views] == [True] * 3
    assert all(one.canvas.width() >= 64 for one in main.views)
    resting = list(viewer.layers)
    assert [layer.visible for layer in resting] == [False, False]

    # An image, on a plane beside.
    assert drop(main.views[1].canvas, [image_path])
    assert panel.loading.is_busy
    wait_for(lambda: panel.model.session is not None and at_rest(panel))
    session = panel.model.session
    assert session.volume.source.path == image_path
    assert list(viewer.layers) == resting
    assert [layer.visible for layer in resting] == [True, True]
    assert [one.image.data.shape for one in main.views] == [(12, 40, 50)] * 3
    assert "Choose" not in " ".join(view.marks.caption)

    # A mask, on the panel: it goes on the image that is shown.
    mask = tmp_path / "mine.nii.gz"
    formats.write_segmentation(Segmentation.empty(session.volume.geometry), mask)
    assert drop(panel, [mask])
    wait_for(lambda: panel.model.session is not session and at_rest(panel))
    assert panel.model.session.volume is session.volume
    assert panel.model.session.mask_path == mask

    # What is not opened is told, and changes nothing.
    session, letter = panel.model.session, tmp_path / "letter.txt"
    letter.write_text("Dear colleague")
    assert drop(canvas, [letter])
    wait_for(lambda: at_rest(panel))
    assert panel.model.notice.is_refusal
    assert "letter.txt" in panel.message.text()
    assert drop(canvas, [image_path, image_path])
    assert "One image is opened at a time" in panel.message.text()
    assert not drop(main.views[2].canvas, [], text="words alone")
    assert panel.model.session is session
