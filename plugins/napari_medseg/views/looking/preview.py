"""The middle slice of an image on screen while the rest is being read."""

from __future__ import annotations

from typing import Any

from napari.layers import Image

from medseg.model import Volume
from napari_medseg.layers import fill_image, new_image


class Preview:
    """One layer that shows a slice, and then the whole image or nothing.

    Args:
        viewer: napari's viewer.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._layer: Image | None = None

    def show(self, volume: Volume) -> None:
        """Show this slice in place of the one before."""
        self.end()
        layer = new_image(volume)
        layer.metadata = {}  # no noun: nothing is worked on yet
        layer.name = f"{layer.name} (being read)"
        self._viewer.add_layer(layer)
        self._layer = layer

    def grow(self, volume: Volume) -> Image | None:
        """The layer, which shows the whole image from now on; None where there is no slice."""
        layer, self._layer = self._layer, None
        if layer is None or layer not in self._viewer.layers:
            return None
        return fill_image(layer, volume)

    def end(self) -> None:
        """Take the slice away again: the whole image is there, or will not be."""
        layer, self._layer = self._layer, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)
