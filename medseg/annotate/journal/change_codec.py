"""Changes as bytes, and back: what a journal's records hold (docs/journal.md)."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.model import (
    Authorship,
    CalipersEdit,
    Change,
    Changes,
    Edit,
    Segment,
    SegmentsEdit,
    SliceOrigin,
)
from medseg.model.caliper import calipers_from
from medseg.model.edit import Origins
from medseg.model.marks import Marks
from medseg.model.patching import Box
from medseg.model.plain import (
    ORIGIN,
    check_segment,
    origin_from,
    origin_json,
    segment_from,
    segment_json,
)
from medseg.model.values import Values
from medseg.strict_json import Maybe, check

# A stroke of removals is two deep.
_DEEPEST = 16
_LENGTH = struct.Struct("<I")
_TYPES: dict[int, np.dtype[Any]] = {1: np.dtype("<u1"), 2: np.dtype("<u2")}
_ROW = {"bytes": int, "held": int, "runs": bool}
_BY = {"author": str, "tool": str, "time": str, "active_seconds": float, "proposal": Maybe(str)}
_EDIT = {"box": [[int]], "old": _ROW, "new": _ROW}
_LIST: dict[str, Any] = {"old": [{}], "new": [{}]}
_SIGNED = {"by": _BY, "origins": [[Maybe(int)]], "table": [ORIGIN]}


def encoded(change: Change) -> bytes:
    """A change as bytes, the same for the same change: its JSON's length, the JSON, its arrays.

    Raises:
        TypeError: it is no edit, no change of the list, and not made of these.
    """
    arrays: list[bytes] = []
    text = json.dumps(_plain(change, arrays), separators=(",", ":")).encode("ascii")
    return b"".join((_LENGTH.pack(len(text)), text, *arrays))


def decoded(data: bytes, shape: tuple[int, int, int]) -> Change:
    """The change in bytes that `encoded` made.

    Args:
        data: the bytes; nothing may follow.
        shape: the grid that the change must lie in.

    Raises:
        ValueError: they are not such bytes; it says in what.
    """
    source = _Source(data)
    try:
        values = json.loads(source.take(_LENGTH.unpack(source.take(4))[0]))
    except RecursionError as error:
        raise ValueError("a change is nested a few deep; found more") from error
    change = _change(values, source, shape, depth=0)
    if source.left:
        raise ValueError(f"a change ends with its arrays; {source.left} bytes follow")
    return change


class _Source:
    """Bytes taken one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = memoryview(data), 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        if not 0 <= count <= self.left:
            raise ValueError(f"a change holds its arrays; {count} bytes of {self.left} are asked")
        self._at += count
        return bytes(self._data[self._at - count : self._at])

    def numbers(self, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        return np.frombuffer(self.take(count * dtype.itemsize), dtype)


def _plain(change: Change, arrays: list[bytes]) -> dict[str, Any]:
    if isinstance(change, Changes):
        return {"what": "changes", "parts": [_plain(part, arrays) for part in change.parts]}
    if isinstance(change, SegmentsEdit):
        old, new = ([segment_json(one) for one in side] for side in (change.old, change.new))
        return {"what": "list", "old": old, "new": new, **_signed(change)}
    if isinstance(change, CalipersEdit):
        sides = {"old": change.old, "new": change.new}
        plain = {side: {"calipers": [c.to_json() for c in list_]} for side, list_ in sides.items()}
        return {"what": "calipers", "by": _by(change.authorship), **plain}
    if not isinstance(change, Edit):
        raise TypeError(f"A journal holds edits and changes of the list; found {type(change)}.")
    box = [[int(side.start), int(side.stop)] for side in change.box]
    arrays.append(change.marks.bits)
    rows = {"old": _row(change.old, arrays), "new": _row(change.new, arrays)}
    return {"what": "edit", "box": box, **rows, **_signed(change)}


def _row(values: Values, arrays: list[bytes]) -> dict[str, Any]:
    size = values.held.itemsize
    arrays.append(values.held.astype(_TYPES[size], copy=False).tobytes())
    if values.lengths is not None:
        arrays.append(values.lengths.astype("<u4", copy=False).tobytes())
    return {"bytes": size, "held": values.held.size, "runs": values.lengths is not None}


def _signed(change: Edit | SegmentsEdit) -> dict[str, Any]:
    """Authorship and origins; an origin that occurs often stands once, in a table."""
    table: dict[SliceOrigin, int] = {}

    def place(origin: SliceOrigin | None) -> int | None:
        return None if origin is None else table.setdefault(origin, len(table))

    origins = [
        [int(number), int(index), place(before), place(after)]
        for (number, index), (before, after) in change.origins.items()
    ]
    by = _by(change.authorship)
    return {"by": by, "origins": origins, "table": [origin_json(origin) for origin in table]}


def _by(authorship: Authorship) -> dict[str, Any]:
    by = asdict(authorship)
    by["active_seconds"] = float(by["active_seconds"])
    return by


def _calipers_edit(values: Mapping[str, Any]) -> CalipersEdit:
    check(values, {"by": _BY, "old": {}, "new": {}}, "change")
    old, new = (calipers_from(values[side], side) for side in ("old", "new"))
    return CalipersEdit(old, new, Authorship(**{name: values["by"][name] for name in _BY}))


def _change(values: Any, source: _Source, shape: tuple[int, int, int], *, depth: int) -> Change:
    check(values, {"what": frozenset({"changes", "list", "edit", "calipers"})}, "change")
    if values["what"] == "changes":
        check(values, {"parts": [{}]}, "change")
        if depth > _DEEPEST:
            raise ValueError(f"changes are nested at most {_DEEPEST} deep; found more")
        parts = [_change(part, source, shape, depth=depth + 1) for part in values["parts"]]
        return Changes(tuple(parts))
    if values["what"] == "calipers":
        return _calipers_edit(values)
    check(values, _SIGNED, "change")
    by = Authorship(**{name: values["by"][name] for name in _BY})
    origins = _origins(values, shape[0])
    if values["what"] == "list":
        check(values, _LIST, "list")
        return SegmentsEdit(_segments(values["old"]), _segments(values["new"]), by, origins)
    check(values, _EDIT, "edit")
    box = _box(values["box"], shape)
    marked = _marked(source, box)
    count = int(np.count_nonzero(marked))
    old, new = (_values(values[side], source, count) for side in ("old", "new"))
    return Edit(box, Marks.of(marked), old, new, by, origins)


def _origins(values: Mapping[str, Any], slices: int) -> Origins:
    table = [origin_from(one) for one in values["table"]]
    origins: dict[tuple[int, int], tuple[SliceOrigin | None, SliceOrigin | None]] = {}
    for row in values["origins"]:
        if len(row) != 4 or None in row[:2] or not 0 <= row[1] < slices or row[0] < 1:
            raise ValueError(f"an origin is segment, slice, before and after; found {row}")
        if any(place is not None and not 0 <= place < len(table) for place in row[2:]):
            raise ValueError(f"an origin is one of the table's {len(table)}; found {row[2:]}")
        before, after = (None if place is None else table[place] for place in row[2:])
        origins[row[0], row[1]] = (before, after)
    return origins


def _segments(values: Sequence[Any]) -> tuple[Segment, ...]:
    for index, one in enumerate(values):
        check_segment(one, f"segments[{index}]")
    return tuple(segment_from(one) for one in values)


def _box(sides: Sequence[Sequence[int]], shape: tuple[int, int, int]) -> Box:
    fits = len(sides) == 3 and all(
        len(side) == 2 and 0 <= side[0] <= side[1] <= size
        for side, size in zip(sides, shape, strict=False)
    )
    if not fits:
        raise ValueError(f"a box lies in the grid {shape}; found {sides}")
    first, second, third = (slice(*side) for side in sides)
    return first, second, third


def _marked(source: _Source, box: Box) -> NDArray[np.bool_]:
    shape = [side.stop - side.start for side in box]
    voxels = math.prod(shape)
    whole = np.unpackbits(source.numbers((voxels + 7) // 8, _TYPES[1]))
    if whole[voxels:].any():
        raise ValueError("bits beyond the box are zero; found some that are set")
    return whole[:voxels].view(np.bool_).reshape(shape)


def _values(row: Mapping[str, Any], source: _Source, count: int) -> Values:
    if row["bytes"] not in _TYPES:
        raise ValueError(f"values have 1 or 2 bytes; found {row['bytes']}")
    held = source.numbers(row["held"], _TYPES[row["bytes"]])
    lengths = source.numbers(row["held"], np.dtype("<u4")) if row["runs"] else None
    return Values(held, count, lengths)
