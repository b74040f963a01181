"""How each lesion of a comparison stands in a table: its cells, and what each number means."""

from __future__ import annotations

import math
from dataclasses import dataclass

from napari_medseg.viewmodels.reviewing.comparing.pairing import PairedLesion
from napari_medseg.viewmodels.rows import UNDEFINED


@dataclass(frozen=True)
class Column:
    """One column.

    Args:
        head: what stands at its top.
        tip: what its numbers are.
    """

    head: str
    tip: str


@dataclass(frozen=True)
class Cell:
    """One cell: its text, and what it is sorted by."""

    text: str
    order: float | str


COLUMNS = (
    Column(
        "Lesion",
        "A lesion is the same in both masks by its tracking UID, else by its label, else by an "
        "overlap of at least a quarter of the smaller one.",
    ),
    Column("Dice", "Twice the voxels in both over the sum of both sizes: 1 same, 0 apart."),
    Column(
        "HD95\nmm",
        "larger of the two directed 95th percentiles of the distances from either surface to "
        "the other (surface elements between voxel centres, weighted by area).",
    ),
    Column("Δ\nml", "Volume here less volume in theirs, in ml."),
    Column("Δ\n%", "The same in percent of the volume in theirs."),
    Column("+\nml", "Volume that is only here, in ml."),
    Column("−\nml", "Volume that is only in theirs, in ml."),  # noqa: RUF001 - a minus
)


def cells_of(lesion: PairedLesion) -> tuple[Cell, ...]:
    """The cells of one lesion, in the order of `COLUMNS`."""
    agreement = lesion.agreement
    status = "" if lesion.status == "changed" else f"\n{lesion.status}"
    return (
        Cell(f"{lesion.name}{status}", lesion.name),
        _number(agreement.dice, ".2f"),
        _number(agreement.hd95_mm, ".1f"),
        _ml(lesion.change_ml, "+"),
        _number(lesion.change_percent, "+.0f"),
        _ml(lesion.added_ml),
        _ml(lesion.removed_ml),
    )


def tip_of(lesion: PairedLesion) -> str:
    """What the row is about, in words."""
    agreement = lesion.agreement
    by = f" Matched by {', '.join(lesion.matched_by)}." if lesion.matched_by else ""
    return (
        f"{lesion.name}: {lesion.status}. {agreement.volume_a_ml:.2f} ml in theirs, "
        f"{agreement.volume_b_ml:.2f} ml here.{by}"
    )


def _ml(value: float, sign: str = "") -> Cell:
    """A volume with the decimals that its size bears."""
    return _number(value, f"{sign}.{2 if abs(value) < 10 else 1 if abs(value) < 100 else 0}f")


def _number(value: float, form: str) -> Cell:
    """A number as text; what is not defined sorts last."""
    if not math.isfinite(value):
        return Cell(UNDEFINED, math.inf)
    text = format(value, form)
    return Cell(text if float(text) else text.lstrip("+-"), value)  # nothing has no sign
