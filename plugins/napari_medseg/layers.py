"""Our layers in a viewer: found, added, recoloured and refreshed through napari's public API."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from napari.layers import Image, Labels, Layer
from numpy.typing import NDArray

from medseg.model import Edit, Geometry, Segment, Segmentation, Source, Volume
from napari_medseg.display import HIDDEN, NOUN, display_of, image_layer, labels_layer, segment_looks
from napari_medseg.settling import settle
from napari_medseg.value_range import value_range


def new_image(volume: Volume, *, like: Image | None = None) -> Image:
    """A locked Image layer of the volume, not yet in any viewer.

    Args:
        volume: what it shows.
        like: a layer of the same volume, whose values need not be looked through again.
    """
    data, arguments, _ = image_layer(volume)
    if like is not None:
        arguments["contrast_limits"] = tuple(like.contrast_limits)
    layer = Image(data, **arguments)
    if like is None:
        settle(layer)
    else:
        layer.editable = False
        layer.contrast_limits_range = like.contrast_limits_range
    return layer


def new_labels(segmentation: Segmentation, image: Volume | None) -> Labels:
    """A locked Labels layer of the mask, not yet in any viewer."""
    data, arguments, _ = labels_layer(segmentation, image=image)
    layer = Labels(data, **arguments)
    settle(layer)
    return layer


def warm_up() -> threading.Thread:
    """Have napari load and compile what its first layers need, in a thread that is returned.

    Otherwise the window stands still for a second when the first image comes.
    """

    def make() -> None:
        volume, mask = few_voxels()
        new_image(volume)
        new_labels(mask, None).refresh()

    thread = threading.Thread(target=make, name="medseg warming up", daemon=True)
    thread.start()
    return thread


def few_voxels() -> tuple[Volume, Segmentation]:
    """An image of nothing and a mask on it, for layers that are made in advance."""
    geometry = Geometry.from_spacing((2, 2, 2), (1.0, 1.0, 1.0))
    source = Source("none", Path(), "")
    volume = Volume(np.zeros((2, 2, 2), np.int16), geometry, "1", source, description="none yet")
    return volume, Segmentation.empty(geometry, (Segment.unnamed(1),))


def fill_image(layer: Image, volume: Volume, *, like: Image | None = None) -> None:
    """Give a layer that is there another volume to show; afterwards it is out of sight.

    For each thing that is set on a layer in sight, napari slices it and draws it anew. Whoever
    fills it makes it visible once its viewer is at the right slice.

    Args:
        layer: of napari's list, or of a canvas beside.
        volume: what it shows from now on.
        like: a layer of the same volume, whose window is taken; None takes the volume's own.
    """
    layer.visible = False
    if layer.metadata.get(NOUN) is volume:
        return
    data, arguments, _ = image_layer(volume)
    layer.data, layer.scale, layer.metadata = data, arguments["scale"], arguments["metadata"]
    layer.name, layer.editable = arguments["name"], False
    low, high = arguments["contrast_limits"] if like is None else like.contrast_limits
    least, most = value_range(volume) if like is None else like.contrast_limits_range
    layer.contrast_limits_range = (min(low, least), max(high, most))
    layer.contrast_limits = (low, high)
    if like is None:  # what was set for the image before is not meant for this one
        layer.gamma = layer.opacity = 1.0


def fill_labels(layer: Labels, segmentation: Segmentation, image: Volume | None) -> None:
    """Give a layer that is there another mask to show; out of sight, as `fill_image` says.

    Args:
        layer: of napari's list, or of a canvas beside.
        segmentation: what it shows from now on, or the same one anew.
        image: the image it is drawn on, kept in the layer for saving.
    """
    layer.visible = False
    data, arguments, _ = labels_layer(segmentation, image=image)
    layer.data, layer.scale, layer.metadata = data, arguments["scale"], arguments["metadata"]
    layer.name, layer.editable = arguments["name"], False
    recolour(layer, segmentation)


def layer_of(layers: Iterable[Layer], noun: Volume | Segmentation) -> Layer | None:
    """The layer that shows exactly this volume or segmentation; None if there is none."""
    return next((layer for layer in layers if layer.metadata.get(NOUN) is noun), None)


def recolour(layer: Labels, segmentation: Segmentation) -> None:
    """Bring the layer's colours and names in line with the segments, and with what is hidden."""
    looks = segment_looks(segmentation, hidden=layer.metadata.get(HIDDEN, frozenset()))
    layer.features = looks["features"]
    layer.colormap = looks["colormap"]


def placing(layer: Layer) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A layer's scale and translation, kept while nobody changes them: napari looks long."""
    known = _PLACINGS.get(layer)
    if known is None:
        for changed in (layer.events.scale, layer.events.translate):
            changed.connect(_forget_placing)  # once, however often it is asked for
        known = _PLACINGS[layer] = (np.array(layer.scale), np.array(layer.translate))
    return known


_PLACINGS: WeakKeyDictionary[Layer, tuple[NDArray[np.float64], NDArray[np.float64]]] = (
    WeakKeyDictionary()
)


def _forget_placing(event: Any) -> None:
    _PLACINGS.pop(event.source, None)


def plane_on_screen(layer: Layer, dims: Any) -> tuple[int, int] | None:
    """The shown axis that runs through the plane on screen, and the index there; None in 3D."""
    if dims.ndisplay != 2 or dims.ndim < 3:  # two where the viewer has lost its layers
        return None
    before = dims.ndim - 3
    through = next(axis - before for axis in dims.order[:-2] if axis >= before)
    # What layer.world_to_data says of a layer that is scaled and placed and no more, as ours
    # are, in a twentieth of its time; each event of a stroke asks several times.
    scale, translation = placing(layer)
    away = float(dims.point[before + through]) - float(translation[through])
    index = round(away / float(scale[through]))
    return through, min(max(index, 0), int(layer.data.shape[through]) - 1)


def refresh_patch(
    layer: Labels, segmentation: Segmentation, edit: Edit, dims: Any, *, listed_in: Any = None
) -> None:
    """Bring what an edit has changed onto the screen.

    Only the patch goes to the graphics card, in whichever plane is shown, by napari's public
    `labels_update` event (about eighty times quicker than a full refresh); in 3D and where
    contours are drawn the whole layer is refreshed. Nothing happens where the edit is on other
    slices only.

    Args:
        layer: what is on screen.
        segmentation: what it shows.
        edit: what has changed.
        dims: of the layer's viewer.
        listed_in: the viewer's list of layers; it would pass the event on to every widget that
            shows the list, which takes longer than all the rest, and is not told.
    """
    if edit.is_empty:
        return
    plane = plane_on_screen(layer, dims)
    if plane is None or layer.contour > 0:
        layer.refresh()
        return
    through, index = plane
    display = display_of(segmentation.geometry)
    box = display.shown_box(edit.box)
    if not box[through].start <= index < box[through].stop:
        return
    down, right = (axis - (dims.ndim - 3) for axis in dims.displayed)
    place: list[slice | int] = list(box)
    place[through] = index
    patch = display.show(segmentation.array)[tuple(place)]
    with listed_in.events.blocker() if listed_in is not None else nullcontext():
        layer.events.labels_update(
            data=np.ascontiguousarray(patch if down < right else patch.T),
            offset=(box[down].start, box[right].start),
        )
