"""How long ago something was, and whether work is safe, in a few words."""

from __future__ import annotations

from enum import Enum


class Safety(Enum):
    """How safe the work is; the value is its severity, as of findings, "" where all is well."""

    SAVED = ""
    KEPT = "note"
    AT_RISK = "warning"
    FAILED = "error"
    READ_ONLY = "undecided"


def ago(seconds: float) -> str:
    """How long ago: "just now", "12 s ago", "3 min ago", "2 h ago"."""
    if seconds < 2:
        return "just now"
    if seconds < 60:
        return f"{int(seconds)} s ago"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    return f"{int(seconds // 3600)} h ago"
