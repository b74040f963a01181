"""Running commands as a person would: words in, exit code and words out."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from medseg.cli import main


@dataclass(frozen=True)
class Run:
    """What a command answered."""

    code: int
    out: str
    err: str


def run_command(*words: str | Path, passphrase: str | None = None) -> Run:
    """Run one medseg command; an exception that escapes fails the test, as a crash should."""
    code: object = 0
    out, err = io.StringIO(), io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        stack.enter_context(mock.patch("sys.argv", ["medseg", *map(str, words)]))
        stack.enter_context(_environment(passphrase))
        try:
            main()
        except SystemExit as done:
            code = done.code
    return Run(int(str(code or 0)), out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _environment(passphrase: str | None) -> Iterator[None]:
    kept = {name: value for name, value in os.environ.items() if name != "MEDSEG_PASSPHRASE"}
    given = {} if passphrase is None else {"MEDSEG_PASSPHRASE": passphrase}
    with mock.patch.dict(os.environ, {**kept, **given}, clear=True):
        yield
