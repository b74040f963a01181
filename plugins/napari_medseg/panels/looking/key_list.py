"""The window that lists all keys; it stays open beside the work."""

from __future__ import annotations

from html import escape

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QLineEdit, QTextBrowser, QVBoxLayout, QWidget

from napari_medseg.viewmodels.looking.key_list import found_keys

_SIZE = (560, 620)


class KeyList(QDialog):
    """All keys by group, and a line to search them with.

    Args:
        parent: the window that it belongs to.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("All keys of medseg")
        self.setModal(False)
        self.search, self.text = QLineEdit(), QTextBrowser()
        self.search.setPlaceholderText("Search: a key, or what it does")
        self.search.setClearButtonEnabled(True)
        self.search.setToolTip("Every word has to occur in the key, its meaning or its heading")
        self.text.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        column = QVBoxLayout(self)
        column.addWidget(self.search)
        column.addWidget(self.text, stretch=1)
        self.search.textChanged.connect(self.render_state)
        self._fit_screen()
        self.render_state()

    def toggle(self) -> None:
        """Show the list with all keys, or put it away."""
        if self.isVisible():
            self.hide()
            return
        self.search.clear()
        self.show()
        self.raise_()
        self.search.setFocus()

    def render_state(self) -> None:
        """Show what is found now."""
        parts = []
        for heading, rows in found_keys(self.search.text()).items():
            parts.append(f"<h3>{escape(heading)}</h3><table cellspacing='0' cellpadding='3'>")
            parts += [
                f"<tr><td width='130'><b>{escape(key)}</b></td><td>{escape(does)}</td></tr>"
                for key, does in rows
            ]
            parts.append("</table>")
        self.text.setHtml("".join(parts) or "<p>No key is called so, and none does that.</p>")

    def _fit_screen(self) -> None:
        free = self.screen().availableGeometry()
        width, height = _SIZE
        self.resize(min(width, free.width() - 80), min(height, free.height() - 80))
