"""Processes that are at work at once, because what they need is loaded where they are forked."""

from __future__ import annotations

import multiprocessing
from typing import Any

#: All that works in a process of its own. The server that forks is one for all tests, and what it
#: loads is settled by who starts it: so everybody names the same.
_WORKING = (
    "tests.project.store.killing",
    "tests.reliability.killing",
    "tests.reliability.racing",
    "tests.reliability.warm",
)


def warm_context() -> Any:
    """A context whose processes have all of `_WORKING` loaded; by spawn where none forks."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_WORKING))
    return context
