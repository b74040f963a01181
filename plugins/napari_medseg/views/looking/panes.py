"""The planes beside napari's own: canvases that show the same image and the same mask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer
from napari.qt import QtViewer
from napari.utils import Colormap
from qtpy.compat import isalive

from medseg.model import Edit, Segmentation
from medseg.session import Session
from napari_medseg import keys
from napari_medseg.display import HIDDEN
from napari_medseg.layers import (
    few_voxels,
    fill_image,
    fill_labels,
    new_image,
    new_labels,
    recolour,
    refresh_patch,
)
from napari_medseg.viewmodels.looking.layouts import BARE_PANE
from napari_medseg.viewmodels.looking.reading import SLAB_MM, ReadingViewModel
from napari_medseg.views.looking.hand import Hand
from napari_medseg.views.looking.plane import PlaneView

#: What a reader sets on the layers of napari's list and sees in all planes.
_SHARED = {"image": ("visible", "opacity", "gamma"), "mask": ("visible", "opacity", "contour")}


class SidePane:
    """One more canvas: a plane across that of the acquisition, or that one without contours.

    Its image and mask are layers of its own on the very arrays of the others.

    Args:
        number: which of the view-model's planes it shows, or `BARE_PANE`.
        reading: how the image is looked at.
        hand: the mouse on it.
        commands: what the keys do on it.
    """

    def __init__(
        self,
        number: int,
        reading: ReadingViewModel,
        hand: Hand,
        commands: Callable[[PlaneView], dict[str, Callable[[], None]]],
    ) -> None:
        self.number, self.is_bare, self._reading = number, number == BARE_PANE, reading
        self._plane = 0 if self.is_bare else number
        self.model = ViewerModel()
        self.widget = QtViewer(self.model)
        self.widget.dims.hide()  # the wheel scrolls; napari's slider has no room here
        canvas = self.widget.canvas.native
        remark = "without contours" if self.is_bare else ""
        self.view = PlaneView(self.model, canvas, reading, hand, is_beside=True, remark=remark)
        self.view.marks.seen.connect(self._catch_up)
        self.image: Image | None = None
        self.mask: Labels | None = None
        self._mask_noun: Segmentation | None = None
        self._is_stale = False
        self._followed: list[tuple[Layer, Layer, tuple[str, ...]]] = []
        self.model.dims.ndim = 3
        keys.bind(self.model, commands(self.view))

    @property
    def is_blank(self) -> bool:
        """Whether it shows no session."""
        return self.view.image is None

    def prepare_next(self) -> bool:
        """Make a layer while there is no image yet; False if there is none to be made.

        It waits on a few voxels, out of sight.
        """
        volume, mask = few_voxels()
        layer: Layer
        if self.image is None:
            layer = self.image = new_image(volume)
        elif self.mask is None:
            layer = self.mask = new_labels(mask, None)
        else:
            return False
        layer.visible = False
        self.model.add_layer(layer)
        self.model.layers.selection.clear()
        return True

    def blank(self) -> None:
        """Show nothing until `show`: what was shown is not of the session that comes."""
        self._unfollow()
        self.view.image = None  # while layers change, the slider moves by itself
        self._mask_noun = None
        for layer in (self.image, self.mask):
            if layer is not None:
                layer.visible = False
        self.view.write()

    def show(self, session: Session, image: Image, mask: Labels) -> None:
        """Show the session's image and mask; `image` and `mask` are those of napari's list."""
        self._unfollow()
        self.view.image = None  # while layers change, the slider moves by itself
        self._mask_noun = session.segmentation
        while self.prepare_next():
            pass
        assert self.image is not None  # noqa: S101 - made
        assert self.mask is not None  # noqa: S101 - made
        # Layers stay: napari collects all garbage for each one that goes, half a second.
        fill_image(self.image, session.volume, like=image)
        fill_labels(self.mask, session.segmentation, session.volume)
        if mask.metadata.get(HIDDEN):
            self.mask.metadata[HIDDEN] = mask.metadata[HIDDEN]
            recolour(self.mask, session.segmentation)
        planes = self._reading.planes
        self.model.dims.order = planes.planes[self._plane].order
        self.model.dims.set_point((0, 1, 2), np.multiply(planes.crosshair, self.image.scale))
        self.view.show(session.volume, self.image)
        look(self.image, self._reading, self.model.dims)
        self.model.reset_view()
        self._follow(image, self.image, _SHARED["image"])
        if self.is_bare:
            self.mask.visible = False
        else:
            self._follow(mask, self.mask, _SHARED["mask"])

    def refresh(self, edit: Edit | None) -> None:
        """Show what an edit has changed, or new names and colours where it is None."""
        if self.mask is None or self._mask_noun is None:
            return
        if edit is None:
            recolour(self.mask, self._mask_noun)
        elif self.widget.isVisible() and self.mask.visible:
            listed = self.model.layers
            refresh_patch(self.mask, self._mask_noun, edit, self.model.dims, listed_in=listed)
        else:
            self._is_stale = True

    def close(self) -> None:
        """Let go of everything that outlives this pane."""
        self._unfollow()
        self.view.close()
        if isalive(self.widget):
            self.widget.dims.stop()

    def _catch_up(self) -> None:
        """A mask that was out of sight while it changed is drawn anew."""
        if self._is_stale and self.mask is not None:
            self.mask.refresh()
            self._is_stale = False

    def _follow(self, first: Layer, second: Layer, names: tuple[str, ...]) -> None:
        self._followed.append((first, second, names))
        for name in names:
            getattr(first.events, name).connect(self._copy_looks)
        self._copy_looks()

    def _copy_looks(self, _event: Any = None) -> None:
        for first, second, names in self._followed:
            for name in names:
                if getattr(second, name) != getattr(first, name):
                    setattr(second, name, getattr(first, name))

    def _unfollow(self) -> None:
        for first, _, names in self._followed:
            for name in names:
                getattr(first.events, name).disconnect(self._copy_looks)
        self._followed.clear()


def look(image: Image, reading: ReadingViewModel, dims: Any) -> None:
    """Draw an image as the reader wants it: window, inversion, smoothing, slab.

    Only what differs is set: each setting draws the canvas anew.
    """
    limits = reading.windows.window.limits
    if tuple(image.contrast_limits) != limits:
        low, high = image.contrast_limits_range
        image.contrast_limits_range = (min(low, limits[0]), max(high, limits[1]))
        image.contrast_limits = limits
    wanted = _INVERTED if reading.windows.is_inverted else "gray"
    if image.colormap.name != getattr(wanted, "name", wanted):
        image.colormap = wanted
    smooth = "linear" if reading.is_smooth else "nearest"
    if str(image.interpolation2d) != smooth:
        image.interpolation2d = smooth
    if str(image.projection_mode) != reading.slab:
        image.projection_mode = reading.slab
    _thicken(dims, SLAB_MM if reading.slab != "none" else 0.0)


def _thicken(dims: Any, thickness_mm: float) -> None:
    margins = [0.0] * dims.ndim
    if dims.ndisplay == 2:
        margins[dims.order[0]] = thickness_mm / 2
    if list(dims.margin_left) != margins or list(dims.margin_right) != margins:
        dims.margin_left = dims.margin_right = tuple(margins)


_INVERTED = Colormap([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]], name="gray inverted")
