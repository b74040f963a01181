"""A file is saved whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from medseg.errors import FormatError
from medseg.formats.atomic import replacing, write_bytes


def test_what_was_written_becomes_the_file_and_nothing_else_stays(tmp_path: Path) -> None:
    target = tmp_path / "lesions.nii.gz"
    target.write_bytes(b"old")
    with replacing(target) as temporary:
        assert temporary.parent == tmp_path
        assert temporary.name.endswith(".nii.gz")
        assert temporary.name.startswith(".")
        temporary.write_bytes(b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["lesions.nii.gz"]


def test_a_failing_writer_leaves_the_old_file_whole(tmp_path: Path) -> None:
    target = tmp_path / "lesions.nrrd"
    target.write_bytes(b"old")

    def write_half(path: Path) -> None:
        path.write_bytes(b"ne")
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"), replacing(target) as temporary:
        write_half(temporary)
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["lesions.nrrd"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    target = tmp_path / "lesions.json"
    target.write_bytes(b"old")

    def fail(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(FormatError, match=r"lesions\.json.*No space left.*untouched"):
        write_bytes(target, b"new")
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["lesions.json"]


def test_a_folder_that_is_a_file_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "folder").write_bytes(b"")
    with pytest.raises(FormatError, match=r"mask\.nii.*not a folder"):
        write_bytes(tmp_path / "folder" / "mask.nii", b"new")


def test_a_name_that_is_a_folder_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "mask.nii").mkdir()
    with pytest.raises(FormatError, match=r"mask\.nii is a folder"):
        write_bytes(tmp_path / "mask.nii", b"new")


def test_a_read_only_folder_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The tests may run as root, to whom no folder is read-only.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(FormatError, match="read-only"):
        write_bytes(tmp_path / "mask.nii", b"new")


def test_a_writer_that_wrote_nothing_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="could not be saved"), replacing(tmp_path / "mask.nii"):
        pass


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_bytes(b"old")
    (tmp_path / "link.json").symlink_to("real.json")
    write_bytes(tmp_path / "link.json", b"new")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_bytes() == b"new"


def test_a_pipe_is_refused_and_stays_one_by_itself_or_through_a_link(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "link.csv").symlink_to("pipe.csv")
    for name in ("pipe.csv", "link.csv"):
        with pytest.raises(FormatError, match=r"pipe\.csv is a device or a pipe, no file"):
            write_bytes(tmp_path / name, b"new")
    assert (tmp_path / "pipe.csv").is_fifo()
    assert sorted(os.listdir(tmp_path)) == ["link.csv", "pipe.csv"]


def test_permissions_are_kept_or_given(tmp_path: Path) -> None:
    target = tmp_path / "key"
    write_bytes(target, b"a", mode=0o600)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    write_bytes(target, b"b")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert target.read_bytes() == b"b"
