"""Makes docs/images/napari.png: the sample case, its lesions drawn and filled, in the viewer.

Run it where there is a screen, or under `xvfb-run -s "-screen 0 1600x1000x24"`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from qtpy.QtWidgets import QApplication

from medseg import formats
from medseg.formats.sample import sample_case
from medseg.raster import edge_contours
from napari_medseg.viewer import make_viewer
from napari_medseg.viewmodels.contouring.tool import Touch

SIZE = (1500, 940)
#: The slice shown, on which two of the lesions lie.
SHOWN_SLICE = 44


def draw_lesions(panel: Any) -> None:
    """Draw each lesion of the sample on its suggested key slices, and fill between them."""
    case, lesions = sample_case(), panel.model.lesions
    truth = formats.read_segmentation(case.truth, like=panel.model.session.volume)
    for lesion in case.lesions:
        lesions.new_lesion(lesion["name"])
        for index in lesion["key_slices"]:
            plane = truth.array[index] == lesion["number"]
            lesions.add_outline(index, max(edge_contours(plane), key=len), seconds=3.0)
        lesions.fill()


def draw_halfway(panel: Any) -> None:
    """Leave the outline tool up with a line half drawn around the first lesion."""
    toolbox = panel.desk.toolbox
    toolbox.toggle("outline")
    mask = panel.model.session.segmentation.array[SHOWN_SLICE] == 1
    middle, radius = np.argwhere(mask).mean(axis=0), np.sqrt(mask.sum() / np.pi) + 2.5
    turns = np.linspace(-0.4, 3.6, 60)
    around = middle + radius * np.column_stack([np.sin(turns), np.cos(turns)])
    points = np.column_stack([np.full(len(around), SHOWN_SLICE), around])
    toolbox.active.press(Touch(points[0], 0))
    for point in points[1:]:
        toolbox.active.drag(Touch(point, 0))


def make_screenshot(target: Path) -> None:
    """Open, draw, fill and photograph the window."""
    viewer, panel = make_viewer([sample_case().dicom], author="A. Reader")
    panel.window().resize(*SIZE)
    draw_lesions(panel)
    panel.desk.go_to_lesion(1)
    viewer.dims.set_current_step(0, SHOWN_SLICE)
    draw_halfway(panel)
    QApplication.processEvents()
    viewer.reset_view()
    time.sleep(0.5)  # napari's status line follows in a thread
    QApplication.processEvents()
    viewer.status = "Ready"
    target.parent.mkdir(parents=True, exist_ok=True)
    viewer.screenshot(str(target), canvas_only=False, flash=False)
    panel.desk.toolbox.cancel()
    panel.questions.what_about_changes = lambda: "discard"
    viewer.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parent
    parser.add_argument("--out", type=Path, default=here / "images" / "napari.png")
    make_screenshot(parser.parse_args().out)
