"""The palette: every tool there is, in one table."""

from __future__ import annotations

from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.tools.brush import BrushTool
from napari_medseg.viewmodels.contouring.tools.easel import Easel
from napari_medseg.viewmodels.contouring.tools.ellipsoid import EllipsoidTool
from napari_medseg.viewmodels.contouring.tools.grow import GrowTool
from napari_medseg.viewmodels.contouring.tools.livewire import LivewireTool
from napari_medseg.viewmodels.contouring.tools.move import MoveTool
from napari_medseg.viewmodels.contouring.tools.outline import OutlineTool
from napari_medseg.viewmodels.contouring.tools.points import PointsTool
from napari_medseg.viewmodels.contouring.tools.scribble import ScribbleTool
from napari_medseg.viewmodels.contouring.tools.tool import Tool


def all_tools(case: CaseViewModel, easel: Easel | None = None) -> tuple[Tool, ...]:
    """One of each tool, in the order of the palette.

    Args:
        case: what they work on.
        easel: how; None makes one for all of them.
    """
    shared = easel or Easel(case)
    return (
        OutlineTool(case, shared),
        PointsTool(shared),
        LivewireTool(shared),
        BrushTool(shared),
        GrowTool(shared),
        ScribbleTool(shared),
        EllipsoidTool(shared),
        MoveTool(shared),
    )
