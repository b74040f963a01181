"""What of the case panel outlives its widget, and has to be told that it is gone."""

from __future__ import annotations

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
        """Stop every part that listens or works."""
        loading = self._loading
        openers.unregister(self._viewer)
        self._drops.let_go()
        self._desk.screen.pane_made.disconnect()
        self._room.jobs.changed.disconnect(self._render_hint)
        for signal in (loading.listed, loading.previewed, loading.loaded, loading.failed):
            signal.disconnect()
        loading.changed.disconnect()
        loading.cancel()
        for page in self._pages:
            page.let_go()
        self._room.viewings.changed.disconnect(self._count_seen)
        self._room.let_go()
        self._model.notice.changed.disconnect(self._render)
        self._desk.close()
        self._model.keeping.close()
