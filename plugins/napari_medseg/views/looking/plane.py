"""One canvas as one of the planes: which slice it shows, and what is written on it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from napari.layers import Image
from numpy.typing import ArrayLike
from qtpy.compat import isalive
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QWidget

from medseg.model import Volume
from napari_medseg.display import Display
from napari_medseg.layers import placing, plane_on_screen
from napari_medseg.viewmodels.looking.reading import ReadingViewModel
from napari_medseg.viewmodels.sketch import Shape, Sketch
from napari_medseg.views.looking.hand import Hand
from napari_medseg.views.looking.letters import PatientOverlays
from napari_medseg.views.looking.marks import PLANE_COLORS, Cross, FilmMarks

# How near to its edge, as a part of the canvas, the crosshair may come before the image moves.
_RIM = 0.04
# How long a sketch that has changed waits to be drawn, so that a stroke's events are one frame.
_FRAME_MS = 8
# What is left free around a fitted image, as a part of the canvas.
_AROUND = 0.01


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
        self._is_following, self._is_beside, self.remark = False, is_beside, remark
        self.overlays = PatientOverlays(viewer)
        self.marks = FilmMarks(canvas, viewer)
        self._pointer: np.ndarray | None = None
        self._sketches: list[tuple[Sketch, Callable[[], None]]] = []
        self._shapes: list[tuple[Shape, ...]] = []  # of each sketch; one that changes is asked
        self._stale: set[int] = set()
        self._frame = QTimer()
        self._frame.setSingleShot(True)
        self._frame.timeout.connect(self._draw_stale)
        self.overlays.changed.connect(self.write)
        self.marks.seen.connect(self.follow)
        self.marks.left.connect(self._forget_pointer)
        self._fitted: tuple[float, ...] | None = None
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
        if isalive(self._frame):
            self._frame.stop()
        for sketch, draw in self._sketches:
            sketch.changed.disconnect(draw)
        self.overlays.close()
        self.hand.detach()
        self.marks.close_marks()

    @property
    def plane(self) -> tuple[int, int] | None:
        """The shown axis through the plane on screen, and its slice; None in 3D or no image."""
        return plane_on_screen(self.image, self.viewer.dims) if self.image is not None else None

    @property
    def through(self) -> int | None:
        """The shown axis that runs through the plane on screen; None in 3D or without image."""
        plane = self.plane
        return plane[0] if plane else None

    @property
    def slice_index(self) -> int:
        """The shown index of the slice on screen, along `through`; 0 in 3D or without image."""
        plane = self.plane
        return plane[1] if plane else 0

    def shown_index(self, position: Any) -> np.ndarray:
        """Where a position of the canvas's world lies, as a shown index; not a number without."""
        if self.image is None:
            return np.full(3, np.nan)
        # As image.world_to_data says, in a fraction of its time: our layers are scaled, no more.
        at = np.asarray(position, dtype=np.float64)[-3:]
        scale, translation = placing(self.image)
        return np.asarray((at - translation) / scale)

    @staticmethod
    def _world_of(image: Image, index: ArrayLike) -> np.ndarray:
        """As image.data_to_world says of a shown index, in a fraction of its time: see above."""
        scale, translation = placing(image)
        return np.asarray(np.asarray(index, dtype=np.float64) * scale + translation)

    def follow(self, _event: Any = None) -> None:
        """Show the slice under the crosshair; one beside waits for that until it is in sight."""
        through = self.through
        is_out_of_sight = self._is_beside and not self.canvas.isVisible()
        if through is None or self.image is None or is_out_of_sight:
            self.write()
            return
        axis = self.viewer.dims.ndim - 3 + through
        place = float(self._world_of(self.image, self._reading.planes.crosshair)[through])
        if abs(self.viewer.dims.point[axis] - place) > 1e-6 * max(1.0, abs(place)):
            self._is_following = True
            try:
                self.viewer.dims.set_point(axis, place)
            finally:
                self._is_following = False
        self.write()

    def write(self) -> None:
        """Bring caption, crosshair and sketches up to date."""
        plane, planes = self.plane, self._reading.planes
        self._draw_on(plane)
        if plane is None or self.image is None:
            self.marks.cross, self.marks.has_scale_bar, self.marks.letters = None, False, {}
            says_hint = self.image is None and not self._is_beside and self._reading.hint
            self.marks.say(caption=(self._reading.hint,) if says_hint else ())
            self.marks.update()
            return
        through = plane[0]
        names = {one.through: one.name for one in planes.planes}
        colors = {axis: PLANE_COLORS[name] for axis, name in names.items()}
        down, right = (axis - (self.viewer.dims.ndim - 3) for axis in self.viewer.dims.displayed)
        at = self._world_of(self.image, planes.crosshair)
        self.marks.cross = (
            Cross((float(at[down]), float(at[right])), colors[down], colors[right])
            if self._reading.shows_crosshair
            else None
        )
        self.marks.has_scale_bar, self.marks.letters = True, self.overlays.letters()
        self.marks.caption_color = colors[through]
        remark = f"  {self.remark}" if self.remark else ""
        place = f"{names.get(through, '')}  {planes.position_text(through)}{remark}"
        count = planes.slice_text(through)
        self.marks.say(caption=(place, count, *self._reading.caption(brief=self._is_beside)))
        self._write_readout(through)
        self.marks.update()

    def read_out(self, position: Any) -> None:
        """Write what stands under the pointer, and go on doing so while slices pass under it."""
        self._pointer = None if position is None else np.asarray(position, dtype=np.float64)
        self._write_readout(self.through)

    def _forget_pointer(self) -> None:
        self.read_out(None)

    def _write_readout(self, through: int | None) -> None:
        lines: tuple[str, ...] = ()
        if self._pointer is not None and through is not None:
            index = self.shown_index(self._pointer)
            index[through] = self._reading.planes.crosshair[through]
            lines = self._reading.read_out(index)
        self.marks.say(readout=lines)

    def add_sketch(self, sketch: Sketch) -> None:
        """Draw what this sketch has on whichever slice is shown, from now on."""
        draw = partial(self._draw_soon, len(self._sketches))
        self._sketches.append((sketch, draw))
        self._shapes.append(())
        sketch.changed.connect(draw)
        self.draw()

    def draw(self) -> None:
        """Bring the sketches up to date; a plane out of sight waits until it is seen."""
        self._draw_on(self.plane)

    def _draw_on(self, plane: tuple[int, int] | None) -> None:
        if not self.canvas.isVisible():
            return
        self._stale.clear()
        for place, (sketch, _) in enumerate(self._sketches):
            self._shapes[place] = tuple(sketch.shapes_on(*plane)) if plane else ()
        self.marks.draw_shapes([shape for own in self._shapes for shape in own], self._place)

    def _draw_soon(self, place: int) -> None:
        """Ask one sketch when a frame is due: a stroke changes them many times in between."""
        if not self._stale:  # the first of this frame
            self._frame.start(_FRAME_MS)
        self._stale.add(place)

    def _draw_stale(self) -> None:
        """Bring the sketches up to date that have changed; the others are not asked."""
        stale, self._stale = self._stale, set()
        if not self.canvas.isVisible() or self.image is None:
            return
        plane, is_other = plane_on_screen(self.image, self.viewer.dims), False
        for place in stale:
            shapes = tuple(self._sketches[place][0].shapes_on(*plane)) if plane else ()
            is_other |= bool(shapes or self._shapes[place])
            self._shapes[place] = shapes
        if is_other:
            self.marks.draw_shapes([shape for own in self._shapes for shape in own], self._place)

    def _place(self, index: Any) -> tuple[float, float]:
        """Where a shown index lies in the canvas's world: (down, right) in mm."""
        down, right = (axis - (self.viewer.dims.ndim - 3) for axis in self.viewer.dims.displayed)
        scale = placing(self.image)[0] if self.image is not None else (1.0, 1.0, 1.0)
        # Our layers are scaled and no more.
        return float(index[down] * scale[down]), float(index[right] * scale[right])

    def fit(self) -> None:
        """Let the image fill the canvas, and go on so while the canvas changes its size."""
        self.viewer.reset_view(margin=_AROUND)
        self.keep_fitted()

    def keep_fitted(self) -> None:
        """Take what is seen now for a fitted image."""
        self._fitted = self._seen

    @property
    def is_fitted(self) -> bool:
        """Whether nobody has zoomed or moved the image since it was fitted."""
        return self._fitted == self._seen

    @property
    def _seen(self) -> tuple[float, ...]:
        camera = self.viewer.scene.camera
        return (float(camera.zoom), *(float(part) for part in camera.center))

    def bring_into_sight(self) -> None:
        """Move the image if the crosshair is off the canvas, so that a jump is seen everywhere."""
        if self.marks.cross is None or self.image is None:
            return
        # Where it is now: the marks may not have been told of the jump yet.
        place = self._world_of(self.image, self._reading.planes.crosshair)
        down, right = (axis - (self.viewer.dims.ndim - 3) for axis in self.viewer.dims.displayed)
        point = (float(place[down]), float(place[right]))
        at, width, height = self.marks.on_canvas(point), self.marks.width(), self.marks.height()
        rim = _RIM * min(width, height)
        if not (rim <= at.x() <= width - rim and rim <= at.y() <= height - rim):
            self.viewer.scene.camera.center = point

    def _lead(self, _event: Any = None) -> None:
        """Somebody has moved this canvas's slider: the crosshair goes there."""
        if self._is_following or self.image is None or self.image not in self.viewer.layers:
            return
        plane = plane_on_screen(self.image, self.viewer.dims)
        if plane is not None:
            self._reading.planes.go_to_slice(*plane)
