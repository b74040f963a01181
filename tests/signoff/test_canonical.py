from __future__ import annotations

import json

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from medseg.errors import SignoffError
from medseg.signoff.canonical import MAX_BYTES, canonical, canonical_object, strict_object
from medseg.strict_json import strict_json


def test_only_an_object_is_a_record():
    assert strict_object(b'{"a":[1,2.5,null,true,"x"]}') == {"a": [1, 2.5, None, True, "x"]}
    with pytest.raises(SignoffError, match="object"):
        strict_object(b"[1]")
    with pytest.raises(SignoffError, match="strict JSON: a name stands once"):
        strict_object(b'{"a":1,"a":1}')
    with pytest.raises(SignoffError, match="at most"):
        strict_object(b'"' + b"a" * MAX_BYTES + b'"')


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


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-1e15, 1e15)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(value=VALUES)
@example(value={"\ufb01": 1, "\U0001f600": 2})
@example(value={"\u2028": '\x7f\u0000\b\f\n\r\t"\\/'})
@example(value={"a": 1e21, "b": 5e-324, "c": -0.0, "d": 1e-7})
@example(value={"b": [True, None, 1], "a": {}, "": []})
def test_the_fast_text_is_the_one_of_the_library(value: object):
    assert canonical(value) == rfc8785.dumps(value)


@given(value=st.dictionaries(st.text(), VALUES, max_size=4))
def test_what_is_canonical_is_read_and_nothing_else(value: dict[str, object]):
    data = canonical(value)
    assert canonical(canonical_object(data)) == data
    spaced = json.dumps(value, indent=1, allow_nan=False).encode()
    if spaced != data:
        with pytest.raises(SignoffError):
            canonical_object(spaced)
