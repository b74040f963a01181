"""What a command found, as one thing that can be printed, saved and looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from medseg.measure import Convention
from medseg.report.tables import Table

Progress = Callable[[float, str], None]
RESEARCH_ONLY = "Research use only; not a medical device."


def silent(_part: float, _words: str) -> None:
    """Progress that nobody is told of."""


@dataclass(frozen=True)
class Surfaces:
    """How the surfaces of masks are taken and compared.

    Args:
        convention: "surfel" or "voxel_border".
        tolerance_mm: one or several, for the part of the surfaces within it.
    """

    convention: Convention = "surfel"
    tolerance_mm: tuple[float, ...] = (1.0,)


@dataclass(frozen=True)
class Picture:
    """A plot or an overlay.

    Args:
        title: what it shows; may hold a reader's words.
        caption: how it is to be read.
        svg: the drawing, in the colours of the page around it; empty where there is a `png`.
        png: the picture's bytes.
    """

    title: str
    caption: str = ""
    svg: str = ""
    png: bytes = b""


@dataclass(frozen=True)
class Page:
    """One report.

    Args:
        kind: the command's name.
        title: its heading.
        tables: the numbers.
        notes: what must be read with them, as what was left out, and why.
        pictures: plots and overlays, for the page alone.
        inputs: what was compared or measured: (role or name, file).
    """

    kind: str
    title: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()

    @property
    def definitions(self) -> tuple[tuple[str, str], ...]:
        """Each number's name and definition, once, in the order of the tables."""
        columns = (column for table in self.tables for column in table.columns)
        named = ((one.heading, one.definition) for one in columns if one.definition)
        return tuple(dict.fromkeys(named))

    def to_json(self) -> dict[str, Any]:
        """Everything but the pictures, as plain JSON values; the tables by their keys."""
        return {
            "report": self.kind,
            "inputs": [{"name": name, "file": file} for name, file in self.inputs],
            "notes": list(self.notes),
            **{table.key: table.to_json() for table in self.tables},
        }
