"""A ZIP archive is read as the folder it holds, within bounds, and leaves nothing behind."""

from __future__ import annotations

import gc
import tempfile
import zipfile
from pathlib import Path

import pytest

import medseg
from medseg.errors import FormatError
from medseg.formats.dicom import archive
from tests.formats.dicom_files import expected_hu, straight, write_stack


@pytest.fixture(autouse=True)
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "private"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def _zipped(path: Path, folder: Path, inside: str = "study/ct") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in folder.iterdir():
            packed.write(file, f"{inside}/{file.name}")
    return path


def test_an_archive_is_its_folder(tmp_path: Path, private: Path) -> None:
    folder = write_stack(tmp_path / "ct", straight())
    path = _zipped(tmp_path / "a.zip", folder)
    (info,) = medseg.list_series(path)
    assert (info.shape, info.path, info.reason) == ((6, 5, 7), path, None)
    volume, truth = medseg.read_volume(path), medseg.read_volume(folder)
    assert (volume.voxels == expected_hu(6)).all()
    assert (volume.geometry.affine == truth.geometry.affine).all()
    assert volume.source.path == path
    assert volume.source.files == tuple(f"study/ct/{name}" for name in truth.source.files)
    assert volume.source.instances == truth.source.instances
    gc.collect()
    assert list(private.iterdir()) == [], "nothing of the archive stays behind"


@pytest.mark.parametrize("inside", ["../../out", "/absolute", "C:\\windows", "a/../../b"])
def test_names_that_lead_out_write_nothing_there(
    tmp_path: Path, private: Path, inside: str
) -> None:
    folder = write_stack(tmp_path / "ct", straight())
    path = _zipped(tmp_path / "a.zip", folder, inside)
    before = set(tmp_path.rglob("*"))
    infos = medseg.list_series(path)
    assert [info.shape for info in infos] in ([(6, 5, 7)], [])
    assert {one for one in tmp_path.rglob("*") if private not in one.parents} <= before


def test_archives_in_archives_and_other_files_are_skipped_in_words(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", straight())
    (folder / "notes.txt").write_text("words")
    inner = _zipped(tmp_path / "inner.zip", folder)
    inner.rename(folder / "inner.zip")
    volume, *skipped = medseg.list_series(_zipped(tmp_path / "a.zip", folder))
    assert volume.shape == (6, 5, 7)
    assert {info.id for info in skipped} == {"study/ct/inner.zip", "study/ct/notes.txt"}


def test_a_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "FREE_BYTES", 1024)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.dcm", bytes(5_000_000))
    with pytest.raises(FormatError, match=r"100 times its size; a\.zip holds more bytes"):
        medseg.list_series(path)
    gc.collect()
    assert list(private.iterdir()) == []


def test_too_many_members_or_folders_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("/".join("abcdefgh" * 5), b"x")
    with pytest.raises(FormatError, match=r"a\.zip holds 40 folders"):
        medseg.list_series(path)
    monkeypatch.setattr(archive, "MOST_MEMBERS", 0)
    with pytest.raises(FormatError, match=r"a\.zip holds 1 members"):
        medseg.list_series(path)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", straight())
    content = _zipped(tmp_path / "a.zip", folder).read_bytes()
    path = tmp_path / "b.zip"
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(FormatError, match=r"b\.zip"):
        medseg.list_series(path)
    path.write_bytes(content[:200] + bytes(300) + content[500:])
    with pytest.raises(FormatError, match=r"b\.zip"):
        medseg.read_volume(path)


def test_a_password_is_asked_for_in_words(tmp_path: Path) -> None:
    path = _zipped(tmp_path / "a.zip", write_stack(tmp_path / "ct", straight(2)))
    content = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flags] |= 1
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"without a password; a\.zip is encrypted"):
        medseg.list_series(path)


@pytest.mark.parametrize("name", [b".hid/ct", b"__MACOSX", b"study/c"])
def test_a_damaged_name_hides_no_slice(tmp_path: Path, name: bytes) -> None:
    path = _zipped(tmp_path / "a.zip", write_stack(tmp_path / "ct", straight(3)), "study/ct")
    content = path.read_bytes()
    listed = content.rindex(b"study/ct/")
    whole = content[listed : listed + 16]
    hidden = name.ljust(15, b"x") + b"/" if name == b"study/c" else name.ljust(16, b"x")
    path.write_bytes(content[:listed] + hidden + content[listed + len(whole) :])
    with pytest.raises(FormatError, match=r"Unpacking a\.zip failed.*differ"):
        medseg.read_volume(path)


def test_members_that_are_counted_and_not_listed_are_missed(tmp_path: Path) -> None:
    path = _zipped(tmp_path / "a.zip", write_stack(tmp_path / "ct", straight(3)))
    content = bytearray(path.read_bytes())
    listed = [at for at in range(len(content)) if content.startswith(b"PK\x01\x02", at)]
    content[listed[1] + 32] = listed[2] - listed[1]  # a comment that swallows the last member
    path.write_bytes(content)
    assert len(zipfile.ZipFile(path).namelist()) == 2, "the control: Python passes over it"
    with pytest.raises(FormatError, match=r"a\.zip counts 3 and lists 2"):
        medseg.read_volume(path)


def test_a_comment_and_what_is_hidden_rightly_are_no_damage(tmp_path: Path) -> None:
    path = _zipped(tmp_path / "a.zip", write_stack(tmp_path / "ct", straight(3)))
    with zipfile.ZipFile(path, "a") as packed:
        packed.comment = b"from the archive"
        packed.writestr("__MACOSX/study/._000.dcm", b"a Mac's own")
        packed.mkdir("empty")
    assert (medseg.read_volume(path).voxels == expected_hu(3)).all()
