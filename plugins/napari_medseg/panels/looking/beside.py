"""The row that opens a prior study or a second series beside the case."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from medseg.errors import MedsegError, ReviewError
from medseg.project import find_spot
from napari_medseg.panels.asking import Questions
from napari_medseg.panels.looks import key_button, row_of, text_label, without_argument
from napari_medseg.panels.opening.progress import ProgressLine
from napari_medseg.viewmodels.looking.prior import PriorViewModel
from napari_medseg.viewmodels.opening.loading import Loading, read_image

_TIPS = {
    "file": "Show another image beside the case: a file",
    "folder": "Show a prior study or another series beside the case: a folder of DICOM files",
    "close": "Show nothing beside the case any more",
}


class BesideRow(QWidget):
    """Buttons, and how far the reading is; the image is read while the window goes on.

    Args:
        prior: the image beside.
        questions: asks for a path.
    """

    def __init__(self, prior: PriorViewModel, questions: Questions) -> None:
        super().__init__()
        self._prior = prior
        self.loading = Loading(read_image)
        self.progress = ProgressLine(self.loading)
        self.text = text_label()
        self.file, self.folder = QPushButton("Beside: file…"), QPushButton("Folder…")
        self.link, self.close_beside = key_button("link_here", "Link here"), QPushButton("Close")
        for button, name in ((self.file, "file"), (self.folder, "folder")):
            button.setToolTip(_TIPS[name])
        self.close_beside.setToolTip(_TIPS["close"])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._row(self.file, self.folder))
        column.addWidget(self.progress)
        column.addLayout(row_of(self.link, self.close_beside))
        column.addWidget(self.text)
        self.file.clicked.connect(lambda: self._open(questions.file_to_open))
        self.folder.clicked.connect(lambda: self._open(questions.folder_to_open))
        self.link.clicked.connect(without_argument(prior.link_here))
        self.close_beside.clicked.connect(without_argument(prior.close))
        self.loading.loaded.connect(prior.take)
        self.loading.failed.connect(self._refuse)
        prior.shown.connect(self.render_state)
        prior.reading.changed.connect(self.render_state)
        self.render_state()

    def open(self, path: Path, series_id: str | None = None) -> None:
        """Read this image, and show it beside when it is there; a project's reading is none."""
        spot = find_spot(path)
        if spot is not None and spot.reading is not None:
            self._refuse(
                ReviewError(
                    f"Beside the case stands an image; {path.name} is a mask of the project's. "
                    "Compare with it on the page Review, if you may see it."
                )
            )
            return
        self.loading.begin(path, series_id)

    def let_go(self) -> None:
        """Give up what is being read, and stop listening; Qt has taken the widgets away."""
        for signal in (self.loading.loaded, self.loading.failed, self.loading.changed):
            signal.disconnect()
        self.loading.cancel()
        self._prior.shown.disconnect(self.render_state)
        self._prior.reading.changed.disconnect(self.render_state)

    def render_state(self, _volume: object = None) -> None:
        """Show what is so now."""
        is_there = self._prior.volume is not None
        for widget in (self.link, self.close_beside, self.text):
            widget.setVisible(is_there)
        self.text.setText(f"Image beside: {self._prior.link}." if is_there else "")

    def _open(self, ask: Callable[[], Path | None]) -> None:
        path = ask()
        if path is not None:
            self.open(path)

    def _refuse(self, error: MedsegError) -> None:
        self._prior.notice.refuse(error)
        self._prior.notice.changed.emit()

    @staticmethod
    def _row(*buttons: QPushButton) -> QHBoxLayout:
        for button in buttons:
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return row_of(*buttons)
