"""The page of `medseg agreement`: several readers of one image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from medseg.measure import (
    PairedValues,
    ReaderAgreement,
    compare_readers,
    paired_values,
)
from medseg.model import Segmentation, Volume
from medseg.raster import boxes_of
from medseg.report.lesion_names import ALL, row_name
from medseg.report.overlays import Outlined, Overlay, legend
from medseg.report.page import Page, Picture, Progress, Surfaces, silent
from medseg.report.plots import bland_altman_plot
from medseg.report.readers import (
    Limits,
    consensus_table,
    paired_tables,
    pairs_table,
    together_table,
)

_SURFACES = Surfaces()
MEASURES = ("volume", "longest_diameter")
_MOST_STRIPS, _MOST_PLOTS = 24, 12


def agreement_page(
    readers: Mapping[str, Segmentation],
    *,
    labels: Sequence[str] = (),
    measures: Sequence[str] = MEASURES,
    surfaces: Surfaces = _SURFACES,
    volume: Volume | None = None,
    pictures: bool = False,
    progress: Progress = silent,
) -> Page:
    """How readers agree: in pairs, all together, with a consensus, and in paired measures.

    Args:
        readers: their masks by their names, on one grid; lesions are the same by their label.
        labels: those to be compared; none takes all that any reader's list has.
        measures: what Bland-Altman and the ICC are computed of.
        surfaces: how they are taken and compared.
        volume: their image, for overlays, and for measures that need one.
        pictures: whether plots and overlays are drawn.
        progress: told of the part done.

    Raises:
        GeometryError: readers lie on different grids.
        MedsegError: there are fewer than two readers, no reader has a label, or there is no such
            measure.
    """
    every = dict.fromkeys(one.label for mask in readers.values() for one in mask.segments)
    chosen = list(labels) or list(every)
    found: dict[str, ReaderAgreement] = {}
    for done, label in enumerate([None, *chosen]):
        progress(done / (len(chosen) + 2), f"comparing {label or ALL}")
        found[row_name(label or ALL, is_whole=label is None)] = compare_readers(
            readers, label=label, tolerance_mm=surfaces.tolerance_mm, convention=surfaces.convention
        )
    progress(0.9, "measuring every reader's lesions")
    paired = {name: paired_values(readers, name, volume=volume) for name in measures}
    limits, tables = paired_tables(paired)
    notes = [*_absent(found), *_left_out(paired)]
    drawn: list[Picture] = []
    if pictures:
        drawn += _plots(limits)
        strips, more = _strips(readers, chosen, volume)
        drawn += strips
        notes += more
    return Page(
        "agreement",
        f"Agreement of {len(readers)} readers",
        (together_table(found), pairs_table(found), consensus_table(found), *tables),
        tuple(notes),
        tuple(drawn),
    )


def _absent(found: Mapping[str, ReaderAgreement]) -> list[str]:
    return [
        f"{label}: not in the list of {', '.join(one.absent)}, counted as nothing drawn."
        for label, one in found.items()
        if one.absent
    ]


def _left_out(paired: Mapping[str, PairedValues]) -> list[str]:
    notes = []
    for name, one in paired.items():
        words = name.replace("_", " ")
        if one.left_out:
            labels = ", ".join(one.left_out)
            notes.append(
                f"Paired {words}: left out, because not every reader drew one lesion under "
                f"that label, or the value is not defined: {labels}."
            )
        if len(one.labels) < 2:
            notes.append(
                f"No Bland-Altman and no ICC of the {words}: they need two lesions that every "
                f"reader drew under one label; found {len(one.labels)}."
            )
    return notes


def _plots(limits: Limits) -> list[Picture]:
    return [
        bland_altman_plot(one, title=f"{measure.replace('_', ' ').capitalize()}: {pair}", unit=unit)
        for (measure, pair), (one, unit) in list(limits.items())[:_MOST_PLOTS]
    ]


def _strips(
    readers: Mapping[str, Segmentation], labels: Sequence[str], volume: Volume | None
) -> tuple[list[Picture], list[str]]:
    """A strip of slices for each label, and words about what is not shown."""
    if volume is None:
        return [], ["No overlays: the masks name no image. Give it with --image."]
    masks = [Outlined(name, mask.array != 0) for name, mask in readers.items()]
    overlay = Overlay(volume, masks)
    numbered = np.zeros(volume.geometry.shape, np.uint16)
    for number, label in reversed(list(enumerate(labels, start=1))):
        for mask in readers.values():
            numbers = [one.number for one in mask.segments if one.label == label]
            numbered[np.isin(mask.array, numbers)] = number
    boxes = boxes_of(numbered)
    shown = [
        overlay.strip(boxes[number], title=label, caption=legend(masks))
        for number, label in enumerate(labels, start=1)
        if number in boxes
    ][:_MOST_STRIPS]
    left = len(boxes) - len(shown)
    return shown, [
        f"Overlays of {len(shown)} labels; {left} more are in the tables."
    ] if left else []
