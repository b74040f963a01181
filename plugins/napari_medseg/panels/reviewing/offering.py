"""Combo boxes of people and readings: what is offered has a text, and an id behind it."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtWidgets import QComboBox


def offer(box: QComboBox, offered: Sequence[tuple[str, str]], *, chosen: str | None = None) -> None:
    """Offer these; a box that offers them already is left as it is.

    Args:
        box: the combo box.
        offered: id and text of each.
        chosen: id of the one that is chosen; None leaves the choice.
    """
    here = [(str(box.itemData(place)), box.itemText(place)) for place in range(box.count())]
    if here != list(offered):
        box.clear()
        for name, text in offered:
            box.addItem(text, name)
    ids = [name for name, _ in offered]
    if chosen is not None and chosen in ids:
        box.setCurrentIndex(ids.index(chosen))


def id_chosen(box: QComboBox) -> str:
    """The id behind what is chosen; empty for nothing."""
    return str(box.currentData() or "")
