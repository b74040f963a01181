"""One canvas as one of the planes: which slice it shows, and what is written on it."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Image
from qtpy.QtWidgets import QWidget

from medseg.model import Volume
from napari_medseg.display import Display
from napari_medseg.layers import plane_on_screen
from napari_medseg.viewmodels.looking.reading import ReadingViewModel
from napari_medseg.viewmodels.sketch import Sketch
from napari_medseg.views.looking.hand import Hand
from napari_medseg.views.looking.letters import PatientOverlays
from napari_medseg.views.looking.marks import PLANE_COLORS, Cross, FilmMarks

# How near to its edge, as a part of the canvas, the crosshair may come before the image moves.
_RIM = 0.04


class PlaneView:
    """Keeps one canvas and the crosshair in step, both ways.

    Args:
        viewer: napari's viewer or a ViewerModel.
        canvas: the widget that it is drawn on.
        reading: crosshair, window and read-out.
        hand: what the mouse does on the canvas.
        is_beside: whether it stands beside another that names the series.
        remark: what sets it apart from other planes, for its caption.
    """

    def __init__(
        self,
        viewer: Any,
        canvas: QWidget,
        reading: ReadingViewModel,
        hand: Hand,
        *,
        is_beside: bool = False,
        remark: str = "",
    ) -> None:
        self.viewer, self.canvas, self._reading, self.hand = viewer, canvas, reading, hand
        self.image: Image | None = None
        self._display: Display | None = None
        self._is_following, self._is_beside, self._remark = False, is_beside, remark
        self.overlays = PatientOverlays(viewer)
        self.marks = FilmMarks(canvas, viewer)
        self._pointer: np.ndarray | None = None
        self._sketches: list[Sketch] = []
        self.marks.seen.connect(self.follow)
        self.marks.left.connect(self._forget_pointer)
        hand.attach(self)
        viewer.dims.events.point.connect(self._lead)
        viewer.dims.events.order.connect(self.follow)
        viewer.dims.events.ndisplay.connect(self.follow)
        reading.planes.moved.connect(self.follow)
        reading.changed.connect(self.write)

    def show(self, volume: Volume, image: Image) -> None:
        """Show this volume, which this layer holds."""
        self._display, self.image = Display(volume.geometry), image
        self.overlays.show(volume)
        self.follow()

    def close(self) -> None:
        """Let go of the viewer and of the crosshair."""
        self.viewer.dims.events.point.disconnect(self._lead)
        self.viewer.dims.events.order.disconnect(self.follow)
        self.viewer.dims.events.ndisplay.disconnect(self.follow)
        self._reading.planes.moved.disconnect(self.follow)
        self._reading.changed.disconnect(self.write)
        for sketch in self._sketches:
            sketch.changed.disconnect(self.draw)
        self.overlays.close()
        self.hand.detach()
        self.marks.close_marks()

    @property
    def through(self) -> int | None:
        """The shown axis that runs through the plane on screen; None in 3D or without image."""
        plane = plane_on_screen(self.image, self.viewer.dims) if self.image is not None else None
        return plane[0] if plane else None

    @property
    def slice_index(self) -> int:
        """The shown index of the slice on screen, along `through`; 0 in 3D or without image."""
        plane = plane_on_screen(self.image, self.viewer.dims) if self.image is not None else None
        return plane[1] if plane else 0

    def shown_index(self, position: Any) -> np.ndarray:
        """Where a position of the canvas's world lies, as a shown index; not a number without."""
        if self.image is None:
            return np.full(3, np.nan)
        return np.asarray(self.image.world_to_data(position), dtype=np.float64)

    def follow(self, _event: Any = None) -> None:
        """Show the slice under the crosshair; one beside waits for that until it is in sight."""
        through = self.through
        is_out_of_sight = self._is_beside and not self.canvas.isVisible()
        if through is None or self.image is None or is_out_of_sight:
            self.write()
            return
        axis = self.viewer.dims.ndim - 3 + through
        place = float(self.image.data_to_world(self._reading.planes.crosshair)[through])
        if abs(self.viewer.dims.point[axis] - place) > 1e-6 * max(1.0, abs(place)):
            self._is_following = True
            try:
                self.viewer.dims.set_point(axis, place)
            finally:
                self._is_following = False
        self.write()

    def write(self) -> None:
        """Bring caption, crosshair and sketches up to date."""
        self.draw()
        through, planes = self.through, self._reading.planes
        if through is None or self.image is None:
            self.marks.cross, self.marks.has_scale_bar = None, False
            self.marks.say(caption=())
            self.marks.update()
            return
        colors = {plane.through: PLANE_COLORS[plane.name] for plane in planes.planes}
        name = next(plane.name for plane in planes.planes if plane.through == through)
        down, right = (axis - (self.viewer.dims.ndim - 3) for axis in self.viewer.dims.displayed)
        at = self.image.data_to_world(planes.crosshair)
        self.marks.cross = (
            Cross((float(at[down]), float(at[right])), colors[down], colors[right])
            if self._reading.shows_crosshair
            else None
        )
        self.marks.has_scale_bar = True
        self.marks.caption_color = colors[through]
        remark = f"  {self._remark}" if self._remark else ""
        place = f"{name}  {planes.position_text(through)}{remark}"
        count = planes.slice_text(through)
        self.marks.say(caption=(place, count, *self._reading.caption(brief=self._is_beside)))
        self._write_readout()
        self.marks.update()

    def read_out(self, position: Any) -> None:
        """Write what stands under the pointer, and go on doing so while slices pass under it."""
        self._pointer = None if position is None else np.asarray(position, dtype=np.float64)
        self._write_readout()

    def _forget_pointer(self) -> None:
        self.read_out(None)

    def _write_readout(self) -> None:
        lines: tuple[str, ...] = ()
        through = self.through
        if self._pointer is not None and through is not None:
            index = self.shown_index(self._pointer)
            index[through] = self._reading.planes.crosshair[through]
            lines = self._reading.read_out(index)
        self.marks.say(readout=lines)

    def add_sketch(self, sketch: Sketch) -> None:
        """Draw what this sketch has on whichever slice is shown, from now on."""
        self._sketches.append(sketch)
        sketch.changed.connect(self.draw)
        self.draw()

    def draw(self) -> None:
        """Bring the sketches up to date; a plane out of sight waits until it is seen."""
        if not self.canvas.isVisible():
            return
        plane = plane_on_screen(self.image, self.viewer.dims) if self.image is not None else None
        if plane is None:
            self.marks.draw_shapes((), self._place)
            return
        shapes = [shape for sketch in self._sketches for shape in sketch.shapes_on(*plane)]
        self.marks.draw_shapes(shapes, self._place)

    def _place(self, index: Any) -> tuple[float, float]:
        """Where a shown index lies in the canvas's world: (down, right) in mm."""
        down, right = (axis - (self.viewer.dims.ndim - 3) for axis in self.viewer.dims.displayed)
        scale = self.image.scale if self.image is not None else (1.0, 1.0, 1.0)
        # Our layers are scaled and no more.
        return float(index[down] * scale[down]), float(index[right] * scale[right])

    def bring_into_sight(self) -> None:
        """Move the image if the crosshair is off the canvas, so that a jump is seen everywhere."""
        cross = self.marks.cross
        if cross is None:
            return
        at, width, height = (
            self.marks.on_canvas(cross.point),
            self.marks.width(),
            self.marks.height(),
        )
        rim = _RIM * min(width, height)
        if not (rim <= at.x() <= width - rim and rim <= at.y() <= height - rim):
            self.viewer.scene.camera.center = cross.point

    def _lead(self, _event: Any = None) -> None:
        """Somebody has moved this canvas's slider: the crosshair goes there."""
        if self._is_following or self.image is None or self.image not in self.viewer.layers:
            return
        plane = plane_on_screen(self.image, self.viewer.dims)
        if plane is not None:
            self._reading.planes.go_to_slice(*plane)
