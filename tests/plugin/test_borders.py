"""What may not be loaded: asked of fresh processes, because this one has loaded it already."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import napari_medseg
from medseg import formats
from tests.phantoms import two_lesions

PLUGIN = Path(napari_medseg.__file__).parent
CHECKOUT = [str(PLUGIN.parent), str(PLUGIN.parents[1])]
WINDOWS = ("qtpy", "PySide6", "PyQt6", "napari", "vispy", "magicgui", "superqt")
READERS = ("SimpleITK", "nibabel", "pydicom", "scipy", "skimage", "numba", "pandas", "matplotlib")


def run(code: str, *arguments: object) -> str:
    """What a fresh Python prints that finds the plugin and the core."""
    preamble = f"import sys; sys.path[:0] = {CHECKOUT!r}\n"
    result = subprocess.run(
        [sys.executable, "-c", preamble + code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_view_models_import_and_work_where_qt_and_napari_cannot_be_imported(image_path):
    code = f"""
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {WINDOWS!r}:
            raise ImportError(name + " is blocked")

sys.meta_path.insert(0, Blocked())
from pathlib import Path
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.tools.outline import OutlineTool
model = CaseViewModel("A. Reader")
OutlineTool(model)
model.open(Path(sys.argv[1]))
model.lesions.add_outline(3, [(10, 10), (10, 20), (20, 20), (20, 10)])
print(model.lesions.rows[0].label)
try:
    import napari
except ImportError:
    print("blocked")
"""
    assert run(code, image_path).split("\n")[:2] == ["Lesion 1", "blocked"]


def a_dicom_file(folder: Path) -> Path:
    (folder / "IM0001").write_bytes(bytes(128) + b"DICM" + bytes(100))
    return folder


@pytest.mark.parametrize("kind", ["image", "mask", "dicom folder", "stranger"])
def test_asking_whether_medseg_reads_a_path_loads_neither_napari_nor_a_reader(
    tmp_path, image_path, kind
):
    formats.write_segmentation(two_lesions(), tmp_path / "mask.nii.gz")
    (tmp_path / "dicom").mkdir()
    (tmp_path / "stranger.tif").write_bytes(b"II*\0")
    path = {
        "image": image_path,
        "mask": tmp_path / "mask.nii.gz",
        "dicom folder": a_dicom_file(tmp_path / "dicom"),
        "stranger": tmp_path / "stranger.tif",
    }[kind]
    code = f"""
from napari_medseg.io import get_reader
reader = get_reader(path=sys.argv[1])
print(callable(reader), sorted(set(sys.modules) & {{*{WINDOWS!r}, *{READERS!r}}}))
"""
    assert run(code, path).strip() == f"{kind != 'stranger'} []"


def test_the_functions_of_the_manifest_import_no_napari():
    code = f"""
import napari_medseg, napari_medseg.io, napari_medseg.viewer
print(sorted(set(sys.modules) & {set(WINDOWS)!r}))
"""
    assert run(code).strip() == "[]"


def test_no_private_attribute_of_napari_is_used():
    import ast

    own = set()
    for source in PLUGIN.rglob("*.py"):
        tree = ast.parse(source.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            private = isinstance(node, ast.Attribute) and node.attr.startswith("_")
            if private and not node.attr.startswith("__"):
                name = node.value.id if isinstance(node.value, ast.Name) else "?"
                assert name == "self", f"{source.name}: {name}.{node.attr}"
                own.add(node.attr)
    assert own  # the walk has seen attributes at all
