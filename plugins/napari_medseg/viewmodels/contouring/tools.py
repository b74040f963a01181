"""The palette: every tool there is, in one table."""

from __future__ import annotations

from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.outline import OutlineTool
from napari_medseg.viewmodels.contouring.tool import Tool


def all_tools(case: CaseViewModel) -> tuple[Tool, ...]:
    """One of each tool, in the order of the palette, working on this case."""
    return (OutlineTool(case),)
