"""Windows as high as what they show."""

from __future__ import annotations

from qtpy.QtWidgets import QDialog, QLayout


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
    """Make a window just as high as what it shows at its present width."""
    layout = dialog.layout()
    layout.activate()
    width = max(dialog.width(), dialog.minimumWidth())
    needed = layout.totalHeightForWidth(width)
    dialog.resize(width, needed if needed > 0 else layout.sizeHint().height())
