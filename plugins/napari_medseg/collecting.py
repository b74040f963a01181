"""Python's search for garbage, which would stop a stroke for a third of a second."""

from __future__ import annotations

import gc


def spare_the_program() -> None:
    """Look for garbage only among what is made from now on.

    A window with napari, Qt and the readers is half a million objects that stay until it is
    closed. Python looks through all of them each time that it collects thoroughly, in whichever
    thread that happens to be.
    """
    gc.collect()
    gc.freeze()
