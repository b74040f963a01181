"""The quick reader of canonical JSON never takes what the thorough one refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from medseg.errors import SignoffError
from medseg.signoff.canonical import _plain_object, _strict_object, canonical, canonical_object

_JSON = some.recursive(
    some.none()
    | some.booleans()
    | some.integers(-(2**60), 2**60)
    | some.floats()
    | some.text(alphabet=some.characters(min_codepoint=0, max_codepoint=0x10FFFF)),
    lambda inner: (
        some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
_TEXTS = {
    "spaces": b'{"a": 1}',
    "order": b'{"b":1,"a":1}',
    "twice": b'{"a":1,"a":1}',
    "minus zero": b'{"a":-0}',
    "fraction": b'{"a":1.0}',
    "exponent": b'{"a":1e3}',
    "too large": b'{"a":9007199254740992}',
    "not finite": b'{"a":NaN}',
    "needless escape": b'{"a":"\\u0041"}',
    "half a pair": b'{"a":"\\ud800"}',
    "upper-case escape": b'{"a":"\\u001F"}',
    "escaped slash": b'{"a":"\\/"}',
    "not UTF-8": b'{"a":"\xff"}',
    "a mark of byte order": b'\xef\xbb\xbf{"a":1}',
    "a list": b"[1]",
    "a rest": b'{"a":1}\n',
    "too deep": b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",
    "too deep behind texts": b'{"a":' + b'["]",' * 40 + b"1" + b',"["]' * 40 + b"}",
}


def thorough(data: bytes) -> dict[str, Any] | None:
    """What the strict reader and a second writing say, without the quick reader."""
    try:
        value = _strict_object(data)
        return value if canonical(value) == data else None
    except SignoffError:
        return None


@pytest.mark.parametrize("name", _TEXTS)
def test_what_is_not_canonical_is_not_taken(name: str) -> None:
    data = _TEXTS[name]
    assert thorough(data) is None
    assert _plain_object(data) is None
    with pytest.raises(SignoffError):
        canonical_object(data)


@given(some.dictionaries(some.text(max_size=4), _JSON, max_size=4), some.booleans())
def test_both_readers_agree(value: dict[str, Any], is_ascii: bool) -> None:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=is_ascii)
    data = text.encode("utf-8", "surrogatepass")
    quick = _plain_object(data)
    assert quick is None or quick == thorough(data)


def test_the_quick_reader_takes_plain_texts() -> None:
    """So that a log is read by it, and not by the thorough one alone."""
    escaped = {"a": ["ä", 1, None, True], "b": {"c": '\n\\"'}}
    assert _plain_object(canonical(escaped)) == escaped
    value = {"list": [{"d": [0] * 40}] * 20}
    assert _plain_object(canonical(value)) == value
    assert _plain_object(canonical({"deep": [[[[["]["]]]]] * 20})) is not None


def a_reader_that_counts_all_brackets(data: bytes) -> int:
    depth = deepest = 0
    for one in data:
        depth += (one in b"[{") - (one in b"]}")
        deepest = max(deepest, depth)
    return deepest


def test_brackets_in_texts_would_hide_the_depth() -> None:
    """The broken control: what counts brackets in texts too sees no depth at all."""
    assert a_reader_that_counts_all_brackets(_TEXTS["too deep behind texts"]) < 5
