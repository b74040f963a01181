"""Arguments and options that several commands share, so that one word means one thing."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Literal

import typer

from medseg.errors import MedsegError

ImagePath = Annotated[Path, typer.Argument(help="A DICOM folder or file, NIfTI, NRRD or MHA.")]
MaskPath = Annotated[Path, typer.Argument(help="A mask: NIfTI, NRRD or MHA.")]
ImageOption = Annotated[
    Path | None,
    typer.Option("--image", help="Its image; by default the one named beside the mask."),
]
SeriesOption = Annotated[
    str | None,
    typer.Option("--series", help="Which series, by its id, where the image's path holds several."),
]
TrustOption = Annotated[
    list[str] | None,
    typer.Option("--trust", help="Id of a key that you know to be its owner's; may be repeated."),
]
AuthorOption = Annotated[str, typer.Option("--author", help="Your name, for the provenance.")]
JsonOption = Annotated[bool, typer.Option("--json", help="For programs.")]
MaskPaths = Annotated[list[Path], typer.Argument(help="Masks: NIfTI, NRRD or MHA.")]
NamesOption = Annotated[
    list[str] | None,
    typer.Option("--name", help="A name for each mask, in order; by default the files'."),
]
ToleranceOption = Annotated[
    list[float] | None,
    typer.Option("--tolerance", help="In mm, for the surface within it; may be repeated. [1.0]"),
]
ConventionOption = Annotated[
    Literal["surfel", "voxel_border"],
    typer.Option("--convention", help="How surfaces are taken; see docs/measures.md."),
]
CsvOption = Annotated[
    Path | None, typer.Option("--csv", help="Also write every number as a CSV table there.")
]
HtmlOption = Annotated[
    Path | None, typer.Option("--html", help="Also write a page with plots and overlays there.")
]


def parsed_point(text: str) -> tuple[float, float, float]:
    """A point of three finite numbers, in LPS mm.

    Raises:
        MedsegError: it is no such point.
    """
    try:
        left, posterior, superior = (float(part) for part in text.split(","))
        is_point = all(map(math.isfinite, (left, posterior, superior)))
    except ValueError:
        is_point = False
    if not is_point:
        raise MedsegError(f"A point is three numbers L,P,S in mm, as 12.5,-30,88; found {text!r}.")
    return left, posterior, superior
