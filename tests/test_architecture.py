"""The house holds: layers, a headless core, a light front door."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = (
    "napari",
    "qtpy",
    "numba",
    "SimpleITK",
    "nibabel",
    "pydicom",
    "scipy",
    "skimage",
    "sqlalchemy",
    "matplotlib",
    "cryptography",
)


def test_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports"))]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def _loaded_after(code: str) -> set[str]:
    listing = f"{code}; import sys; print(*sorted(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", listing], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {module.partition(".")[0] for module in run.stdout.split()}


def test_import_medseg_loads_nothing_heavy() -> None:
    assert not _loaded_after("import medseg") & set(HEAVY)


def test_the_check_for_heavy_imports_would_catch_one() -> None:
    assert "scipy" in _loaded_after("import medseg, scipy")


def test_every_public_name_exists() -> None:
    import medseg

    for name in medseg.__all__:
        assert getattr(medseg, name) is not None


def _sources() -> list[Path]:
    folders = ("medseg", "plugins", "sample_data", "tools", "benchmarks")
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("path", _sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_stay_small_and_say_what_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 300, "look for the second room inside"
    assert ast.get_docstring(ast.parse(text)), "a module's first line says what it is"


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = ("utils", "helpers", "manager", "misc", "common")
    assert not [path for path in _sources() if path.stem in drawers or "base_" in path.stem]


def test_right_and_left_are_turned_in_one_file_only() -> None:
    # RAS appears in formats/nifti.py alone: a second place would be a second chance to flip.
    places = {
        path.name
        for path in (ROOT / "medseg").rglob("*.py")
        if any(isinstance(node, ast.Name) and "RAS" in node.id.split("_") for node in _names(path))
    }
    assert places <= {"nifti.py"}


def _names(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
