"""`medseg review record`: who judged what of a case and when, as a page for people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medseg.cli.console import print_json, say
from medseg.cli.options import JsonOption
from medseg.cli.passphrases import KeyOption
from medseg.cli.whose import PersonOption, ProjectOption, TargetArgument, person_of, target
from medseg.formats import atomic
from medseg.report import case_record_page


def record(
    case: TargetArgument,
    *,
    file: Annotated[Path, typer.Option("--out", help="The HTML page to write.")],
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write what happened to a case as a page: signatures, pictures, values, history."""
    with target(case, project) as found:
        who = person_of(found.project, person, key)
        page = case_record_page(found.project, found.case, who)
    atomic.write_bytes(file, page.encode())
    if as_json:
        print_json({"case": found.case, "written": str(file)})
    else:
        say(f"Written: {file}")
