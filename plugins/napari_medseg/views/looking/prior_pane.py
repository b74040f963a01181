"""The pane of a second image beside the case: looked at only, nothing is drawn on it."""

from __future__ import annotations

from collections.abc import Callable

from napari.components import ViewerModel
from napari.layers import Image
from napari.qt import QtViewer
from qtpy.compat import isalive

from medseg.model import Volume
from napari_medseg import keys
from napari_medseg.layers import new_image
from napari_medseg.viewmodels.looking.prior import PriorViewModel
from napari_medseg.views.looking.hand import Hand
from napari_medseg.views.looking.panes import look
from napari_medseg.views.looking.plane import PlaneView

_EMPTY = ("No image beside", "The page Image opens one")


class PriorPane:
    """One canvas with the plane of acquisition of another image.

    Args:
        prior: the image and how it is looked at.
        hand: the mouse on it.
        commands: what the keys do on it.
    """

    def __init__(
        self,
        prior: PriorViewModel,
        hand: Hand,
        commands: Callable[[PlaneView], dict[str, Callable[[], None]]],
    ) -> None:
        self._prior = prior
        self.model = ViewerModel()
        self.widget = QtViewer(self.model)
        self.widget.dims.hide()
        self.view = PlaneView(self.model, self.widget.canvas.native, prior.reading, hand)
        self.image: Image | None = None
        prior.shown.connect(self._show)
        prior.reading.changed.connect(self._look)
        keys.bind(self.model, commands(self.view))
        self._show(prior.volume)

    def close(self) -> None:
        """Let go of everything that outlives this pane."""
        self._prior.shown.disconnect(self._show)
        self._prior.reading.changed.disconnect(self._look)
        self.view.close()
        if isalive(self.widget):
            self.widget.dims.stop()

    def _show(self, volume: Volume | None) -> None:
        self.view.image = None  # while layers change, the slider moves by itself
        if self.image is not None:
            self.model.layers.remove(self.image)
            self.image = None
        if volume is None:
            self.view.write()
            self.view.marks.say(caption=_EMPTY)
            return
        self.model.dims.ndim = 3
        self.image = new_image(volume)
        self.model.add_layer(self.image)
        self.model.layers.selection.clear()
        self.model.dims.order = self._prior.reading.planes.planes[0].order
        self.view.show(volume, self.image)
        self._look()
        self.view.fit()

    def _look(self) -> None:
        if self.image is not None:
            look(self.image, self._prior.reading, self.model.dims)
