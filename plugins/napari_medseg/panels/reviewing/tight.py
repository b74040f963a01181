"""Windows as high as what they show, and no higher than the screen."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QDialog, QFrame, QLayout, QScrollArea, QSizePolicy

from napari_medseg.panels.looks import text_label

#: What a window's frame and title may take of the screen's height, in pixels.
_RIM = 40


class LongText(QScrollArea):
    """A text that wraps and can be copied from, and is scrolled where it is long.

    Args:
        tallest: from which height on it is scrolled, in pixels.

    Attributes:
        label: the text itself.
    """

    def __init__(self, tallest: int) -> None:
        super().__init__()
        self._tallest = tallest
        self.label = text_label()
        self.label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        # Its own hint is that of a narrow text; the height at its width is what it needs.
        self.label.setSizePolicy(_by_width(QSizePolicy.Policy.Ignored))
        self.setWidget(self.label)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Tab goes through what is filled in
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSizePolicy(_by_width(QSizePolicy.Policy.Fixed))

    def text(self) -> str:
        """What it shows."""
        return self.label.text()

    def setText(self, text: str) -> None:  # noqa: N802 - as a label's
        """Show this."""
        self.label.setText(text)
        self.updateGeometry()

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        """It has: the text wraps."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        """As high as the text at this width, up to the height from which it is scrolled."""
        rim = self.contentsMargins()  # napari's style gives it one
        needed = self.label.heightForWidth(width - rim.left() - rim.right())
        return min(needed + rim.top() + rim.bottom(), self._tallest)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """At its present width."""
        return QSize(self.width(), self.heightForWidth(self.width()))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Low: where the screen is small it gives way."""
        return QSize(0, min(self.fontMetrics().lineSpacing(), self._tallest))


def _by_width(vertical: QSizePolicy.Policy) -> QSizePolicy:
    """As wide as there is room, and as high as it needs to be then."""
    policy = QSizePolicy(QSizePolicy.Policy.Ignored, vertical)
    policy.setHeightForWidth(True)
    return policy


def be_tight(dialog: QDialog, width: int) -> None:
    """Let a window be made as high as it needs to be, and not higher; call it once it is laid out.

    Args:
        dialog: the window.
        width: its smallest width, in pixels.
    """
    dialog.setMinimumWidth(width)
    # Qt's own takes wrapped texts to be as high as they were if the window were narrow.
    dialog.layout().setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)


def fit_height(dialog: QDialog) -> None:
    """Make a window as high as what it shows at its present width, within its screen."""
    layout = dialog.layout()
    layout.activate()
    width = max(dialog.width(), dialog.minimumWidth())
    needed = layout.totalHeightForWidth(width)
    screen = dialog.screen().availableGeometry()
    height = min(needed if needed > 0 else layout.sizeHint().height(), screen.height() - _RIM)
    dialog.resize(width, height)
    lowest = screen.bottom() - height
    if dialog.isVisible() and dialog.y() > lowest:
        dialog.move(dialog.x(), max(lowest, screen.top()))
