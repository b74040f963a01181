"""The list of lesions as a thing to work on: named, coded, coloured, locked, ordered, removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from medseg.errors import EditError
from medseg.model import Code, Segment, SegmentsEdit, palette_color
from medseg.model.terminology import kind_of
from medseg.session import Session
from napari_medseg.viewmodels.contouring.lesions.lesions import LesionsViewModel
from napari_medseg.viewmodels.notice import in_words, in_words_by_itself
from napari_medseg.viewmodels.remembering import remember, remembered


class LesionListViewModel:
    """What can be done with the lesions besides drawing; each is one change that can be undone.

    Args:
        lesions: the lesions of the case.
        settings: where the table's order is remembered; None forgets.
    """

    def __init__(self, lesions: LesionsViewModel, *, settings: Path | None = None) -> None:
        self.notice = lesions.notice
        self._lesions, self._settings = lesions, settings
        column = remembered(settings, "lesion_order", absent="")
        self.order = column, remembered(settings, "lesion_order_upwards", absent=True)
        """By which column the table is sorted, "" for the list's own order, and if upwards."""

        self.columns = [
            name for name in remembered(settings, "lesion_columns", absent=[]) if type(name) is str
        ]
        """The columns of the table that are shown whatever room there is."""

    def remember_columns(self, names: list[str]) -> None:
        """Show these columns whatever room there is, tomorrow too."""
        self.columns = list(names)
        remember(self._settings, "lesion_columns", self.columns)

    def remember_order(self, column: str, is_upwards: bool) -> None:
        """Sort the table by this column from now on, tomorrow too."""
        self.order = column, is_upwards
        remember(self._settings, "lesion_order", column)
        remember(self._settings, "lesion_order_upwards", is_upwards)

    @property
    def cannot_remove(self) -> str | None:
        """Why the current lesion cannot be removed."""
        segment = self._current()
        if self._lesions.cannot_draw or segment is None:
            return self._lesions.cannot_draw or "There is no lesion to remove."
        if segment.is_locked:
            return f"{segment.label} is locked. Unlock it first."
        return None

    def rename(self, number: int, label: str) -> None:
        """Give a lesion another name; one that is empty or another lesion's is told of.

        Two lesions may have one name, as two parts of one structure do.
        """
        label, segment = " ".join(label.split()), self.segment(number)
        if segment is not None and not label:
            self._say(f"A lesion has a name; {segment.label} keeps its own.")
            return
        same = [row.number for row in self._lesions.rows if row.label == label]
        others = ", ".join(f"#{other}" for other in same if other != number)
        text = f"Renamed to {label}." + (f" {others} is called so too." if others else "")
        self._change(number, text, {"label": label})

    def set_code(self, number: int, kind: Code, region: Code | None) -> None:
        """Say what a lesion is, and where; what it is decides on its category too."""
        listed, segment = kind_of(kind), self.segment(number)
        if segment is not None:
            category = listed.category if listed else segment.category
            text = f"{segment.label}: {kind.meaning}."
            codes = {"category": category, "type": kind, "region": region}
            self._change(number, text, codes)

    def set_color(self, number: int, color: tuple[int, int, int]) -> None:
        """Give a lesion another colour, RGB from 0 to 255."""
        self._change(number, "Colour changed.", {"color": color})

    def toggle_lock(self, number: int | None = None) -> None:
        """Lock a lesion so that no tool changes it, or unlock it; None takes the current one."""
        self.notice.gesture.settle()
        segment = self._current() if number is None else self.segment(number)
        if segment is None:
            self._say("Start a lesion first.")
            return
        text = f"{segment.label} is {'unlocked' if segment.is_locked else 'locked'}."
        self._change(segment.number, text, {"is_locked": not segment.is_locked})

    def toggle_eye(self, number: int | None = None) -> None:
        """Hide a lesion, or show it again; None takes the current one."""
        self.notice.gesture.settle()
        segment = self._current() if number is None else self.segment(number)
        if segment is None:
            self._say("Start a lesion first.")
            return
        self._lesions.looks.toggle_eye(segment.number)
        is_hidden = segment.number in self._lesions.looks.hidden
        self._say(f"{segment.label} is {'hidden' if is_hidden else 'shown'}.")

    @in_words
    def remove(self, number: int | None = None) -> None:
        """Erase a lesion and take it off the list; None takes the current one."""
        segment = self._current() if number is None else self.segment(number)
        if segment is None:
            raise EditError("There is no lesion to remove.")
        place = self._at_work().segmentation.numbers.index(segment.number)
        change = self._at_work().remove(segment.number)
        self._lesions.made(change, f"{segment.label} removed. Undo brings it back.")
        left = self._at_work().segmentation.numbers
        if left and self._lesions.current != left[min(place, len(left) - 1)]:
            self._lesions.select(left[min(place, len(left) - 1)])

    @in_words
    def move(self, number: int, by: int) -> None:
        """Move a lesion up (negative) or down the list; it stops at the ends."""
        session = self._at_work()
        order = [one for one in session.segmentation.numbers if one != number]
        here = session.segmentation.numbers.index(number)
        order.insert(min(max(here + by, 0), len(order)), number)
        if tuple(order) != session.segmentation.numbers:
            self._lesions.made(session.reorder(order), "Moved.")

    @in_words
    def use_palette(self) -> None:
        """Give each lesion the colour of its number in the palette for all eyes, as one change."""
        session, mask = self._at_work(), self._at_work().segmentation
        segments = tuple(replace(one, color=palette_color(one.number)) for one in mask.segments)
        if segments == mask.segments:
            self.notice.say("All lesions have the colours of the palette already.")
            return
        change = SegmentsEdit.to_list(mask, segments, session.by("segment list"))
        session.do(change)
        self._lesions.made(change, "Colours of the palette, safe for colour-blind eyes.")

    @in_words
    def _change(self, number: int, text: str, fields: Mapping[str, Any]) -> None:
        session, segment = self._at_work(), self.segment(number)
        if segment is None or replace(segment, **fields) == segment:
            return
        self._lesions.made(session.change_segment(number, **fields), text)

    @in_words_by_itself
    def _say(self, text: str) -> None:
        self.notice.say(text)

    def _at_work(self) -> Session:
        why_not, session = self._lesions.cannot_draw, self._lesions.session
        if why_not or session is None:
            raise EditError(why_not or "Open an image first.")
        return session

    def _current(self) -> Segment | None:
        current = self._lesions.current
        return None if current is None else self.segment(current)

    def segment(self, number: int) -> Segment | None:
        """The lesion of that number, None if there is none."""
        session = self._lesions.session
        found = session.segmentation.segments if session else ()
        return next((one for one in found if one.number == number), None)
