"""Have the kernels ready before a person waits for them."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from medseg.interpolate.between_slices import fill_between_slices
from medseg.interpolate.run import fill_run


def is_compiled() -> bool:
    """Whether the kernels are in memory or kept on the disk; if not, filling compiles them first.

    That takes about half a minute, on each machine once: say so to the person who waits.
    """
    if fill_run.signatures:
        return True
    kept = Path(fill_run.stats.cache_path or "").glob("run.fill_run-*.nbi")
    written = max((path.stat().st_mtime for path in kept), default=0.0)
    return written > Path(fill_run.py_func.__code__.co_filename).stat().st_mtime


def warm_up(*, in_background: bool = True) -> threading.Thread | None:
    """Load the compiled kernels, or compile them on a machine that never has: some 30 seconds.

    They are kept beside the modules, or in the user's cache folder where that cannot be
    written (`NUMBA_CACHE_DIR` names another), so the next process loads them in a second.

    Args:
        in_background: at once in a thread of its own, which is returned; else before this
            function returns, which then returns None.
    """
    if not in_background:
        _fill_something()
        return None
    thread = threading.Thread(target=_fill_something, name="medseg warm-up", daemon=True)
    thread.start()
    return thread


def _fill_something() -> None:
    stack = np.zeros((5, 12, 12), np.uint8)
    stack[0, 3:7, 3:7] = stack[2, 4:8, 4:9] = stack[4, 4:6, 3:8] = 1
    fill_between_slices(stack, (1.0, 1.0, 1.0))
