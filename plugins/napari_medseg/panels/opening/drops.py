"""Files dropped on the window: they are opened by the panel, whichever part they fall on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from weakref import WeakSet

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QMimeData, QObject, Qt
from qtpy.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from qtpy.QtWidgets import QWidget

_HOVERS = (QEvent.Type.DragEnter, QEvent.Type.DragMove)


class Drops(QObject):
    """Takes what is dropped on widgets before they see it.

    Qt offers a drop to the innermost widget that accepts any, hence to napari's canvas, or to
    the welcome on it, which would read the file in the window's own thread.

    Args:
        dropped: gets the files and folders of a drop; none where it was something else.
    """

    def __init__(self, dropped: Callable[[Sequence[Path]], None]) -> None:
        super().__init__()
        self._dropped = dropped
        self._watched: WeakSet[QWidget] = WeakSet()  # or a closed window would be kept

    def watch(self, widget: QWidget) -> None:
        """Take what is dropped on a widget from now on, or on what lies in it."""
        widget.setAcceptDrops(True)
        inner = [one for one in widget.findChildren(QWidget) if one.acceptDrops()]
        for one in (widget, *inner):
            one.installEventFilter(self)
            self._watched.add(one)

    def let_go(self) -> None:
        """Take nothing any more."""
        for widget in self._watched:
            if isalive(widget):
                widget.removeEventFilter(self)
        self._watched.clear()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Take a drop of files; all other events pass."""
        if not isinstance(event, QDropEvent) or not _has_files(event.mimeData()):
            return False
        if event.type() in _HOVERS and isinstance(event, QDragEnterEvent | QDragMoveEvent):
            event.setDropAction(Qt.DropAction.CopyAction)  # the file stays where it is
            event.accept()
            return True
        if event.type() == QEvent.Type.Drop:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._dropped(_paths_of(event.mimeData()))
            return True
        return False


def _has_files(data: QMimeData | None) -> bool:
    return data is not None and data.hasUrls()


def _paths_of(data: QMimeData | None) -> list[Path]:
    urls = data.urls() if data is not None else []
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
