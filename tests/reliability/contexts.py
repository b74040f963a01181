"""Processes that are at work at once, because what they need is loaded where they are forked."""

from __future__ import annotations

import multiprocessing
from multiprocessing import forkserver
from typing import Any


def warm_context(module: str) -> Any:
    """A context whose processes have `module` and all of `warm` loaded; by spawn where none forks.

    A server that another test started has other things loaded, so that one is ended first.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    forkserver._forkserver._stop()  # type: ignore[attr-defined]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([module, "tests.reliability.warm"])
    return context
