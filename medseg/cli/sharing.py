"""`medseg export`: what is signed, for a researcher."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medseg.cli.console import out, print_json
from medseg.export import export_signed


def export(
    mask: Annotated[Path, typer.Argument(help="A mask with a valid sign-off.")],
    *,
    folder: Annotated[Path, typer.Option("--out", help="The folder to write into.")],
    image: Annotated[Path | None, typer.Option(help="The image that was judged.")] = None,
    trust: Annotated[
        list[str] | None, typer.Option(help="Id of a key that you know to be its owner's.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Write a signed mask as NIfTI with its sidecar, sign-offs and a table; nothing unsigned."""
    files = export_signed(mask, folder, image=image, trust=tuple(trust or ()))
    if as_json:
        print_json({"written": [str(path) for path in files]})
    else:
        out.print(f"Written to {folder}:")
        for path in files:
            out.print(f"  {path.name}")
