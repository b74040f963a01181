"""Commands of one click on the current lesion: on the slice shown, or on all of it."""

from __future__ import annotations

import time
from collections.abc import Callable

from psygnal import Signal

from medseg.annotate import (
    Protection,
    contours_of,
    copy_to_slice,
    fill_holes_edit,
    keep_largest_edit,
    margin_edit,
    outline_edit,
    random_walker_edit,
    reshaped_on_slice,
    smoothing_edit,
    snap_contour,
)
from medseg.errors import EditError, MedsegError
from medseg.model import Authorship, Change, Edit, Segmentation, key_slices
from medseg.session import Session
from napari_medseg.viewmodels.contouring.tools.easel import Easel
from napari_medseg.viewmodels.errand import Errand
from napari_medseg.viewmodels.looking.planes import PlanesViewModel

#: So long a command is waited for before it goes on in the background.
_PATIENCE_SECONDS = 0.06

#: What reshapes a lesion: mask, its number, who, what may be changed.
Reshape = Callable[[Segmentation, int, Authorship, Protection], Edit]


class Shaping:
    """Smooth, margin, holes, pieces, snap, refine, copy.

    What takes longer than a moment is worked out in a thread of its own; `poll` takes it up.

    Args:
        easel: whose lesions, and the palette's options.
        planes: which slice is shown.
    """

    changed = Signal()
    """Something is being worked out, or it is there."""

    def __init__(self, easel: Easel, planes: PlanesViewModel) -> None:
        self._easel, self._planes = easel, planes
        self._errand = Errand("medseg shaping")
        self.doing = ""

    @property
    def commands(self) -> dict[str, Callable[[], None]]:
        """Each command by its name in the key table."""
        return {
            "smooth_lesion": self.smooth,
            "margin_out": lambda: self.margin(+1),
            "margin_in": lambda: self.margin(-1),
            "fill_holes": self.fill_holes,
            "keep_largest": self.keep_largest,
            "snap": self.snap,
            "refine": self.refine,
            "copy_up": lambda: self.copy(+1),
            "copy_down": lambda: self.copy(-1),
        }

    @property
    def why_not(self) -> str | None:
        """Why there is nothing to be reshaped; None if there is."""
        lesions = self._easel.case.lesions
        if lesions.cannot_draw:
            return lesions.cannot_draw
        if lesions.current is None or not lesions.slices_of(lesions.current):
            return "Draw the lesion first; then it can be reshaped."
        return None

    def smooth(self) -> None:
        """Make each voxel what most around it are."""
        mm = self._easel.options.now.by_mm

        def reshape(mask: Segmentation, number: int, by: Authorship, rules: Protection) -> Edit:
            return smoothing_edit(mask, number, by, radius_mm=mm, protection=rules)

        self._reshape("smooth", reshape, f"smoothed by {mm:g} mm")

    def margin(self, sign: int) -> None:
        """Let the lesion grow by a margin, or shrink."""
        mm = sign * self._easel.options.now.by_mm

        def reshape(mask: Segmentation, number: int, by: Authorship, rules: Protection) -> Edit:
            return margin_edit(mask, number, by, margin_mm=mm, protection=rules)

        self._reshape("margin", reshape, f"margin of {mm:+g} mm")

    def fill_holes(self) -> None:
        """Fill the lesion's holes."""

        def reshape(mask: Segmentation, number: int, by: Authorship, rules: Protection) -> Edit:
            alone = 0 if len(mask.array) == 1 else None  # a lone slice is open above and below
            return fill_holes_edit(mask, number, by, axis=alone, protection=rules)

        self._reshape("fill holes", reshape, "holes filled")

    def keep_largest(self) -> None:
        """Keep the largest piece of the lesion alone."""

        def reshape(mask: Segmentation, number: int, by: Authorship, rules: Protection) -> Edit:
            del rules  # it only takes away from the lesion
            return keep_largest_edit(mask, number, by)

        self._reshape("keep the largest piece", reshape, "largest piece kept")

    def refine(self) -> None:
        """Let the image decide anew about the voxels near the border of the whole lesion."""
        mm, easel = self._easel.options.now.by_mm, self._easel

        def build(session: Session, number: int) -> Change:
            by, rules = session.by("random walker"), easel.protection(session)
            mask, volume = session.segmentation, session.volume
            return random_walker_edit(mask, volume, number, by, band_mm=mm, protection=rules)

        self._work("refine", build, f"border fitted to the image within {mm:g} mm")

    def snap(self) -> None:
        """Move the contour to the edge of the image beside it: on the slice, or on key slices."""
        mm, easel, shown = self._easel.options.now.by_mm, self._easel, self._slice
        is_whole = easel.options.now.is_whole

        def build(session: Session, number: int) -> Change:
            mask = session.segmentation
            slices = key_slices(mask.provenance, number) if is_whole else (shown,)
            contours = contours_of(mask, number, slices)
            if not contours:
                raise EditError("A contour is snapped where there is one; go to a slice with it.")
            snapped = [snap_contour(session.volume, one, within_mm=mm) for one in contours]
            by, rules = session.by("snap to edges"), easel.protection(session)
            return outline_edit(mask, snapped, by, mode="replace", protection=rules)

        self._work("snap", build, f"contour snapped within {mm:g} mm")

    def copy(self, up: int) -> None:
        """Carry the section on to the next slice, and go there."""
        self._easel.notice.gesture.settle()
        session, easel = self._easel.session, self._easel
        if session is None or self.why_not:
            self._easel.case.say(self.why_not or "Open an image first.")
            return
        source, before = self._slice, session.history.state
        self._planes.step_up(0, up)
        target = self._slice

        def build(session: Session, number: int) -> Change:
            by, rules = session.by("copy to next slice"), easel.protection(session)
            mask = session.segmentation
            return copy_to_slice(mask, number, by, source=source, target=target, protection=rules)

        easel.make(build, f"copied from slice {source} to {target}.", slices=())
        if session.history.state is before and target != source:
            self._planes.step_up(0, -up)

    def poll(self) -> None:
        """Take up what was worked out; while a hand draws it waits."""
        if not self._easel.notice.gesture.is_under_way:
            self._errand.poll()

    def wait(self) -> None:
        """Wait for what is being worked out, and take it up."""
        self._errand.wait()

    @property
    def is_busy(self) -> bool:
        """Whether something is being worked out."""
        return self._errand.is_busy

    def close(self) -> None:
        """Wait for the thread, and forget what it was doing."""
        self._errand.forget()

    @property
    def _slice(self) -> int:
        return self._planes.stored_index[0]

    def _reshape(self, tool: str, reshape: Reshape, said: str) -> None:
        shown, easel = self._slice, self._easel
        is_whole = easel.options.now.is_whole

        def build(session: Session, number: int) -> Change:
            mask, by, rules = session.segmentation, session.by(tool), easel.protection(session)
            if is_whole:
                return reshape(mask, number, by, rules)
            return reshaped_on_slice(
                mask,
                number,
                shown,
                by,
                lambda alone: reshape(alone, number, by, Protection("everything")),
                protection=rules,
            )

        self._work(tool, build, said if is_whole else f"{said} on slice {shown}")

    def _work(self, tool: str, build: Callable[[Session, int], Change], said: str) -> None:
        """Work a change out, here if it is quick, and make it."""
        self._easel.notice.gesture.settle()
        session, number = self._easel.session, self._easel.case.lesions.current
        if session is None or number is None or self.why_not:
            self._easel.case.say(self.why_not or "Open an image first.")
            return
        before = session.history.state

        def done(change: Change) -> None:
            self._end()
            if session is not self._easel.session or session.history.state is not before:
                self._easel.case.say(
                    f"The mask has changed meanwhile; give the command again: {tool}."
                )
                return
            where = "" if self._easel.options.now.is_whole else " on this slice"
            nothing = f"Nothing changed{where}; there was nothing to be done."
            self._easel.make(lambda _session, _number: change, f"{said}.", nothing=nothing)

        self._errand.begin(lambda: build(session, number), done, self._refused)
        self.doing = tool
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self._errand.is_busy and time.monotonic() < deadline:
            time.sleep(0.001)
            self._errand.poll()
        self.changed.emit()

    def _refused(self, error: MedsegError) -> None:
        self._end()
        self._easel.refuse(error)

    def _end(self) -> None:
        self.doing = ""
        self.changed.emit()
