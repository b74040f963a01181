"""A defect of one Qt binding that would end napari in the middle of the work."""

from __future__ import annotations

import sys

import qtpy
from napari.utils.notifications import show_warning
from qtpy.QtCore import QObject

_CALLS = 100

_DEFECT = (
    "{binding} {version} drops a reference to None with each call into Qt. Python {python} "
    "counts these references and ends the program when they are used up, after minutes of work: "
    "save often, and install another release: pip install 'PySide6<6.12' (Python 3.12 and later "
    "do not count them)."
)


def warn_of_leaking_binding() -> None:
    """Say so where the Qt binding will end this program for want of references to None.

    Found in PySide6 6.12.0 on Python 3.11; it is looked for by trying, not by version.
    """
    if leaks_none():
        python = ".".join(map(str, sys.version_info[:2]))
        version = qtpy.PYSIDE_VERSION or qtpy.PYQT_VERSION
        show_warning(_DEFECT.format(binding=qtpy.API_NAME, version=version, python=python))


def leaks_none() -> bool:
    """Whether calls into Qt that return nothing use up references to None."""
    target = QObject()
    before = sys.getrefcount(None)
    for _ in range(_CALLS):
        target.setObjectName("")
    # Other threads hold and drop references meanwhile; half of the calls are beyond doubt.
    return before - sys.getrefcount(None) > _CALLS // 2
