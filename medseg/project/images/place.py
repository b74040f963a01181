"""Where an image lies, sealed under the project's secret: a path can hold a patient's name.

Whoever has the case's folder alone, or a copy of the project without `project.secret`, reads
neither folders, nor file names, nor the series' UID in it.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
from pathlib import Path, PurePosixPath
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from medseg.strict_json import Maybe, check, strict_json

_NONCE_BYTES = 12
#: What a place in clear holds.
PLAIN_PLACE = {"path": str, "absolute": str, "series": Maybe(str)}


def plain_place(image: Path, series: str | None, folder: Path) -> dict[str, Any]:
    """An image's place relative to a folder, and as it is on this machine besides.

    So the project may be moved alone, or together with its images.
    """
    absolute = image.resolve()
    return {
        "path": _relative(absolute, folder),
        "absolute": absolute.as_posix(),
        "series": series,
    }


def found_place(place: dict[str, Any], folder: Path) -> Path:
    """The path that a place tells, from where the folder is now; it need not exist."""
    relative = Path(os.path.normpath(folder.resolve() / PurePosixPath(place["path"])))
    absolute = Path(place["absolute"])
    try:
        return absolute if absolute.exists() and not relative.exists() else relative
    except (OSError, ValueError):  # too long a name, or one with a NUL
        return relative


def sealed(place: dict[str, Any], secret: bytes, case: str) -> str:
    """The place as a text that says nothing without the secret: base64 of nonce and AES-GCM."""
    nonce = os.urandom(_NONCE_BYTES)
    data = json.dumps(place).encode()
    return base64.b64encode(nonce + _cipher(secret).encrypt(nonce, data, _bound(case))).decode()


def unsealed(text: str, secret: bytes, case: str) -> dict[str, Any]:
    """The place in such a text.

    Raises:
        ValueError: it was sealed under another secret, for another case, or was changed.
    """
    data = base64.b64decode(text, validate=True)
    try:
        opened = _cipher(secret).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _bound(case))
    except InvalidTag:
        raise ValueError("its place is sealed under another secret, or was changed") from None
    place: dict[str, Any] = strict_json(opened)
    check(place, PLAIN_PLACE, "place")
    return place


def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(hmac.digest(secret, b"medseg image place\x01", "sha256"))


def _bound(case: str) -> bytes:
    """A place holds for its own case; one copied to another case does not open."""
    return b"medseg image place\0" + case.encode("utf-8", "surrogatepass")


def _relative(absolute: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(absolute, folder.resolve())).as_posix()
    except ValueError:  # on Windows another drive has no relative path
        return absolute.as_posix()
