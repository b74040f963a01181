"""One JSON text for one value: RFC 8785 going out, a strict reader coming in.

A signature holds for bytes, so a record that two readers could understand differently is
refused.
"""

from __future__ import annotations

from typing import Any

import rfc8785

from medseg.errors import SignoffError
from medseg.strict_json import strict_json

MAX_BYTES = 4 * 1024 * 1024


def canonical(value: Any) -> bytes:
    """The value as canonical JSON (RFC 8785, "JCS"), UTF-8.

    Raises:
        SignoffError: it has no such form, as NaN, 2**60 or half a surrogate pair.
    """
    try:
        return rfc8785.dumps(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise SignoffError(f"What is signed has one canonical JSON text; {error}.") from error


def strict_object(data: bytes, *, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """The value of a JSON text that is one object and can be read in one way only.

    Raises:
        SignoffError: over `max_bytes`, not strict JSON, or no object.
    """
    if len(data) > max_bytes:
        raise SignoffError(f"A record is at most {max_bytes} bytes; found {len(data)}.")
    try:
        value = strict_json(data)
    except ValueError as error:
        raise SignoffError(f"A record is strict JSON: {error}.") from error
    if not isinstance(value, dict):
        raise SignoffError(f"A record is a JSON object; found {type(value).__name__}.")
    return value
