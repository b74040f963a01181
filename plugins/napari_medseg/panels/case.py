"""The case panel: what was found, the lesions, the commands, and whether the work is safe."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QApplication, QPushButton, QTabWidget, QVBoxLayout, QWidget

from medseg.errors import MedsegError
from medseg.project.folder.home import home_folder
from napari_medseg.opening import holds_mask
from napari_medseg.panels.asking import CloseGuard, Questions
from napari_medseg.panels.binding import warn_of_leaking_binding
from napari_medseg.panels.contouring.page import ContourPage
from napari_medseg.panels.looking.bar import LookingBar
from napari_medseg.panels.looks import (
    GOOD,
    QUIET,
    SEVERITY_COLORS,
    colored,
    row_of,
    text_label,
    without_argument,
)
from napari_medseg.panels.opening.page import ImagePage
from napari_medseg.panels.opening.progress import ProgressLine
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.looking.layouts import LayoutViewModel
from napari_medseg.viewmodels.looking.reading import ReadingViewModel
from napari_medseg.viewmodels.opening.loading import Found, Loading
from napari_medseg.views.desk import Desk

_WIDTH, _NARROWEST = 400, 320


class CasePanel(QWidget):
    """The panel of one case in one viewer: its pages, and above and below them what always counts.

    Args:
        napari_viewer: napari gives it by this name.
    """

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__()
        warn_of_leaking_binding()
        self.model = CaseViewModel(getpass.getuser())
        self.questions = Questions(self)
        self.guard = CloseGuard(self.may_go)
        self.reading = ReadingViewModel()
        self.layout_model = LayoutViewModel(home_folder() / "viewer.json")
        self.desk = Desk(napari_viewer, self.model, self.reading, self.layout_model, save=self.save)
        self.loading = Loading()
        self._masks: tuple[Path, ...] = ()  # to be opened on the image that is being read
        self._build()
        self._lay_out()
        self._connect()
        self.render_state()

    def open(self, path: Path) -> None:
        """Open an image, or a mask on the image shown, once unsaved changes are dealt with."""
        if self.may_go():
            with _busy():
                self.model.open(path, discard=True)

    def open_in_background(
        self, path: Path, series_id: str | None = None, *, masks: Sequence[Path] = ()
    ) -> None:
        """Open an image while the window goes on; its middle slice is shown first.

        Args:
            path: file or folder; a mask is opened at once, on its image.
            series_id: the one wanted of several.
            masks: what is opened on the image when it is there.
        """
        if not self.may_go():
            return
        if series_id is None and holds_mask(path):
            self.open(path)
            self._open_masks(masks)
        else:
            self._masks = tuple(masks)
            self.loading.begin(path, series_id)

    def save(self) -> None:
        """Save where the mask was saved before, else where the reader says."""
        if self.model.keeping.cannot_save:
            self.model.say(self.model.keeping.cannot_save)
            return
        path = self.model.keeping.mask_path or self.questions.path_to_save(
            self.model.keeping.suggested_mask_path
        )
        if path is not None:
            self.model.keeping.save(path)

    def may_go(self) -> bool:
        """Whether the present work may be left: nothing is unsaved, or the reader decided."""
        if not self.model.keeping.has_unsaved_changes:
            return True
        answer = self.questions.what_about_changes()
        if answer == "save":
            self.save()
        if answer == "discard":
            self.model.keeping.discard_changes()
        return answer == "discard" or not self.model.keeping.has_unsaved_changes

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Wide enough for the names of lesions; narrower they wrap."""
        return QSize(_WIDTH, super().sizeHint().height())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Guard the window that the panel is shown in."""
        super().showEvent(event)
        self.guard.watch(self.window())

    def _build(self) -> None:
        self.open_file = QPushButton("Open file…")
        self.open_folder = QPushButton("Open folder…")
        self.case_title, self.offer, self.message, self.status = (text_label() for _ in range(4))
        self.recover, self.discard = QPushButton("Recover"), QPushButton("Discard")
        self.progress = ProgressLine(self.loading)
        self.looking = LookingBar(self.reading, self.layout_model, self.desk.commands)
        self.contour_page = ContourPage(self.model, self.desk)
        self.image_page = ImagePage(self.model)
        self.tabs = QTabWidget()
        self.tabs.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for page in (self.contour_page, self.image_page):
            self.tabs.addTab(page, page.title)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addLayout(row_of(self.open_file, self.open_folder))
        for widget in (self.progress, self.case_title, self.looking, self.offer):
            column.addWidget(widget)
        column.addLayout(row_of(self.recover, self.discard))
        column.addWidget(self.tabs, stretch=1)
        column.addWidget(self.message)
        column.addWidget(self.status)
        self.setMinimumWidth(_NARROWEST)

    def _connect(self) -> None:
        self.open_file.clicked.connect(lambda: self._open(self.questions.file_to_open))
        self.open_folder.clicked.connect(lambda: self._open(self.questions.folder_to_open))
        self.recover.clicked.connect(without_argument(self.model.keeping.recover))
        self.discard.clicked.connect(without_argument(self.model.keeping.discard_offer))
        self.image_page.series_chosen.connect(self._choose_series)
        self.loading.listed.connect(self.model.take_listing)
        self.loading.previewed.connect(self.desk.show_preview)
        self.loading.loaded.connect(self._take)
        self.loading.failed.connect(self._refuse)
        self.loading.changed.connect(self._end_preview)
        self.model.notice.changed.connect(self.render_state)
        parts = _Parts(self)
        self.destroyed.connect(partial(_Parts.let_go, parts))

    def _open(self, ask: Callable[[], Path | None]) -> None:
        path = ask()
        if path is not None:
            self.open_in_background(path)

    def _take(self, found: Found) -> None:
        # Work done meanwhile on the image before is not lost: it is asked about once more.
        masks, self._masks = self._masks, ()
        if self.may_go():
            with _busy():
                self.model.take(found, discard=True)
                self._open_masks(masks)

    def _open_masks(self, masks: Sequence[Path]) -> None:
        for mask in masks:
            self.model.open_mask(mask)

    def _refuse(self, error: MedsegError) -> None:
        self.model.notice.refuse(error)
        self.model.notice.changed.emit()

    def _end_preview(self) -> None:
        if not self.loading.is_busy:
            self.desk.end_preview()

    def _choose_series(self, series_id: str) -> None:
        path = self.model.path
        if path is not None:
            self.open_in_background(path, series_id)

    def render_state(self) -> None:
        """Show what is so now."""
        model = self.model
        self.case_title.setText(f"<b>{escape(model.title)}</b>")
        self.offer.setText(colored(model.keeping.offer or "", SEVERITY_COLORS["warning"]))
        for widget in (self.offer, self.recover, self.discard):
            widget.setVisible(model.keeping.offer is not None)
        self.contour_page.render_state()
        self.image_page.render_state()
        self.tabs.setTabText(self.tabs.indexOf(self.image_page), self.image_page.title)
        color = SEVERITY_COLORS["warning"] if model.notice.is_refusal else QUIET
        self.message.setText(colored(model.notice.text, color))
        color = SEVERITY_COLORS["warning"] if model.keeping.has_unsaved_changes else GOOD
        self.status.setText(colored(f"● {model.keeping.status}", color))


class _Parts:
    """What the panel is made of; when Qt has deleted it, nothing may call it any more."""

    def __init__(self, panel: CasePanel) -> None:
        self._loading, self._model, self._desk = panel.loading, panel.model, panel.desk
        self._pages = (panel.looking, panel.contour_page)
        self._render = panel.render_state

    def let_go(self) -> None:
        loading = self._loading
        for signal in (loading.listed, loading.previewed, loading.loaded, loading.failed):
            signal.disconnect()
        loading.changed.disconnect()
        loading.cancel()
        for page in self._pages:
            page.let_go()
        self._model.notice.changed.disconnect(self._render)
        self._desk.close()
        self._model.keeping.close()


@contextmanager
def _busy() -> Iterator[None]:
    QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
    try:
        yield
    finally:
        QApplication.restoreOverrideCursor()
