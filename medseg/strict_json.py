"""JSON that can be read in one way only, and a literal description of what it must hold.

Whoever reads a record must not see another value than its writer did, so whatever two readers
could understand differently is refused. Refusals are plain `ValueError`s in a few words; each
room wraps them in its own sentence and error.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 32
# Whole numbers that every reader holds exactly (RFC 8785 appendix D).
_MAX_INTEGER = 2**53 - 1
_LONGEST_NUMBER = 40


def strict_json(data: bytes) -> Any:
    """The value of a JSON text, if there is no second way to read it.

    Raises:
        ValueError: nested deeper than 32, not UTF-8, not JSON, a name twice in one object, a
            number that is not finite or not exact, or half a surrogate pair.
    """
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_integer,
        )
    except RecursionError as error:
        raise ValueError(f"it is nested at most {MAX_DEPTH} deep; found more") from error
    _check_depth_and_text(value)
    return value


@dataclass(frozen=True)
class Maybe:
    """The shape, or null."""

    shape: Any


def check(value: Any, shape: Any, name: str) -> None:
    """Pass if the value has the shape.

    Args:
        value: what `strict_json` gave.
        shape: a type for a value of exactly that type; a pattern for text that matches it in
            full; a frozenset for one of its members; `Maybe`; a list of one shape for a list
            of such; a dict for an object with at least these names (others are tolerated, so
            that later versions can add some).
        name: what the value is called in the refusal.

    Raises:
        ValueError: with the name of the part that is wrong and what it should be.
    """
    fault = _fault(value, shape)
    if fault is not None:
        where, what = fault
        raise ValueError(f"{name}{where} is {what}")


def _fault(value: Any, shape: Any) -> tuple[str, str] | None:
    """Where the value has not the shape, and what stands there by the shape; None if it has."""
    kind = type(shape)
    if kind is dict:
        return _object_fault(value, shape)
    if kind is re.Pattern:
        matches = type(value) is str and shape.fullmatch(value) is not None
        return None if matches else ("", f"text of the form {shape.pattern}")
    if kind is Maybe:
        return None if value is None else _fault(value, shape.shape)
    if kind is list:
        return _list_fault(value, shape[0])
    if kind is frozenset:
        is_member = type(value) is str and value in shape
        return None if is_member else ("", f"one of {sorted(shape)}")
    return None if type(value) is shape else ("", f"of type {shape.__name__}")


def _object_fault(value: Any, shape: dict[str, Any]) -> tuple[str, str] | None:
    if type(value) is not dict:
        return "", "an object"
    for key, inner in shape.items():
        if key not in value:
            return f".{key}", "present"
        item = value[key]
        if type(item) is inner:  # most parts are plain, and logs are long
            continue
        fault = _fault(item, inner)
        if fault is not None:
            return f".{key}{fault[0]}", fault[1]
    return None


def _list_fault(value: Any, shape: Any) -> tuple[str, str] | None:
    if type(value) is not list:
        return "", "a list"
    if type(shape) is type and set(map(type, value)) <= {shape}:  # many plain numbers or texts
        return None
    for index, item in enumerate(value):
        fault = _fault(item, shape)
        if fault is not None:
            return f"[{index}]{fault[0]}", fault[1]
    return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name stands once in a JSON object; found one twice")
    return value


def _constant(name: str) -> Any:
    raise ValueError(f"JSON has finite numbers only; found {name}")


def _float(text: str) -> float:
    value = float(text) if len(text) <= _LONGEST_NUMBER else math.inf
    if not math.isfinite(value):
        raise ValueError(f"a number is finite and of sensible length; found {text[:20]}")
    return value


def _integer(text: str) -> int:
    value = int(text) if len(text) <= _LONGEST_NUMBER else _MAX_INTEGER + 1
    if abs(value) > _MAX_INTEGER:
        raise ValueError(f"a whole number is exact up to 2**53; found {text[:20]}")
    return value


def _check_depth_and_text(value: Any) -> None:
    level, depth = [value], 0
    while level:
        if depth > MAX_DEPTH:
            raise ValueError(f"it is nested at most {MAX_DEPTH} deep; found more")
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                inner += item
            elif isinstance(item, str) and not _is_text(item):
                raise ValueError("text is whole Unicode; found half a surrogate pair")
        level, depth = inner, depth + 1


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")  # which has no bytes for half a pair
    except UnicodeEncodeError:
        return False
    return True
