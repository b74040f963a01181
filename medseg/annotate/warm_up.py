"""Have the drawing kernels ready before a person's first stroke waits for them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np

from medseg.annotate.drawing.brush import Brush
from medseg.annotate.drawing.edge_ways import EdgeWays
from medseg.annotate.drawing.outline import fill_polygon
from medseg.annotate.drawing.stroke import Stroke
from medseg.model import Authorship, Geometry, Segment, Segmentation
from medseg.raster import capsule, cheapest_paths, edge_costs, polygon, repaint

#: What brush, outline and livewire wait for: module and kernel.
KERNELS: tuple[tuple[Any, str], ...] = (
    (capsule, "_swept"),
    (repaint, "_repaint"),
    (polygon, "_fill"),
    (edge_costs, "_fill_costs"),
    (cheapest_paths, "_spread"),
    (cheapest_paths, "_way_back"),
)


def is_compiled() -> bool:
    """Whether the kernels are in memory or kept on the disk; if not, drawing compiles them first.

    That takes about a quarter of a minute, on each machine once: say so to the person who waits.
    """
    return all(_is_ready(getattr(module, name)) for module, name in KERNELS)


def warm_up(*, in_background: bool = True) -> threading.Thread | None:
    """Load the compiled kernels of brush, outline and livewire, or compile them.

    They are kept beside the modules, or in the user's cache folder where that cannot be
    written (`NUMBA_CACHE_DIR` names another), so the next process loads them at once.

    Args:
        in_background: in a thread of its own, which is returned; else before this function
            returns, which then returns None.
    """
    if not in_background:
        _draw_something()
        return None
    thread = threading.Thread(target=_draw_something, name="medseg drawing warm-up", daemon=True)
    thread.start()
    return thread


def _is_ready(kernel: Any) -> bool:
    if kernel.signatures:
        return True
    source = Path(kernel.py_func.__code__.co_filename)
    kept = Path(kernel.stats.cache_path or "").glob(f"{source.stem}.{kernel.__name__}-*.nbi")
    written = max((path.stat().st_mtime for path in kept), default=0.0)
    return written > source.stat().st_mtime


def _draw_something() -> None:
    geometry, by = Geometry.from_spacing((3, 12, 12), (1.0, 1.0, 1.0)), Authorship("", "warm-up")
    for kind in (np.uint8, np.uint16):
        array = np.zeros(geometry.shape, kind)
        segmentation = Segmentation(array, geometry, (Segment.unnamed(1),))
        Stroke(segmentation, 1, Brush(2.0, "ball")).to((5.0, 5.0, 1.0), by)
    fill_polygon([(2.0, 2.0), (2.0, 8.0), (8.0, 5.0)], (12, 12))
    picture = np.indices((12, 12))[0].astype(np.float32)
    steps = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    EdgeWays(picture, steps, 1.0).way((2, 2), (9, 9))
