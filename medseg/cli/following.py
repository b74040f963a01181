"""`medseg followup`: the lesions of one patient over time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from medseg import formats, report
from medseg.cli.console import progress_bar
from medseg.cli.masks import check_results, names_of, read_image, unsaved_notes
from medseg.cli.options import CsvOption, HtmlOption, JsonOption, MaskPaths, NamesOption
from medseg.cli.results import give_out
from medseg.errors import FormatError, MedsegError
from medseg.model import Segmentation, Volume


def followup(  # noqa: PLR0913 - an argument for each option
    masks: MaskPaths,
    *,
    image: Annotated[
        list[Path] | None,
        typer.Option("--image", help="Each examination's image, in order, for the pictures."),
    ] = None,
    name: NamesOption = None,
    target: Annotated[
        list[str] | None,
        typer.Option(help="Label at baseline of a target; may be repeated. By default all."),
    ] = None,
    node: Annotated[
        list[str] | None,
        typer.Option(help="Label at baseline of a lymph node: its short axis counts."),
    ] = None,
    too_small: Annotated[
        list[str] | None,
        typer.Option(help="EXAMINATION=LABEL: seen, too small to measure; counts with 5 mm."),
    ] = None,
    not_evaluated: Annotated[
        list[str] | None, typer.Option(help="EXAMINATION=LABEL: could not be judged.")
    ] = None,
    disappeared: Annotated[
        list[str] | None,
        typer.Option(help="EXAMINATION=LABEL: gone, where the mask lists only what is drawn."),
    ] = None,
    transform: Annotated[
        str | None,
        typer.Option(
            help="From the first examination's LPS mm to the second's: a file of 4 x 4 numbers, "
            'or "identity" if the patient lay the same.'
        ),
    ] = None,
    csv: CsvOption = None,
    html: HtmlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Follow lesions over time: new, gone, grown, shrunk; and the response of targets."""
    check_results(csv, html)
    names = names_of(masks, name or [])
    volumes = _images(image or [], masks, names) if image or html else {}
    examinations = {
        one: formats.read_segmentation(path, like=volumes.get(one))
        for one, path in zip(names, masks, strict=True)
    }
    notes = [
        note
        for one, path in zip(names, masks, strict=True)
        for note in unsaved_notes([path], volumes.get(one))
    ]
    targets = report.Targets(
        tuple(target or ()),
        tuple(node or ()),
        _by_examination(too_small or []),
        _by_examination(not_evaluated or []),
        _by_examination(disappeared or []),
    )
    with progress_bar("following") as progress:
        page = report.followup_page(
            examinations,
            targets=targets,
            transform=_matrix(transform, examinations),
            volumes=volumes,
            pictures=html is not None,
            progress=progress,
        )
    inputs = [(one, str(path)) for one, path in zip(names, masks, strict=True)]
    give_out(page, inputs, notes=notes, csv=csv, html=html, as_json=as_json)


def _images(
    images: Sequence[Path], masks: Sequence[Path], names: Sequence[str]
) -> dict[str, Volume]:
    """Each examination's image by its name: those given, else those that the masks name."""
    if images and len(images) != len(masks):
        raise MedsegError(
            f"Each examination has its image, in order; found {len(masks)} masks and "
            f"{len(images)} images. Give --image once for each, or not at all."
        )
    given: Sequence[Path | None] = list(images) or [None] * len(masks)
    read = (
        (name, read_image(path, None, [mask]))
        for name, path, mask in zip(names, given, masks, strict=True)
    )
    return {name: volume for name, volume in read if volume is not None}


def _by_examination(given: Sequence[str]) -> dict[str, list[str]]:
    """EXAMINATION=LABEL, several of them, by examination."""
    found: dict[str, list[str]] = {}
    for text in given:
        examination, sign, label = text.partition("=")
        if not (examination and sign and label):
            raise MedsegError(
                f"A target at one examination is given as EXAMINATION=LABEL; found {text!r}."
            )
        found.setdefault(examination, []).append(label)
    return found


def _matrix(given: str | None, examinations: dict[str, Segmentation]) -> NDArray[np.float64] | None:
    if given is None or given == "identity":
        return None if given is None else np.eye(4)
    if len(examinations) > 2:
        raise MedsegError(
            f"A transform leads from one examination to the next; found {len(examinations)} "
            "examinations and one transform. Follow them two by two."
        )
    try:
        return np.loadtxt(given, ndmin=2, max_rows=5)
    except (OSError, ValueError) as error:
        raise FormatError(
            f"A transform is a text file of four rows of four numbers; {given} is not: "
            f"{str(error).rstrip('.')}."
        ) from error
