"""Where words go: results to standard output, progress and refusals to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

if TYPE_CHECKING:
    from medseg.model import Finding
from medseg.report.words import visible, visible_lines

# Sentences are wrapped by the terminal, so that a copied path or command stays in one piece.
# No markup: labels and paths are printed as they are, whatever brackets they hold.
out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)

_COLORS = {"note": "green", "warning": "yellow", "undecided": "magenta", "error": "red"}


def say(*parts: str | tuple[str, str], to: Console = out) -> None:
    """Print a line made of texts, and of (text, style) pairs where a style is wanted.

    What would steer the terminal, or turn letters round, is written out: <U+001B>.
    """
    shown = (
        visible_lines(one) if isinstance(one, str) else (visible_lines(one[0]), one[1])
        for one in parts
    )
    to.print(Text.assemble(*shown))


def print_json(value: Any) -> None:
    """Print plain JSON for programs, in ASCII, never coloured, never wrapped.

    Raises:
        ValueError: a number is not finite; JSON has no word for it.
    """
    print(json.dumps(value, indent=2, allow_nan=False))  # noqa: T201 - the one raw print


def print_finding(finding: Finding, indent: str = "  ") -> None:
    """Print a finding: its code, coloured by severity, and its sentence."""
    say(indent, (finding.code, _COLORS[finding.severity]), f" {finding.text}")


def accept_any_text() -> None:
    """Let names through that the terminal's character set lacks, as escapes, not as a crash."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[float, str], None]]:
    """A progress bar on a terminal, nothing elsewhere; yields `progress(fraction, message)`."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bars:
        task = bars.add_task(title, total=1.0)

        def report(fraction: float, message: str) -> None:
            bars.update(task, completed=fraction, description=visible(message) or title)

        yield report
