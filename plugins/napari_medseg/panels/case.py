"""The case panel: what was found, the lesions, the commands, and whether the work is safe."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import (
    QApplication,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from medseg.errors import MedsegError
from medseg.project.folder.home import home_folder
from napari_medseg import keys
from napari_medseg.opening import holds_mask
from napari_medseg.panels.asking import CloseGuard, Questions
from napari_medseg.panels.binding import warn_of_leaking_binding
from napari_medseg.panels.lists import SEVERITY_COLORS, FindingsText, LesionTable, SeriesList
from napari_medseg.panels.looking import LookingBar
from napari_medseg.panels.progress import ProgressLine
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.layouts import LayoutViewModel
from napari_medseg.viewmodels.loading import Found, Loading
from napari_medseg.viewmodels.reading import ReadingViewModel
from napari_medseg.views.desk import Desk

_WIDTH, _NARROWEST = 400, 320
_QUIET, _GOOD = "#8d949c", "#3fa45b"

_BUTTONS = (
    ("new_lesion", "New lesion", "Start a lesion; outlines go to it from then on"),
    ("outline", "Draw outline", "Draw around the lesion with the left button; Shift takes away"),
    ("fill", "Fill between", "Fill the lesion between the slices that were drawn"),
    ("save", "Save", "Save the mask and its record"),
    ("undo", "Undo", "Take the last change back"),
    ("redo", "Redo", "Make the change last taken back again"),
)


class CasePanel(QWidget):
    """The panel of one case in one viewer.

    Args:
        napari_viewer: napari gives it by this name.
    """

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__()
        warn_of_leaking_binding()
        self.model = CaseViewModel(getpass.getuser())
        self.questions = Questions(self)
        self.guard = CloseGuard(self.may_go)
        self._build()
        self.reading = ReadingViewModel()
        self.layout_model = LayoutViewModel(home_folder() / "viewer.json")
        self.desk = Desk(napari_viewer, self.model, self.reading, self.layout_model, save=self.save)
        self.loading = Loading()
        self._masks: tuple[Path, ...] = ()  # to be opened on the image that is being read
        self._progress = ProgressLine(self.loading)
        self.looking = LookingBar(self.reading, self.layout_model, self.desk.commands)
        self._lay_out()
        self._connect()
        self._render()

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
        if self.model.cannot_save:
            self.model.say(self.model.cannot_save)
            return
        path = self.model.mask_path or self.questions.path_to_save(self.model.suggested_mask_path)
        if path is not None:
            self.model.save(path)

    def may_go(self) -> bool:
        """Whether the present work may be left: nothing is unsaved, or the reader decided."""
        if not self.model.has_unsaved_changes:
            return True
        answer = self.questions.what_about_changes()
        if answer == "save":
            self.save()
        if answer == "discard":
            self.model.discard_changes()
        return answer == "discard" or not self.model.has_unsaved_changes

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Wide enough for the names of lesions; narrower they wrap."""
        return QSize(_WIDTH, super().sizeHint().height())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Guard the window that the panel is shown in."""
        super().showEvent(event)
        self.guard.watch(self.window())

    def _build(self) -> None:
        self._open_file = QPushButton("Open file…")
        self._open_folder = QPushButton("Open folder…")
        self._reader = QLineEdit(self.model.author)
        self._reader.setToolTip("Your name, as it will stand in the record of each slice")
        self._title, self._series = _text(), SeriesList()
        self._findings, self._lesions = FindingsText(), LesionTable()
        self._buttons = {name: _button(name, label, tip) for name, label, tip in _BUTTONS}
        self._buttons["outline"].setCheckable(True)
        self._offer, self._recover = _text(), QPushButton("Recover")
        self._discard = QPushButton("Discard")
        self._message, self._status = _text(), _text()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addLayout(_row(self._open_file, self._open_folder))
        column.addWidget(self._progress)
        column.addLayout(_row(QLabel("Reader"), self._reader))
        for widget in (self._title, self.looking, self._series, self._findings, self._offer):
            column.addWidget(widget)
        column.addLayout(_row(self._recover, self._discard))
        column.addWidget(self._lesions, stretch=1)
        grid = QGridLayout()
        for place, button in enumerate(self._buttons.values()):
            grid.addWidget(button, place // 2, place % 2)
        column.addLayout(grid)
        column.addWidget(self._message)
        column.addWidget(self._status)
        self.setMinimumWidth(_NARROWEST)

    def _connect(self) -> None:
        self._open_file.clicked.connect(lambda: self._open(self.questions.file_to_open))
        self._open_folder.clicked.connect(lambda: self._open(self.questions.folder_to_open))
        self._reader.editingFinished.connect(lambda: self.model.set_author(self._reader.text()))
        self._recover.clicked.connect(_without_argument(self.model.recover))
        self._discard.clicked.connect(_without_argument(self.model.discard_offer))
        self._series.chosen.connect(self._choose_series)
        self._lesions.chosen.connect(self.desk.go_to_lesion)
        for name, button in self._buttons.items():
            button.clicked.connect(_without_argument(self.desk.commands[name]))
        self.loading.listed.connect(self.model.take_listing)
        self.loading.previewed.connect(self.desk.show_preview)
        self.loading.loaded.connect(self._take)
        self.loading.failed.connect(self._refuse)
        self.loading.changed.connect(self._end_preview)
        self.model.notice.changed.connect(self._render)
        self.desk.drawing.changed.connect(self._render)
        model, desk, render, looking = self.model, self.desk, self._render, self.looking
        loading = self.loading
        self.destroyed.connect(lambda: _let_go(model, desk, render, looking, loading))

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

    def _render(self) -> None:
        model = self.model
        if not self._reader.hasFocus():
            self._reader.setText(model.author)
        self._title.setText(f"<b>{escape(model.title)}</b>")
        self._series.render_rows(model.series, model.skipped)
        self._findings.render_findings(model.findings)
        self._offer.setText(_colored(model.offer or "", SEVERITY_COLORS["warning"]))
        for widget in (self._offer, self._recover, self._discard):
            widget.setVisible(model.offer is not None)
        self._lesions.render_rows(model.lesions.rows, model.lesions.current)
        self._buttons["outline"].setChecked(self.desk.drawing.is_active)
        for name, why_not in model.why_not.items():
            self._buttons[name].setEnabled(why_not is None)
            self._buttons[name].setToolTip(why_not or self._buttons[name].statusTip())
        color = SEVERITY_COLORS["warning"] if model.notice.is_refusal else _QUIET
        self._message.setText(_colored(model.notice.text, color))
        color = SEVERITY_COLORS["warning"] if model.has_unsaved_changes else _GOOD
        self._status.setText(_colored(f"● {model.status}", color))


def _text() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label


def _button(name: str, label: str, tip: str) -> QPushButton:
    button = QPushButton(f"{label}  ({keys.shown(name)})")
    button.setStatusTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # so that the canvas keeps the keys
    return button


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    return row


def _colored(text: str, color: str) -> str:
    return f'<span style="color:{color}">{escape(text)}</span>'


def _without_argument(command: Callable[[], None]) -> Callable[[bool], None]:
    def clicked(_checked: bool = False) -> None:
        command()

    return clicked


def _let_go(
    model: CaseViewModel,
    desk: Desk,
    render: Callable[[], None],
    looking: LookingBar,
    loading: Loading,
) -> None:
    """When Qt has deleted the panel, nothing may call it any more."""
    for signal in (loading.listed, loading.previewed, loading.loaded, loading.failed):
        signal.disconnect()
    loading.changed.disconnect()
    loading.cancel()
    looking.let_go()
    model.notice.changed.disconnect(render)
    desk.drawing.changed.disconnect(render)
    desk.close()
    model.close()


@contextmanager
def _busy() -> Iterator[None]:
    QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
    try:
        yield
    finally:
        QApplication.restoreOverrideCursor()
