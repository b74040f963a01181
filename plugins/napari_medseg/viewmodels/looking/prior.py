"""A prior study or a second series beside the case, and how the two go through the patient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from medseg.formats.dicom.patient import PatientOf, patient_of
from medseg.model import Source, Volume
from napari_medseg.viewmodels.looking.layouts import PRIOR_LAYOUT, LayoutViewModel
from napari_medseg.viewmodels.looking.reading import ReadingViewModel
from napari_medseg.viewmodels.notice import Notice, in_words, in_words_by_itself
from napari_medseg.viewmodels.opening.loading import Found

#: How the two images go together, in the words of the caption.
BY_FRAME, BY_HAND, NOT_LINKED = "linked by frame of reference", "linked by hand", "not linked"

_ANOTHER_PATIENT = "The image beside names another patient than the case does."


class PriorViewModel:
    """An image that is only looked at, with a window and a crosshair of its own.

    Where both images name the same frame of reference, the crosshairs are at the same point of
    the patient. Where they do not, nothing is linked until the reader says that here and here
    is the same place; from then on they keep that distance.

    Args:
        reading: how the case is looked at; what is hidden there is hidden here.
        layout: shows the image beside when it comes.
        notice: where commands say what they did.
        whose: tells patient and date of what an image was read from; None where nothing does.
    """

    shown = Signal(object)
    """Another image is beside the case: the Volume; None if there is none any more."""

    def __init__(
        self,
        reading: ReadingViewModel,
        layout: LayoutViewModel,
        notice: Notice,
        *,
        whose: Callable[[Source], PatientOf | None] = patient_of,
    ) -> None:
        self.main, self.notice = reading, notice
        self.reading = ReadingViewModel(is_blind=reading.is_blind)
        self.volume: Volume | None = None
        self._case: Volume | None = None
        self._layout, self._whose = layout, whose
        self._offset_lps: NDArray[np.float64] | None = None
        self._date = ""
        self._is_following = False
        reading.planes.moved.connect(self._follow)
        reading.changed.connect(self._look_alike)
        self.reading.planes.moved.connect(self._lead)

    @property
    def link(self) -> str:
        """How the two go together: `BY_FRAME`, `BY_HAND` or `NOT_LINKED`."""
        if self._shares_frame:
            return BY_FRAME
        return NOT_LINKED if self._offset_lps is None else BY_HAND

    def work_beside(self, volume: Volume) -> None:
        """Have another image as the case; one that is linked by hand no longer is."""
        if volume is not self._case:
            self._case, self._offset_lps = volume, None
            self._say_how()
            self._follow()

    def take(self, found: Found) -> None:
        """Show an image beside the case, at the case's place if they share a frame."""
        self._open(found.volume)

    @in_words
    def close(self) -> None:
        """Show nothing beside the case any more."""
        self.volume, self._offset_lps = None, None
        if self._layout.layout == PRIOR_LAYOUT:
            self._layout.choose("one and two")
        self.shown.emit(None)
        self.notice.say("The image beside is closed.")

    @in_words_by_itself
    def link_here(self) -> None:
        """Take the two places on screen for the same; a second time the link is off again."""
        if self.volume is None or self._case is None:
            self.notice.say("Open an image beside first: the page Image has a button for it.")
            return
        if self._shares_frame:
            self.notice.say("Both images lie in one frame of reference: they are linked by it.")
            return
        is_new = self._offset_lps is None
        apart = self.reading.planes.point_lps - self.main.planes.point_lps
        self._offset_lps = apart if is_new else None
        self._say_how()
        self.notice.say(f"The image beside is {self.link}.")

    def let_go(self) -> None:
        """Stop following the case."""
        self.main.planes.moved.disconnect(self._follow)
        self.main.changed.disconnect(self._look_alike)

    @property
    def _shares_frame(self) -> bool:
        if self.volume is None or self._case is None:
            return False
        frames = {one.geometry.frame_of_reference for one in (self.volume, self._case)}
        return len(frames) == 1 and None not in frames

    @in_words_by_itself
    def _open(self, volume: Volume) -> None:
        self.volume, self._offset_lps = volume, None
        mine = self._whose(volume.source)
        self._date = _in_words(mine.begun) if mine else ""
        self.reading.look_at(volume)
        self._say_how()
        self._follow()
        self._layout.choose(PRIOR_LAYOUT)
        self.shown.emit(volume)
        self.notice.say(f"An image is shown beside, {self.link}.")
        case = self._whose(self._case.source) if self._case else None
        if mine and case and mine.patient and case.patient and mine.patient != case.patient:
            self.notice.say(f"{_ANOTHER_PATIENT} {self.link.capitalize()}.")

    def _say_how(self) -> None:
        date = "" if self.reading.is_blind else self._date
        self.reading.set_remark("  ".join(part for part in (date, self.link) if part))

    def _look_alike(self) -> None:
        for name in ("is_blind", "is_smooth", "slab", "shows_crosshair"):
            if getattr(self.reading, name) != getattr(self.main, name):
                setattr(self.reading, name, getattr(self.main, name))
                self._say_how()
                self.reading.changed.emit()

    def _follow(self) -> None:
        """The case's crosshair has moved."""
        self._carry(self.main, self.reading, +1)

    def _lead(self) -> None:
        """The crosshair beside has moved."""
        self._carry(self.reading, self.main, -1)

    def _carry(self, leader: Any, follower: Any, way: int) -> None:
        if self._is_following or self.volume is None or self.link == NOT_LINKED:
            return
        offset = np.zeros(3) if self._shares_frame else self._offset_lps
        self._is_following = True
        try:
            follower.planes.go_to_patient(leader.planes.point_lps + way * np.asarray(offset))
        finally:
            self._is_following = False


def _in_words(begun: str) -> str:
    """The date of a DICOM date and time, "2024-03-01"; empty where it is none."""
    date = begun.partition(" ")[0]
    return f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) == 8 and date.isdigit() else ""
