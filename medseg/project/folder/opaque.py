"""Ids that tell nothing: random ones, and those that hide whom they stand for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from medseg.errors import FormatError
from medseg.formats import atomic

# Crockford's base 32: no letter looks like a digit.
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_SECRET_BYTES = 32


def new_id(kind: str, *, length: int = 8) -> str:
    """A new random id, as "c-7f3a2k9x" for the kind "c"."""
    return f"{kind}-{''.join(secrets.choice(_DIGITS) for _ in range(length))}"


def hidden(secret: bytes, kind: str, text: str) -> str:
    """An id that is the same for the same text, and tells it to nobody without the secret.

    Args:
        secret: the project's.
        kind: first part of the id; the same text of another kind gives another id.
        text: what is hidden, as a patient's number.
    """
    digest = hmac.new(secret, f"medseg {kind}\0{text}".encode("utf-8", "surrogatepass"), "sha256")
    number = int.from_bytes(digest.digest()[:10], "big")
    digits = "".join(_DIGITS[number >> shift & 31] for shift in range(75, -1, -5))
    return f"{kind}-{digits}"


def write_secret(path: Path) -> None:
    """Make a project's secret, a file that its owner alone can read.

    Raises:
        FormatError: it cannot be written.
    """
    atomic.write_bytes(path, base64.b64encode(os.urandom(_SECRET_BYTES)) + b"\n", mode=0o600)


def read_secret(path: Path) -> bytes:
    """A project's secret.

    Raises:
        FormatError: it is absent, damaged, or another's.
    """
    try:
        secret = base64.b64decode(path.read_bytes().strip(), validate=True)
    except (OSError, ValueError) as error:
        raise _no_secret(path) from error
    if len(secret) != _SECRET_BYTES:
        raise _no_secret(path)
    return secret


def secret_mark(secret: bytes) -> str:
    """A short text to tell two secrets apart by."""
    return hashlib.sha256(b"medseg secret\0" + secret).hexdigest()[:16]


def _no_secret(path: Path) -> FormatError:
    return FormatError(
        "Patients are grouped, and the places of their images sealed, under the project's secret; "
        f"{path.name} is absent, damaged or not yours to read. Restore it from a copy, or ask its "
        "owner to let you read it. Without it an image has to be named with --image, and each new "
        "one would count as another patient's."
    )
