"""`medseg compare` and `medseg agreement`: masks of one image against each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medseg import report
from medseg.cli.console import progress_bar
from medseg.cli.masks import (
    check_results,
    names_of,
    read_image,
    read_on_one_grid,
    unsaved_notes,
)
from medseg.cli.options import (
    ConventionOption,
    CsvOption,
    HtmlOption,
    ImageOption,
    JsonOption,
    MaskPath,
    MaskPaths,
    NamesOption,
    SeriesOption,
    ToleranceOption,
)
from medseg.cli.results import give_out


def compare(  # noqa: PLR0913 - an argument for each option
    reference: Annotated[Path, typer.Argument(help="The mask that the other is held against.")],
    mask: MaskPath,
    *,
    image: ImageOption = None,
    series: SeriesOption = None,
    name: NamesOption = None,
    tolerance: ToleranceOption = None,
    convention: ConventionOption = "surfel",
    least_iou: Annotated[
        float, typer.Option(help="Lesions that overlap less are not the same one.")
    ] = 0.1,
    csv: CsvOption = None,
    html: HtmlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare a mask with a reference: overlap, distances, and lesion by lesion."""
    check_results(csv, html)
    paths = [reference, mask]
    names = names_of(paths, name or [])
    volume = read_image(image, series, paths) if image or html else None
    masks = read_on_one_grid(paths, volume)
    notes = unsaved_notes(paths, volume)
    with progress_bar("comparing") as progress:
        page = report.comparison_page(
            dict(zip(names, masks, strict=True)),
            surfaces=report.Surfaces(convention, tuple(tolerance or (1.0,))),
            least_iou=least_iou,
            volume=volume,
            pictures=html is not None,
            progress=progress,
        )
    roles = [(f"a, the reference: {names[0]}", str(paths[0])), (f"b: {names[1]}", str(paths[1]))]
    give_out(page, roles, notes=notes, csv=csv, html=html, as_json=as_json)


def agreement(  # noqa: PLR0913 - an argument for each option
    masks: MaskPaths,
    *,
    image: ImageOption = None,
    series: SeriesOption = None,
    name: NamesOption = None,
    label: Annotated[
        list[str] | None,
        typer.Option(help="Compare this segment; may be repeated. By default all of them."),
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(help="Measure for Bland-Altman and ICC; may be repeated."),
    ] = None,
    tolerance: ToleranceOption = None,
    convention: ConventionOption = "surfel",
    csv: CsvOption = None,
    html: HtmlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two or more readers of one image; lesions are the same by their label."""
    check_results(csv, html)
    names = names_of(masks, name or [])
    volume = read_image(image, series, masks) if image or html else None
    read = read_on_one_grid(masks, volume)
    notes = unsaved_notes(masks, volume)
    with progress_bar("comparing") as progress:
        page = report.agreement_page(
            dict(zip(names, read, strict=True)),
            labels=label or (),
            measures=measure or report.MEASURES,
            surfaces=report.Surfaces(convention, tuple(tolerance or (1.0,))),
            volume=volume,
            pictures=html is not None,
            progress=progress,
        )
    inputs = [(reader, str(path)) for reader, path in zip(names, masks, strict=True)]
    give_out(page, inputs, notes=notes, csv=csv, html=html, as_json=as_json)
