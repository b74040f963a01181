"""What a layer's constructor cannot be told: it is locked, and its window slider has room.

The core owns the mask and its undo, so napari's own tools are kept off our layers. A locked
layer is not editable, so napari's brush, eraser, fill and polygon stay off whichever key or
button asks for them, and its keys say what to use instead. Behind the lock the array of a mask
is read-only, so code that paints into the layer fails loudly.
"""

from __future__ import annotations

from typing import Any

from medseg.model import Segmentation, Volume
from napari_medseg.display import NOUN
from napari_medseg.keys import NAPARI_PAINT_KEYS
from napari_medseg.value_range import value_range

_INSTEAD = "This mask is changed with medseg's own tools, so that each change can be undone and \
signed for: in the medseg panel, D draws an outline."


def settle_when_added(viewer: Any) -> None:
    """Settle each of our layers as it comes into the viewer; asking twice does no harm."""
    viewer.layers.events.inserted.connect(_settle_inserted, position="last")


def settle(layer: Any) -> None:
    """Make one of our layers passive, neither painted into nor moved by napari's tools."""
    layer.editable = False
    noun = layer.metadata.get(NOUN)
    if isinstance(noun, Segmentation):
        for key in NAPARI_PAINT_KEYS:
            layer.bind_key(key, _say_what_to_use, overwrite=True)
    if isinstance(noun, Volume):
        limits = (*layer.contrast_limits, *value_range(noun))
        layer.contrast_limits_range = (min(limits), max(limits))


def is_ours(layer: Any) -> bool:
    """Whether the layer shows one of medseg's nouns."""
    return NOUN in layer.metadata


def _settle_inserted(event: Any) -> None:
    if is_ours(event.value):
        settle(event.value)


def _say_what_to_use(_layer: Any) -> None:
    from napari.utils.notifications import show_info  # noqa: PLC0415 - loads napari

    show_info(_INSTEAD)
