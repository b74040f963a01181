"""What the viewer remembers from one day to the next: `viewer.json` in the reader's home."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from medseg.errors import FormatError
from medseg.formats.atomic import write_bytes

Setting = TypeVar("Setting", bool, int, float, str, list[Any])


def remembered(path: Path | None, name: str, *, absent: Setting) -> Setting:
    """A setting of before; `absent` where there is none of that type or nothing can be read."""
    found = _settings(path).get(name, absent)
    return found if type(found) is type(absent) else absent


def remember(path: Path | None, name: str, value: Any) -> None:
    """Keep a setting beside the others; where that cannot be written, it is for today only."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({**_settings(path), name: value}, indent=2)
        write_bytes(path, text.encode("utf-8"))
    except (OSError, FormatError):
        return


def _settings(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
