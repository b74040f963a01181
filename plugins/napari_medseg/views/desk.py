"""Keeps a viewer in step with the case: its layers, patches, planes, tool and keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from napari.layers import Image, Labels
from psygnal import Signal

from medseg.model import Change, Changes, Edit, Segmentation, SegmentsEdit, Volume
from medseg.session import Session
from napari_medseg import keys
from napari_medseg.display import NOUN, name_of
from napari_medseg.layers import recolour, refresh_patch
from napari_medseg.settling import settle_when_added
from napari_medseg.viewmodels.case import BLINDED, CaseViewModel
from napari_medseg.viewmodels.contouring.tools.easel import Easel
from napari_medseg.viewmodels.contouring.tools.palette import all_tools
from napari_medseg.viewmodels.contouring.tools.shaping import Shaping
from napari_medseg.viewmodels.contouring.tools.toolbox import Toolbox, tool_commands
from napari_medseg.viewmodels.looking.calipers import CalipersViewModel
from napari_medseg.viewmodels.looking.layouts import LayoutViewModel
from napari_medseg.viewmodels.looking.measuring import Ruler, TwoDiameters
from napari_medseg.viewmodels.looking.prior import PriorViewModel
from napari_medseg.viewmodels.looking.reading import ReadingViewModel
from napari_medseg.viewmodels.reviewing.review import ReviewViewModel
from napari_medseg.views.contouring.lesion_looks import LesionLooks
from napari_medseg.views.contouring.proposals import Proposals
from napari_medseg.views.contouring.tool_hand import ToolHand
from napari_medseg.views.looking.case_layers import CaseLayers
from napari_medseg.views.looking.docks import NapariDocks
from napari_medseg.views.looking.plane import PlaneView
from napari_medseg.views.looking.screen import Screen
from napari_medseg.views.reviewing.comparison import ComparisonView


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
        others: what keys do that open windows of the panel.
    """

    keys_wanted = Signal()
    """Somebody wants to see all keys."""

    def __init__(
        self,
        viewer: Any,
        case: CaseViewModel,
        reading: ReadingViewModel,
        layout: LayoutViewModel,
        *,
        save: Callable[[], None],
        others: Mapping[str, Callable[[], None]],
    ) -> None:
        self._viewer, self._case = viewer, case
        self._bare_viewer = getattr(viewer, "__wrapped__", viewer)  # proxies are slow
        self._image: Image | None = None
        self._labels: Labels | None = None
        self._layers = CaseLayers(viewer, lambda labels: keys.bind(labels, self.commands))
        self.calipers = CalipersViewModel(case)
        measuring = (Ruler(self.calipers), TwoDiameters(self.calipers))
        self.easel = Easel(case)
        tools = (*all_tools(case, self.easel), *measuring)
        self.toolbox = Toolbox(case, tools, self.easel.options)
        self.shaping = Shaping(self.easel, reading.planes)
        self.docks = NapariDocks(viewer)
        self.commands: dict[str, Callable[[], None]] = {
            "all_keys": self.keys_wanted.emit,
            "docks": self.docks.toggle,
            "new_lesion": case.lesions.new_lesion,
            **{name: partial(self.toolbox.toggle, name) for name in self.toolbox.tools},
            "next_lesion": lambda: self._step(+1),
            "previous_lesion": lambda: self._step(-1),
            "save": save,
            **others,
            "redo": case.lesions.redo,
            "layout": layout.next,
            **_reading_commands(reading),
        }
        self.reading = reading
        self.review = ReviewViewModel(case, reading.planes, self.go_to_lesion)
        self.commands |= self.review.commands
        self.commands |= {**tool_commands(self.toolbox, case), **self.shaping.commands}
        self.prior = PriorViewModel(reading, layout, case.notice)
        self.commands["link_here"] = self.prior.link_here
        self.screen = Screen(
            viewer,
            reading,
            layout,
            toolbox=self.toolbox,
            commands=self.commands,
            prior=self.prior,
        )
        self.hands: list[ToolHand] = []
        self.screen.made.connect(self._give_hand)
        self.screen.lesion_picked.connect(self.go_to_lesion)
        self.looks = LesionLooks(case, self.screen, reading.planes)
        self.commands |= self.looks.commands
        self.screen.add_sketch(self.calipers)
        self.screen.add_sketch(self.toolbox)
        for sketch in self.review.sketches:
            self.screen.add_sketch(sketch)
        self.comparison = ComparisonView(
            self.screen, case, reading, layout, self.review.comparing, self.review.walk
        )
        self.proposals = Proposals(viewer, case, reading, self.toolbox, self.screen)
        self.commands |= {**self.proposals.commands, "cancel": self.proposals.cancel}
        self.commands |= {"fit": self.screen.fit, **self.screen.plane_commands(None)}
        keys.bind(viewer, self.commands)
        settle_when_added(viewer)
        case.opened.connect(self._show)
        case.lesions.edited.connect(self._refresh)
        case.lesions.painted.connect(self._paint)
        reading.changed.connect(self._hide_text)
        viewer.layers.events.inserted.connect(self._adopt, position="last")
        self._adopt_what_is_there()

    @property
    def shows_mask(self) -> bool:
        """Whether all lesions are to be seen in the planes, filled or as outlines."""
        looks, labels = self._case.looks, self._labels
        if labels is None or looks.is_held_back or looks.hidden:
            return False
        return bool(labels.visible or not looks.shows_fill)

    def close(self) -> None:
        """Let go of the viewer: its mouse, its keys and its events."""
        for hand in self.hands:
            hand.close()
        self.proposals.close()
        self.comparison.close()
        self.review.close()
        self.shaping.close()
        self.looks.close()
        self.screen.close()
        self.toolbox.close()
        self.prior.let_go()
        self.docks.close()
        keys.unbind(self._viewer)
        self._viewer.layers.events.inserted.disconnect(self._adopt)
        self.reading.changed.disconnect(self._hide_text)
        self._case.opened.disconnect(self._show)
        self._case.lesions.edited.disconnect(self._refresh)
        self._case.lesions.painted.disconnect(self._paint)

    def prepare(self, then: Callable[[], None]) -> None:
        """Make canvases and layers while there is no image yet, one at a time.

        Args:
            then: what is done when all are there.
        """
        self.screen.prepare(self._layers.prepare_next, then)

    def show_preview(self, volume: Volume) -> None:
        """Show the middle slice of the first image while it is being read.

        Where a case is open, nothing is shown of the next: letters, place and crosshair would
        still be those of the case, and wrong for what is seen.
        """
        if self._case.session is None:
            self._layers.preview(volume)

    def end_preview(self) -> None:
        """Take the middle slice away again: the whole image is there, or will not be."""
        if self._case.session is None:
            self._layers.end_preview()

    def go_to_lesion(self, number: int) -> None:
        """Make a lesion current and show the middle one of its slices."""
        self._case.lesions.select(number)
        slices = self._case.lesions.slices_of(number)
        if slices and self._case.session is not None:
            middle = slices[len(slices) // 2]
            on_slice = self._case.session.segmentation.array[middle] == number
            rows, columns = (float(np.mean(places)) for places in np.nonzero(on_slice))
            self.reading.planes.go_to_stored((middle, rows, columns))

    def _give_hand(self, view: PlaneView) -> None:
        is_bare = any(side.view is view and side.is_bare for side in self.screen.sides)
        self.hands.append(ToolHand(view, self.toolbox, self._case.say, is_bare=is_bare))

    def _step(self, by: int) -> None:
        self._case.lesions.step(by)
        if self._case.lesions.current is not None:
            self.go_to_lesion(self._case.lesions.current)

    def _show(self, session: Session) -> None:
        """Put the session's image and mask on screen in place of what was there."""
        self._image = self._labels = None  # what is drawn meanwhile is in the mask, and comes
        self.screen.begin(session)
        self.prior.work_beside(session.volume)
        self.screen.arrival.take(
            partial(self._layers.show_image, session),
            partial(self._layers.show_mask, session),
            partial(self._show_image, session),
            partial(self._show_mask, session),
        )

    def _show_image(self, session: Session) -> None:
        self._image, labels = self._layers.image, self._layers.labels
        if self._image is not None and labels is not None:
            self.screen.show(session, self._image, labels)
            self._hide_text()

    def _show_mask(self, session: Session) -> None:
        self._labels = self._layers.labels
        if self._labels is not None:
            self.looks.show(session, self._labels)
        # The image stays selected: its window is at hand, and napari's label keys are not.
        self._viewer.layers.selection.active = self._image

    def _hide_text(self) -> None:
        """Layers' names stand in napari's list and in its status line."""
        hides, session = self.reading.is_blind, self._case.session
        self._case.hide_text(hides)
        if session is None or self._image is None:
            return
        if hides != self._image.name.startswith(BLINDED):  # napari may have numbered it
            self._image.name = BLINDED if hides else name_of(session.volume)

    def _refresh(self, change: Change) -> None:
        session = self._case.session
        if session is None or self._labels is None:
            return
        if self._labels not in self._viewer.layers:  # somebody removed it from the list
            self._labels = self._layers.show_mask(session)
        leaves = Changes((change,)).leaves
        if any(isinstance(leaf, SegmentsEdit) for leaf in leaves):
            recolour(self._labels, session.segmentation)
            self.screen.refresh(None)
        for leaf in leaves:
            if isinstance(leaf, Edit):
                self._refresh_patch(self._labels, session.segmentation, leaf)

    def _refresh_patch(self, labels: Labels, mask: Segmentation, edit: Edit) -> None:
        viewer = self._bare_viewer
        refresh_patch(labels, mask, edit, viewer.dims, listed_in=viewer.layers)
        self.screen.refresh(edit)

    def _paint(self, edit: Edit) -> None:
        """One event of a stroke, there up to a hundred times a second."""
        if self._case.session is not None and self._labels is not None:
            self._refresh_patch(self._labels, self._case.session.segmentation, edit)

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
