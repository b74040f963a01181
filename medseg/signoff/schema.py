"""A literal description of JSON values, and the check of a value against it."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

from medseg.signoff.refusal import malformed

HEX_256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Maybe:
    """The shape, or null."""

    shape: Any


def check(value: Any, shape: Any, name: str = "record") -> None:
    """Pass if the value has the shape.

    Args:
        value: what strict JSON gave.
        shape: a type for a value of exactly that type; a pattern for text that matches it in
            full; a frozenset for one of its members; `Maybe`; a list of one shape for a list
            of such; a dict for an object with at least these names (others are tolerated, so
            that later versions can add some).
        name: what the value is called in the refusal.

    Raises:
        RecordError: MALFORMED, with the name of the part that is wrong.
    """
    if isinstance(shape, Maybe):
        if value is not None:
            check(value, shape.shape, name)
    elif isinstance(shape, dict):
        _check_object(value, shape, name)
    elif isinstance(shape, list):
        _expect(type(value) is list, name, "a list")
        for index, item in enumerate(value):
            check(item, shape[0], f"{name}[{index}]")
    elif isinstance(shape, re.Pattern):
        matches = type(value) is str and shape.fullmatch(value) is not None
        _expect(matches, name, f"text of the form {shape.pattern}")
    elif isinstance(shape, frozenset):
        is_member = type(value) is str and value in shape
        _expect(is_member, name, f"one of {sorted(shape)}")
    else:
        _expect(type(value) is shape, name, f"of type {shape.__name__}")


def _check_object(value: Any, shape: dict[str, Any], name: str) -> None:
    _expect(type(value) is dict, name, "an object")
    for key, inner in shape.items():
        _expect(key in value, f"{name}.{key}", "present")
        check(value[key], inner, f"{name}.{key}")


def _expect(holds: bool, name: str, what: str) -> None:
    if not holds:
        raise malformed(f"In a sign-off record {name} is {what}; this one differs.")


def decode_base64(text: str, name: str) -> bytes:
    """The bytes of a standard base64 text.

    Raises:
        RecordError: MALFORMED if another base64 text would give the same bytes.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise malformed(f"In a sign-off record {name} is base64; this one is not.") from error
    if encode_base64(data) != text:
        raise malformed(f"In a sign-off record {name} is canonical base64; this one is not.")
    return data


def encode_base64(data: bytes) -> str:
    """The bytes as standard base64 text with padding."""
    return base64.b64encode(data).decode("ascii")
