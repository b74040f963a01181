"""What all tools draw on: the case's mask, in whichever plane, under the palette's rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from medseg.annotate import Protection, layer_outline_edit
from medseg.errors import EditError, MedsegError
from medseg.model import Change, Contour, Edit
from medseg.session import Session
from napari_medseg.display import AXIS_LABELS, Display, display_of
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.tools.options import ToolOptions
from napari_medseg.viewmodels.contouring.tools.tool import Touch
from napari_medseg.viewmodels.looking.planes import planes_of
from napari_medseg.viewmodels.notice import in_words

ADDING, TAKING_AWAY = "#ffe14d", "#ff4d4d"

#: What builds a change: given the session and the number of the lesion to be changed.
Build = Callable[[Session, int], Change]

_NOTHING = (
    "Nothing changed there. Where another lesion is in the way, let the tool paint over it (in "
    "the palette); values outside the palette's range are left out."
)


class Easel:
    """The bridge from a hand on a plane to the mask.

    Args:
        case: whose mask is changed.
        options: what the palette is set to.
    """

    def __init__(self, case: CaseViewModel, options: ToolOptions | None = None) -> None:
        self.case, self.options = case, options or ToolOptions()
        self.notice = case.notice

    @property
    def session(self) -> Session | None:
        """The session at work; None without an image."""
        return self.case.session

    @property
    def at_work(self) -> Session:
        """The session at work.

        Raises:
            EditError: there is no image.
        """
        if self.case.session is None:
            raise EditError("Tools draw on an image; open one first.")
        return self.case.session

    @property
    def display(self) -> Display:
        """How the image stands on screen; there has to be one."""
        return display_of(self.at_work.volume.geometry)

    def point_lps(self, touch: Touch) -> NDArray[np.float64]:
        """Where a touch lies in the patient, (3,)."""
        return self.to_patient(touch.index)

    def to_patient(self, shown: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points given as shown indices, in LPS mm."""
        return np.asarray(self.display.shown.to_patient(shown))

    def layer(self, through: int, shown_index: float) -> tuple[int, int]:
        """The stored axis that a plane lies across, and the stored index of its slice."""
        orientation = self.display.orientation
        axis, index = orientation.axes[through], round(float(shown_index))
        last = self.display.geometry.shape[axis] - 1
        return axis, last - index if orientation.flips[through] else index

    def named(self, tool: str, through: int) -> str:
        """The tool's name for the provenance, with the plane where it is not that of the slices."""
        if through == 0:
            return tool
        name = next(p.name for p in planes_of(self.display) if p.through == through)
        return f"{tool} ({name})"

    def place(self, through: int, shown_index: float) -> str:
        """A slice in words, as the file counts: "slice 40", "coronal row 150"."""
        axis, layer = self.layer(through, shown_index)
        plane = self.named("", through).strip(" ()")
        return f"{plane} {AXIS_LABELS[axis]} {layer}".strip()

    def protection(self, session: Session) -> Protection:
        """What the palette lets a tool change; other ways to draw follow it too."""
        now = self.options.now
        own = set(session.segmentation.numbers)
        over = now.over if isinstance(now.over, str) or now.over in own else "background"
        limited = session.volume if now.limits is not None else None
        session.protection = Protection(over, now.limits, limited)
        return session.protection

    @in_words
    def make(
        self,
        build: Build,
        said: str,
        *,
        slices: Collection[int] = (),
        redraws: NDArray[np.float64] | None = None,
        nothing: str = _NOTHING,
        of: Sequence[int] = (),
    ) -> None:
        """Make the change that a tool builds for the current lesion, and say so.

        Where there is no lesion yet, one is started; a refusal is put into words.

        Args:
            build: given the session and the number of the lesion.
            said: what was done, after the lesion's name.
            slices: the stored slices that it will touch.
            redraws: an outline that may draw a proposed section anew, stored (row, column).
            nothing: what is said where nothing changes.
            of: the lesions it was begun for, where those may be others than the current one.
        """
        number, session = self._ready(of), self.at_work
        with self.upon_proposal(slices, redraws=redraws) as continues:
            change = build(session, number)
            if isinstance(change, Edit) and change.is_empty:
                raise EditError(nothing)
            session.do(change, continues=continues)
        labels = [session.segmentation.segment(one).label for one in of or (number,)]
        self.case.lesions.made(change, f"{', '.join(labels)}: {said}")

    def fill(
        self,
        points: NDArray[np.float64],
        through: int,
        tool: str,
        *,
        takes_away: bool = False,
        seconds: float = 0.0,
    ) -> None:
        """Fill a closed outline into the current lesion, or take it away, on any plane.

        Args:
            points: (n, 3) shown indices, all on one slice of the plane.
            through: the shown axis that runs through the plane.
            tool: its name.
            takes_away: whether to take away.
            seconds: time the hand was at work.
        """
        axis = self.layer(through, points[0, through])[0]
        lps = self.to_patient(points)

        def build(session: Session, number: int) -> Change:
            return layer_outline_edit(
                session.segmentation,
                (Contour(lps, number),),
                session.by(self.named(tool, through), seconds),
                axis=axis,
                mode="subtract" if takes_away else "add",
                protection=self.protection(session),
            )

        verb = "taken away" if takes_away else "drawn"
        where = self.place(through, points[0, through])
        redraws = None if takes_away or axis else self.display.to_stored(points)[:, 1:]
        said = f"{tool} {verb} on {where}."
        self.make(build, said, slices=self.slices_of(points), redraws=redraws)

    @contextmanager
    def upon_proposal(
        self,
        slices: Collection[int],
        *,
        redraws: NDArray[np.float64] | None = None,
        continues: bool = False,
    ) -> Iterator[bool]:
        """Whether the change to be made goes on with one that took up what is proposed there.

        Where a filling is proposed on slices that are edited, the proposal is what the hand
        edits; a refusal gives it back.

        Args:
            slices: the stored slices that will be touched.
            redraws: as in `make`.
            continues: whether a stroke is under way already.
        """
        filling = self.case.filling
        taken = bool(slices) and filling.before_edit(
            tuple(slices), continues=continues, redraws=redraws
        )
        try:
            yield taken or continues
        except MedsegError:
            if taken:
                filling.give_back()
            raise

    def slices_of(self, points: NDArray[np.float64]) -> range:
        """The stored slices that points given as shown indices lie on and between."""
        last = self.display.geometry.shape[0] - 1
        ends = (float(points[:, 0].min()), float(points[:, 0].max()))
        low, high = sorted(self.layer(0, min(max(end, 0), last))[1] for end in ends)
        return range(low, high + 1)

    def _ready(self, of: Sequence[int]) -> int:
        """The lesion to be changed: the current one, unless it was begun for others alone."""
        lesions = self.case.lesions
        if not of or lesions.current in of:
            return lesions.ready()
        if lesions.cannot_draw:
            raise EditError(lesions.cannot_draw)
        return of[0]

    def refuse(self, error: MedsegError) -> None:
        """Say what was refused, and why."""
        self.notice.refuse(error)
        self.notice.changed.emit()
