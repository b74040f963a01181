"""`medseg init`, `import`, `worklist` and `assign`: a project, its cases, and whose turn it is."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from medseg import signoff
from medseg.cli.console import out, print_finding, print_json, progress_bar, say
from medseg.cli.options import JsonOption
from medseg.cli.passphrases import (
    KeyOption,
    PassphraseOption,
    ask_passphrase,
    key_content,
    unlocked_key,
)
from medseg.cli.signing import write_key
from medseg.cli.whose import PersonOption, ProjectOption, TargetArgument, opened, person_of, target
from medseg.errors import FormatError
from medseg.model import CaseState, Person
from medseg.project import Project, acts, import_images
from medseg.project.home import home_folder, key_path
from medseg.project.worklist import WorklistRow, worklist
from medseg.project.worklist_queries import Filters


def init(
    folder: Annotated[Path, typer.Argument(help="The new project's folder.")],
    *,
    name: Annotated[str, typer.Option(help="Its name; by default the folder's.")] = "",
    site: Annotated[str, typer.Option(help="Where it is run, as printed.")] = "local",
    solo: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="One person does everything; sign-offs say so."),
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="URL of an empty PostgreSQL database, for a team.")
    ] = None,
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Make a project: a plain folder with its rules, its people, and an append-only log.

    The key signs the registry of people. With --solo it is your own; for a team it is a key of
    the registry's keeper, who then signs no case.
    """
    title = name or folder.resolve().name
    path = key or (key_path() if solo else home_folder() / f"root-{folder.resolve().name}.json")
    if not path.exists():
        passphrase = ask_passphrase(
            descriptor=passphrase_fd, confirm=True, of="Passphrase of the new key"
        )
        write_key(path, signoff.create_key(solo or f"Registry of {title}", passphrase))
        unlocked = signoff.unlock_key(key_content(path), passphrase)
        say(f"Made a key: {path}")
    else:
        unlocked = unlocked_key(path, passphrase_fd)
    with Project.create(
        folder, name=title, site=site, key=unlocked, solo=solo, database=database
    ) as project:
        say(f"Made the project {title}: {folder}")
        say(f"  its registry of people is signed by {unlocked.keyid}")
        if solo:
            (person,) = project.registry.people
            say(f"  {person.printed_name} is {person.person_id}; sign-offs say self-attested")
            say(f"Next: medseg import IMAGES --project {folder}")
        else:
            say(f"Next: medseg people enrol NAME --role annotator --public-key FILE {folder}")


def import_(
    images: Annotated[list[Path], typer.Argument(help="DICOM or NIfTI: files, folders, trees.")],
    *,
    project: ProjectOption = Path(),
    specialty: Annotated[str, typer.Option(help="As chest, for the assignment.")] = "",
    gold: Annotated[bool, typer.Option("--gold", help="Cases of known truth.")] = False,
    person: PersonOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take images into a project as cases with opaque ids; what is known already is left alone."""
    done: list[dict[str, Any]] = []
    with opened(project) as house:
        by = person_of(house, person, key).person_id
        for path in images:
            if not path.exists():
                raise FormatError(f"What is imported exists; there is no {path}.")
            with progress_bar(f"importing {path.name}") as progress:
                found = import_images(
                    house, path, by=by, specialty=specialty, gold=gold, progress=progress
                )
            done.append(
                {
                    "path": str(path),
                    "cases": list(found.cases),
                    "known": list(found.known),
                    "findings": [finding.to_json() for finding in found.findings],
                }
            )
            if not as_json:
                say(f"{path}: {len(found.cases)} new, {len(found.known)} known already")
                for case in found.cases:
                    say(f"  {case}")
                for finding in found.findings:
                    print_finding(finding)
    if as_json:
        print_json({"imported": done})


def show_worklist(
    *,
    project: ProjectOption = Path(),
    person: PersonOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every case you may see, not only your turns.")
    ] = False,
    state: Annotated[CaseState | None, typer.Option(help="Only cases that stand there.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many rows.")] = 50,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """What you are to do next, and where each case stands."""
    with opened(project) as house:
        who = person_of(house, person, key)
        rows = worklist(
            house.store, who, filters=Filters(state=state), mine=not everything, limit=limit
        )
        if as_json:
            print_json({"person": who.person_id, "rows": [_row_json(row) for row in rows]})
            return
        _print_rows(rows, who)


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


def _print_rows(rows: tuple[WorklistRow, ...], who: Person) -> None:
    if not rows:
        say(f"Nothing waits for {who.printed_name}. `medseg worklist --all` shows every case.")
        return
    table = Table("case", "reading", "your turn", "state", "due", "comments", box=None)
    for row in rows:
        turn = row.turn
        cells = (
            row.case_id,
            (turn.reading or "") if turn else "",
            turn.stage if turn else "",
            row.state.value,
            row.due or "",
            str(row.open_comments or ""),
        )
        table.add_row(*cells)
    out.print(table)


def assign(
    case: TargetArgument,
    *,
    to: Annotated[str, typer.Option("--to", help="Who shall read it: an id or a printed name.")],
    reviewer: Annotated[
        bool, typer.Option("--reviewer", help="Ask for a review of the reading instead.")
    ] = False,
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
        reading = acts.assign(house, found.case, reader.person_id, by=by.person_id)
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
