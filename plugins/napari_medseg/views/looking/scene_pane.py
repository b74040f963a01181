"""The 3D view: the lesions' surfaces in the patient, in a canvas of its own."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Layer, Surface
from napari.qt import QtViewer
from napari.utils import Colormap
from psygnal import Signal
from qtpy.compat import isalive
from qtpy.QtCore import QTimer

from medseg.model import Edit, Segmentation
from medseg.session import Session
from napari_medseg import keys
from napari_medseg.viewmodels.looking.reading import ReadingViewModel
from napari_medseg.viewmodels.looking.scene import box_corners, to_world
from napari_medseg.viewmodels.looking.surfaces import SurfacesViewModel
from napari_medseg.views.looking.marks import PLANE_COLORS
from napari_medseg.views.looking.scene_marks import SceneMarks

# An edit is waited out so long before surfaces are made anew; results are looked for so often.
_QUIET_MS, _EVERY_MS = 400, 60
_BLACK = "#000000"
# A little from above and from the left, so that depth is seen.
_FROM_THE_FRONT = (0.0, 20.0, 15.0)


class ScenePane:
    """One canvas with all lesions as surfaces; a click on one goes there.

    All are one layer, because napari takes a third of a second for each that it gets.

    Args:
        reading: where the crosshair is.
        commands: what the keys do on it.
        maximise: lets it fill the screen, or puts it back.
    """

    picked = Signal(int)
    """A lesion was clicked on: its number."""

    def __init__(
        self,
        reading: ReadingViewModel,
        commands: dict[str, Callable[[], None]],
        maximise: Callable[[], None],
    ) -> None:
        self._reading, self._maximise = reading, maximise
        self.surfaces = SurfacesViewModel()
        self.model = ViewerModel(ndisplay=3)
        self.model.canvas.background_color_override = _BLACK
        self.widget = QtViewer(self.model)
        self.widget.dims.hide()
        self.marks = SceneMarks(self.widget.canvas.native, self.model)
        self.layer: Surface | None = None
        self._segmentation: Segmentation | None = None
        self._numbers: tuple[int, ...] = ()
        self._has_fitted = False
        self._soon, self._poll, self._fit_soon = (QTimer(self.widget) for _ in range(3))
        self._fit_soon.setSingleShot(True)
        self._fit_soon.timeout.connect(self.fit)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_QUIET_MS)
        self._soon.timeout.connect(self._begin)
        self._poll.setInterval(_EVERY_MS)
        self._poll.timeout.connect(self._take_up)
        self.marks.seen.connect(self._come_into_sight)
        self.surfaces.changed.connect(self._draw)
        reading.planes.moved.connect(self._follow)
        reading.changed.connect(self._follow)
        self.model.mouse_double_click_callbacks[:] = [self._double_click]
        self.model.mouse_drag_callbacks.append(self._drag)
        keys.bind(self.model, commands)

    def show(self, session: Session) -> None:
        """Show the lesions of this session."""
        self._segmentation, self._has_fitted = session.segmentation, False
        self.marks.corners = box_corners(session.volume.geometry)
        self.surfaces.show(session.segmentation)
        self._follow()
        if self.widget.isVisible():
            self._come_into_sight()

    def refresh(self, edit: Edit | None) -> None:
        """Show what an edit has changed once the hand has been quiet; None: names or colours."""
        self.surfaces.touch(edit)
        self.wake()

    def wake(self) -> None:
        """Make what is stale, unless nobody sees it; the pane asks again when it is shown."""
        if self.widget.isVisible() and self.surfaces.is_stale:
            self._soon.start()

    def fit(self) -> None:
        """See the whole image's box from the front."""
        corners = self.marks.corners
        if corners is None:
            return
        camera, size = self.model.scene.camera, self.widget.canvas.native.size()
        low, high = corners.min(axis=0), corners.max(axis=0)
        camera.angles = _FROM_THE_FRONT
        camera.center = tuple(float(part) for part in (low + high) / 2)
        across = self.marks.sight.seen(corners)[:, :2] / camera.zoom
        wide, tall = across.max(axis=0) - across.min(axis=0)
        room = min(size.width() / max(wide, 1e-6), size.height() / max(tall, 1e-6))
        camera.zoom = max(room * 0.85, 1e-3)

    def close(self) -> None:
        """Let go of everything that outlives this pane."""
        for timer in (self._soon, self._poll, self._fit_soon):
            if isalive(timer):
                timer.stop()
        self.surfaces.changed.disconnect(self._draw)
        self.surfaces.give_up()
        self._reading.planes.moved.disconnect(self._follow)
        self._reading.changed.disconnect(self._follow)
        self.marks.close_marks()
        if isalive(self.widget):
            self.widget.dims.stop()

    def _come_into_sight(self) -> None:
        if not self._has_fitted:
            self._has_fitted = True
            self._fit_soon.start()
        self._draw()
        self.wake()

    def _begin(self) -> None:
        self.surfaces.begin()
        self._poll.start()

    def _take_up(self) -> None:
        self.surfaces.poll()
        if not self.surfaces.is_busy:
            self._poll.stop()

    def _draw(self) -> None:
        """All surfaces as one layer, each in its lesion's colour."""
        found = self.surfaces.surfaces
        mask = self._segmentation
        if mask is None or not self.widget.isVisible() or not found:
            if self.layer is not None:
                self.layer.visible = bool(found)
            return
        self._numbers = tuple(sorted(found))
        data = _joined([found[number] for number in self._numbers])
        colors = [[part / 255 for part in mask.segment(n).color] for n in self._numbers]
        colormap = _steps(colors)
        if self.layer is None:
            self.layer = Surface(
                data, shading="smooth", units=("mm",) * 3, colormap=colormap, name="lesions"
            )
            add_unmoved(self.model, self.layer)
        else:
            self.layer.data, self.layer.colormap = data, colormap
        self.layer.contrast_limits = (0.0, float(len(self._numbers)))
        self.layer.visible = True

    def _follow(self) -> None:
        """The crosshair as three lines through the image."""
        display = self._reading.planes.display
        self.marks.cross = ()
        if display is not None and self._reading.shows_crosshair:
            lines = []
            for plane in self._reading.planes.planes:
                ends = np.array([self._reading.planes.crosshair] * 2, dtype=np.float64)
                ends[:, plane.through] = -0.5, self._reading.planes.shape[plane.through] - 0.5
                lines.append((to_world(display.shown.to_patient(ends)), PLANE_COLORS[plane.name]))
            self.marks.cross = tuple(lines)
        self.marks.update()

    def _double_click(self, _viewer: Any, event: Any) -> None:
        event.handled = True
        self._maximise()

    def _drag(self, _viewer: Any, event: Any) -> Any:
        pressed = np.asarray(event.pos, dtype=float)
        yield
        while event.type == "mouse_move":
            yield
        if event.button == 1 and np.abs(np.asarray(event.pos, float) - pressed).max() <= 3:
            self._pick(event)

    def _pick(self, event: Any) -> None:
        if self.layer is None or not self.layer.visible:
            return
        value = self.layer.get_value(
            event.position,
            view_direction=event.view_direction,
            dims_displayed=list(event.dims_displayed),
            world=True,
        )
        if value is not None and value[0] is not None:
            self.picked.emit(self._numbers[min(int(value[0]), len(self._numbers) - 1)])


