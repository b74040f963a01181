"""`medseg worklist`, `assign` and `distribute`: whose turn it is, and who shall read what."""

from __future__ import annotations

import secrets
from datetime import date
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.table import Table

from medseg.cli.console import out, print_json, say
from medseg.cli.options import JsonOption
from medseg.cli.passphrases import KeyOption
from medseg.cli.whose import PersonOption, ProjectOption, TargetArgument, opened, person_of, target
from medseg.errors import ReviewError
from medseg.model import CaseState, Person, Role, StageName
from medseg.project import Project, acts
from medseg.project.store import Turn
from medseg.project.worklist import WorklistRow, worklist
from medseg.project.worklist_queries import Filters, Sort


def show_worklist(  # noqa: PLR0913 - each option is a filter
    *,
    project: ProjectOption = Path(),
    person: PersonOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every case you may see, not only your turns.")
    ] = False,
    following: Annotated[
        bool, typer.Option("--next", help="Only what you should do next.")
    ] = False,
    state: Annotated[CaseState | None, typer.Option(help="Only cases that stand there.")] = None,
    reader: Annotated[
        str | None, typer.Option(help="Only cases of this reader: an id or a printed name.")
    ] = None,
    specialty: Annotated[str | None, typer.Option(help="Only this one, as chest.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only this patient's, by opaque id.")] = None,
    due: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only what is due then or before.")
    ] = None,
    comments: Annotated[
        bool, typer.Option("--comments", help="Only cases with open comments.")
    ] = False,
    queries: Annotated[
        bool, typer.Option("--queries", help="Only cases with open questions.")
    ] = False,
    agreement: Annotated[
        float | None,
        typer.Option("--agreement-below", min=0, max=1, help="Only where readers agree less."),
    ] = None,
    sort: Annotated[
        str, typer.Option(help="due, case, subject, comments, agreement or changed.")
    ] = "due",
    limit: Annotated[int, typer.Option(min=1, help="How many rows.")] = 50,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what you are to do next, or where each case stands.

    What is hidden from you is neither shown, nor filtered or sorted by.
    """
    with opened(project) as house:
        who = person_of(house, person, key)
        filters = Filters(
            state=state,
            reader=person_of(house, reader).person_id if reader else None,
            specialty=specialty,
            subject=subject,
            due_until=_date(due) if due else None,
            with_comments=comments,
            with_queries=queries,
            agreement_below=agreement,
        )
        rows = worklist(
            house.store,
            who,
            filters=filters,
            mine=following or not everything,
            sort=_sort(sort),
            limit=1 if following else limit,
        )
        if as_json:
            print_json({"person": who.person_id, "rows": [_row_json(row) for row in rows]})
        elif following:
            _print_next(house, rows, who)
        else:
            _print_rows(house, rows, who)


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ReviewError(f"A date is written as 2027-03-31; found {text!r}.") from error


def _sort(text: str) -> Sort:
    known: tuple[Sort, ...] = get_args(Sort)
    for one in known:
        if one == text:
            return one
    raise ReviewError(f"A worklist is sorted by {', '.join(known)}; found {text!r}.")


def _row_json(row: WorklistRow) -> dict[str, Any]:
    turn = row.turn
    return {
        "case": row.case_id,
        "state": row.state.value,
        "subject": row.subject,
        "timePoint": row.time_point,
        "specialty": row.specialty,
        "due": row.due,
        "changed": row.changed,
        "openComments": row.open_comments,
        "openQueries": row.open_queries,
        "agreement": row.agreement,
        "readers": list(row.readers),
        "turn": {"stage": turn.stage, "reading": turn.reading} if turn else None,
    }


def _print_next(house: Project, rows: tuple[WorklistRow, ...], who: Person) -> None:
    if not rows or rows[0].turn is None:
        say(f"Nothing waits for {who.printed_name}.")
        return
    row, turn = rows[0], rows[0].turn
    due = f", due {row.due}" if row.due else ""
    say(f"Next: {turn.stage} {turn.reading or row.case_id}{due}")
    if turn.reading:
        say(f"  its mask is {house.mask_path(row.case_id, turn.reading)}")
    say(f"  {_command(turn, row.case_id)}")


def _command(turn: Turn, case: str) -> str:
    """What to type for a turn."""
    if turn.reading is not None:
        return f"look at it with: medseg open {turn.reading}"
    if turn.stage is StageName.ANNOTATE:
        return f"give it to a reader with: medseg assign {case} --to PERSON"
    if turn.role is Role.LEAD:
        return f"compare its readings with: medseg review settle {case}"
    return f"look at its readings with: medseg review show {case}"


def _print_rows(house: Project, rows: tuple[WorklistRow, ...], who: Person) -> None:
    if not rows:
        say(f"Nothing here for {who.printed_name}. `medseg worklist --all` shows every case.")
        return
    names = {one.person_id: one.printed_name for one in house.registry.people}
    table = Table(
        "case", "reading", "your turn", "state", "readers", "due", "comments", "agreement", box=None
    )
    for row in rows:
        turn = row.turn
        table.add_row(
            row.case_id,
            (turn.reading or "") if turn else "",
            turn.stage if turn else "",
            row.state.value,
            ", ".join(names.get(one, one) for one in row.readers),
            row.due or "",
            str(row.open_comments or ""),
            "" if row.agreement is None else f"{row.agreement:.2f}",
        )
    out.print(table)


def assign(  # noqa: PLR0913 - each option is a part of the assignment
    case: TargetArgument,
    *,
    to: Annotated[str, typer.Option("--to", help="Who shall read it: an id or a printed name.")],
    reviewer: Annotated[
        bool, typer.Option("--reviewer", help="Ask for a review of the reading instead.")
    ] = False,
    round_: Annotated[
        int, typer.Option("--round", min=1, help="2 and more: the same reader again, unannounced.")
    ] = 1,
    order: Annotated[int, typer.Option(min=0, help="Place in the reader's list.")] = 0,
    note: Annotated[str, typer.Option(help="For the reader.")] = "",
    due: Annotated[str | None, typer.Option(metavar="DATE", help="By when, as 2027-03-31.")] = None,
    drawn_from: Annotated[
        list[str] | None,
        typer.Option("--from", help="A disputed reading that an adjudicator draws anew."),
    ] = None,
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
) -> None:
    """Give a case to a reader, or a reading to a reviewer."""
    with target(case, project) as found:
        house = found.project
        by, reader = person_of(house, person, key), person_of(house, to)
        if reviewer:
            reading = found.reading_for(by)
            acts.assign_reviewer(house, reading, reader.person_id, by=by.person_id)
            say(f"{reader.printed_name} is asked to review {reading}")
            return
        reading = acts.assign(
            house,
            found.case,
            reader.person_id,
            by=by.person_id,
            round_=round_,
            order=order,
            note=note,
            due=due,
            drawn_from=drawn_from or (),
        )
        say(f"{reader.printed_name} reads {found.case} as {reading}")
        say(f"  the mask will be {house.mask_path(found.case, reading)}")


def distribute(
    *,
    project: ProjectOption = Path(),
    seed: Annotated[int | None, typer.Option(help="Of the lots; the same gives the same.")] = None,
    person: PersonOption = None,
    key: KeyOption = None,
) -> None:
    """Assign every case that waits, by load and specialty, as the policy says."""
    with opened(project) as house:
        lead = person_of(house, person, key)
        lots = secrets.randbelow(2**32) if seed is None else seed
        given = acts.assign_all(house, by=lead.person_id, seed=lots)
        for case, reading, reader in given:
            say(f"{house.person(reader).printed_name} reads {case} as {reading}")
        say(f"{len(given)} assigned; seed {lots}")
