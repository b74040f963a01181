"""Mutations of files that others may have written: of their bytes, and of the values in them."""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

#: What an attacker puts in the place of a value; texts are raw JSON.
HOSTILE_TEXTS = (
    "null",
    "true",
    "-1",
    "0",
    "1.5",
    "1e999",
    "-0.0",
    "NaN",
    "Infinity",
    "9007199254740993",
    "9" * 5000,
    "1e-400",
    '""',
    '"\\ud800"',
    '"\\u0000"',
    '"../../../etc/passwd"',
    '"/dev/zero"',
    '"C:\\\\CON"',
    f'"{"A" * 100_000}"',
    '"2026-13-45T99:99:99Z"',
    '"0001-01-01T00:00:00+14:00"',
    '"9999-12-31T23:59:59.999-14:00"',
    '"=cmd()"',
    '"\\u202eevil"',
    "[]",
    "{}",
    "[[[[[[[[]]]]]]]]",
    "[" * 60 + "]" * 60,
    "[" * 100_000,
    '{"a":1,"a":2}',
    '{"":{}}',
    "[" + "0," * 20_000 + "0]",
)
_MARK = "@@hostile@@"


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The file with a part of its bytes or, if it holds JSON, of its values exchanged."""
    if chance.random() < 0.5:
        return _bytewise(data, chance)
    lines = data.splitlines(keepends=True)
    at = chance.randrange(len(lines)) if lines else 0
    for whole, put in ((data, lambda new: new), (lines[at] if lines else b"", _put(lines, at))):
        try:
            return put(_valuewise(json.loads(whole), _json, chance))
        except ValueError:
            continue
    try:
        tables = tomllib.loads(data.decode("utf-8"))
    except ValueError:
        return _textwise(data, chance)
    return _valuewise(tables, _toml, chance)


def _put(lines: list[bytes], at: int) -> Callable[[bytes], bytes]:
    return lambda new: b"".join([*lines[:at], new + b"\n", *lines[at + 1 :]])


def _bytewise(data: bytes, chance: random.Random) -> bytes:
    harmed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 8))):
        first = chance.randrange(len(harmed) + 1)
        last = min(len(harmed), first + chance.choice((1, 1, 4, 64)))
        kind = chance.randrange(5)
        if kind == 0 and first < len(harmed):
            harmed[first] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del harmed[first:last]
        elif kind == 2:
            harmed[first:first] = chance.randbytes(last - first)
        elif kind == 3:
            harmed[first:first] = harmed[first:last]
        else:
            del harmed[first:]
    return bytes(harmed)


def _valuewise(value: Any, write: Callable[[Any], str], chance: random.Random) -> bytes:
    """One value, or one name, anywhere inside exchanged for a hostile one."""
    places = list(_places(value))
    if not places:
        return chance.choice(HOSTILE_TEXTS).encode()
    if chance.random() < 0.3:  # a part as a whole, which is rare among so many small ones
        places = _places_of(value)
    holder, key = chance.choice(places)
    kind = chance.randrange(6)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, dict):
        holder[chance.choice(("", "__proto__", "x" * 1000, "\u202e"))] = holder.pop(key)
    elif kind == 2:
        other, from_key = chance.choice(places)
        holder[key] = json.loads(json.dumps(other[from_key]))
    else:
        holder[key] = _MARK
    text = write(value)
    return text.replace(f'"{_MARK}"', chance.choice(HOSTILE_TEXTS)).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (object or list, name or number) inside, at any depth."""
    for holder, key in _places_of(value):
        yield holder, key
        yield from _places(holder[key])


def _places_of(value: Any) -> list[tuple[Any, Any]]:
    """Those of the value itself."""
    keys = value if isinstance(value, dict) else range(len(value) if type(value) is list else 0)
    return [(value, key) for key in keys]


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _toml(tables: dict[str, Any]) -> str:
    """The tables as TOML, each inline."""
    return "\n".join(f"{json.dumps(name)} = {_inline(one)}" for name, one in tables.items())


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        inner = (f"{json.dumps(name)} = {_inline(one)}" for name, one in value.items())
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    return json.dumps(value)


def _textwise(data: bytes, chance: random.Random) -> bytes:
    """A line of a text exchanged: its value for a hostile one, or for another line."""
    lines = data.splitlines()
    at = chance.randrange(len(lines)) if lines else 0
    name, equals, _ = lines[at].partition(b"=") if lines else (b"", b"", b"")
    if equals and chance.random() < 0.7:
        value = chance.choice(HOSTILE_TEXTS).encode()
        lines[at] = name + b"= " + value
    elif lines:
        lines[at] = chance.choice(lines)
    return b"\n".join(lines)
