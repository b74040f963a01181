"""`medseg key`, `medseg sign` and `medseg verify`: a judgement, and the proof of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medseg import project, signoff
from medseg.cli.console import print_finding, print_json, say
from medseg.cli.options import ImageOption, JsonOption, MaskPath, SeriesOption, TrustOption
from medseg.cli.passphrases import (
    KeyOption,
    PassphraseOption,
    ask_passphrase,
    key_content,
    unlocked_key,
)
from medseg.cli.whose import opened, signer_of
from medseg.errors import FormatError, ReviewError, SignoffError
from medseg.formats import atomic
from medseg.formats.folders import make_folder
from medseg.project import acts, find_spot
from medseg.project.home import key_path

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
    mask: MaskPath,
    *,
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
    if not mask.exists():
        raise FormatError(f"A sign-off is about a saved mask; there is no {mask}.")
    spot = find_spot(mask)
    if spot is not None and spot.case and spot.reading:
        if image or series or reason or decision != "approve":
            raise ReviewError(
                "In a project the image is the case's own, and a rejection is said with: "
                "medseg review reject"
            )
        _sign_in_project(spot.layout.root, spot.reading, key, passphrase_fd)
        return
    unlocked = unlocked_key(key, passphrase_fd)
    path = project.sign(
        mask,
        unlocked,
        image=image,
        series=series,
        role=role,
        decision=decision,
        reason=reason,
    )
    say(f"Signed by {unlocked.printed_name}: {path}")


def _sign_in_project(root: Path, reading: str, key: Path | None, passphrase_fd: int | None) -> None:
    with opened(root) as house:
        person, unlocked = signer_of(house, key, passphrase_fd)
        acts.sign(house, reading, by=person.person_id, key=unlocked)
        case = house.case_of(reading).case_id
        say(f"Signed by {person.printed_name}: {house.layout.signoffs(case, reading)}")


def verify(
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
    as_json: JsonOption = False,
) -> None:
    """Check every sign-off: 0 valid, 10 with warnings, 11 invalid, 12 could not decide."""
    verification = project.verify(
        path, image=image, series=series, people=people, log=log, trust=tuple(trust or ())
    )
    if as_json:
        print_json(verification.to_json())
    else:
        for verdict in verification.verdicts:
            print_finding(verdict, indent="")
    raise typer.Exit(verification.exit_code)
