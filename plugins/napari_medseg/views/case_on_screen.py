"""The case in napari's list and on the planes: shown in turns, drawn anew where it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from napari.layers import Image, Labels

from medseg.model import Change, Changes, Edit, Segmentation, SegmentsEdit, Volume
from medseg.session import Session
from napari_medseg import keys
from napari_medseg.display import NOUN, name_of
from napari_medseg.layers import recolour, refresh_patch
from napari_medseg.viewmodels.case import BLINDED, CaseViewModel
from napari_medseg.viewmodels.looking.prior import PriorViewModel
from napari_medseg.viewmodels.looking.reading import ReadingViewModel
from napari_medseg.views.contouring.lesion_looks import LesionLooks
from napari_medseg.views.looking.case_layers import CaseLayers
from napari_medseg.views.looking.screen import Screen


class CaseOnScreen:
    """One case's image and mask, shown in one viewer.

    The mask on screen is passive: whatever changes it comes from the case, and only the patch
    that an edit touched is drawn anew. Images and masks that napari opens by itself are taken
    over while there is nothing to lose by it.

    Args:
        viewer: napari's viewer.
        case: what is shown.
        reading: how the image is looked at.
        screen: the planes.
        prior: an image beside.
        looks: the lesions' fills and outlines.
        commands: what keys do on the mask's layer.
    """

    def __init__(
        self,
        viewer: Any,
        case: CaseViewModel,
        reading: ReadingViewModel,
        *,
        screen: Screen,
        prior: PriorViewModel,
        looks: LesionLooks,
        commands: Mapping[str, Callable[[], None]],
    ) -> None:
        self._viewer, self._case, self._reading = viewer, case, reading
        self._bare_viewer = getattr(viewer, "__wrapped__", viewer)  # proxies are slow
        self._screen, self._prior, self._looks = screen, prior, looks
        self._image: Image | None = None
        self._labels: Labels | None = None
        self._layers = CaseLayers(viewer, lambda labels: keys.bind(labels, commands))
        case.opened.connect(self._show)
        case.lesions.edited.connect(self._refresh)
        case.lesions.painted.connect(self._paint)
        reading.changed.connect(self._hide_text)
        viewer.layers.events.inserted.connect(self._adopt, position="last")
        for layer in list(viewer.layers):
            self._take_over(layer)

    @property
    def shows_mask(self) -> bool:
        """Whether all lesions are to be seen in the planes, filled or as outlines."""
        looks, labels = self._case.looks, self._labels
        if labels is None or looks.is_held_back or looks.hidden:
            return False
        return bool(labels.visible or not looks.shows_fill)

    def close(self) -> None:
        """Let go of the viewer and of the case."""
        self._viewer.layers.events.inserted.disconnect(self._adopt)
        self._reading.changed.disconnect(self._hide_text)
        self._case.opened.disconnect(self._show)
        self._case.lesions.edited.disconnect(self._refresh)
        self._case.lesions.painted.disconnect(self._paint)

    def prepare(self, then: Callable[[], None]) -> None:
        """Make canvases and layers while there is no image yet, one at a time.

        Args:
            then: what is done when all are there.
        """
        self._screen.prepare(self._layers.prepare_next, then)

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

    def _show(self, session: Session) -> None:
        """Put the session's image and mask on screen in place of what was there."""
        self._image = self._labels = None  # what is drawn meanwhile is in the mask, and comes
        self._screen.begin(session)
        self._prior.work_beside(session.volume)
        self._screen.arrival.take(
            partial(self._layers.show_image, session),
            partial(self._layers.show_mask, session),
            partial(self._show_image, session),
            partial(self._show_mask, session),
        )

    def _show_image(self, session: Session) -> None:
        self._image, labels = self._layers.image, self._layers.labels
        if self._image is not None and labels is not None:
            self._screen.show(session, self._image, labels)
            self._hide_text()

    def _show_mask(self, session: Session) -> None:
        self._labels = self._layers.labels
        if self._labels is not None:
            self._looks.show(session, self._labels)
        # The image stays selected: its window is at hand, and napari's label keys are not.
        self._viewer.layers.selection.active = self._image

    def _hide_text(self) -> None:
        """Layers' names stand in napari's list and in its status line."""
        hides, session = self._reading.is_blind, self._case.session
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
            self._screen.refresh(None)
        for leaf in leaves:
            if isinstance(leaf, Edit):
                self._refresh_patch(self._labels, session.segmentation, leaf)

    def _refresh_patch(self, labels: Labels, mask: Segmentation, edit: Edit) -> None:
        viewer = self._bare_viewer
        refresh_patch(labels, mask, edit, viewer.dims, listed_in=viewer.layers)
        self._screen.refresh(edit)

    def _paint(self, edit: Edit) -> None:
        """One event of a stroke, there up to a hundred times a second."""
        if self._case.session is not None and self._labels is not None:
            self._refresh_patch(self._labels, self._case.session.segmentation, edit)

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