def add_unmoved(model: ViewerModel, layer: Layer) -> None:
    """Add a layer and leave the camera where it is; napari would reset it for a first layer."""
    camera = model.scene.camera
    kept = camera.zoom, camera.center, camera.angles
    model.add_layer(layer)
    camera.zoom, camera.center, camera.angles = kept


def _joined(surfaces: list[Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Corners in the world, triangles and each corner's value: its surface's place and a half."""
    counts = [len(surface.corners_lps) for surface in surfaces]
    starts = np.cumsum([0, *counts[:-1]])
    corners = to_world(np.concatenate([surface.corners_lps for surface in surfaces]))
    triangles = np.concatenate(
        [surface.triangles + start for surface, start in zip(surfaces, starts, strict=True)]
    )
    values = np.repeat(np.arange(len(surfaces)) + 0.5, counts)
    return corners.astype(np.float32), triangles, values.astype(np.float32)


def _steps(colors: list[list[float]]) -> Colormap:
    """A colour for each of the values 0 to 1, 1 to 2 and so on."""
    colors = colors if len(colors) > 1 else colors * 2  # of one alone vispy makes no steps
    controls = np.linspace(0, 1, len(colors) + 1)
    # napari lists it by this name for good, in boxes as wide as their longest name.
    name = f"lesions {zlib.crc32(repr(colors).encode()):08x}"
    return Colormap(colors, controls=controls, interpolation="zero", name=name)
