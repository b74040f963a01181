"""`medseg submit`, `handover` and `review`: the work on a reading, from hand to hand."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from medseg.cli import judging, readers, recording, settling, talking
from medseg.cli.case_words import case_json, print_case
from medseg.cli.console import print_finding, print_json, say
from medseg.cli.options import JsonOption, parsed_point
from medseg.cli.passphrases import KeyOption, PassphraseOption
from medseg.cli.whose import (
    PersonOption,
    ProjectOption,
    Target,
    TargetArgument,
    person_of,
    signer_of,
    target,
)
from medseg.errors import ReviewError
from medseg.formats import atomic
from medseg.model import Ending, EndingKind, NotEvaluable
from medseg.project import acts
from medseg.review import Position

review_app = typer.Typer(help="Judge a reading, and talk about it.", no_args_is_help=True)


def submit(  # noqa: PLR0913 - each option is a part of the ending
    reading: TargetArgument,
    *,
    no_lesion: Annotated[bool, typer.Option("--no-lesion", help="No lesion was found.")] = False,
    not_evaluable: Annotated[
        NotEvaluable | None, typer.Option(help="The case cannot be read, and why.")
    ] = None,
    text: Annotated[str, typer.Option(help="A remark on the ending.")] = "",
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hand in a reading as its mask is saved; the rule checks speak first.

    Your key signs the hand-in, so that nobody can hand in under your name.
    """
    ending = _ending(no_lesion=no_lesion, not_evaluable=not_evaluable, text=text)
    with target(reading, project) as found:
        by, unlocked = signer_of(found.project, key, passphrase_fd)
        named = found.reading_for(by)
        findings = acts.submit(found.project, named, by=by.person_id, key=unlocked, ending=ending)
        settling.bring_together_if_due(found)
        if as_json:
            told = [finding.to_json() for finding in findings]
            print_json({"reading": named, "ending": ending.kind.value, "findings": told})
            return
        say(f"Handed in: {named} ({ending.kind.value})")
        for finding in findings:
            print_finding(finding)


def _ending(*, no_lesion: bool, not_evaluable: NotEvaluable | None, text: str) -> Ending:
    if no_lesion and not_evaluable:
        raise ReviewError(
            "A reading ends in one way; --no-lesion and --not-evaluable are two. Say one of them."
        )
    if not_evaluable:
        return Ending(EndingKind.NOT_EVALUABLE, not_evaluable, text)
    kind = EndingKind.NO_LESION_FOUND if no_lesion else EndingKind.LESIONS
    return Ending(kind, None, text)


def handover(  # noqa: PLR0913 - each option is a part of the packet
    reading: TargetArgument,
    *,
    to: Annotated[str, typer.Option("--to", help="Who goes on: an id or a printed name.")],
    note: Annotated[str, typer.Option(help="In your own words.")] = "",
    at: Annotated[
        str | None, typer.Option(metavar="L,P,S", help="Where you were last, in LPS mm.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option(help="The next person's time zone, as Asia/Tokyo.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--out", help="Also write what they are told there.")
    ] = None,
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hand a reading to the next person, with what is open and not displayed yet."""
    point = parsed_point(at) if at else None
    theirs = _zone(zone) if zone else UTC
    with target(reading, project) as found:
        house = found.project
        by, taker = person_of(house, person, key), person_of(house, to)
        packet = acts.hand_over(
            house,
            found.reading_for(by),
            taker.person_id,
            by=by.person_id,
            note=note,
            position=_position(found, point) if point else None,
            zones=(datetime.now().astimezone().tzinfo or UTC, theirs),
        )
    if file is not None:
        atomic.write_bytes(file, (packet.in_words() + "\n").encode())
    if as_json:
        print_json(packet.to_json())
    else:
        say(packet.in_words())


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ReviewError(
            f"A time zone has a name of the IANA list, as Europe/Rome; found {name!r}."
        ) from error


def _position(found: Target, point: tuple[float, float, float]) -> Position:
    geometry = found.project.image(found.case).geometry
    index = geometry.to_index(point)
    if not all(-0.5 <= one < size - 0.5 for one, size in zip(index, geometry.shape, strict=True)):
        raise ReviewError(
            f"A position lies in the image; {point} does not. It is {geometry.describe()}"
        )
    return Position(point, round(float(index[0])))


def show(
    reading: TargetArgument,
    *,
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what you may see of a case: versions, judgements, comments, questions."""
    with target(reading, project) as found:
        seen = found.seen_by(person_of(found.project, person, key))
        names = {one.person_id: one.printed_name for one in found.project.registry.people}
    if as_json:
        print_json(case_json(seen))
    else:
        print_case(seen, names)


review_app.command("show")(show)
review_app.command("approve")(judging.approve)
review_app.command("reject")(judging.reject)
review_app.command("settle")(settling.settle)
review_app.command("adjudicate")(judging.adjudicate)
review_app.command("record")(recording.record)
review_app.command("readers")(readers.readers)
review_app.command("truth")(readers.truth)
review_app.command("comment")(talking.comment)
review_app.command("resolve")(talking.resolve)
review_app.command("ask")(talking.ask)
review_app.command("answer")(talking.answer)
