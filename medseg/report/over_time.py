"""Several examinations of one patient: the tables of `medseg followup`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from medseg.measure import CONFIRM, LesionChange, Response, TargetSize
from medseg.report.tables import Cell, Column, Table

Changes = Mapping[tuple[str, str], Sequence[LesionChange]]

_CHANGES = (
    Column("from"),
    Column("to"),
    Column("lesion"),
    Column(
        "status",
        "",
        "new, gone, merged or split by the number of partners; one to one: "
        "grown, shrunk or stable by the change of volume; seen again: new since the examination "
        "before, but there at an earlier one",
    ),
    Column("volume_before", "ml", "sum over the lesion's segments; 0 where there is none"),
    Column("volume_after", "ml", "sum over the lesion's segments; 0 where there is none"),
    Column("volume_change", "%", "volume after over volume before, less 1"),
    Column("diameter_before", "mm", "longest in the plane of acquisition"),
    Column("diameter_after", "mm", "longest in the plane of acquisition"),
    Column(
        "matched_by",
        "",
        "tracking UID, label, overlap of at least a part of the smaller lesion, or distance of "
        "centres",
        on_terminal=False,
    ),
    Column("rule"),
)


def changes_table(changes: Changes) -> Table:
    """A row for each lesion between each two examinations that follow each other."""
    rows = tuple((*times, *_cells(one)) for times, found in changes.items() for one in found)
    note = f"Each status is {CONFIRM}; its rule stands beside it."
    return Table("changes", "What became of each lesion", _CHANGES, rows, 3, note)


def _cells(one: LesionChange) -> tuple[Cell, ...]:
    return (
        ", ".join(one.labels),
        one.status,
        *one.volumes_ml,
        100 * one.volume_change,
        *one.diameters_mm,
        ", ".join(one.matched_by),
        one.rule,
    )


_RESPONSE = (
    Column("examination"),
    Column("outcome", "", "by RECIST 1.1 from the targets' sum; non-target lesions are not judged"),
    Column(
        "sum",
        "mm",
        "long axes in the plane of acquisition, short axes of nodes, of all "
        "targets; 5 mm for what is too small to measure (RECIST 1.1, 4.3.2)",
    ),
    Column("nadir", "mm", "smallest earlier sum, baseline included"),
    Column("change_from_baseline", "%", "sum over the baseline's, less 1"),
    Column("change_from_nadir", "%", "sum over the nadir, less 1"),
    Column("rule"),
    Column("notes", on_terminal=False),
)


def response_table(responses: Sequence[Response]) -> Table:
    """A row for each examination."""
    rows = tuple(
        (
            one.name,
            one.outcome,
            one.sum_mm,
            one.nadir_mm,
            100 * one.change_from_baseline,
            100 * one.change_from_nadir,
            one.rule,
            "; ".join(one.notes),
        )
        for one in responses
    )
    note = f"Each outcome is {CONFIRM}."
    return Table("response", "Response of target lesions", _RESPONSE, rows, note=note)


_TARGETS = (
    Column("examination"),
    Column("target"),
    Column(
        "state",
        "",
        "measured; disappeared: listed without a voxel, or said to be gone; merged with another "
        "target, which has its size; too small to measure and not evaluated as the reader said; "
        "not evaluated, too, where it is neither drawn nor listed",
    ),
    Column("axis", "", "which diameter counts: a node's short axis, else the long axis"),
    Column("drawn", "mm", "that diameter of what is drawn, in the plane of acquisition"),
    Column("counted", "mm", "what goes into the sum: 5 mm for what is too small to measure"),
    Column("segments", "", "their numbers in that examination's mask"),
    Column(
        "measured_between",
        "",
        "both ends of the diameter in LPS mm, of each separate part",
        on_terminal=False,
    ),
)


def targets_table(responses: Sequence[Response]) -> Table:
    """A row for each examination and target: what was counted, and where it was measured."""
    rows = tuple((one.name, *_target_cells(size)) for one in responses for size in one.targets)
    note = f"Each size is {CONFIRM}."
    return Table("targets", "Sizes of the targets", _TARGETS, rows, 2, note)


def _target_cells(one: TargetSize) -> tuple[Cell, ...]:
    return (
        one.label,
        one.state,
        one.axis,
        math.nan if one.size_mm is None else one.size_mm,
        math.nan if one.counted_mm is None else one.counted_mm,
        ", ".join(map(str, one.numbers)),
        "; ".join(" to ".join(map(_point, line)) for line in one.lines_lps),
    )


def _point(point_lps: tuple[float, float, float]) -> str:
    return f"({', '.join(f'{one:.2f}' for one in point_lps)})"
