"""`medseg export`: what is signed, for a researcher."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medseg.cli.console import print_json, say
from medseg.cli.options import ImageOption, JsonOption, MaskPath, SeriesOption, TrustOption
from medseg.export import export_signed


def export(
    mask: MaskPath,
    *,
    folder: Annotated[Path, typer.Option("--out", help="The folder to write into.")],
    image: ImageOption = None,
    series: SeriesOption = None,
    trust: TrustOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a signed mask as NIfTI with its sidecar, sign-offs and a table; nothing unsigned."""
    files = export_signed(mask, folder, image=image, series=series, trust=tuple(trust or ()))
    if as_json:
        print_json({"written": [str(path) for path in files]})
        return
    say(f"Written to {folder}:")
    for path in files:
        say(f"  {path.name}")
