"""The tools made ready in the background, so that the first stroke and the first fill are quick."""

from __future__ import annotations

import threading

from medseg import annotate, interpolate

_begun = threading.Event()


def prepare() -> str:
    """Start once to make the tools ready, and return what the reader should know of it.

    Empty where they were compiled on this machine before, and at every later call.
    """
    if _begun.is_set():
        return ""
    _begun.set()
    is_first = not (annotate.is_compiled() and interpolate.is_compiled())
    annotate.warm_up()
    interpolate.warm_up()
    return (
        " This is the first run on this machine: the tools are being compiled, and the first "
        "stroke or fill may wait for half a minute."
        if is_first
        else ""
    )
