"""`medseg export`: what is signed, for a researcher."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from medseg.cli.console import errors, print_json, say
from medseg.cli.options import ImageOption, JsonOption, SeriesOption, TrustOption
from medseg.cli.passphrases import KeyOption
from medseg.cli.whose import PersonOption, ProjectOption, opened, person_of, reading_id, target
from medseg.errors import ReviewError
from medseg.export import Exported, export_project, export_reading, export_signed
from medseg.project import find_spot

_INVALID = 11


def export(  # noqa: PLR0913 - what is named decides which options count
    what: Annotated[
        str,
        typer.Argument(
            metavar="MASK", help="A mask; of a project: a reading, a case, or the whole folder."
        ),
    ],
    *,
    folder: Annotated[Path, typer.Option("--out", help="The folder to write into.")],
    image: ImageOption = None,
    series: SeriesOption = None,
    trust: TrustOption = None,
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write what is signed as NIfTI with sidecar, sign-offs and table; nothing unsigned.

    Of a project's folder every signed reading is written, and a table of how all readings ended.
    What leaves a project is entered in its log.
    """
    trusted = tuple(trust or ())
    path = Path(what)
    spot = find_spot(path) if path.exists() else None
    if spot is None and reading_id(what) is None:
        files = export_signed(path, folder, image=image, series=series, trust=trusted)
        _say_files(files, folder, as_json=as_json)
        return
    if image or series:
        raise ReviewError(
            "In a project the image is the case's own; --image and --series are for other masks."
        )
    if spot is not None and spot.case is None:
        _export_project(spot.layout.root, folder, person, key, trusted, as_json=as_json)
        return
    with target(what, project) as found:
        by = person_of(found.project, person, key)
        named = found.readable_by(by)
        files = export_reading(found.project, named, folder, by=by.person_id, trust=trusted)
    _say_files(files, folder, as_json=as_json)


def _say_files(files: list[Path], folder: Path, *, as_json: bool) -> None:
    if as_json:
        print_json({"written": [str(path) for path in files]})
        return
    say(f"Written to {folder}:")
    for path in files:
        say(f"  {path.name}")


def _export_project(
    root: Path,
    folder: Path,
    person: str | None,
    key: Path | None,
    trust: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    with opened(root) as house:
        who = person_of(house, person, key)
        done, table = export_project(house, folder, person=who, trust=trust)
    if as_json:
        print_json({"table": str(table), "readings": [_json(one) for one in done]})
    else:
        _say_project(done, table)
    for one in done:
        if one.problem:
            say(("not exported", "red"), f" {one.reading.reading_id}: {one.problem}", to=errors)
    if any(one.problem for one in done):
        raise typer.Exit(_INVALID)


def _json(one: Exported) -> dict[str, object]:
    newest = one.reading.newest
    return {
        "case": one.case.case_id,
        "reading": one.reading.reading_id,
        "state": one.reading.state.value,
        "ending": newest.ending.kind.value if newest else None,
        "written": [str(path) for path in one.files],
        "problem": one.problem or None,
    }


def _say_project(done: list[Exported], table: Path) -> None:
    say(f"{sum(bool(one.files) for one in done)} of {len(done)} readings exported: {table}")
    endings = Counter(one.reading.newest.ending.kind.value for one in done if one.reading.newest)
    for ending, count in sorted(endings.items()):
        say(f"  {count} ended as {ending}")
    waiting = sum(one.reading.newest is None for one in done)
    if waiting:
        say(f"  {waiting} not handed in yet")
