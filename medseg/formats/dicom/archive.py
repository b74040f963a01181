"""A ZIP archive opened as a folder: its members unpacked with bounds, read, and cleared away.

Nothing is written to a path that an archive names: members go to a private folder of the system's
place for temporary files, below numbers, under the plain part of their own last name.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from medseg.errors import FormatError
from medseg.formats.entries import Entry, ReadOptions
from medseg.formats.refusals import refusing_in_words
from medseg.model import Volume

_MARK = b"PK\x03\x04"
_END_MARK = b"PK\x05\x06"
_LONGEST_END = 22 + 0xFFFF  # with its comment
_ELSEWHERE = 0xFFFF  # for a count that needs more than two bytes

#: What an archive may hold: members, folders within folders, and bytes for each packed byte
#: beyond those that are free; the last two hold for a deflated file too.
MOST_MEMBERS = 100_000
DEEPEST = 32
MOST_RATIO = 100
FREE_BYTES = 64 * 1024 * 1024

_ENCRYPTED = 0x1  # bit of a member's flags
_CHUNK = 1024 * 1024
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]")


def is_archive(path: Path) -> bool:
    """Whether a file is a ZIP archive by its name and its first bytes."""
    if path.suffix.lower() != ".zip" or not path.is_file():
        return False
    with refusing_in_words(path, "opening"), path.open("rb") as file:
        return file.read(len(_MARK)) == _MARK


class _Unpacked:
    """The private folder; it is removed when nothing refers to this object any more."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="medseg-"))
        self.names: dict[str, str] = {}
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)


def archive_entries(path: Path, scan: Callable[[Path], list[Entry]]) -> list[Entry]:
    """The entries of an archive, as those of a folder with its members; archives in it are skipped.

    `Source.path` of what is read is the archive, `Source.files` are names of members.

    Args:
        path: of the archive.
        scan: the entries of a folder.

    Raises:
        FormatError: it is damaged or encrypted, or holds more members, folders within folders or
            bytes than an archive of images does.
    """
    unpacked = _Unpacked()
    with refusing_in_words(path, "unpacking"), zipfile.ZipFile(path) as archive:
        _unpack(archive, path, unpacked)
    return [_outward(entry, path, unpacked) for entry in scan(unpacked.folder)]


def _unpack(archive: zipfile.ZipFile, path: Path, unpacked: _Unpacked) -> None:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise _too_much(path, f"{len(members)} members", f"{MOST_MEMBERS}")
    _check_count(len(members), path)
    left = FREE_BYTES + MOST_RATIO * path.stat().st_size
    left = min(left, shutil.disk_usage(unpacked.folder).free)
    folders: dict[PurePosixPath, Path] = {}
    for number, member in enumerate(members):
        _check_open(member, path)
        name = PurePosixPath(member.filename)
        if len(name.parts) > DEEPEST:
            raise _too_much(path, f"{len(name.parts)} folders within each other", f"{DEEPEST}")
        if member.is_dir() or any(part.startswith((".", "__MACOSX")) for part in name.parts):
            # Hidden, as in a folder; also what leads out of it. Opening compares the names in the
            # directory and before the member: a damaged one must not hide a slice.
            archive.open(member).close()
            continue
        folder = folders.setdefault(name.parent, unpacked.folder / f"{len(folders):06d}")
        folder.mkdir(exist_ok=True)
        target = folder / _NOT_PLAIN.sub("_", name.name)[-100:].lstrip(".")
        if target.exists() or target == folder:
            target = folder / f"{number:06d}-{target.name}"
        unpacked.names[target.relative_to(unpacked.folder).as_posix()] = name.as_posix()
        left -= _copied(archive, member, target, left, path)


def _check_count(found: int, path: Path) -> None:
    """The end of an archive counts its members; where its list is damaged, some swallow others."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LONGEST_END))
        tail = file.read(_LONGEST_END)
    end = tail[tail.rfind(_END_MARK) :]
    counted = int.from_bytes(end[10:12], "little")
    if end.startswith(_END_MARK) and counted not in (_ELSEWHERE, found & _ELSEWHERE):
        raise FormatError(
            f"An archive lists the members that it counts; {path.name} counts {counted} and lists "
            f"{found}. It is damaged: copy it again from where it came."
        )


def _check_open(member: zipfile.ZipInfo, path: Path) -> None:
    if member.flag_bits & _ENCRYPTED:
        raise FormatError(
            f"An archive is read without a password; {path.name} is encrypted. Unpack it yourself, "
            "and open the folder."
        )


def _copied(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int, path: Path
) -> int:
    """How many bytes a member really has, all of them counted while they come out."""
    count = 0
    with archive.open(member) as packed, target.open("xb") as file:
        while chunk := packed.read(_CHUNK):
            count += len(chunk)
            if count > left:
                raise _too_much(path, "more bytes", f"{MOST_RATIO} times its size")
            file.write(chunk)
    return count


def _too_much(path: Path, found: str, most: str) -> FormatError:
    return FormatError(
        f"An archive of images unpacks to at most {most}; {path.name} holds {found}. Unpack it "
        "yourself if you trust it, and open the folder."
    )


def _outward(entry: Entry, path: Path, unpacked: _Unpacked) -> Entry:
    """The entry as one of the archive; what is needed to read it stays until it is gone."""
    identity = unpacked.names.get(entry.info.id, entry.info.id)
    info = replace(entry.info, id=identity, path=path)
    if entry.load is None:
        return replace(entry, info=info)
    return replace(entry, info=info, load=partial(_load, entry, identity, path, unpacked))


def _load(
    entry: Entry, identity: str, path: Path, unpacked: _Unpacked, options: ReadOptions
) -> Volume:
    volume = entry.read(options)
    files = tuple(unpacked.names.get(name, name) for name in volume.source.files)
    source = replace(volume.source, path=path, series_id=identity, files=files)
    return replace(volume, source=source)
