"""Where words go: results to standard output, progress and refusals to standard error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from medseg.model import Finding

# Sentences are wrapped by the terminal, so that a copied path or command stays in one piece.
out = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

_COLORS = {"note": "green", "warning": "yellow", "undecided": "magenta", "error": "red"}


def print_json(value: Any) -> None:
    """Print plain JSON for programs, never coloured, never wrapped."""
    print(json.dumps(value, indent=2, ensure_ascii=False))  # noqa: T201 - the one raw print


def print_finding(finding: Finding, indent: str = "  ") -> None:
    """Print a finding: its code, coloured by severity, and its sentence."""
    color = _COLORS[finding.severity]
    out.print(f"{indent}[{color}]{finding.code}[/] {escape(finding.text)}")


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[float, str], None]]:
    """A progress bar on a terminal, nothing elsewhere; yields `progress(fraction, message)`."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bars:
        task = bars.add_task(title, total=1.0)

        def report(fraction: float, message: str) -> None:
            bars.update(task, completed=fraction, description=message or title)

        yield report
