"""Names, links, devices and headers that lead astray, and files that change while they are read."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 (its users know it by this name)

import medseg
from medseg.errors import FormatError
from medseg.formats.entries import ReadOptions
from medseg.formats.folder_scan import scan
from medseg.formats.sidecar import image_reference
from tests.formats.dicom_files import SERIES
from tests.formats.faults import check, read, refused
from tests.formats.three_slices import WHOLE, Change, replaced, stack, whole_stack


def cut_by_three(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-3])


def loop(folder: Path) -> None:
    stack()(folder)
    (folder / "x.dcm").symlink_to("x.dcm")
    (folder / "up").symlink_to(folder)


def pipe(folder: Path) -> None:
    stack()(folder)
    os.mkfifo(folder / "x.dcm")


def folder_with_suffix(folder: Path) -> None:
    (folder / "x.dcm").mkdir()
    stack()(folder / "x.dcm")
    (folder / "y.nii.gz").mkdir()


def link_to_nowhere(folder: Path) -> None:
    stack()(folder)
    (folder / "gone.dcm").symlink_to("nowhere")


def with_uid(uid: bytes) -> Change:
    """Three slices of a series with any bytes for a UID."""

    def make(folder: Path) -> None:
        whole_stack()(folder)
        old = SERIES.encode()
        head = b"\x20\x00\x0e\x00UI" + bytes([len(old) + len(old) % 2, 0])
        for file in folder.iterdir():
            replaced(head + old, head + uid.ljust(len(old), b"\0"))(file)

    return make


def itk(name: str, *edits: tuple[bytes, bytes], packed: bool = False) -> Change:
    """An NRRD or MetaImage file with a part of its header replaced."""

    def make(folder: Path) -> Path:
        image = sitk.GetImageFromArray(np.arange(60, dtype=np.int16).reshape(3, 4, 5))
        sitk.WriteImage(image, str(folder / name), packed)
        for old, new in edits:
            replaced(old, new)(folder / name)
        return folder / name

    return make


def raw_is(kind: str) -> Change:
    """An .mhd whose .raw file is none."""

    def make(folder: Path) -> Path:
        path = itk("a.mhd")(folder)
        raw = folder / "a.raw"
        raw.unlink()
        if kind == "pipe":
            os.mkfifo(raw)
        elif kind == "folder":
            raw.mkdir()
        else:
            raw.symlink_to("/dev/zero")
        return path

    return make


def endless(name: str) -> Change:
    """A link to a device that never ends."""

    def make(folder: Path) -> Path:
        (folder / name).symlink_to("/dev/zero")
        return folder / name

    return make


def bomb_behind_the_voxels(folder: Path) -> Path:
    """A .nii.gz with a gigabyte of zeros behind what its header asks for."""
    image = nibabel.Nifti1Image(np.zeros((4, 4, 4), np.int16), np.eye(4))
    file = folder / "a.nii.gz"
    file.write_bytes(gzip.compress(image.to_bytes()) + gzip.compress(bytes(1 << 28)) * 4)
    return file


def bomb_for_voxels(folder: Path) -> Path:
    """A packed .nrrd of 60 voxels that unpacks to a gigabyte."""
    path: Path = itk("a.nrrd", packed=True)(folder)
    content = path.read_bytes()
    start = content.index(b"\n\n") + 2
    path.write_bytes(content[:start] + gzip.compress(bytes(1 << 28)) * 4)
    return path


def endless_header(name: str, start: bytes, line: bytes) -> Change:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(start + line * (16_000_000 // len(line)))
        return folder / name

    return make


NAMES = ("b\nc.dcm", "\U0001fac1 lung.dcm", "b" * 200 + ".dcm", "-rf *.dcm", "b'\";$(x).dcm")
PLACES = {
    "links_in_a_circle": read(loop, "SKIPPED", **WHOLE),
    "pipe": read(pipe, "SKIPPED", **WHOLE),
    "link_to_nowhere": read(link_to_nowhere, "SKIPPED", **WHOLE),
    "folder_named_like_a_file": read(folder_with_suffix, **WHOLE),
    **{f"name {number}": read(stack(name=name), **WHOLE) for number, name in enumerate(NAMES)},
    **{
        f"name {number} cut": refused(stack(cut_by_three, name=name), name, "truncated")
        for number, name in enumerate(NAMES)
    },
    **{f"endless {name}": refused(endless(name), name) for name in ("a.nii.gz", "a.mha", "a.dcm")},
    "uid_leads_out": read(with_uid(b"../../../../tmp/evil"), **WHOLE),
    "uid_is_a_path": read(with_uid(b"/etc/passwd"), **WHOLE),
    "uid_with_nul": read(with_uid(b"1.2\0/../../x"), **WHOLE),
    "uid_empty": read(with_uid(b""), **WHOLE),
}
OTHER_FORMATS = {
    "nrrd_larger_than_it_says": refused(
        itk("a.nrrd", (b"sizes: 5 4 3", b"sizes: 5 4 2")), "a.nrrd", "120", "80"
    ),
    "nrrd_packed_smaller": refused(
        itk("a.nrrd", (b"sizes: 5 4 3", b"sizes: 5 4 9"), packed=True), "a.nrrd"
    ),
    "nrrd_sizes_beyond_counting": refused(
        itk("a.nrrd", (b"sizes: 5 4 3", b"sizes: 5 4 " + b"9" * 5000)), "a.nrrd"
    ),
    "nrrd_voxels_elsewhere": refused(
        itk("a.nrrd", (b"encoding: raw", b"encoding: raw\ndata file: ../../etc/passwd")),
        "a.nrrd",
        "another file",
    ),
    "nrrd_voxels_in_a_list": refused(
        itk("a.nrrd", (b"encoding: raw", b"encoding: raw\ndatafile: LIST 2")), "a.nrrd"
    ),
    "nrrd_bomb": refused(bomb_for_voxels, "a.nrrd", "more than the 120 bytes"),
    "nrrd_header_without_end": refused(endless_header("a.nrrd", b"NRRD0004\n", b"#"), "a.nrrd"),
    "mha_header_without_end": refused(endless_header("a.mha", b"", b"NDims = 3\n"), "a.mha"),
    **{
        f"mhd_voxels_at {place}": refused(
            itk("a.mhd", (b"a.raw", place.encode())), "a.mhd", "beside it", place
        )
        for place in ("../../etc/passwd", "/etc/passwd", "..", "LIST", "a%02d.raw 1 2 1")
    },
    **{
        f"mhd_voxels_are_a {kind}": refused(raw_is(kind), "a.mhd", "beside it")
        for kind in ("pipe", "folder", "device")
    },
    "nii_gz_bomb_behind_the_voxels": read(bomb_behind_the_voxels, "BYTES_BEHIND"),
}
FAULTS = {**PLACES, **OTHER_FORMATS}


@pytest.mark.parametrize("name", FAULTS)
def test_what_lies_is_read_right_or_refused_by_name(tmp_path: Path, name: str) -> None:
    check(FAULTS[name], tmp_path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may read all")
def test_a_slice_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    stack()(tmp_path)
    (tmp_path / "b.dcm").chmod(0)
    with pytest.raises(FormatError, match=r"b\.dcm"):
        medseg.read_volume(tmp_path)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def _text(file: Path) -> None:
    file.write_text("something else now", "ascii")


@pytest.mark.parametrize("change", [Path.unlink, _cut, _text])
def test_a_file_that_changes_after_the_listing_is_named(tmp_path: Path, change: Any) -> None:
    stack()(tmp_path)
    (entry,) = scan(tmp_path)
    change(tmp_path / "b.dcm")
    with pytest.raises(FormatError, match=r"b\.dcm"):
        entry.read(ReadOptions())


@pytest.mark.parametrize("uid", [b"../../../../tmp/evil", b"/etc/passwd", b"1.2\0/../../x"])
def test_an_id_never_becomes_the_name_of_a_file(tmp_path: Path, uid: bytes) -> None:
    folder = tmp_path / "a" / "ct"
    folder.mkdir(parents=True)
    with_uid(uid)(folder)
    volume = medseg.read_volume(folder)
    assert volume.source.series_id == uid.decode()
    mask = medseg.model.Segmentation.empty(volume.geometry)
    before = set(tmp_path.rglob("*"))
    medseg.write_segmentation(mask, tmp_path / "a" / "mask.nii.gz", image=volume.source)
    made = {path.name for path in set(tmp_path.rglob("*")) - before}
    assert made == {"mask.nii.gz", "mask.json"}
    assert image_reference(tmp_path / "a" / "mask.nii.gz") == (folder, uid.decode())
