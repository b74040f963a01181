"""The strict reader: what two readers could understand differently is refused."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from medseg.strict_json import MAX_DEPTH, Maybe, check, strict_json

HOSTILE = {
    "a name twice": b'{"a":1,"a":1}',
    "a name twice, deep": b'{"a":[{"b":1,"b":2}]}',
    "the same name by an escape": b'{"a":1,"\\u0061":2}',
    "NaN": b'{"a":NaN}',
    "infinity": b'{"a":-Infinity}',
    "overflow to infinity": b'{"a":1e999}',
    "a whole number beyond 2**53": b'{"a":9007199254740993}',
    "ten thousand digits": b'{"a":' + b"1" * 10_000 + b"}",
    "a very long fraction": b'{"a":0.' + b"1" * 10_000 + b"}",
    "half a surrogate pair": b'{"a":"\\ud800"}',
    "half a surrogate pair as name": b'{"\\udc00":1}',
    "too deep": b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2),
    "a hundred thousand brackets": b"[" * 100_000,
    "not UTF-8": b'{"a":"\xff"}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"a":1}',
    "nothing": b"",
    "two values": b"{}{}",
    "a comment": b'{"a":1/**/}',
    "single quotes": b"{'a':1}",
    "a trailing comma": b'{"a":1,}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_two_readers_could_take_differently_is_refused(name: str):
    with pytest.raises(ValueError, match=r".+"):
        strict_json(HOSTILE[name])


def test_the_deepest_allowed_nesting_passes():
    assert strict_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


def test_random_damage_raises_nothing_else():
    rng = np.random.default_rng(3)
    whole = bytearray(json.dumps({"a": [1, 2.5, "x\u00e9"], "b": {"c": None}}).encode())
    for _ in range(3000):
        damaged = bytearray(whole)
        for at in rng.integers(0, len(whole), rng.integers(1, 4)):
            damaged[at] = rng.integers(0, 256)
        try:
            strict_json(bytes(damaged))
        except ValueError:
            continue


SHAPE = {"a": int, "b": Maybe(str), "c": [{"d": re.compile(r"[0-9]+")}], "e": frozenset({"x"})}
GOOD = {"a": 1, "b": None, "c": [{"d": "12"}], "e": "x", "later": True}


def test_a_value_of_the_shape_passes_and_may_hold_more():
    check(GOOD, SHAPE, "value")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"a": True}, "value.a is of type int"),
        ({"b": 1}, "value.b is of type str"),
        ({"c": {}}, "value.c is a list"),
        ({"c": [{"d": "1x"}]}, r"value.c\[0\].d is text of the form"),
        ({"e": "y"}, "value.e is one of"),
    ],
)
def test_a_wrong_part_is_named(change: dict, words: str):
    with pytest.raises(ValueError, match=words):
        check({**GOOD, **change}, SHAPE, "value")


def test_an_absent_part_is_named():
    with pytest.raises(ValueError, match=r"value\.a is present"):
        check({}, SHAPE, "value")
    with pytest.raises(ValueError, match="value is an object"):
        check([], SHAPE, "value")
