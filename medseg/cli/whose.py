"""Which reading a command is about, and who gives the command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from medseg import signoff
from medseg.cli.console import errors, say
from medseg.cli.passphrases import ask_passphrase, key_content
from medseg.errors import ReviewError, SignoffError
from medseg.model import Case, Person
from medseg.project import Project, acts, find_spot
from medseg.project.folder.home import key_path
from medseg.review import final_reading, view_of

_ID = re.compile(r"[cr]-[0-9A-Za-z]{1,32}")

TargetArgument = Annotated[
    str,
    typer.Argument(
        metavar="READING",
        help="A reading or case: its id, its folder, or its mask.",
    ),
]
ProjectOption = Annotated[
    Path, typer.Option("--project", help="The project's folder, where an id is given.")
]
PersonOption = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="PERSON", help="You, by id or printed name; by default your key's owner."
    ),
]


@dataclass(frozen=True, eq=False)
class Target:
    """What a command is about.

    Args:
        project: open.
        case: id of the case.
        reading: id of the reading; None for the case as a whole.
    """

    project: Project
    case: str
    reading: str | None

    def reading_for(self, person: Person) -> str:
        """The reading that is meant: the one named, or the only one that the person may see.

        Raises:
            ReviewError: there is none, or several.
        """
        if self.reading is not None:
            return self.reading
        seen = self.seen_by(person)
        final = final_reading(self.project.policy, seen)
        ids = [final.reading_id] if final else [one.reading_id for one in seen.readings]
        if len(ids) != 1:
            found = ", ".join(ids) or "none"
            raise ReviewError(
                f"A command is about one reading; of case {self.case} you may see {found}. "
                "Name the reading; `medseg worklist` lists them."
            )
        return ids[0]

    def readable_by(self, person: Person) -> str:
        """As `reading_for`, and the person may see it.

        Raises:
            ReviewError: they may not, or there is none, or several.
        """
        named = self.reading_for(person)
        if self.seen_by(person).reading(named) is None:
            raise ReviewError(
                f"{person.printed_name} may not see {named} now. `medseg worklist` lists what is "
                "yours."
            )
        return named

    def seen_by(self, person: Person) -> Case:
        """The case as the person may see it."""
        return view_of(self.project.policy, self.project.case(self.case), person)


def reading_id(text: str) -> str | None:
    """The text if it is the id of a reading or case, and no path here; None otherwise."""
    return text if _ID.fullmatch(text) and not Path(text).exists() else None


@contextmanager
def opened(folder: Path) -> Iterator[Project]:
    """The project in a folder or above it; what was mended on opening is said."""
    with Project.open(folder) as project:
        for finding in project.findings:
            if finding.severity != "note":
                say(finding.code, f" {finding.text}", to=errors)
        yield project


@contextmanager
def target(named: str, folder: Path) -> Iterator[Target]:
    """What an id or path names, in its open project.

    Raises:
        ReviewError: it names no case or reading.
        FormatError: there is no project.
    """
    path = Path(named)
    spot = find_spot(path) if path.exists() else None
    if spot is not None and spot.case is not None:
        with opened(spot.layout.root) as project:
            project.case(spot.case)
            yield Target(project, spot.case, spot.reading)
        return
    if not _ID.fullmatch(named):
        raise ReviewError(
            f"A case or reading is named by its id or by a path inside its project; {named!r} is "
            "neither. `medseg worklist` lists the ids."
        )
    with opened(folder) as project:
        if named.startswith("c-"):
            yield Target(project, project.case(named).case_id, None)
        else:
            yield Target(project, project.case_of(named).case_id, named)


def person_of(project: Project, given: str | None, key: Path | None = None) -> Person:
    """Who gives the command: the one named, or the owner of the key on this machine.

    Nothing is proven by that; what has to be is signed.

    Raises:
        ReviewError: nobody of the project.
        SignoffError: there is no key to tell.
    """
    if given is None:
        if key is None and not key_path().exists():
            raise ReviewError(
                "Who acts is known by their key or by --as; you have no key on this machine and "
                "named nobody. Make a key with: medseg key new NAME, or say --as NAME."
            )
        described = signoff.describe_key(key_content(key))
        owner = project.registry.owner(described["keyid"])
        if owner is None:
            raise ReviewError(
                f"Who acts is known by their key or by --as; the key of "
                f"{described['printedName']} is nobody's here. Ask the registry's keeper to enrol "
                "you with it, or say --as NAME."
            )
        return owner
    by_name = [one for one in project.registry.people if one.printed_name == given]
    if len(by_name) > 1:
        ids = ", ".join(one.person_id for one in by_name)
        raise ReviewError(f"Several are called {given}: {ids}. Say which, by the id.")
    return by_name[0] if by_name else project.person(given)


def signer_of(
    project: Project, key: Path | None, descriptor: int | None
) -> tuple[Person, signoff.SigningKey]:
    """Who signs, with their key opened; a failed try is entered in the log.

    Raises:
        ReviewError: the key is nobody's of the project.
        SignoffError: it cannot be read, or the passphrase does not open it.
    """
    content = key_content(key)
    described = signoff.describe_key(content)
    owner = project.registry.owner(described["keyid"])
    passphrase = ask_passphrase(
        descriptor=descriptor, of=f"Passphrase of {described['printedName']}"
    )
    try:
        unlocked = signoff.unlock_key(content, passphrase)
    except SignoffError:
        by = owner.person_id if owner else None
        acts.note_failed_auth(project, described["keyid"], "passphrase", by=by)
        raise
    return project.person_of(unlocked), unlocked
