"""What is said after what is being said just now."""

from __future__ import annotations

from functools import partial

from qtpy.QtCore import QTimer

from napari_medseg.viewmodels.notice import Notice


def say_after(notice: Notice, words: str) -> None:
    """Add a sentence to the notice, once what goes on now has said its own.

    Args:
        notice: where it is said.
        words: the sentence.
    """
    QTimer.singleShot(0, partial(_add, notice, words))


def _add(notice: Notice, words: str) -> None:
    notice.text = f"{notice.text} {words}".strip()
    notice.changed.emit()
