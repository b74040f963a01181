#!/bin/sh
# Runs the window tests with PyQt6 in an environment of its own: both bindings in one confuse Qt.
set -eu
[ -x .venv-pyqt6/bin/python ] || "${PYTHON:-python3}" -m venv .venv-pyqt6
.venv-pyqt6/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
  -e ".[dev]" "napari[pyqt6]" magicgui psygnal qtpy superqt
MEDSEG_TEST_QT=pyqt6 .venv-pyqt6/bin/python -m pytest -m qt \
  -W ignore::pydantic.PydanticDeprecatedSince20 tests/plugin
