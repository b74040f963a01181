from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medseg.errors import SignoffError
from medseg.signoff.canonical import MAX_BYTES, MAX_DEPTH, canonical, strict_json, strict_object

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
    "too large": b'"' + b"a" * MAX_BYTES + b'"',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_two_readers_could_take_differently_is_refused(name: str):
    with pytest.raises(SignoffError):
        strict_json(HOSTILE[name])


def test_the_deepest_allowed_nesting_passes():
    assert strict_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


def test_only_an_object_is_a_record():
    assert strict_object(b'{"a":[1,2.5,null,true,"x"]}') == {"a": [1, 2.5, None, True, "x"]}
    with pytest.raises(SignoffError, match="object"):
        strict_object(b"[1]")


@pytest.mark.parametrize(
    "value", [float("nan"), 2**60, "\ud800", {"a": {1, 2}}, {1: 2}, b"bytes", object()]
)
def test_what_has_no_canonical_text_is_refused(value: object):
    with pytest.raises(SignoffError):
        canonical(value)


def test_canonical_text_is_that_of_rfc_8785():
    # RFC 8785, section 3.2.2 and 3.2.3, by hand.
    value = {"b": [1e30, 4.50, 0.002, 1e-27, -0.0], "a": "\u20ac$\u000f\nA'B\"\\", "\u00e9": None}
    text = '{"a":"€$\\u000f\\nA\'B\\"\\\\","b":[1e+30,4.5,0.002,1e-27,0],"é":null}'
    assert canonical(value) == text.encode()


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**53) + 1, 2**53 - 1)
        | st.text()
        | st.floats(-1e15, 1e15),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_a_canonical_text_reads_back_to_the_same_text(value: object):
    text = canonical(value)
    assert canonical(strict_json(text)) == text


def test_random_damage_raises_nothing_else():
    rng = np.random.default_rng(3)
    whole = bytearray(json.dumps({"a": [1, 2.5, "x\u00e9"], "b": {"c": None}}).encode())
    for _ in range(3000):
        damaged = bytearray(whole)
        for at in rng.integers(0, len(whole), rng.integers(1, 4)):
            damaged[at] = rng.integers(0, 256)
        try:
            strict_json(bytes(damaged))
        except SignoffError:
            continue
