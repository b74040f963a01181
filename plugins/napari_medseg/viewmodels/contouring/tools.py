"""The palette: every tool there is, in one table."""

from __future__ import annotations

from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.brush import BrushTool
from napari_medseg.viewmodels.contouring.easel import Easel
from napari_medseg.viewmodels.contouring.ellipsoid import EllipsoidTool
from napari_medseg.viewmodels.contouring.grow import GrowTool
from napari_medseg.viewmodels.contouring.livewire import LivewireTool
from napari_medseg.viewmodels.contouring.move import MoveTool
from napari_medseg.viewmodels.contouring.outline import OutlineTool
from napari_medseg.viewmodels.contouring.points import PointsTool
from napari_medseg.viewmodels.contouring.tool import Tool


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
        EllipsoidTool(shared),
        MoveTool(shared),
    )
