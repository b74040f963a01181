"""What lies on a reader's desk, put together: planes, tools, review, and the keys to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from psygnal import Signal

from napari_medseg import keys
from napari_medseg.settling import settle_when_added
from napari_medseg.viewmodels.case import CaseViewModel
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
from napari_medseg.views.case_on_screen import CaseOnScreen
from napari_medseg.views.contouring.lesion_looks import LesionLooks
from napari_medseg.views.contouring.proposals import Proposals
from napari_medseg.views.contouring.tool_hand import ToolHand
from napari_medseg.views.looking.docks import NapariDocks
from napari_medseg.views.looking.plane import PlaneView
from napari_medseg.views.looking.screen import Screen
from napari_medseg.views.reviewing.comparison import ComparisonView


class Desk:
    """What one works with on a case in one viewer: tools, planes, review, and their keys.

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
        self._viewer, self._case, self.reading = viewer, case, reading
        self.commands: dict[str, Callable[[], None]] = {}  # what is made below looks into it later
        self.calipers = CalipersViewModel(case)
        self.easel = Easel(case)
        measuring = (Ruler(self.calipers), TwoDiameters(self.calipers))
        tools = (*all_tools(case, self.easel), *measuring)
        self.toolbox = Toolbox(case, tools, self.easel.options)
        self.shaping = Shaping(self.easel, reading.planes)
        self.review = ReviewViewModel(case, reading.planes, self.go_to_lesion)
        self.prior = PriorViewModel(reading, layout, case.notice)
        self.docks = NapariDocks(viewer)
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
        for sketch in (self.calipers, self.toolbox, *self.review.sketches):
            self.screen.add_sketch(sketch)
        self.comparison = ComparisonView(
            self.screen, case, reading, layout, self.review.comparing, self.review.walk
        )
        self.proposals = Proposals(viewer, case, reading, self.toolbox, self.screen)
        self.commands |= {"save": save, "layout": layout.next, **others, **self._all_commands()}
        keys.bind(viewer, self.commands)
        settle_when_added(viewer)
        self.on_screen = CaseOnScreen(
            viewer,
            case,
            reading,
            screen=self.screen,
            prior=self.prior,
            looks=self.looks,
            commands=self.commands,
        )

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
        self.on_screen.close()

    def go_to_lesion(self, number: int) -> None:
        """Make a lesion current and show the middle one of its slices."""
        self._case.lesions.select(number)
        slices = self._case.lesions.slices_of(number)
        if slices and self._case.session is not None:
            middle = slices[len(slices) // 2]
            on_slice = self._case.session.segmentation.array[middle] == number
            rows, columns = (float(np.mean(places)) for places in np.nonzero(on_slice))
            self.reading.planes.go_to_stored((middle, rows, columns))

    def _all_commands(self) -> dict[str, Callable[[], None]]:
        """What keys and buttons do, apart from what opens windows of the panel."""
        return {
            "all_keys": self.keys_wanted.emit,
            "docks": self.docks.toggle,
            "new_lesion": self._case.lesions.new_lesion,
            "next_lesion": lambda: self._step(+1),
            "previous_lesion": lambda: self._step(-1),
            "link_here": self.prior.link_here,
            "fit": self.screen.fit,
            **{name: partial(self.toolbox.toggle, name) for name in self.toolbox.tools},
            **_reading_commands(self.reading),
            **self.screen.plane_commands(None),
            **tool_commands(self.toolbox, self._case),
            **self.shaping.commands,
            **self.looks.commands,
            **self.review.commands,
            **self.proposals.commands,
            "cancel": self.proposals.cancel,
        }

    def _give_hand(self, view: PlaneView) -> None:
        is_bare = any(side.view is view and side.is_bare for side in self.screen.sides)
        self.hands.append(ToolHand(view, self.toolbox, self._case.say, is_bare=is_bare))

    def _step(self, by: int) -> None:
        self._case.lesions.step(by)
        if self._case.lesions.current is not None:
            self.go_to_lesion(self._case.lesions.current)


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
