"""`medseg submit`, `handover` and `review`: the work on a reading, from hand to hand."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from medseg.cli import judging, talking
from medseg.cli.case_words import case_json, print_case
from medseg.cli.console import print_finding, print_json, say
from medseg.cli.options import JsonOption
from medseg.cli.passphrases import KeyOption
from medseg.cli.recording import record
from medseg.cli.whose import PersonOption, ProjectOption, Target, TargetArgument, person_of, target
from medseg.errors import MedsegError, ReviewError
from medseg.formats import atomic
from medseg.model import Ending, EndingKind, NotEvaluable, Role
from medseg.project import acts
from medseg.project.image_record import read_image
from medseg.project.images import image_record_of
from medseg.review import Position, whose_turn

review_app = typer.Typer(help="Judge a reading, and talk about it.", no_args_is_help=True)
review_app.command("show")(lambda: None)


def submit(  # noqa: PLR0913 - each option is a part of the ending
    reading: TargetArgument,
    *,
    no_lesion: Annotated[bool, typer.Option("--no-lesion", help="No lesion was found.")] = False,
    not_evaluable: Annotated[
        NotEvaluable | None, typer.Option(help="The case cannot be read, and why.")
    ] = None,
    text: Annotated[str, typer.Option(help="A remark on the ending.")] = "",
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hand in a reading as its mask is saved; the rule checks speak first."""
    ending = _ending(no_lesion=no_lesion, not_evaluable=not_evaluable, text=text)
    with target(reading, project) as found:
        by = person_of(found.project, person, key)
        named = found.reading_for(by)
        findings = acts.submit(found.project, named, by=by.person_id, ending=ending)
        bring_together_if_due(found)
        if as_json:
            told = [finding.to_json() for finding in findings]
            print_json({"reading": named, "ending": ending.kind.value, "findings": told})
            return
        say(f"Handed in: {named} ({ending.kind.value})")
        for finding in findings:
            print_finding(finding)
