"""The case's image and mask in napari's list: made in advance, filled, and filled anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from napari.layers import Image, Labels, Layer

from medseg.model import Volume
from medseg.session import Session
from napari_medseg.layers import (
    few_voxels,
    fill_image,
    fill_labels,
    layer_of,
    new_image,
    new_labels,
    recolour,
)

AnyLayer = TypeVar("AnyLayer", bound=Layer)

_NONE_YET = "none yet"


class CaseLayers:
    """Two layers that stay in napari's list and show one case after the other.

    Napari takes a fifth of a second for each layer that it gets, and collects all garbage for
    each that goes. A layer that napari has opened by itself is taken over as it is.

    Args:
        viewer: napari's viewer.
        made: told of each Labels layer that is to be the case's.
    """

    def __init__(self, viewer: Any, made: Callable[[Labels], None]) -> None:
        self._viewer, self._made = viewer, made
        self.image: Image | None = None
        self.labels: Labels | None = None

    def prepare_next(self) -> bool:
        """Make a layer in advance, out of sight; False if there is none to be made."""
        volume, mask = few_voxels()
        if not self._has(self.image):
            self.image = self._rest(new_image(volume))
        elif not self._has(self.labels):
            self.labels = self._rest(new_labels(mask, None))
            self._made(self.labels)
        else:
            return False
        return True

    def preview(self, volume: Volume) -> None:
        """Show the middle slice of an image that is being read; nothing is worked on yet."""
        if self.image is None or not self._has(self.image):
            self.image = self._rest(new_image(volume))
        fill_image(self.image, volume)
        self.image.metadata = {}
        self.image.name = f"{self.image.name} (being read)"
        self._viewer.reset_view()
        self.image.visible = True

    def end_preview(self) -> None:
        """Show nothing: the image will not come."""
        if self.image is not None and self._has(self.image):
            self.image.visible = False
            self.image.name = _NONE_YET

    def show_image(self, session: Session) -> Image:
        """The layer that shows the session's image from now on."""
        found = layer_of(self._viewer.layers, session.volume)
        if isinstance(found, Image):
            self.image = self._take_over(self.image, found)
        elif self.image is not None and self._may_fill(self.image):
            fill_image(self.image, session.volume)
        else:
            self.image = self._take_over(self.image, self._added(new_image(session.volume)))
        return self.image

    def show_mask(self, session: Session) -> Labels:
        """The layer that shows the session's mask from now on, drawn anew."""
        mask = session.segmentation
        found = layer_of(self._viewer.layers, mask)
        if isinstance(found, Labels):
            if found is not self.labels:
                self._made(found)
            self.labels = self._take_over(self.labels, found)
            recolour(found, mask)  # one that stays shows what was recovered
            found.refresh()
        elif self.labels is not None and self._may_fill(self.labels):
            fill_labels(self.labels, mask, session.volume)
        else:
            fresh = self._added(new_labels(mask, session.volume))
            self._made(fresh)
            self.labels = self._take_over(self.labels, fresh)
        return self.labels

    def _take_over(self, before: Layer | None, comes: AnyLayer) -> AnyLayer:
        if before is not None and before is not comes and self._has(before):
            self._viewer.layers.remove(before)
        return comes

    def _may_fill(self, layer: Layer) -> bool:
        """Whether a layer may show another case: what napari has read keeps its file's name."""
        return self._has(layer) and layer.source.path is None

    def _has(self, layer: Layer | None) -> bool:
        return layer is not None and layer in self._viewer.layers

    def _rest(self, layer: AnyLayer) -> AnyLayer:
        layer.metadata, layer.name, layer.visible = {}, _NONE_YET, False
        self._added(layer)
        self._viewer.layers.selection.clear()  # or napari tells in its status how to paint on it
        return layer

    def _added(self, layer: AnyLayer) -> AnyLayer:
        # Not what add_layer returns: to a plugin's widget that is a proxy of the layer.
        self._viewer.add_layer(layer)
        return layer
