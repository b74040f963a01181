"""What a project brings into a panel, in a bare window without a viewer, and hands to work it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from medseg.project import Project, acts, import_images
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from tests.phantoms import ramp_volume
from tests.plugin.studies import SmallStudy
from tests.project.cases import save_image


def a_new_case(study: SmallStudy, reader: str) -> str:
    with Project.open(study.folder) as project:
        path = study.root / "SMITH-JOHN" / "second.nii.gz"
        volume = ramp_volume()
        save_image(replace(volume, voxels=volume.voxels + np.float32(1)), path)
        (case,) = import_images(project, path, by="p-sig").cases
        acts.assign(project, case, f"p-{reader}", by="p-sig")
    return case


class Room:
    """A room of a panel that is nothing but a window."""

    def __init__(self, study: SmallStudy) -> None:
        from qtpy.QtWidgets import QWidget

        from napari_medseg.panels.reviewing.room import ReviewRoom
        from napari_medseg.viewmodels.case import CaseViewModel

        self.study, self.case = study, CaseViewModel("nobody")
        self.panel = QWidget()
        self.planes = PlanesViewModel()
        self.room = ReviewRoom(
            self.panel, self.case, self.planes, may_leave=lambda: True, ask_folder=lambda: None
        )
        self.panel.show()

    @property
    def dialog(self) -> Any:
        return self.room.dialog

    def come(self, name: str) -> None:
        self.room.home.open(self.study.folder, key=self.study.key(name))
        self.rest()

    def open(self, reading: str = "", case: str = "") -> None:
        self.room.home.open_reading(case or self.study.case, reading)
        self.rest()

    def rest(self) -> None:
        """Wait until nothing is under way."""
        self.room.jobs.finish()
        events()

    def close(self) -> None:
        self.room.let_go()
        self.panel.close()


def events() -> None:
    from qtpy.QtWidgets import QApplication

    for _ in range(5):
        QApplication.processEvents()


def wait_for(is_so: Callable[[], Any], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never came to be so"
        events()
        time.sleep(0.01)


def keys(widget: Any, text: str = "", key: str = "") -> None:
    """Type by the keyboard into a window, wherever its focus is."""
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    QTest.keyClicks(widget.focusWidget(), text)
    if key:
        QTest.keyClick(widget.focusWidget(), getattr(Qt.Key, f"Key_{key}"))


def tabs(dialog: Any, count: int) -> list[Any]:
    """Where Tab goes to, one after the other."""
    dialog.activateWindow()
    wait_for(lambda: dialog.isActiveWindow() and dialog.focusWidget() is not None)
    gone = []
    for _ in range(count):
        keys(dialog, key="Tab")
        gone.append(dialog.focusWidget())
    return gone
