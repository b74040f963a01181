"""Mutations of bytes: most in the header, where lengths, sizes and numbers stand."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

import numpy as np

HEADER = 700
NUMBERS = (b"0", b"-1", b"65536", b"999999999999999", b"nan", b"1e308", b"1e-30", b"", b"3", b"inf")
PATTERNS = tuple(
    struct.pack(kind, value)
    for kind, values in (
        ("<B", (0, 1, 2, 127, 255)),
        ("<H", (0, 1, 3, 8, 16, 32, 0x7FFF, 0xFFFF, 0x8000)),
        (">H", (1, 3, 0x4000)),
        ("<I", (0, 0xFFFFFFFF, 0x7FFFFFFF, 0x10000, 348, 540)),
        ("<q", (-1, 2**40, 2**62)),
        ("<f", (0.0, float("nan"), float("inf"), -1e30, 1e-38, 352.5)),
        ("<d", (float("nan"), float("inf"), 1e300)),
    )
    for value in values
)


def mutated(content: bytes, rng: np.random.Generator) -> tuple[bytes, bool]:
    """The content with one to three mutations, most in its header; and whether it was only cut."""
    data = bytearray(content)
    kinds = [int(rng.integers(9)) for _ in range(int(rng.integers(1, 4)))]
    for kind in kinds:
        limit = len(data) if rng.random() < 0.3 else min(len(data), HEADER)
        _MUTATIONS[kind](data, int(rng.integers(max(1, limit))), rng)
    return bytes(data), set(kinds) == {_CUT}


def _flip_bit(data: bytearray, at: int, rng: np.random.Generator) -> None:
    data[at : at + 1] = bytes(byte ^ 1 << int(rng.integers(8)) for byte in data[at : at + 1])


def _set_byte(data: bytearray, at: int, rng: np.random.Generator) -> None:
    data[at : at + 1] = bytes([int(rng.integers(256))])


def _set_pattern(data: bytearray, at: int, rng: np.random.Generator) -> None:
    pattern = PATTERNS[int(rng.integers(len(PATTERNS)))]
    even = at & ~1 if rng.random() < 0.8 else at
    data[even : even + len(pattern)] = pattern


def _set_number(data: bytearray, at: int, rng: np.random.Generator) -> None:
    found = list(re.finditer(rb"\d+", data[at : at + HEADER]))
    if found:
        start, stop = found[int(rng.integers(min(len(found), 4)))].span()
        data[at + start : at + stop] = NUMBERS[int(rng.integers(len(NUMBERS)))]


def _set_digit(data: bytearray, at: int, rng: np.random.Generator) -> None:
    """As long as before, so that a binary header stays one."""
    found = list(re.finditer(rb"\d", data[at : at + HEADER]))
    if found:
        start = at + found[int(rng.integers(min(len(found), 9)))].start()
        data[start : start + 1] = b"%d" % rng.integers(10)


def _delete(data: bytearray, at: int, rng: np.random.Generator) -> None:
    del data[at : at + int(rng.integers(1, 40))]


def _insert(data: bytearray, at: int, rng: np.random.Generator) -> None:
    data[at:at] = rng.bytes(int(rng.integers(1, 9)))


def _copy_block(data: bytearray, at: int, rng: np.random.Generator) -> None:
    source = int(rng.integers(max(1, len(data))))
    block = data[source : source + int(rng.integers(1, 80))]
    data[at : at + (len(block) if rng.random() < 0.5 else 0)] = block


def _cut_off(data: bytearray, at: int, rng: np.random.Generator) -> None:
    del data[int(rng.integers(len(data) + 1)) :]


_MUTATIONS: tuple[Callable[[bytearray, int, np.random.Generator], None], ...] = (
    _flip_bit,
    _set_byte,
    _set_pattern,
    _set_number,
    _set_digit,
    _delete,
    _insert,
    _copy_block,
    _cut_off,
)
_CUT = _MUTATIONS.index(_cut_off)
