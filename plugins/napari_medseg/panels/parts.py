"""What of the case panel outlives its widget, and has to be told that it is gone."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from napari_medseg import openers

if TYPE_CHECKING:
    from napari_medseg.panels.case import CasePanel


class Parts:
    """What the panel is made of; when Qt has deleted it, nothing may call it any more.

    Args:
        panel: whose parts; it is not kept, for Qt deletes it first.
    """

    def __init__(self, panel: CasePanel) -> None:
        self._loading, self._model, self._desk = panel.loading, panel.model, panel.desk
        self._pages = (
            panel.looking,
            panel.beside,
            panel.contour_page,
            panel.review_page,
            panel.keeping_line,
        )
        self._render, self._room = panel.render_state, panel.room
        self._render_hint = panel.render_hint
        self._viewer, self._drops = panel.viewer, panel.drops
        self._count_seen = panel.contour_page.lesion_panel.render_soon

    def let_go(self) -> None:
        """Stop every part that listens or works; one that fails keeps none of the others from it.

        Nobody listens any more by the time the room waits for what still runs, and takes it up.
        """
        loading = self._loading
        signals = (loading.listed, loading.previewed, loading.loaded, loading.failed)
        steps = (
            partial(self._model.notice.changed.disconnect, self._render),
            partial(self._room.jobs.changed.disconnect, self._render_hint),
            partial(self._room.viewings.changed.disconnect, self._count_seen),
            partial(openers.unregister, self._viewer),
            self._drops.let_go,
            self._desk.screen.pane_made.disconnect,
            *(signal.disconnect for signal in (*signals, loading.changed)),
            loading.cancel,
            *(page.let_go for page in self._pages),
            self._desk.close,
            self._room.let_go,
            self._model.keeping.close,
        )
        with ExitStack() as stack:  # the last put in is the first done, and all of them are
            for step in reversed(steps):
                stack.callback(step)
