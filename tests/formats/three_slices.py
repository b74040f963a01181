"""Three slices in a folder, made wrong: the first and the last stay whole, or all have a change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.formats.dicom_files import expected_hu, pixels, straight, write_slice
from tests.formats.faults import Grid

#: What is read where nothing is lost.
WHOLE: dict[str, Any] = {
    "grid": Grid((3, 5, 7), (-10, 20, 30), (-10, 20, 35), (0.75, 0.5)),
    "voxels": expected_hu(3),
}

Change = Callable[[Path], Any]


def stack(change: Change | None = None, *, at: int = 1, name: str = "b.dcm", **more: Any) -> Change:
    """Three slices, a.dcm, `name` and c.dcm; the one `at` that place is changed."""

    def make(folder: Path) -> None:
        names = ["a.dcm", name, "c.dcm"]
        for index, position in enumerate(straight(3)):
            changes = {"ImagePositionPatient": list(position), **(more if index == at else {})}
            write_slice(folder / names[index], pixels(index), **changes)
        if change is not None:
            change(folder / names[at])

    return make


def whole_stack(**changes: Any) -> Change:
    """Three slices that all have the changes."""

    def make(folder: Path) -> None:
        for index, position in enumerate(straight(3)):
            values = {"ImagePositionPatient": list(position), **changes}
            write_slice(folder / f"{index}.dcm", pixels(index), **values)

    return make


def replaced(old: bytes, new: bytes) -> Change:
    """Replace bytes in the file, once."""

    def change(file: Path) -> None:
        assert old in file.read_bytes()
        file.write_bytes(file.read_bytes().replace(old, new, 1))

    return change
