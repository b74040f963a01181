"""`medseg init` and `medseg import`: a project, and the images that it is about."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from medseg import signoff
from medseg.cli.console import print_finding, print_json, progress_bar, say
from medseg.cli.options import JsonOption
from medseg.cli.passphrases import (
    KeyOption,
    PassphraseOption,
    ask_passphrase,
    key_content,
    unlocked_key,
)
from medseg.cli.signing import write_key
from medseg.cli.whose import PersonOption, ProjectOption, opened, person_of
from medseg.errors import FormatError
from medseg.project import Imported, Project, import_images
from medseg.project.folder.home import home_folder, key_path

_REFUSED, _WITH_WARNINGS = 3, 10


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
            enrol = "medseg people enrol NAME --role annotator --public-key TEXT"
            say(f"Next: {enrol} --project {folder}")


def import_(  # noqa: PLR0913 - each option is a choice
    images: Annotated[list[Path], typer.Argument(help="DICOM or NIfTI: files, folders, trees.")],
    *,
    project: ProjectOption = Path(),
    specialty: Annotated[str, typer.Option(help="As chest, for the assignment.")] = "",
    gold: Annotated[bool, typer.Option("--gold", help="Cases of known truth.")] = False,
    follow_links: Annotated[
        bool, typer.Option("--follow-links", help="Also links that lead out of a folder.")
    ] = False,
    person: PersonOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take images into a project as cases with opaque ids; what is known is left alone.

    Exit code 10 where some images were refused, 3 where nothing was there to take in.
    """
    done: list[tuple[Path, Imported]] = []
    with opened(project) as house:
        by = person_of(house, person, key).person_id
        for path in images:
            if not path.exists():
                raise FormatError(f"What is imported exists; there is no {path}.")
            with progress_bar(f"importing {path.name}") as progress:
                found = import_images(
                    house,
                    path,
                    by=by,
                    specialty=specialty,
                    gold=gold,
                    follow_links=follow_links,
                    progress=progress,
                )
            done.append((path, found))
            if not as_json:
                _print_imported(path, found)
    refused = sum(one.code == "IMAGE_REFUSED" for _, found in done for one in found.findings)
    is_nothing = not any(found.cases or found.known for _, found in done)
    if as_json:
        print_json({"imported": [_imported_json(path, found) for path, found in done]})
    elif is_nothing:
        raise _nothing_taken(refused)
    if is_nothing or refused:
        raise typer.Exit(_REFUSED if is_nothing else _WITH_WARNINGS)


def _nothing_taken(refused: int) -> FormatError:
    why = f", and {refused} were refused for the reasons above" if refused else ""
    return FormatError(
        "An import takes in what is an image and can be read; nothing here was"
        f"{why}. See what is there with: medseg info PATH"
    )


def _print_imported(path: Path, found: Imported) -> None:
    say(f"{path}: {len(found.cases)} new, {len(found.known)} known already")
    for case in found.cases:
        say(f"  {case}")
    for finding in found.findings:
        print_finding(finding)


def _imported_json(path: Path, found: Imported) -> dict[str, Any]:
    return {
        "path": str(path),
        "cases": list(found.cases),
        "known": list(found.known),
        "findings": [finding.to_json() for finding in found.findings],
    }
