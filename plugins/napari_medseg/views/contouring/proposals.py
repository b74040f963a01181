"""Filling at the desk: its keys, its dashed contours, its strip, and the poll of its thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.compat import isalive
from qtpy.QtCore import QTimer

from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.filling.proposal_sketch import ProposalSketch
from napari_medseg.viewmodels.contouring.tools.toolbox import Toolbox
from napari_medseg.viewmodels.looking.reading import ReadingViewModel
from napari_medseg.viewmodels.looking.slice_strip import SliceStripViewModel
from napari_medseg.views.looking.board import canvas_widget_of
from napari_medseg.views.looking.plane import PlaneView
from napari_medseg.views.looking.screen import Screen
from napari_medseg.views.looking.strip import SliceStrip

# Far below what an eye notices between letting go and seeing the dashes.
_EVERY_MS = 10


class Proposals:
    """What is proposed between key slices, in one window.

    Args:
        viewer: napari's; the strip lies below its canvas, in the place of its slider.
        case: whose lesions are filled.
        reading: whose crosshair says which slice is meant.
        toolbox: a tool that has something begun goes before.
        screen: where the dashes and the strip are seen.
    """

    def __init__(
        self,
        viewer: Any,
        case: CaseViewModel,
        reading: ReadingViewModel,
        toolbox: Toolbox,
        screen: Screen,
    ) -> None:
        self._filling, self._planes, self._toolbox = case.filling, reading.planes, toolbox
        self.sketch = ProposalSketch(case.filling, case.lesions)
        self.strip_model = SliceStripViewModel(reading.planes, case.filling, case.lesions)
        self.strip: SliceStrip | None = None
        self._viewer, self._screen = viewer, screen
        self._slider: Any = None
        screen.add_sketch(self.sketch, is_of_mask=True)
        screen.made.connect(self._put_strip)
        self._timer = QTimer()
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._poll)
        case.filling.changed.connect(self._watch)

    @property
    def commands(self) -> dict[str, Callable[[], None]]:
        """What the keys of filling do."""
        return {
            "fill": self._filling.fill,
            "accept_slice": self._accept_slice,
            "accept_lesion": self._filling.accept_lesion,
            "accept_all": self._filling.accept_all,
            "live": self._filling.toggle_live,
            "next_key": lambda: self.strip_model.go_to_key(+1),
            "previous_key": lambda: self.strip_model.go_to_key(-1),
        }

    def cancel(self) -> None:
        """Give up what waits or is begun; else reject what is proposed; else put the tool down."""
        if self._filling.give_up_waiting() or self._toolbox.give_up():
            return
        if not self._filling.reject():
            self._toolbox.put_down()

    def close(self) -> None:
        """Let go of the case and of the window."""
        if isalive(self._timer):
            self._timer.stop()
        self._filling.changed.disconnect(self._watch)
        self.sketch.close()
        self.strip_model.close()
        strip, self.strip = self.strip, None
        if strip is not None:
            strip.let_go()
            if isalive(strip):
                strip.setParent(None)
                strip.deleteLater()
        slider, self._slider = self._slider, None
        if slider is not None and isalive(slider):
            slider.show()
        self._filling.close()

    def _accept_slice(self) -> None:
        if not self._toolbox.finish(self._on_screen):
            self._filling.accept_slice(self._planes.stored_index[0])

    @property
    def _on_screen(self) -> set[tuple[int, int]]:
        """The shown axis and the slice of each plane that is on screen."""
        views = [one for one in self._screen.views if one.canvas.isVisibleTo(one.canvas.window())]
        return {view.plane for view in views if view.plane is not None}

    def _put_strip(self, view: PlaneView) -> None:
        """Put the strip below napari's canvas, in the place of its slider.

        Side canvases may be made before it, while the image is being read.
        """
        widget: Any = canvas_widget_of(self._viewer)
        if self.strip is not None or widget is None or widget.canvas.native is not view.canvas:
            return
        layout: Any = view.canvas.parentWidget().layout()
        self.strip = SliceStrip(self.strip_model)
        layout.insertWidget(layout.indexOf(view.canvas) + 1, self.strip)
        self._slider = widget.dims
        self._slider.hide()

    def _watch(self) -> None:
        if self._filling.live.is_busy and not self._timer.isActive():
            self._timer.start()

    def _poll(self) -> None:
        self._filling.poll()
        if not (self._filling.live.is_busy or self._filling.is_waiting):
            self._timer.stop()
