"""What the screen displayed: which slices, in which plane and window, with the mask or without."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import cast

from psygnal import Signal

from medseg.model import Geometry, PlaneName, Viewing, main_plane, now_iso
from medseg.review.coverage import Coverage, coverage_of
from medseg.review.intervals import of_slices

#: A slice counts as displayed once it stood still for three pictures of a screen of 60 Hz.
SHORTEST_SECONDS = 0.05

#: After so long without a move of pointer, key or slice nobody is known to look.
IDLE_SECONDS = 60.0


@dataclass(frozen=True)
class Shown:
    """One slice on screen.

    Args:
        plane: "axial", "coronal" or "sagittal".
        axis: the stored axis that runs through it.
        index: its index along that, as the file counts.
    """

    plane: PlaneName
    axis: int
    index: int


@dataclass(frozen=True)
class Condition:
    """How slices are displayed: whether the mask is to be seen, and through which window."""

    is_with_mask: bool
    window: str


@dataclass
class _Kept:
    """What was displayed of one slice under one condition, not yet handed over."""

    seconds: float
    since: str


class ViewingsViewModel:
    """What is displayed of one reading to one person; evidence of display, and of nothing more.

    `look` is told what is on screen at each change and every so often. Time counts for what was
    there before the call; none is counted while the window is not in front, and none after
    `IDLE_SECONDS` in which nothing moved. What a jump passes over was not displayed.

    Args:
        clock: seconds that only go forward.
        now: the time of day, ISO 8601.
    """

    changed = Signal()
    """More slices were displayed, or another reading is."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, now: Callable[[], str] = now_iso
    ) -> None:
        self._clock, self._now = clock, now
        self._person = self._reading = ""
        self._version = 0
        self._geometry: Geometry | None = None
        self._earlier: tuple[Viewing, ...] = ()
        self._kept: dict[tuple[Shown, Condition], _Kept] = {}
        self._seen: dict[int, set[int]] = {}
        self._shown: frozenset[Shown] = frozenset()
        self._condition = Condition(is_with_mask=False, window="")
        self._stands: dict[Shown, float] = {}  # how long each slice on screen has stood there
        self._at = self._moved_at = clock()
        self._is_active = False

    def begin(
        self,
        geometry: Geometry,
        *,
        person: str = "",
        reading: str = "",
        version: int = 0,
        earlier: Iterable[Viewing] = (),
    ) -> None:
        """Note what is displayed of this image from now on; what was not taken is forgotten.

        Args:
            geometry: of the image.
            person: id of who looks.
            reading: id of the reading; empty outside of a project, where nothing is handed over.
            version: of which submission; 0 before the first.
            earlier: what was displayed of it before.
        """
        self._person, self._reading, self._version = person, reading, version
        self._geometry = geometry
        own = (person, reading, version)
        self._earlier = tuple(
            one for one in earlier if (one.person, one.reading, one.version) == own
        )
        self._kept, self._seen, self._stands = {}, {}, {}
        self._shown, self._at, self._moved_at = frozenset(), self._clock(), self._clock()
        plane = main_plane(geometry)
        for one in self._earlier:
            if one.mask_visible and one.plane == plane:
                self._seen.setdefault(0, set()).update(range(one.first, one.last + 1))
        self.changed.emit()

    def seen(self, axis: int = 0) -> frozenset[int]:
        """Stored slices along an axis that were displayed with the mask, earlier sittings too.

        What earlier sittings displayed is known along the slices as they are stored, axis 0.
        """
        return frozenset(self._seen.get(axis, ()))

    def coverage(self, labelled: Iterable[int] = ()) -> Coverage | None:
        """What was displayed along the stored slices; None before there is an image.

        Args:
            labelled: slices that hold a label.
        """
        if self._geometry is None:
            return None
        return coverage_of(
            (*self._earlier, *self._viewings()),
            person=self._person,
            reading=self._reading,
            slices=self._geometry.shape[0],
            labelled=labelled,
            plane=self._main_plane,
        )

    def look(
        self, shown: Collection[Shown], condition: Condition, *, is_active: bool, moved: bool
    ) -> None:
        """Note what is on screen now, and count the time for what was there until now.

        Args:
            shown: the slices on screen.
            condition: how they are displayed.
            is_active: whether the window is in front and not minimised.
            moved: whether pointer, key or anything else has moved since the last call.
        """
        if self._geometry is None:
            return
        now = self._clock()
        is_new = frozenset(shown) != self._shown or condition != self._condition
        was_there = self._is_active and self._at - self._moved_at < IDLE_SECONDS
        has_more = was_there and self._count(now - self._at)
        if moved or is_new:
            self._moved_at = now
        if is_new:
            self._stands = dict.fromkeys(shown, 0.0)
        self._shown, self._condition = frozenset(shown), condition
        self._at, self._is_active = now, is_active
        if has_more:
            self.changed.emit()

    def take(self) -> tuple[Viewing, ...]:
        """What was displayed since the last time, to be kept; empty outside of a project.

        Neighbouring slices under one condition are one viewing.
        """
        if not self._reading:
            return ()
        taken = self._viewings()
        self._earlier += taken
        self._kept = {}
        return taken

    @property
    def _main_plane(self) -> PlaneName:
        assert self._geometry is not None  # noqa: S101 - asked for with an image only
        return cast(PlaneName, main_plane(self._geometry))

    def _count(self, seconds: float) -> bool:
        """Add time to what stands on screen; whether slices are new among those displayed."""
        has_more = False
        for one in self._shown:
            stood = self._stands.get(one, 0.0) + seconds
            self._stands[one] = stood
            if stood < SHORTEST_SECONDS:
                continue
            key = (one, self._condition)
            kept = self._kept.get(key)
            if kept is None:
                self._kept[key] = _Kept(stood, self._now())
            else:
                kept.seconds += seconds
            seen = self._seen.setdefault(one.axis, set())
            if self._condition.is_with_mask and one.index not in seen:
                seen.add(one.index)
                has_more = True
        return has_more

    def _viewings(self) -> tuple[Viewing, ...]:
        groups: dict[tuple[PlaneName, Condition], dict[int, _Kept]] = {}
        for (one, condition), kept in self._kept.items():
            groups.setdefault((one.plane, condition), {})[one.index] = kept
        return tuple(
            self._viewing(plane, condition, (first, last), slices)
            for (plane, condition), slices in groups.items()
            for first, last in of_slices(slices)
        )

    def _viewing(
        self,
        plane: PlaneName,
        condition: Condition,
        run: tuple[int, int],
        slices: dict[int, _Kept],
    ) -> Viewing:
        among = [slices[index] for index in range(run[0], run[1] + 1)]
        return Viewing(
            self._person,
            self._reading,
            self._version,
            plane,
            run[0],
            run[1],
            round(sum(one.seconds for one in among), 3),
            condition.is_with_mask,
            condition.window,
            min(one.since for one in among),
        )
