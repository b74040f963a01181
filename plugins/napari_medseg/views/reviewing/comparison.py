"""A comparison on the screen: the mask steps aside, and the other one gets a pane of its own."""

from __future__ import annotations

from functools import partial

from qtpy.QtCore import QTimer

from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.looking.layouts import BARE_PANE, LayoutViewModel
from napari_medseg.viewmodels.looking.reading import ReadingViewModel
from napari_medseg.viewmodels.reviewing.comparing.comparing import ComparingViewModel
from napari_medseg.viewmodels.reviewing.comparing.comparison_sketch import TheirsSketch
from napari_medseg.viewmodels.reviewing.comparing.walking import WalkViewModel
from napari_medseg.views.looking.plane import PlaneView
from napari_medseg.views.looking.screen import Screen

#: The current mask on the left, the other one on the right, on the same slice.
SIDE_BY_SIDE = ((0,), (BARE_PANE,))

# A difference that would be smaller than the first on screen is enlarged to the second, in
# pixels; a reader who has zoomed in further keeps that.
_TOO_SMALL, _WELL_SEEN = 80.0, 160.0
# How far from the middle of a canvas the crosshair may be, as a part of its half.
_OFF = 0.6
# When panes that come on screen have their sizes and are fitted.
_FITTED_MS = 60
# No closer than so many pixels for each mm.
_CLOSEST = 12.0


class ComparisonView:
    """Keeps the screen in step with how masks are compared.

    Args:
        screen: the canvases.
        case: whose lesions step aside where the comparison draws both masks itself.
        reading: captions, and whether planes zoom together.
        layout: which panes are on screen.
        comparing: what is compared, and how it is shown.
        walk: the difference that is looked at.
    """

    def __init__(
        self,
        screen: Screen,
        case: CaseViewModel,
        reading: ReadingViewModel,
        layout: LayoutViewModel,
        comparing: ComparingViewModel,
        walk: WalkViewModel,
    ) -> None:
        self._screen, self._case, self._reading = screen, case, reading
        self._layout, self._comparing, self._walk = layout, comparing, walk
        self._theirs = TheirsSketch(case, comparing)
        self._has_linked = False
        self._mode = "off"
        self._looked_at: object = None
        screen.made.connect(self._take_pane)
        comparing.changed.connect(self._follow)
        layout.changed.connect(self._give_up)
        walk.changed.connect(self._come_near)

    def close(self) -> None:
        """Let go of the screen."""
        self._screen.made.disconnect(self._take_pane)
        self._comparing.changed.disconnect(self._follow)
        self._layout.changed.disconnect(self._give_up)
        self._walk.changed.disconnect(self._come_near)

    def _follow(self) -> None:
        mode, before = self._comparing.mode, self._mode
        self._mode = mode
        is_drawn = self._comparing.result is not None  # until then the mask stays
        self._case.lesions.looks.give_way(is_drawn and mode in ("outline", "difference"))
        if mode != before and "side by side" in (mode, before):
            self._set_side_by_side(is_on=mode == "side by side")
        self._write()

    def _set_side_by_side(self, *, is_on: bool) -> None:
        if self._reading.is_linked != is_on and (is_on or self._has_linked):
            self._has_linked = is_on
            self._reading.toggle_linked()
        if is_on or self._layout.is_lent:
            zoom = max((float(view.viewer.scene.camera.zoom) for view in self._seen), default=0.0)
            self._layout.lend(SIDE_BY_SIDE if is_on else None)
            QTimer.singleShot(_FITTED_MS, partial(self._zoom_back, zoom))

    @property
    def _seen(self) -> list[PlaneView]:
        views = self._screen.views
        return [view for view in views if view.through is not None and view.canvas.isVisible()]

    def _zoom_back(self, zoom: float) -> None:
        for view in self._seen:
            if view.viewer.scene.camera.zoom < zoom:
                self._zoom_to(view, zoom)

    def _come_near(self) -> None:
        """Enlarge what would be too small to be seen, once when it is gone to."""
        item = self._walk.current
        if item is None or item is self._looked_at or item.tiny:
            return
        self._looked_at = item
        views = self._seen
        zoom = max((float(view.viewer.scene.camera.zoom) for view in views), default=1.0)
        if item.extent_mm * zoom < _TOO_SMALL:
            zoom = min(_WELL_SEEN / max(item.extent_mm, 0.1), _CLOSEST)
        for view in views:
            now = float(view.viewer.scene.camera.zoom)
            is_small = item.extent_mm * now < _TOO_SMALL
            if is_small or self._is_off(view):
                self._zoom_to(view, zoom if is_small else now)

    def _is_off(self, view: PlaneView) -> bool:
        at, half = view.marks.on_canvas(self._middle(view)), view.marks.rect().center()
        away = max(
            abs(at.x() - half.x()) / max(half.x(), 1), abs(at.y() - half.y()) / max(half.y(), 1)
        )
        return away > _OFF

    def _middle(self, view: PlaneView) -> tuple[float, float]:
        """Where the crosshair is in a canvas's world, (down, right) in mm."""
        if view.image is None:
            return 0.0, 0.0
        at = view.image.data_to_world(self._reading.planes.crosshair)
        first = view.viewer.dims.ndim - 3
        down, right = (float(at[axis - first]) for axis in view.viewer.dims.displayed)
        return down, right

    def _zoom_to(self, view: PlaneView, zoom: float) -> None:
        """Show the crosshair in the middle of a canvas, this large."""
        view.viewer.scene.camera.zoom = zoom
        view.viewer.scene.camera.center = self._middle(view)

    def _write(self) -> None:
        chosen, mode = self._comparing.chosen, self._mode
        for side in self._screen.sides:
            if side.is_bare:
                side.view.remark = self._remark
                side.view.write()
        is_said = chosen is not None and mode in ("outline", "difference")
        words = f"compared with {chosen.title}: {mode}" if is_said and chosen is not None else ""
        self._reading.set_remark(words)

    @property
    def _remark(self) -> str:
        """What the pane without contours shows."""
        chosen = self._comparing.chosen
        is_theirs = chosen is not None and self._mode == "side by side"
        return f"theirs: {chosen.title}" if is_theirs and chosen else "without contours"

    def _take_pane(self, view: PlaneView) -> None:
        if any(side.view is view and side.is_bare for side in self._screen.sides):
            view.remark = self._remark
            view.add_sketch(self._theirs)

    def _give_up(self) -> None:
        """Another layout was chosen while masks stood side by side."""
        if self._mode == "side by side" and not self._layout.is_lent:
            self._comparing.show("off")
