"""Export: only what is signed, whole or not at all, and nothing over another file."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medseg import project
from medseg.errors import FormatError, MedsegError, SignoffError
from medseg.export import bundle, export_signed, placing
from medseg.formats import read_segmentation, read_volume, sidecar, write_segmentation
from medseg.model import Segmentation
from tests.phantoms import ramp_volume
from tests.project.cases import Folder, save_image
from tests.signoff.cases import codes, with_array

NAMES = [
    "lesions.json",
    "lesions.nii.gz",
    "lesions.signoff.jsonl",
    "manifest.json",
    "measurements.csv",
]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder.make(tmp_path / "study")
    made.sign()
    return made


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "given" / "out"


def export(folder: Folder, out: Path, **options: Any) -> list[Path]:
    return export_signed(folder.mask, out, trust=[folder.key.keyid], **options)


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def change(folder: Folder, *, sign: bool = False, **first: Any) -> None:
    """Another first segment in the sidecar."""
    mask = read_segmentation(folder.mask)
    one, *others = mask.segments
    segments = (replace(one, **first), *others)
    changed = Segmentation(mask.array, mask.geometry, segments, mask.provenance)
    write_segmentation(changed, folder.mask, image=read_volume(folder.image).source)
    if sign:
        folder.sign()


def test_all_of_it_can_be_checked_where_it_lies(folder: Folder, out: Path):
    files = export(folder, out)
    assert sorted(path.name for path in files) == NAMES
    assert sorted(os.listdir(out)) == NAMES
    copy = out / "lesions.nii.gz"
    assert codes(folder.verify(copy, image=folder.image)) == ["VALID"]
    manifest = json.loads((out / "manifest.json").read_bytes())
    assert manifest["verification"]["valid"]
    sums = {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in NAMES}
    del sums["manifest.json"]
    assert manifest["sha256"] == sums
    rows = list(csv.reader((out / "measurements.csv").read_text().splitlines()))
    assert [row[1] for row in rows[1:]] == ["Nodule", "Speck", "Cyst"]


@pytest.mark.parametrize("place", ["DOE^Jane 1960/image.nii.gz", "images/DOE^Jane.nii.gz"])
def test_no_file_tells_path_or_name_of_the_image(folder: Folder, out: Path, place: str):
    image = folder.root / place
    image.parent.mkdir()
    folder.image.rename(image)
    source = read_volume(image).source
    write_segmentation(read_segmentation(folder.mask), folder.mask, image=source)
    assert b"DOE" in sidecar.sidecar_path(folder.mask).read_bytes(), "at home it is told"
    for path in export(folder, out):
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
        told = [json.dumps(content.decode("latin-1"))]
        if path.suffix == ".jsonl":
            told += [str(one) for one in folder.statements()]
        assert not re.search(r"DOE|Jane|1960|images?\.nii|images/", " ".join(told)), path.name
    assert sidecar.image_reference(out / "lesions.nii.gz") is None


def test_the_signed_image_is_known_beside_the_copy_by_its_voxels(folder: Folder, out: Path):
    export(folder, out)
    copy = out / "lesions.nii.gz"
    absent = folder.verify(copy)
    assert codes(absent) == ["IMAGE_ABSENT"]
    assert "--image" in absent.verdicts[0].text
    brighter = ramp_volume()
    other = replace(brighter, voxels=brighter.voxels + np.int16(7))
    save_image(other, out / "another.nii.gz")
    assert codes(folder.verify(copy)) == ["IMAGE_ABSENT"], "another image is not its image"
    (out / "scan").mkdir()
    folder.image.rename(out / "scan" / "renamed.nii.gz")
    assert codes(folder.verify(copy)) == ["VALID"]


def test_an_archive_is_not_searched_for_an_image(folder: Folder, out: Path, monkeypatch: Any):
    export(folder, out)
    folder.image.rename(out / "image.nii.gz")
    assert codes(folder.verify(out / "lesions.nii.gz")) == ["VALID"]
    monkeypatch.setattr("medseg.project.images.finding._FILES_BESIDE", 4)
    assert codes(folder.verify(out / "lesions.nii.gz")) == ["IMAGE_ABSENT"]


def test_the_same_again_changes_nothing(folder: Folder, out: Path):
    export(folder, out)
    before = content_of(out)
    times = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    export(folder, out)
    assert content_of(out) == before
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == times


def test_beside_the_mask_itself_only_what_is_new_is_added(folder: Folder):
    volume = read_volume(folder.image)
    on_grid = read_segmentation(folder.mask, like=volume)
    write_segmentation(on_grid, folder.mask, image=volume.source)
    before = content_of(folder.root)
    export(folder, folder.root)
    after = content_of(folder.root)
    assert {name: after[name] for name in before} == before
    assert sorted(after.keys() - before.keys()) == ["manifest.json", "measurements.csv"]


@pytest.mark.parametrize("name", NAMES)
def test_another_file_of_that_name_is_never_touched(folder: Folder, out: Path, name: str):
    out.mkdir(parents=True)
    (out / name).write_bytes(b"somebody's own")
    with pytest.raises(FormatError, match=name):
        export(folder, out)
    assert content_of(out) == {name: b"somebody's own"}


def test_a_folder_or_a_broken_link_of_that_name_is_never_touched(folder: Folder, out: Path):
    (out / NAMES[0]).mkdir(parents=True)
    with pytest.raises(FormatError, match=NAMES[0]):
        export(folder, out)
    (out / NAMES[0]).rmdir()
    (out / NAMES[0]).symlink_to(out / "nowhere")
    with pytest.raises(FormatError, match=NAMES[0]):
        export(folder, out)
    assert os.listdir(out) == [NAMES[0]]


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha"])
def test_a_mask_of_the_same_stem_is_neither_overwritten_nor_given_sign_offs(
    folder: Folder, out: Path, suffix: str
):
    out.mkdir(parents=True)
    theirs = out / f"lesions{suffix}"
    theirs.write_bytes(b"somebody else's")
    with pytest.raises(FormatError, match=r"lesions\.n"):
        export(folder, out)
    assert content_of(out) == {theirs.name: b"somebody else's"}


@pytest.mark.parametrize("step", ["_write_table", "_manifest"])
@pytest.mark.parametrize("error", [FormatError("full"), OSError(28, "full"), KeyboardInterrupt()])
def test_a_failure_leaves_nothing(
    folder: Folder, out: Path, monkeypatch: Any, step: str, error: BaseException
):
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(bundle, step, fail)
    with pytest.raises((FormatError, KeyboardInterrupt)):
        export(folder, out)
    assert not out.parent.exists(), "folders that were made for it are gone again"
    out.mkdir(parents=True)
    (out / "mine.txt").write_text("mine")
    with pytest.raises((FormatError, KeyboardInterrupt)):
        export(folder, out)
    assert os.listdir(out) == ["mine.txt"]


def test_a_failure_between_two_moves_takes_back_the_first(
    folder: Folder, out: Path, monkeypatch: Any
):
    moves: list[str] = []
    real = os.replace

    def third_fails(source: Any, target: Any) -> None:
        if Path(target).parent == out:
            moves.append(str(target))
            if len(moves) == 3:
                raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(placing.os, "replace", third_fails)
    with pytest.raises(FormatError, match="No space left"):
        export(folder, out)
    assert len(moves) == 3
    assert not out.parent.exists()


def test_a_copy_that_would_not_verify_is_not_left(folder: Folder, out: Path, monkeypatch: Any):
    def wrong(segmentation: Segmentation, path: Path, **options: Any) -> None:
        array = segmentation.array.copy()
        array[0, 0, 0] = 1
        write_segmentation(with_array(segmentation, array), path, **options)

    monkeypatch.setattr(bundle.formats, "write_segmentation", wrong)
    with pytest.raises(SignoffError, match="voxels of Nodule"):
        export(folder, out)
    assert not out.parent.exists()


def test_a_folder_that_cannot_be_made_is_refused_in_words(folder: Folder, tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("mine")
    for wrong in (file, file / "in", tmp_path / ("x" * 300), tmp_path / "a\0b"):
        with pytest.raises(FormatError, match="can be made"):
            export(folder, wrong)
    assert sorted(os.listdir(tmp_path)) == ["file", "study"]


def test_what_is_not_validly_signed_stays(folder: Folder, out: Path):
    with pytest.raises(SignoffError, match="--trust"):
        export_signed(folder.mask, out)
    folder.sign(decision="reject", reason="one is missing")
    with pytest.raises(SignoffError, match="one is missing"):
        export(folder, out)
    sidecar.signoff_path(folder.mask).unlink()
    with pytest.raises(SignoffError, match="there is none"):
        export(folder, out)
    assert not out.parent.exists()


@pytest.mark.parametrize("first", [{"label": "Benign"}, {"label": "Cyst"}, {"type": None}])
def test_names_that_were_not_signed_stay(folder: Folder, out: Path, first: dict[str, Any]):
    if "type" in first:
        kind = read_segmentation(folder.mask).segments[0].type
        first = {"type": replace(kind, meaning="Benign cyst")}
    change(folder, **first)
    with pytest.raises(SignoffError, match="sign anew"):
        export(folder, out)
    assert not out.parent.exists()
    change(folder, sign=True, **first)
    export(folder, out)
    table = (out / "measurements.csv").read_text()
    assert first.get("label", "Benign cyst") in table


def test_a_mask_that_lost_its_names_stays(folder: Folder, out: Path):
    sidecar.sidecar_path(folder.mask).unlink()
    assert project.verify(folder.mask, image=folder.image, trust=[folder.key.keyid])
    with pytest.raises(SignoffError, match="restore its sidecar"):
        export(folder, out, image=folder.image)


def test_the_signed_image_is_found_among_several_and_read_once(
    folder: Folder, out: Path, monkeypatch: Any
):
    from medseg.project.folder import mask_files
    from medseg.project.images import finding

    study = folder.root / "scans"
    study.mkdir()
    brighter = ramp_volume()
    save_image(replace(brighter, voxels=brighter.voxels + np.int16(7)), study / "a.nii.gz")
    save_image(brighter, study / "b.nii.gz")
    export(folder, out, image=study)
    assert codes(folder.verify(out / "lesions.nii.gz", image=study / "b.nii.gz")) == ["VALID"]
    export(folder, out.with_name("named"), image=study, series="b.nii.gz")
    with pytest.raises(MedsegError):
        export(folder, out.with_name("wrong"), image=study, series="a.nii.gz")

    read: list[Path] = []

    def counting(reader: Any) -> Any:
        return lambda path, **options: read.append(Path(path)) or reader(path, **options)

    monkeypatch.setattr(finding, "read_volume", counting(read_volume))
    monkeypatch.setattr(mask_files, "read_segmentation", counting(read_segmentation))
    export(folder, out.with_name("once"))
    assert read.count(folder.image) == 1
    assert read.count(folder.mask) == 1
    assert len(read) == 3, "the third is the copy, which is checked"


def test_a_session_hands_over_the_image_it_has(folder: Folder, out: Path):
    folder_of_image = read_volume(folder.image)
    folder.image.unlink()
    export(folder, out, image=folder_of_image)
    assert codes(folder.verify(out / "lesions.nii.gz", image=folder_of_image)) == ["VALID"]
