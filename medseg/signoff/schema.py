"""The check of a record's parts: what is wrong with one makes the record MALFORMED."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from medseg import strict_json
from medseg.signoff.refusal import malformed
from medseg.strict_json import Maybe

__all__ = ["HEX_256", "Maybe", "check", "decode_base64", "encode_base64"]

HEX_256 = re.compile(r"[0-9a-f]{64}")


def check(value: Any, shape: Any, name: str = "record") -> None:
    """Pass if the value has the shape; see `medseg.strict_json.check`.

    Raises:
        RecordError: MALFORMED, with the name of the part that is wrong.
    """
    try:
        strict_json.check(value, shape, name)
    except ValueError as error:
        raise malformed(f"In a sign-off record {error}; this one differs.") from error


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
