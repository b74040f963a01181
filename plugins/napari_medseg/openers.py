"""Who opens a path in a viewer: its panel, where there is one, else napari with our reader."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

Open = Callable[[Path], None]

# By the viewer's identity: napari's viewers cannot be keys, being models that change.
_openers: dict[int, tuple[weakref.ref[Any], Open]] = {}


def register(viewer: Any, opens: Open) -> None:
    """Let this open, from now on, whatever napari is asked to open in the viewer."""
    bare = _bare(viewer)
    _openers[id(bare)] = (weakref.ref(bare), opens)


def unregister(viewer: Any) -> None:
    """Let napari open again; once is enough, twice does no harm."""
    _openers.pop(id(_bare(viewer)), None)


def opener_of(viewer: Any) -> Open | None:
    """What opens paths in the viewer; None where no panel does."""
    bare = _bare(viewer)
    known, opens = _openers.get(id(bare), (None, None))
    return opens if known is not None and known() is bare else None


def _bare(viewer: Any) -> Any:
    """The viewer itself: a plugin's widget is given a proxy."""
    return getattr(viewer, "__wrapped__", viewer)
