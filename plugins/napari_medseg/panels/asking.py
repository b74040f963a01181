"""Windows that ask the reader: for a path, and before unsaved work would be lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QFileDialog, QMainWindow, QMessageBox, QWidget

_OPENABLE = "Images and masks (*.dcm *.ima *.nii *.nii.gz *.nrrd *.mha *.mhd);;All files (*)"
_SAVEABLE = "NIfTI (*.nii.gz);;NRRD (*.nrrd);;MetaImage (*.mha)"


class Questions:
    """The questions a panel may put; a test or a script answers in its place.

    Args:
        parent: the widget that they belong to.
    """

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent

    def file_to_open(self) -> Path | None:
        """The file that the reader chooses, None if they do not."""
        name, _ = QFileDialog.getOpenFileName(self._parent, "Open an image or mask", "", _OPENABLE)
        return Path(name) if name else None

    def folder_to_open(self) -> Path | None:
        """The folder that the reader chooses, None if they do not."""
        name = QFileDialog.getExistingDirectory(self._parent, "Open a folder of DICOM files")
        return Path(name) if name else None

    def project_to_open(self) -> Path | None:
        """The project's folder that the reader chooses, None if they do not."""
        name = QFileDialog.getExistingDirectory(self._parent, "Open a project (with medseg.toml)")
        return Path(name) if name else None

    def folder_to_export(self) -> Path | None:
        """The folder that results go to, None if the reader thinks better of it."""
        name = QFileDialog.getExistingDirectory(self._parent, "Export into a folder")
        return Path(name) if name else None

    def mask_to_compare(self) -> Path | None:
        """The mask file that the reader chooses, None if they do not."""
        name, _ = QFileDialog.getOpenFileName(self._parent, "Compare with a mask", "", _OPENABLE)
        return Path(name) if name else None

    def path_to_save(self, suggested: Path | None) -> Path | None:
        """Where the reader wants the mask, None if they think better of it."""
        name, _ = QFileDialog.getSaveFileName(
            self._parent, "Save the lesions", str(suggested or ""), _SAVEABLE
        )
        return Path(name) if name else None

    def path_elsewhere(self, suggested: Path | None) -> Path | None:
        """Where else the reader wants what was not saved, None if they think better of it."""
        name, _ = QFileDialog.getSaveFileName(
            self._parent, "Not saved: save it elsewhere", str(suggested or ""), _SAVEABLE
        )
        return Path(name) if name else None

    def mask_to_open(self) -> Path | None:
        """The mask file that the reader chooses, None if they do not."""
        name, _ = QFileDialog.getOpenFileName(self._parent, "Open a mask", "", _OPENABLE)
        return Path(name) if name else None

    def image_or_mask(self, path: Path) -> str:
        """What a file is that could be either: "image", "mask" or "cancel"."""
        box = QMessageBox(self._parent)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Image or mask?")
        box.setText(
            f"{path.name} lies exactly on the grid of the open image and holds few values, as "
            "a mask does. Open it as a mask on this image, or as an image in its place?"
        )
        roles = QMessageBox.ButtonRole
        mask = box.addButton("Mask on this image", roles.AcceptRole)
        image = box.addButton("Image in its place", roles.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(mask)
        box.exec()
        chosen = box.clickedButton()
        return "mask" if chosen is mask else "image" if chosen is image else "cancel"

    def what_about_changes(self) -> str:
        """What to do with unsaved changes: "save", "discard" or "cancel"."""
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._parent,
            "Unsaved changes",
            "The lesions have unsaved changes. Save them first?",
            buttons.Save | buttons.Discard | buttons.Cancel,
            buttons.Save,
        )
        return {buttons.Save: "save", buttons.Discard: "discard"}.get(answer, "cancel")


class CloseGuard(QObject):
    """Stops the window from closing over unsaved changes until the reader has decided.

    Args:
        may_go: whether nothing is unsaved; it asks the reader if something is.
    """

    def __init__(self, may_go: Callable[[], bool]) -> None:
        super().__init__()
        self._may_go = may_go
        self._is_on_guard = False

    def watch(self, window: QWidget) -> None:
        """Guard a main window; a floating dock is none, and asking twice does no harm."""
        if isinstance(window, QMainWindow) and not self._is_on_guard:
            self._is_on_guard = True  # and no reference, which would keep a closed window alive
            window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Refuse the close if the reader wants to stay; all other events pass."""
        if event.type() == QEvent.Type.Close and not self._may_go():
            event.ignore()
            return True
        return super().eventFilter(watched, event)
