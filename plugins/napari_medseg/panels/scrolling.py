"""A page that scrolls where the window is too low for it, so that a small screen shows it all."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

# Of the screen's height, a page asks for no more than this.
_LOWEST = 150


class Scrolling(QScrollArea):
    """A page as wide as it needs, and as high as there is room.

    Args:
        page: what is shown.
    """

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self.page = page
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(page)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """The page's width, with room for the scroll bar, and a few lines of its height."""
        wanted = self.page.minimumSizeHint()
        width = wanted.width() + self.verticalScrollBar().sizeHint().width()
        return QSize(width, min(wanted.height(), _LOWEST))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """The page's own."""
        return self.page.sizeHint()


class Footed(QWidget):
    """A page that scrolls, and under it a line that does not.

    Args:
        page: what scrolls.
        foot: what is always in sight.
    """

    def __init__(self, page: QWidget, foot: QWidget) -> None:
        super().__init__()
        self.page, self._scrolling = page, Scrolling(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._scrolling, stretch=1)
        column.addWidget(foot)

    def viewport(self) -> QWidget:
        """What the page is seen through."""
        return self._scrolling.viewport()
