"""The window keeps what is drawn: it asks about unsaved work of before, and lets go when closed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import napari_medseg
from napari_medseg.display import Display
from napari_medseg.viewmodels.case import CaseViewModel

pytestmark = [
    pytest.mark.qt,
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]

SQUARE = np.array([(10, 10), (10, 20), (20, 20), (20, 10)]) - 0.5
PLUGIN = Path(napari_medseg.__file__).parent

# `medseg open` with a reader who draws, answers the question at the end, and closes the window.
CLOSING = f"""
import sys
import threading
import warnings
from contextlib import suppress
sys.path[:0] = {[str(PLUGIN.parent), str(PLUGIN.parents[1])]!r}
from pathlib import Path
import napari
import napari.qt
import napari.viewer
with suppress(ImportError):
    import requests  # hushes what urllib3 says on import, but not for other threads
warned = []  # from here on, when what napari's modules say on import is behind us
warnings.showwarning = lambda message, *_where, **_more: warned.append(str(message))
warnings.simplefilter("always")
warnings.filterwarnings("ignore", "Conversion from CIE-LAB")  # napari hushes it in one thread
from qtpy.QtCore import QTimer
import napari_medseg.viewer as viewer
from napari_medseg.panels.asking import Questions

Questions.what_about_changes = lambda self: sys.argv[2]
made = []
make, run = viewer.make_viewer, napari.run
viewer.make_viewer = lambda **options: made.append(make(**options)) or made[0]

def read_and_close():
    shown, panel = made[0]
    if panel.loading.is_busy:
        QTimer.singleShot(50, read_and_close)
        return
    panel.model.lesions.add_outline(3, {SQUARE.tolist()!r})
    print("drawn", panel.model.keeping.has_unsaved_changes, flush=True)
    panel.window().close()

def run_with_reader():
    QTimer.singleShot(0, read_and_close)
    run()

napari.run = run_with_reader
viewer.open_viewer([Path(sys.argv[1])], author="A. Reader")
threads = [one.name for one in threading.enumerate() if not one.daemon][1:]
print("left", threads, warned, flush=True)
"""


def unsaved_work_on(image_path: Path) -> None:
    model = CaseViewModel("A. Reader")
    model.open(image_path)
    for index in (3, 5):
        model.lesions.add_outline(index, SQUARE)
    model.keeping.close()


def shown_slices(viewer) -> list[int]:
    return np.flatnonzero(np.asarray(viewer.layers["lesions"].data).any(axis=(1, 2))).tolist()


def test_the_panel_asks_about_unsaved_work_and_shows_what_is_recovered(window, image_path):
    unsaved_work_on(image_path)
    viewer, panel = window(image_path, show=True)
    viewer.dims.set_current_step(0, 3)
    before = viewer.screenshot(canvas_only=True, flash=False)
    assert panel.offer.isVisible()
    assert "not saved" in panel.offer.text()
    assert not panel.contour_page.buttons["outline"].isEnabled()
    layers = list(viewer.layers)
    panel.recover.click()
    assert not panel.offer.isVisible()
    assert not panel.recover.isVisible()
    assert panel.contour_page.buttons["outline"].isEnabled()
    assert panel.contour_page.lesions.lines.rowCount() == 1
    display = Display(panel.model.session.volume.geometry)
    assert shown_slices(viewer) == [3, 5]
    assert layers[0] in viewer.layers
    recovered = viewer.screenshot(canvas_only=True, flash=False)
    assert not np.array_equal(before, recovered)
    viewer.layers["lesions"].refresh()
    np.testing.assert_array_equal(recovered, viewer.screenshot(canvas_only=True, flash=False))
    assert display.show(panel.model.session.segmentation.array).any()


def test_the_panel_removes_what_the_reader_discards(window, image_path):
    unsaved_work_on(image_path)
    viewer, panel = window(image_path, show=True)
    panel.discard.click()
    assert not panel.offer.isVisible()
    assert shown_slices(viewer) == []
    panel.open(image_path)
    assert panel.model.keeping.offer is None


def test_a_removal_that_is_undone_and_made_again_is_on_screen(window, image_path):
    viewer, panel = window(image_path, show=True)
    panel.model.lesions.add_outline(3, SQUARE)
    viewer.dims.set_current_step(0, 3)
    drawn = viewer.screenshot(canvas_only=True, flash=False)
    panel.model.session.remove(1)
    panel.model.lesions.undo()
    np.testing.assert_array_equal(drawn, viewer.screenshot(canvas_only=True, flash=False))
    panel.model.lesions.redo()
    removed = viewer.screenshot(canvas_only=True, flash=False)
    assert not np.array_equal(drawn, removed)
    viewer.layers["lesions"].refresh()
    np.testing.assert_array_equal(removed, viewer.screenshot(canvas_only=True, flash=False))
    assert panel.contour_page.lesions.lines.rowCount() == 0


@pytest.mark.parametrize("answer", ["discard", "cancel"])
def test_a_window_that_is_closed_gives_the_journal_back(screen, image_path, answer, request):
    request.getfixturevalue("qapp")  # holds the screen, which ends with its last window
    command = [sys.executable, "-W", "ignore", "-c", CLOSING, str(image_path), answer]
    if answer == "cancel":  # the window stays, and then the process is killed
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            guard = threading.Timer(120, process.kill)
            guard.start()
            assert process.stdout is not None
            assert process.stdout.readline() == "drawn True\n"
            guard.cancel()
            time.sleep(1)  # what was made a second ago outlives everything
            process.kill()
    else:
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert run.stdout == "drawn True\nleft [] []\n", run.stderr
    model = CaseViewModel("A. Reader")
    model.open(image_path)
    assert (model.keeping.offer is None) == (answer == "discard")
    left = [path.name for path in image_path.parent.iterdir() if "journal" in path.name]
    assert bool(left) == (answer == "cancel")
