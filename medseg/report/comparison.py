"""The page of `medseg compare`: one mask judged against a reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from medseg.errors import MedsegError
from medseg.measure import (
    Agreement,
    LesionAgreement,
    compare_lesions,
    compare_masks,
    same_grid_of,
)
from medseg.model import Geometry, Segmentation, Volume
from medseg.raster import Box, boxes_of
from medseg.report.comparing import (
    both_labels,
    detection_table,
    lesions_table,
    masks_table,
    matched_volumes,
)
from medseg.report.lesion_names import ALL, labels_of, row_name
from medseg.report.overlays import Outlined, Overlay, legend
from medseg.report.page import Page, Picture, Progress, Surfaces, silent
from medseg.report.plots import bland_altman_plot, pair_bars
from medseg.report.tables import Table, in_words

_SURFACES = Surfaces()
#: So many lesions are shown as strips; a page of more is no longer leafed through.
MOST_STRIPS = 24


def comparison_page(
    masks: Mapping[str, Segmentation],
    *,
    surfaces: Surfaces = _SURFACES,
    least_iou: float = 0.1,
    volume: Volume | None = None,
    pictures: bool = False,
    progress: Progress = silent,
) -> Page:
    """Agreement of two masks: as a whole, by label, and lesion by lesion.

    Args:
        masks: the reference and the other mask, by the names they go by.
        surfaces: how they are taken and compared.
        least_iou: lesions that agree less are not matched.
        volume: their image, for the overlays.
        pictures: whether plots and overlays are drawn.
        progress: told of the part done.

    Raises:
        GeometryError: the masks lie on different grids.
        MedsegError: there are not two of them, or an option is impossible.
    """
    if len(masks) != 2:
        raise MedsegError(f"Two masks are compared; found {len(masks)}. Give both a name.")
    a, b = masks.values()
    geometry = same_grid_of(a, b)
    one_mask, other_mask = a.array != 0, b.array != 0
    shared, notes = _shared_labels(masks)
    agreements: dict[str, Agreement] = {}
    boxes = boxes_of(a.array), boxes_of(b.array)
    for done, label in enumerate([ALL, *shared]):
        progress(done / (len(shared) + 2), f"comparing {label}")
        one, other = _pair(a, b, label, boxes) if done else (one_mask, other_mask)
        agreements[row_name(label, is_whole=not done)] = compare_masks(
            one,
            other,
            Geometry(one.shape, geometry.affine) if done else geometry,
            tolerance_mm=surfaces.tolerance_mm,
            convention=surfaces.convention,
        )
    progress(0.9, "comparing lesion by lesion")
    found = compare_lesions(
        a.array,
        b.array,
        geometry,
        least_iou=least_iou,
        tolerance_mm=surfaces.tolerance_mm,
        convention=surfaces.convention,
    )
    labels = labels_of(found.lesions_a, a), labels_of(found.lesions_b, b)
    lesions = lesions_table(found, *labels)
    limits, limits_table = matched_volumes(found)
    drawn: list[Picture] = []
    if pictures:
        drawn.append(_bars(lesions, list(masks)))
        if limits:
            title = "Volumes of the matched lesions: b less a"
            drawn.append(bland_altman_plot(limits, title=title, unit="ml"))
        strips, more = _strips(
            _places(found, *labels), dict(zip(masks, (one_mask, other_mask), strict=True)), volume
        )
        drawn += strips
        notes += more
    tables = [masks_table(agreements), detection_table(found), lesions]
    tables += [limits_table] if limits_table else []
    title = " against ".join(reversed(tuple(masks)))
    return Page("compare", title, tuple(tables), tuple(notes), tuple(drawn))


def _shared_labels(masks: Mapping[str, Segmentation]) -> tuple[list[str], list[str]]:
    """Labels that both lists have, and words about those that only one has."""
    labels = [list(dict.fromkeys(one.label for one in mask.segments)) for mask in masks.values()]
    shared = [label for label in labels[0] if label in labels[1]]
    notes = []
    for name, had, others in zip(masks, labels, reversed(labels), strict=True):
        alone = [label for label in had if label not in others]
        if alone:
            notes.append(f"Labels that only {name} has, compared by place alone: {_few(alone)}.")
    return shared, notes


def _few(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - 8} more" if len(labels) > 8 else ""
    return ", ".join(labels[:8]) + more


def _pair(
    a: Segmentation, b: Segmentation, label: str, boxes: tuple[dict[int, Box], dict[int, Box]]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """What bears a label in both masks, in the box that holds it all; one voxel if nothing does."""
    numbers = [[one.number for one in mask.segments if one.label == label] for mask in (a, b)]
    held = [
        own[number]
        for own, some in zip(boxes, numbers, strict=True)
        for number in some
        if number in own
    ]
    box: tuple[slice, ...] = held[0] if held else (slice(0, 1),) * 3
    for other in held[1:]:
        box = _around(box, other)
    return np.isin(a.array[box], numbers[0]), np.isin(b.array[box], numbers[1])


def _bars(lesions: Table, names: Sequence[str]) -> Picture:
    """The volume of every lesion in both masks, with Dice, missed or extra beside it."""
    at = {column.name: place for place, column in enumerate(lesions.columns)}
    rows = [{name: row[place] for name, place in at.items()} for row in lesions.rows]
    words = [
        str(row["found"])
        if np.isnan(float(row["dice"]))
        else f"Dice {in_words(round(float(row['dice']), 3))}"
        for row in rows
    ]
    return pair_bars(
        [f"{row['lesion']} {row['segment']}" for row in rows],
        [(float(row["volume_a_ml"]), float(row["volume_b_ml"])) for row in rows],
        words,
        title="Volume of each lesion",
        of=(f"a: {names[0]}", f"b: {names[1]}"),
        axis="volume [ml]",
    )


def _strips(
    places: Sequence[tuple[str, Box]],
    inside: Mapping[str, NDArray[np.bool_]],
    volume: Volume | None,
) -> tuple[list[Picture], list[str]]:
    """A strip of slices for each lesion, the least agreeing first; and words about the rest."""
    if volume is None:
        return [], ["No overlays: the masks name no image. Give it with --image."]
    if not places:
        return [], ["No overlays: neither mask holds a voxel."]
    masks = [Outlined(name, mask) for name, mask in inside.items()]
    overlay = Overlay(volume, masks)
    shown = [
        overlay.strip(box, title=words, caption=legend(masks))
        for words, box in places[:MOST_STRIPS]
    ]
    left = len(places) - len(shown)
    return shown, [
        f"Overlays of {len(shown)} lesions; {left} more are in the table."
    ] if left else []


def _places(
    found: LesionAgreement, labels_a: Mapping[int, str], labels_b: Mapping[int, str]
) -> list[tuple[str, Box]]:
    """Words for each lesion and its box: missed and extra first, then by rising Dice."""
    boxes_a = {one.number: one for one in found.lesions_a}
    boxes_b = {one.number: one for one in found.lesions_b}
    alone = [
        (f"a{n} {labels_a[n]}: missed, {boxes_a[n].volume_ml:.3g} ml", boxes_a[n].box)
        for n in found.missed
    ]
    alone += [
        (f"b{n} {labels_b[n]}: extra, {boxes_b[n].volume_ml:.3g} ml", boxes_b[n].box)
        for n in found.extra
    ]
    both = [
        (
            f"a{pair.a} - b{pair.b} {both_labels(labels_a[pair.a], labels_b[pair.b])}: "
            f"Dice {pair.agreement.dice:.3f}, "
            f"HD95 {pair.agreement.hd95_mm:.3g} mm",
            _around(boxes_a[pair.a].box, boxes_b[pair.b].box),
        )
        for pair in sorted(found.pairs, key=lambda pair: pair.agreement.dice)
    ]
    return [(words, (box[0], box[1], box[2])) for words, box in (*alone, *both)]


def _around(one: tuple[slice, ...], other: tuple[slice, ...]) -> tuple[slice, ...]:
    return tuple(
        slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(one, other, strict=True)
    )
