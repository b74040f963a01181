"""Keeps a viewer in step with the case: its layers, patches, planes, tool and keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from napari.layers import Image, Labels, Layer

from medseg.model import Change, Changes, Edit, Segmentation, Volume
from medseg.session import Session
from napari_medseg import keys
from napari_medseg.display import NOUN
from napari_medseg.layers import layer_of, new_image, new_labels, recolour, refresh_patch
from napari_medseg.settling import settle_when_added
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.toolbox import Toolbox
from napari_medseg.viewmodels.contouring.tools import all_tools
from napari_medseg.viewmodels.looking.layouts import LayoutViewModel
from napari_medseg.viewmodels.looking.reading import ReadingViewModel
from napari_medseg.views.contouring.tool_hand import ToolHand
from napari_medseg.views.looking.plane import PlaneView
from napari_medseg.views.looking.screen import Screen

AnyLayer = TypeVar("AnyLayer", bound=Layer)


class Desk:
    """One case in one viewer.

    The mask on screen is passive: whatever changes it comes from the case, and only the patch
    that an edit touched is drawn anew. Images and masks that napari opens by itself are taken
    over while there is nothing to lose by it.

    Args:
        viewer: napari's viewer.
        case: what is shown.
        reading: how the image is looked at.
        layout: which planes are on screen.
        save: saves the mask, asking for a path where that needs a window.
    """

    def __init__(
        self,
        viewer: Any,
        case: CaseViewModel,
        reading: ReadingViewModel,
        layout: LayoutViewModel,
        *,
        save: Callable[[], None],
    ) -> None:
        self._viewer, self._case = viewer, case
        self._image: Image | None = None
        self._labels: Labels | None = None
        self._preview: Image | None = None
        self.toolbox = Toolbox(case, all_tools(case))
        self.commands: dict[str, Callable[[], None]] = {
            "new_lesion": case.lesions.new_lesion,
            **{name: partial(self.toolbox.toggle, name) for name in self.toolbox.tools},
            "fill": case.lesions.fill,
            "next_lesion": lambda: self._step(+1),
            "previous_lesion": lambda: self._step(-1),
            "save": save,
            "undo": case.lesions.undo,
            "redo": case.lesions.redo,
            "cancel": self._cancel,
            "layout": layout.next,
            **_reading_commands(reading),
        }
        self.reading = reading
        self.screen = Screen(viewer, reading, layout, toolbox=self.toolbox, commands=self.commands)
        self.hands: list[ToolHand] = []
        self.screen.made.connect(self._give_hand)
        self.screen.add_sketch(self.toolbox)
        self.commands |= {"fit": self.screen.fit, **self.screen.plane_commands(None)}
        keys.bind(viewer, self.commands)
        settle_when_added(viewer)
        case.opened.connect(self._show)
        case.lesions.edited.connect(self._refresh)
        viewer.layers.events.inserted.connect(self._adopt, position="last")
        self._adopt_what_is_there()

    def close(self) -> None:
        """Let go of the viewer: its mouse, its keys and its events."""
        for hand in self.hands:
            hand.close()
        self.screen.close()
        keys.unbind(self._viewer)
        self._viewer.layers.events.inserted.disconnect(self._adopt)
        self._case.opened.disconnect(self._show)
        self._case.lesions.edited.disconnect(self._refresh)

    def show_preview(self, volume: Volume) -> None:
        """Show the middle slice of the first image while it is being read.

        Where a case is open, nothing is shown of the next: letters, place and crosshair would
        still be those of the case, and wrong for what is seen.
        """
        if self._case.session is None:
            self.end_preview()
            layer = new_image(volume)
            layer.metadata = {}  # no noun: nothing is worked on yet
            layer.name = f"{layer.name} (being read)"
            self._preview = self._added(layer)

    def end_preview(self) -> None:
        """Take the middle slice away again: the whole image is there, or will not be."""
        preview, self._preview = self._preview, None
        if preview is not None and preview in self._viewer.layers:
            self._viewer.layers.remove(preview)

    def go_to_lesion(self, number: int) -> None:
        """Make a lesion current and show the middle one of its slices."""
        self._case.lesions.select(number)
        slices = self._case.lesions.slices_of(number)
        if slices and self._case.session is not None:
            middle = slices[len(slices) // 2]
            on_slice = self._case.session.segmentation.array[middle] == number
            rows, columns = (float(np.mean(places)) for places in np.nonzero(on_slice))
            self.reading.planes.go_to_stored((middle, rows, columns))

    def _cancel(self) -> None:
        self.toolbox.cancel()

    def _give_hand(self, view: PlaneView) -> None:
        self.hands.append(ToolHand(view, self.toolbox, self._case.say))

    def _step(self, by: int) -> None:
        self._case.lesions.step(by)
        if self._case.lesions.current is not None:
            self.go_to_lesion(self._case.lesions.current)

    def _show(self, session: Session) -> None:
        """Put the session's image and mask on screen in place of what was there."""
        image = layer_of(self._viewer.layers, session.volume)
        labels = layer_of(self._viewer.layers, session.segmentation)
        self._clear(keep=(image, labels))
        self._image = image or self._added(new_image(session.volume))
        self._labels = labels or self._added(new_labels(session.segmentation, session.volume))
        recolour(self._labels, session.segmentation)  # one that stays shows what was recovered
        self._labels.refresh()
        keys.bind(self._labels, self.commands)
        self.screen.show(session, self._image, self._labels)
        # The image stays selected: its window is at hand, and napari's label keys are not.
        self._viewer.layers.selection.active = self._image

    def _clear(self, *, keep: tuple[Any, ...]) -> None:
        for layer in (self._image, self._labels):
            if layer is not None and layer not in keep and layer in self._viewer.layers:
                self._viewer.layers.remove(layer)

    def _added(self, layer: AnyLayer) -> AnyLayer:
        # Not what add_layer returns: to a plugin's widget that is a proxy of the layer.
        self._viewer.add_layer(layer)
        return layer

    def _refresh(self, change: Change) -> None:
        session = self._case.session
        if session is None or self._labels is None:
            return
        if self._labels not in self._viewer.layers:  # somebody removed it from the list
            self._labels = self._added(new_labels(session.segmentation, session.volume))
            keys.bind(self._labels, self.commands)
        leaves = Changes((change,)).leaves
        if not all(isinstance(leaf, Edit) for leaf in leaves):
            recolour(self._labels, session.segmentation)
            self.screen.refresh(None)
        for leaf in leaves:
            if isinstance(leaf, Edit):
                refresh_patch(self._labels, session.segmentation, leaf, self._viewer.dims)
                self.screen.refresh(leaf)

    def _adopt_what_is_there(self) -> None:
        for layer in list(self._viewer.layers):
            self._take_over(layer)

    def _adopt(self, event: Any) -> None:
        self._take_over(event.value)

    def _take_over(self, layer: Any) -> None:
        noun, session = layer.metadata.get(NOUN), self._case.session
        path = Path(layer.source.path) if layer.source.path else None
        if isinstance(noun, Volume) and session is None:
            self._case.adopt(noun, path)
        elif isinstance(noun, Volume) and session and noun is not session.volume:
            self._case.say(
                f"{layer.name} is shown beside; lesions are drawn on {self._case.title}."
            )
        elif isinstance(noun, Segmentation) and session and noun is not session.segmentation:
            self._case.adopt_mask(noun, path)


def _reading_commands(reading: ReadingViewModel) -> dict[str, Callable[[], None]]:
    presets = {f"window_{n}": partial(reading.windows.choose, n - 1) for n in range(1, 9)}
    return {
        **presets,
        "automatic_window": reading.windows.automatic,
        "stored_window": reading.windows.stored,
        "invert": reading.windows.invert,
        "smooth": reading.toggle_smooth,
        "linked": reading.toggle_linked,
        "slab": reading.next_slab,
        "crosshair": reading.toggle_crosshair,
    }
