"""`medseg review settle`: where all blind readings are in, they are compared and become one."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from medseg.cli.console import print_json, say
from medseg.cli.options import JsonOption
from medseg.cli.passphrases import KeyOption
from medseg.cli.whose import (
    PersonOption,
    ProjectOption,
    Target,
    TargetArgument,
    person_of,
    target,
)
from medseg.errors import MedsegError, ReviewError
from medseg.model import Role, StageName
from medseg.project import acts
from medseg.review import final_reading, whose_turn
from medseg.review.workflow.states import Turn

_DUE = Turn(Role.LEAD, StageName.ADJUDICATE, None)


def settle(
    case: TargetArgument,
    *,
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the blind readings of a case; where they agree, they become one.

    It happens by itself with the last hand-in; the lead can ask for it where that failed.
    """
    with target(case, project) as found:
        by = person_of(found.project, person, key)
        if found.project.policy.double.readings == 1:
            raise ReviewError(
                "Readings are compared where a case has several readers; in this project it has "
                "one. policy.double.readings in medseg.toml asks for more."
            )
        why = acts.bring_together(found.project, found.case, by=by.person_id)
        final = final_reading(found.project.policy, found.project.case(found.case))
        named = final.reading_id if final else None
    if as_json:
        print_json({"case": case, "agree": not why, "reading": named, "why": list(why)})
    elif why:
        say("The readers differ, and an adjudicator decides:")
        for one in why:
            say(f"  {one}")
    else:
        say(f"The readers agree; {named} is the reading to be signed.")


def bring_together_if_due(found: Target) -> None:
    """Compare the readings if the last one is in, and tell the reader nothing of it.

    What was handed in stands, whatever becomes of that: the lead's worklist shows what is left.
    """
    project = found.project
    if _DUE in whose_turn(project.policy, project.case(found.case)):
        with suppress(MedsegError):
            acts.bring_together(project, found.case)
