"""`medseg key`, `medseg sign` and `medseg verify`: a judgement, and the proof of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medseg import project, signoff
from medseg.cli.console import print_finding, print_json, say
from medseg.cli.options import ImageOption, JsonOption, SeriesOption, TrustOption
from medseg.cli.passphrases import (
    KeyOption,
    PassphraseOption,
    ask_passphrase,
    key_content,
    unlocked_key,
)
from medseg.cli.whose import (
    PersonOption,
    ProjectOption,
    opened,
    person_of,
    reading_id,
    signer_of,
    target,
)
from medseg.errors import FormatError, ReviewError, SignoffError
from medseg.formats import atomic
from medseg.formats.folders import make_folder
from medseg.model import Verification
from medseg.project import acts, find_spot
from medseg.project.folder.home import key_path
from medseg.review import view_of

key_app = typer.Typer(help="Keys that people sign with.", no_args_is_help=True)


@key_app.command("new")
def new_key(
    name: Annotated[str, typer.Argument(help="Your name as it shall be printed.")],
    *,
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Make a signing key for a person, encrypted by a passphrase."""
    path = key or key_path()
    if path.exists():
        raise SignoffError(f"A key is never overwritten; {path} exists. Choose another with --key.")
    passphrase = ask_passphrase(descriptor=passphrase_fd, confirm=True)
    write_key(path, signoff.create_key(name, passphrase))
    _print_key(path)


def write_key(path: Path, content: bytes) -> None:
    """Write a key file that its owner alone can read."""
    make_folder(path.parent)
    atomic.write_bytes(path, content, mode=0o600)


@key_app.command("show")
def show_key(
    *,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show whose key it is, its id and its public part; the secret stays shut."""
    path = key or key_path()
    if as_json:
        print_json(signoff.describe_key(key_content(path)))
    else:
        _print_key(path)


def _print_key(path: Path) -> None:
    described = signoff.describe_key(key_content(path))
    say(f"Key of {described['printedName']}: {path}")
    say(f"  key id      {described['keyid']}")
    say(f"  public key  {described['publicKey']}")


def sign(  # noqa: PLR0913 - each option is a field of the record
    mask: Annotated[
        str, typer.Argument(metavar="MASK", help="A mask; of a project: a reading, too.")
    ],
    *,
    folder: ProjectOption = Path(),
    image: ImageOption = None,
    series: SeriesOption = None,
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
    role: Annotated[str, typer.Option(help="The role you sign in, outside a project.")] = "reader",
    decision: Annotated[str, typer.Option(help="approve or reject, outside a project.")] = (
        "approve"
    ),
    reason: Annotated[str | None, typer.Option(help="Why; a rejection needs one.")] = None,
) -> None:
    """Sign exactly the voxels of a saved mask, on exactly its image.

    In a project it is the signature that its stages ask for, on the version handed in last.
    """
    file = Path(mask)
    spot = find_spot(file) if file.exists() else None
    if reading_id(mask) or (spot is not None and spot.case):
        if image or series or reason or decision != "approve":
            raise ReviewError(
                "In a project the image is the case's own, and a rejection is said with: "
                "medseg review reject"
            )
        _sign_in_project(mask, folder, key, passphrase_fd)
        return
    if not file.is_file():
        raise FormatError(f"A sign-off is about a saved mask; there is no {mask}.")
    unlocked = unlocked_key(key, passphrase_fd)
    path = project.sign(
        file,
        unlocked,
        image=image,
        series=series,
        role=role,
        decision=decision,
        reason=reason,
    )
    say(f"Signed by {unlocked.printed_name}: {path}")


def _sign_in_project(named: str, folder: Path, key: Path | None, passphrase_fd: int | None) -> None:
    with target(named, folder) as found:
        house = found.project
        person, unlocked = signer_of(house, key, passphrase_fd)
        reading = found.reading_for(person)
        acts.sign(house, reading, by=person.person_id, key=unlocked)
        say(f"Signed by {person.printed_name}: {house.layout.signoffs(found.case, reading)}")


def verify(  # noqa: PLR0913 - each option is a piece of evidence
    path: Annotated[Path, typer.Argument(help="A mask, or a folder of a project.")],
    *,
    image: ImageOption = None,
    series: SeriesOption = None,
    people: Annotated[
        Path | None, typer.Option(help="A registry of people whose word you take.")
    ] = None,
    log: Annotated[Path | None, typer.Option(help="A log, as `medseg log export` wrote it.")] = (
        None
    ),
    trust: TrustOption = None,
    person: PersonOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check every sign-off: 0 valid, 10 with warnings, 11 invalid, 12 could not decide.

    Of a project's folder, readings that are hidden from you while you read blind are left out.
    """
    verification = project.verify(
        path, image=image, series=series, people=people, log=log, trust=tuple(trust or ())
    )
    if path.is_dir():
        verification = _for_blind_eyes(path, verification, person, key)
    if as_json:
        print_json(verification.to_json())
    else:
        for verdict in verification.verdicts:
            print_finding(verdict, indent="")
    raise typer.Exit(verification.exit_code)


def _for_blind_eyes(
    folder: Path, verification: Verification, person: str | None, key: Path | None
) -> Verification:
    """The verdicts without those on readings that are hidden from whoever asks.

    Whoever is nobody in the project, as an auditor, is told all of them: the folder is theirs to
    read anyway.
    """
    spot = find_spot(folder)
    if spot is None or (person is None and not (key or key_path()).exists()):
        return verification
    with opened(spot.layout.root) as house:
        try:
            who = person_of(house, person, key)
        except ReviewError:
            if person is not None:
                raise
            return verification
        policy = house.policy
        hidden = tuple(
            f"cases/{case.case_id}/{one.reading_id}/"
            for case in house.cases()
            for one in case.readings
            if view_of(policy, case, who).reading(one.reading_id) is None
        )
    told = [one for one in verification.verdicts if not (one.where.file or "").startswith(hidden)]
    return Verification(tuple(told))
