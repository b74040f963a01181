"""Our layers in a viewer: found, added, recoloured and refreshed through napari's public API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from napari.layers import Image, Labels, Layer

from medseg.model import Edit, Segmentation, Volume
from napari_medseg.display import NOUN, Display, image_layer, labels_layer, segment_looks
from napari_medseg.settling import settle


def new_image(volume: Volume) -> Image:
    """A locked Image layer of the volume, not yet in any viewer."""
    data, arguments, _ = image_layer(volume)
    layer = Image(data, **arguments)
    settle(layer)
    return layer


def new_labels(segmentation: Segmentation, image: Volume) -> Labels:
    """A locked Labels layer of the mask, not yet in any viewer."""
    data, arguments, _ = labels_layer(segmentation, image=image)
    layer = Labels(data, **arguments)
    settle(layer)
    return layer


def layer_of(layers: Iterable[Layer], noun: Volume | Segmentation) -> Layer | None:
    """The layer that shows exactly this volume or segmentation; None if there is none."""
    return next((layer for layer in layers if layer.metadata.get(NOUN) is noun), None)


def recolour(layer: Labels, segmentation: Segmentation) -> None:
    """Bring the layer's colours and names in line with the segments."""
    looks = segment_looks(segmentation)
    layer.features = looks["features"]
    layer.colormap = looks["colormap"]


def shown_slice(layer: Layer, dims: Any) -> int | None:
    """The shown index of the slice on screen; None in 3D or where another plane is shown."""
    if dims.ndisplay != 2 or tuple(dims.displayed) != (dims.ndim - 2, dims.ndim - 1):
        return None
    index = round(float(layer.world_to_data(dims.point)[0]))
    return min(max(index, 0), int(layer.data.shape[0]) - 1)


def refresh_patch(layer: Labels, segmentation: Segmentation, edit: Edit, dims: Any) -> None:
    """Bring what an edit has changed onto the screen.

    On the main plane only the patch goes to the graphics card, by napari's public
    `labels_update` event (about eighty times quicker than a full refresh); in any other view
    the whole layer is refreshed. Nothing happens where the edit is on other slices only.
    """
    if edit.is_empty:
        return
    index = shown_slice(layer, dims)
    if index is None or layer.contour > 0:
        layer.refresh()
        return
    display = Display(segmentation.geometry)
    slices, rows, columns = display.shown_box(edit.box)
    if slices.start <= index < slices.stop:
        patch = display.show(segmentation.array)[index, rows, columns]
        layer.events.labels_update(
            data=np.ascontiguousarray(patch), offset=(rows.start, columns.start)
        )
