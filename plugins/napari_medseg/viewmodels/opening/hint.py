"""What stands on the canvas while there is no image on it."""

from __future__ import annotations

_NOTHING_OPEN = "Open an image, or drop it here."
_WHO = "Say who you are, on the page Worklist."
_NO_CASE = "Choose a case in the worklist."


def hint(*, is_busy: bool, in_project: bool, is_known: bool) -> str:
    """A quiet sentence about what comes next; empty where something is on its way.

    Args:
        is_busy: whether something is being read.
        in_project: whether a project is open.
        is_known: whether it is known who works in it.
    """
    if is_busy:
        return ""
    if not in_project:
        return _NOTHING_OPEN
    return _NO_CASE if is_known else _WHO
