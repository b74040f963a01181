"""A mask and its sidecar are saved together or not at all, and never over anything else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

import medseg
from medseg.errors import FormatError
from medseg.formats import sidecar
from medseg.formats.atomic import replacing_together
from medseg.model import Segment, Segmentation, Source
from tests.formats.dicom_files import straight, write_stack
from tests.phantoms import oblique_geometry, two_lesions


def _content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def _another() -> Segmentation:
    grid = oblique_geometry()
    return Segmentation(np.ones(grid.shape, np.uint8), grid, (Segment.unnamed(1, "other"),))


def _failing_at(call: int, real: Callable[..., Any]) -> Callable[..., Any]:
    """The real function, with a full disk at the given call and from then on."""
    calls = 0

    def step(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls >= call:
            raise OSError(28, "No space left on device")
        return real(*args, **options)

    return step


# Two files are flushed, two replaced, one folder is flushed.
STEPS = [("fsync", 1), ("fsync", 2), ("fsync", 3), ("replace", 1), ("replace", 2)]


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize(("function", "call"), STEPS)
@pytest.mark.parametrize("name", ["a.nii.gz", "a.mha"])
def test_a_full_disk_at_any_step_changes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    function: str,
    call: int,
    is_there: bool,
) -> None:
    path = tmp_path / name
    if is_there:
        medseg.write_segmentation(two_lesions(), path)
    before = _content(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, function, _failing_at(call, getattr(os, function)))
        with pytest.raises(FormatError, match=rf"{name}.*No space left.*untouched"):
            medseg.write_segmentation(_another(), path)
    assert _content(tmp_path) == before, "both old, nothing left over"
    medseg.write_segmentation(_another(), path)
    assert _content(tmp_path) != before, "the control: without a fault both are new"
    assert set(_content(tmp_path)) == {name, "a.json"}


def test_there_is_no_further_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for function, calls in (("fsync", 3), ("replace", 2)):
        monkeypatch.setattr(os, function, _failing_at(calls + 1, getattr(os, function)))
    medseg.write_segmentation(two_lesions(), tmp_path / "a.nii.gz")
    assert set(_content(tmp_path)) == {"a.nii.gz", "a.json"}


def test_the_old_pair_comes_back_where_there_are_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.nii.gz"
    medseg.write_segmentation(two_lesions(), path)
    before = _content(tmp_path)
    monkeypatch.setattr(os, "link", _failing_at(1, os.link))
    monkeypatch.setattr(os, "replace", _failing_at(2, os.replace))
    with pytest.raises(FormatError, match="untouched"):
        medseg.write_segmentation(_another(), path)
    assert _content(tmp_path) == before


def _save_both(paths: list[Path]) -> None:
    with replacing_together(paths) as temporaries:
        for temporary in temporaries:
            temporary.write_bytes(b"new")


def test_what_cannot_be_put_back_is_kept_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.write_bytes(b"old")
    monkeypatch.setattr(os, "replace", _failing_at(2, os.replace))
    monkeypatch.setattr(shutil, "copyfile", _failing_at(1, shutil.copyfile))
    with pytest.raises(FormatError, match=r"a could not be saved, nor put back.*kept as") as told:
        _save_both(paths)
    (kept,) = set(tmp_path.iterdir()) - set(paths)
    assert str(kept) in str(told.value)
    assert kept.read_bytes() == b"old"
    assert paths[1].read_bytes() == b"old"


@pytest.mark.parametrize("other", ["a.nrrd", "a.NII", "a.seg.nrrd", "a.mhd", "a.nii.GZ"])
def test_two_masks_never_share_a_sidecar(tmp_path: Path, other: str) -> None:
    (tmp_path / other).write_bytes(b"something")
    before = _content(tmp_path)
    with pytest.raises(FormatError, match=rf"a\.nii\.gz would share them with {other}"):
        medseg.write_segmentation(two_lesions(), tmp_path / "a.nii.gz")
    assert _content(tmp_path) == before


def test_other_stems_and_kinds_do_not_stand_in_the_way(tmp_path: Path) -> None:
    for name in ("ab.nii.gz", "a.b.nrrd", "a.dcm", "a.txt", "a.csv", "A.nrrd"):
        (tmp_path / name).write_bytes(b"something")
    (tmp_path / "a.mha").mkdir()
    for _ in range(2):
        medseg.write_segmentation(two_lesions(), tmp_path / "a.nii.gz")
    assert medseg.read_segmentation(tmp_path / "a.nii.gz").segments


def test_a_link_to_the_mask_is_no_other_mask(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    real = tmp_path / "store" / "a.nii.gz"
    medseg.write_segmentation(two_lesions(), real)
    (tmp_path / "a.nii.gz").symlink_to(real)
    medseg.write_segmentation(_another(), tmp_path / "a.nii.gz")
    assert (tmp_path / "a.nii.gz").is_symlink()
    assert nibabel.load(real).get_fdata().all()


def test_the_sidecar_of_another_file_of_the_stem_is_ignored(tmp_path: Path) -> None:
    medseg.write_segmentation(two_lesions(), tmp_path / "a.nii.gz")
    medseg.write_segmentation(_another(), tmp_path / "b.nrrd")
    (tmp_path / "b.nrrd").rename(tmp_path / "a.nrrd")  # comes in later, as by a copy
    found = medseg.read_segmentation(tmp_path / "a.nrrd")
    assert found.segments == (Segment.unnamed(1),), "without names, never with the other's"
    assert medseg.read_segmentation(tmp_path / "a.nii.gz").segments[0].label != "Segment 1"
    names = {info.id: info.modality for info in medseg.list_series(tmp_path)}
    assert (names["a.nii.gz"], names["a.nrrd"]) == ("SEG", "")
    assert "a.json" not in names


def test_a_mask_never_replaces_another_image_but_may_replace_a_bare_mask(tmp_path: Path) -> None:
    other, bare = tmp_path / "other.nii.gz", tmp_path / "bare.nii.gz"
    nibabel.save(nibabel.Nifti1Image(np.full((5, 6, 7), -1000, np.int16), np.eye(4)), other)
    before = other.read_bytes()
    with pytest.raises(FormatError, match=r"replaces a mask and nothing else; other\.nii\.gz"):
        medseg.write_segmentation(two_lesions(), other)
    assert _content(tmp_path) == {"other.nii.gz": before}
    medseg.write_segmentation(two_lesions(), bare)
    sidecar.sidecar_path(bare).unlink()  # as another program's mask, which has none
    medseg.write_segmentation(two_lesions(), bare)
    assert sidecar.has_sidecar(bare)


@pytest.mark.parametrize("way", ["itself", "a link", "through a linked folder"])
def test_a_mask_never_replaces_its_image(tmp_path: Path, way: str) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    path = folder / "ct.nii.gz"
    nibabel.save(nibabel.Nifti1Image(np.ones((5, 6, 7), np.int16), np.eye(4)), path)
    image = medseg.read_volume(path).source
    target = {"itself": path, "a link": tmp_path / "m.nii.gz"}.get(way, tmp_path / "l/ct.nii.gz")
    (tmp_path / "m.nii.gz").symlink_to(path)
    (tmp_path / "l").symlink_to(folder)
    before = path.read_bytes()
    with pytest.raises(FormatError, match=r"never replaces its image.*ct\.nii\.gz"):
        medseg.write_segmentation(two_lesions(), target, image=image)
    assert path.read_bytes() == before
    medseg.write_segmentation(two_lesions(), folder / "mask.nii.gz", image=image)


def test_a_mask_never_replaces_a_slice_of_its_image(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", straight())
    (folder / "003.dcm").rename(folder / "003.nii")  # a name that a mask could have
    image = Source("dicom", folder, "1.2", ("000.dcm", "", "003.nii"))
    before = _content(folder)
    with pytest.raises(FormatError, match=r"never replaces its image; 003\.nii"):
        medseg.write_segmentation(two_lesions(), folder / "003.nii", image=image)
    assert _content(folder) == before
    medseg.write_segmentation(two_lesions(), folder / "mask.nii", image=image)
    assert sidecar.image_reference(folder / "mask.nii") == (folder, "1.2")


def test_names_too_long_are_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 300 + ".nii.gz")
    with pytest.raises(FormatError, match=r"n\.nii\.gz.*too long"):
        medseg.write_segmentation(two_lesions(), path)
    for read in (medseg.read_volume, medseg.list_series, medseg.read_segmentation):
        with pytest.raises(FormatError, match=r"n\.nii\.gz.*too long"):
            read(path)
    assert not medseg.formats.looks_readable(path)
