"""A screen for the window tests, and small cases to open.

The environment is set before Qt or napari is imported; hence pytest is given this folder when
window tests run.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from medseg.model import Geometry
from tests.plugin.cases import write_image
from tests.plugin.studies import SmallStudy

os.environ["QT_API"] = os.environ.get("MEDSEG_TEST_QT", "pyside6")
os.environ["PYTEST_QT_API"] = os.environ["QT_API"]
os.environ["NAPARI_CONFIG"] = ""  # neither read nor write the user's own settings


@pytest.fixture(scope="session")
def screen() -> Iterator[None]:
    """A display: the one that is there, or one of our own; without Xvfb tests are skipped.

    Our own ends by itself when Qt disconnects, which is when this process ends: taken away
    earlier, Qt would end the process.
    """
    if os.environ.get("DISPLAY"):
        yield
        return
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("window tests need a screen or Xvfb (Debian: apt-get install xvfb)")
    number, process_id = _start(program)
    if not number:
        pytest.skip("window tests need a screen, and Xvfb did not start")
    os.environ["DISPLAY"] = f":{number}"
    yield
    if "qtpy" not in sys.modules:  # no window was ever made, so nobody will disconnect
        os.kill(process_id, signal.SIGTERM)


def _start(program: str) -> tuple[str, int]:
    """Start Xvfb on a free display, detached; its display's number, empty if none, and its id."""
    read_end, write_end = os.pipe()
    command = [program, "-displayfd", str(write_end), "-screen", "0", "1600x1000x24"]
    command += ["+extension", "GLX", "+render", "-terminate", "-nolisten", "tcp"]
    detached = ["/bin/sh", "-c", '"$@" >/dev/null 2>&1 & echo $!', "sh", *command]
    started = subprocess.run(detached, pass_fds=(write_end,), capture_output=True, check=True)
    os.close(write_end)
    with os.fdopen(read_end) as numbers:
        return numbers.readline().strip(), int(started.stdout)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in place of the user's own, with one plane on screen, as most tests need it."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "viewer.json").write_text('{"layout": "one"}', encoding="utf-8")
    monkeypatch.setenv("MEDSEG_HOME", str(folder))
    return folder


@pytest.fixture
def window(screen: None, request: pytest.FixtureRequest) -> Any:
    """Makes a napari viewer with the medseg panel: `viewer, panel = window(path, ...)`.

    Unsaved changes are thrown away when the test ends; nobody is there to be asked.
    """
    try:
        from qtpy import QtWidgets
    except ImportError as error:
        pytest.skip(f"window tests need Qt and its libraries: {error}")
    make = request.getfixturevalue("make_napari_viewer")

    def make_window(*paths: Path, show: bool = False) -> tuple[Any, Any]:
        from napari_medseg.viewer import add_panel

        viewer = make(show=show)
        panel = add_panel(viewer, author="A. Reader")
        panel.questions.what_about_changes = lambda: "discard"
        panel.questions.image_or_mask = lambda _path: "image"
        for path in paths:
            panel.open(path)
        QtWidgets.QApplication.processEvents()  # the dock is laid out and shown
        return viewer, panel

    return make_window


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> SmallStudy:
    """A project of a few persons and one case; changed by no test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDSEG_HOME", str(tmp_path_factory.mktemp("home")))
        return SmallStudy.make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def study(made_once: SmallStudy, tmp_path: Path) -> SmallStudy:
    """A copy of the project, to be worked on."""
    return made_once.copied(tmp_path / "team")


@pytest.fixture
def image_path(tmp_path: Path) -> Path:
    """A NIfTI of 12 slices, stored as left, posterior, superior, with one bright ball."""
    return write_image(tmp_path / "scan.nii.gz", Geometry.from_spacing((12, 40, 50), (3, 1, 1)))
