"""Two masks of one image: the tables of `medseg compare`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from medseg.measure import Agreement, BlandAltman, LesionAgreement, LesionPair, bland_altman
from medseg.model import Measurement
from medseg.report.paired import bland_altman_table
from medseg.report.tables import Cell, Column, Table

_SHOWN = ("dice", "volume_a_ml", "volume_b_ml", "hd95_mm", "assd_mm")
_VOLUME = "voxels times the volume of one, |det| of the affine"
_PAIRED = ("dice", "iou", "hd95_mm", "assd_mm")


def masks_table(agreements: Mapping[str, Agreement]) -> Table:
    """A row for all segments as one, and one for each label."""
    rows: dict[tuple[Cell, ...], tuple[Measurement, ...]] = {
        (label,): found.measurements() for label, found in agreements.items()
    }
    tolerances = [one.name for one in next(iter(rows.values()), ()) if one.name.startswith("nsd")]
    table = Table.of_measurements(
        "masks", "Mask against mask", ["segment"], rows, on_terminal=(*_SHOWN, *tolerances)
    )
    return replace(table, note="a is the reference, b the other mask.")


def lesions_table(
    found: LesionAgreement, labels_a: Mapping[int, str], labels_b: Mapping[int, str]
) -> Table:
    """A row for each lesion of either mask: matched, missed or extra.

    Args:
        found: the lesions.
        labels_a: by number, the segment that a lesion of the reference belongs to.
        labels_b: the same of the other mask.
    """
    matched = {pair.a: pair for pair in found.pairs}
    split = {number for parts in found.splits.values() for number in parts}
    merged = {number for parts in found.merges.values() for number in parts}
    rows: list[tuple[Cell, ...]] = []
    for one in found.lesions_a:
        pair = matched.get(one.number)
        note = _words(one.number in found.splits, one.number in merged)
        rows.append(
            _pair_row(pair, both_labels(labels_a[pair.a], labels_b[pair.b]), note)
            if pair
            else _row(
                (f"a{one.number}", labels_a[one.number], "missed" + note), one.volume_ml, math.nan
            )
        )
    partners = {pair.b for pair in found.pairs}
    for one in found.lesions_b:
        if one.number not in partners:
            note = _words(one.number in split, one.number in found.merges)
            words = (f"b{one.number}", labels_b[one.number], "extra" + note)
            rows.append(_row(words, math.nan, one.volume_ml))
    return Table(
        "lesions",
        "Lesion by lesion",
        _lesion_columns(found),
        tuple(rows),
        named_by=2,
        note="A lesion is what hangs together over faces, edges or corners within one segment; "
        "a1 is the first of the reference, in the order of the array. Matched one to one from an "
        f"IoU of {found.least_iou:g} on.",
    )


def both_labels(one: str, other: str) -> str:
    """The label of a lesion that both masks have; both where they differ."""
    return one if one == other else f"{one} / {other}"


def _pair_row(pair: LesionPair, label: str, note: str) -> tuple[Cell, ...]:
    one = pair.agreement
    values = [float(getattr(one, name)) for name in _PAIRED]
    name = f"a{pair.a} - b{pair.b}"
    return (name, label, f"matched{note}", one.volume_a_ml, one.volume_b_ml, *values)


def _row(words: tuple[str, str, str], volume_a: float, volume_b: float) -> tuple[Cell, ...]:
    return (*words, volume_a, volume_b, *[math.nan] * len(_PAIRED))


def _words(is_split: bool, is_merged: bool) -> str:
    return (", split" if is_split else "") + (", merged" if is_merged else "")


def _lesion_columns(found: LesionAgreement) -> tuple[Column, ...]:
    of_pairs = {
        one.name: Column(one.name, one.unit, one.definition, one.name != "iou")
        for pair in found.pairs[:1]
        for one in pair.agreement.measurements()
    }
    return (
        Column("lesion"),
        Column(
            "segment", "", "the one it is a part of; both names where two masks call it otherwise"
        ),
        Column("found"),
        Column("volume_a_ml", "ml", f"of the reference's lesion: {_VOLUME}"),
        Column("volume_b_ml", "ml", f"of the other mask's lesion: {_VOLUME}"),
        *(of_pairs.get(name, Column(name)) for name in _PAIRED),
    )


_DETECTION = {
    "matched": "lesions that both masks have",
    "missed": "lesions of the reference without a partner",
    "extra": "lesions of the other mask without a partner",
    "sensitivity": "matched over all of the reference",
    "precision": "matched over all of the other mask",
    "recognition_quality": "RQ, the F1 score: 2 matched / (2 matched + missed + extra)",
    "segmentation_quality": "SQ: mean IoU of the matched",
    "panoptic_quality": "PQ: RQ times SQ (Kirillov 2019)",
}


def detection_table(found: LesionAgreement) -> Table:
    """One row: how many were found, missed and invented."""
    values = tuple(getattr(found.detection, name) for name in _DETECTION)
    columns = [
        Column(name, "1", definition, not name.endswith("quality") or name.startswith("pan"))
        for name, definition in _DETECTION.items()
    ]
    return Table("detection", "Detection", tuple(columns), (values,), named_by=0)


def matched_volumes(found: LesionAgreement) -> tuple[BlandAltman | None, Table | None]:
    """Bland-Altman of the matched lesions' volumes; None where fewer than two were matched."""
    if len(found.pairs) < 2:
        return None, None
    pairs = [pair.agreement for pair in found.pairs]
    limits = bland_altman([one.volume_a_ml for one in pairs], [one.volume_b_ml for one in pairs])
    table = bland_altman_table({("volume", "b less a"): (limits, "ml")})
    return limits, replace(table, title="Bland-Altman of the matched lesions' volumes")
