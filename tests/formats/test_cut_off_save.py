"""A save that its process does not survive leaves a mask that can be read: the old or the new."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from medseg.errors import FormatError
from medseg.formats import atomic, list_series, read_segmentation, write_segmentation
from medseg.formats.naming import before_path
from medseg.formats.sidecar import sidecar_path
from medseg.model import Segment, Segmentation
from medseg.session import Session
from tests.phantoms import ramp_volume, two_lesions

ROOT = Path(__file__).resolve().parents[2]

# Removes a lesion, adds another, saves, and ends when it has renamed so many files.
EDITING = """
import os, sys
from pathlib import Path
from medseg import formats
from medseg.formats import atomic
from medseg.model import Contour
from medseg.session import Session
from tests.phantoms import ramp_volume

mask, renames = Path(sys.argv[1]), int(sys.argv[2])
volume = ramp_volume()
session = Session(
    volume, formats.read_segmentation(mask, like=volume), author="Reader One", mask_path=mask
)
session.remove(1)
lesion = session.new_lesion("Other")
square = [(1.0, 1.0), (1.0, 5.0), (5.0, 5.0), (5.0, 1.0)]
session.draw(Contour.on_slice(volume.geometry, 2, square, lesion.number))
rename, done = os.replace, []

def counted(old, new):
    rename(old, new)
    done.append(new)
    if len(done) == renames:
        os._exit(9)

atomic.os.replace = counted
session.save()
"""


def killed_while_saving(mask: Path, renames: int) -> None:
    command = [sys.executable, "-c", EDITING, str(mask), str(renames)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 9, run.stderr


def reopened(mask: Path) -> Session:
    volume = ramp_volume()
    segmentation = read_segmentation(mask, like=volume)
    return Session(volume, segmentation, author="Reader One", mask_path=mask)


@pytest.mark.parametrize("renames", [1, 2, 3])
def test_removal_addition_and_drawing_survive_a_save_cut_off_at_each_rename(
    tmp_path: Path, renames: int
) -> None:
    mask = tmp_path / "lesions.nii.gz"
    old = two_lesions()
    write_segmentation(old, mask)
    killed_while_saving(mask, renames)
    session = reopened(mask)
    if renames < 3:  # the mask itself is the last
        assert [one.label for one in session.segmentation.segments] == ["Nodule", "Speck"]
        np.testing.assert_array_equal(session.segmentation.array, old.array)
        assert session.recover() == 3
    assert [one.label for one in session.segmentation.segments] == ["Speck", "Other"]
    assert set(np.unique(session.segmentation.array)) == {0, 2, 3}
    assert not any("before" in info.id for info in list_series(tmp_path))
    session.save()
    again = reopened(mask)
    assert not again.findings
    np.testing.assert_array_equal(again.segmentation.array, session.segmentation.array)
    assert not before_path(mask).exists()


def test_cut_off_twice_the_names_of_what_still_stands_there_are_kept(tmp_path: Path) -> None:
    mask = tmp_path / "lesions.nii.gz"
    old = two_lesions()
    write_segmentation(old, mask)
    for _ in range(2):
        killed_while_saving(mask, 2)
    again = read_segmentation(mask)
    assert [one.label for one in again.segments] == ["Nodule", "Speck"]
    np.testing.assert_array_equal(again.array, old.array)


def test_names_of_before_are_not_taken_where_they_do_not_fit_either(tmp_path: Path) -> None:
    mask = tmp_path / "lesions.nii.gz"
    write_segmentation(two_lesions(), mask)
    killed_while_saving(mask, 2)
    voxels = two_lesions().array.copy()
    voxels[0, 0, 0] = 7
    stranger = Segmentation(
        voxels, two_lesions().geometry, tuple(Segment.unnamed(number) for number in (1, 2, 7))
    )
    write_segmentation(stranger, tmp_path / "stranger.nii.gz")
    (tmp_path / "stranger.nii.gz").replace(mask)
    with pytest.raises(FormatError, match=r"does not name \[1, 7\]"):
        read_segmentation(mask)


def test_a_save_that_removes_nothing_or_fails_leaves_no_names_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask = tmp_path / "lesions.nii.gz"
    write_segmentation(two_lesions(), mask)
    write_segmentation(two_lesions(), mask)
    stood = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(stood) == {mask.name, sidecar_path(mask).name}
    rename = atomic.os.replace

    def full(old: Path, new: Path) -> None:
        if Path(new).name == mask.name:
            raise OSError(28, "No space left on device")
        rename(old, new)

    monkeypatch.setattr(atomic.os, "replace", full)
    empty = Segmentation.empty(two_lesions().geometry)
    with pytest.raises(FormatError, match="No space left"):
        write_segmentation(empty, mask)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == stood
    write_segmentation(empty, mask)
    assert {path.name for path in tmp_path.iterdir()} == set(stood)


def test_a_file_of_somebody_else_in_that_place_is_not_removed(tmp_path: Path) -> None:
    mask = tmp_path / "lesions.nii.gz"
    before_path(mask).write_text("my notes")
    write_segmentation(two_lesions(), mask)
    write_segmentation(two_lesions(), mask)
    assert before_path(mask).read_text() == "my notes"
