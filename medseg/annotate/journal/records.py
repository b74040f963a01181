"""A journal's bytes: records that each prove themselves and all before them (docs/journal.md)."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, BinaryIO

from medseg.annotate.journal.mask_state import MaskState
from medseg.strict_json import check

#: First bytes of a journal; the last one is the version.
MAGIC = b"medseg journal\x00\x01"
CHECK_BYTES = 16
_HEAD = struct.Struct(f"<IB{CHECK_BYTES}s")
_FRAME = struct.Struct("<IB")
# A record is a fraction of the grid; a few bytes that claim more are none of ours.
_LIMIT = 64 * 2**20
_BYTES_PER_VOXEL = 16


class Entry(IntEnum):
    """What a record holds."""

    START = 0
    DO = 1
    CONTINUE = 2
    UNDO = 3
    REDO = 4
    SAVING = 5
    GIVE_UP = 6


@dataclass(frozen=True)
class Start:
    """A journal's first record: which mask it belongs to.

    Args:
        state: what the mask was when the journal was begun.
        image: id of the image that the mask is drawn on, "" if not known.
    """

    state: MaskState
    image: str = ""

    def to_bytes(self) -> bytes:
        """The record's content."""
        values = {"image": self.image, "state": self.state.to_json()}
        return json.dumps(values).encode("ascii")

    @classmethod
    def from_bytes(cls, data: bytes) -> Start:
        """The start in a record's content.

        Raises:
            ValueError: it is none.
        """
        values = _json(data)
        check(values, {"image": str, "state": {}}, "start")
        return cls(MaskState.from_json(values["state"]), values["image"])


def saving_bytes(state: MaskState) -> bytes:
    """The content of a record that says: from here on the saved mask is in this state."""
    return json.dumps({"voxels": state.voxels, "names": state.names}).encode("ascii")


def saving_from(data: bytes) -> tuple[str, str]:
    """Digests of voxels and names in such a record.

    Raises:
        ValueError: it is none.
    """
    values = _json(data)
    check(values, {"voxels": str, "names": str}, "saving")
    return values["voxels"], values["names"]


def first_check() -> bytes:
    """What the first record is chained to."""
    return hashlib.blake2b(MAGIC, digest_size=CHECK_BYTES).digest()


def record(entry: Entry, content: bytes, previous: bytes) -> tuple[bytes, bytes]:
    """The bytes of a record, and its check, which the next one is chained to."""
    payload = zlib.compress(content, 1)
    check_value = _check(previous, _FRAME.pack(len(payload), entry), payload)
    return _HEAD.pack(len(payload), entry, check_value) + payload, check_value


@dataclass(frozen=True)
class Record:
    """A whole and valid record.

    Args:
        entry: what it holds.
        payload: its content, compressed.
        end: position in the file after it.
        check: its check.
    """

    entry: Entry
    payload: bytes
    end: int
    check: bytes

    def content(self, voxels: int) -> bytes:
        """What it holds, for a grid of so many voxels.

        Raises:
            ValueError: it does not unpack, or to more than a change of that grid can take.
        """
        limit = _LIMIT + _BYTES_PER_VOXEL * voxels
        unpacking = zlib.decompressobj()
        try:
            content = unpacking.decompress(self.payload, limit)
        except zlib.error as error:
            raise ValueError(f"it does not unpack: {error}") from error
        if not unpacking.eof or unpacking.unused_data:
            raise ValueError("it unpacks to another size than it should")
        return content


def records(file: BinaryIO, size: int) -> Iterator[Record]:
    """The longest row of whole and valid records from the start of a journal.

    It ends where the file does, where a record is cut off, and where one is damaged. What is
    no journal, or one of another version, has none.
    """
    if file.read(len(MAGIC)) != MAGIC:
        return
    at, previous = len(MAGIC), first_check()
    while head := file.read(_HEAD.size):
        if len(head) < _HEAD.size:
            return
        length, kind, check_value = _HEAD.unpack(head)
        end = at + _HEAD.size + length
        if end > size:
            return
        payload = file.read(length)
        if len(payload) < length or kind not in Entry.__members__.values():
            return
        if _check(previous, _FRAME.pack(length, kind), payload) != check_value:
            return
        yield Record(Entry(kind), payload, end, check_value)
        at, previous = end, check_value


def is_of_later_version(path: Path) -> bool:
    """Whether the file is a journal of a version that this medseg does not know."""
    with path.open("rb") as file:
        start = file.read(len(MAGIC))
    return start[:-1] == MAGIC[:-1] and start[-1:] > MAGIC[-1:]


def is_cut_at_start(path: Path, size: int) -> bool:
    """Whether the file ends before its first record does, as after a crash while it was begun."""
    with path.open("rb") as file:
        start = file.read(len(MAGIC))
    return MAGIC.startswith(start) and (size <= len(MAGIC) or is_torn(path, len(MAGIC), size))


def is_torn(path: Path, at: int, size: int) -> bool:
    """Whether the record at a place is longer than the file, as if it was being written."""
    with path.open("rb") as file:
        file.seek(at)
        head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return True
    length: int = _HEAD.unpack(head)[0]
    return size < at + _HEAD.size + length


def _check(previous: bytes, frame: bytes, payload: bytes) -> bytes:
    digest = hashlib.blake2b(previous, digest_size=CHECK_BYTES)
    digest.update(frame)
    digest.update(payload)
    return digest.digest()


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except RecursionError as error:
        raise ValueError("it is nested a few deep; found more") from error
