"""The panes of a window, each made when it is first wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from napari_medseg.viewmodels.contouring.tools.toolbox import Toolbox
from napari_medseg.viewmodels.looking.layouts import (
    BARE_PANE,
    PRIOR_PANE,
    SCENE_PANE,
    LayoutViewModel,
)
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.viewmodels.looking.prior import PriorViewModel
from napari_medseg.viewmodels.looking.reading import ReadingViewModel
from napari_medseg.views.looking.hand import Hand
from napari_medseg.views.looking.panes import SidePane
from napari_medseg.views.looking.plane import PlaneView
from napari_medseg.views.looking.plane_keys import Commands
from napari_medseg.views.looking.prior_pane import PriorPane
from napari_medseg.views.looking.scene_pane import ScenePane


@dataclass(frozen=True)
class PaneMaker:
    """Makes panes with their mouse and their keys.

    Args:
        reading: how the image is looked at.
        layout: a double click lets a pane fill the screen.
        prior: an image beside the case.
        toolbox: which tool has the left button, if any.
        commands: what keys do wherever they are pressed.
        plane_commands: what they do on one canvas, of the case's planes or of others.
    """

    reading: ReadingViewModel
    layout: LayoutViewModel
    prior: PriorViewModel
    toolbox: Toolbox
    commands: Commands
    plane_commands: Callable[[PlaneView | None, PlanesViewModel | None], Commands]

    def hand(self, number: int) -> Hand:
        """The mouse on a pane that shows the case."""
        return Hand(
            self.reading,
            toolbox=self.toolbox,
            maximise=self._maximises(number),
            is_bare=number == BARE_PANE,
        )

    def side(self, number: int) -> SidePane:
        """A plane beside napari's own, with nothing on it."""
        return SidePane(
            number,
            self.reading,
            self.hand(number),
            lambda view: {**self.commands, **self.plane_commands(view, None)},
        )

    def scene(self) -> ScenePane:
        """The lesions in 3D."""
        commands = {**self.commands, **self.plane_commands(None, None)}
        return ScenePane(self.reading, commands, self._maximises(SCENE_PANE))

    def beside(self) -> PriorPane:
        """The image beside the case; nothing is drawn on it."""
        planes = self.prior.reading.planes
        hand = Hand(self.prior.reading, toolbox=None, maximise=self._maximises(PRIOR_PANE))
        return PriorPane(
            self.prior, hand, lambda view: {**self.commands, **self.plane_commands(view, planes)}
        )

    def _maximises(self, number: int) -> Callable[[], None]:
        return lambda: self.layout.toggle_maximised(number)
