"""`medseg key`, `medseg sign` and `medseg verify`: a judgement, and the proof of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from medseg import project, signoff
from medseg.cli.console import print_finding, print_json, say
from medseg.cli.options import ImageOption, JsonOption, MaskPath, SeriesOption, TrustOption
from medseg.errors import FormatError, SignoffError
from medseg.formats import atomic
from medseg.formats.folders import make_folder

key_app = typer.Typer(help="Keys that people sign with.", no_args_is_help=True)

_PASSPHRASE_VARIABLE = "MEDSEG_PASSPHRASE"  # noqa: S105 - the name of a variable, no secret
KeyOption = Annotated[
    Path | None, typer.Option("--key", help="Your key file; by default your own on this machine.")
]


def default_key_path() -> Path:
    """Where a person's key lies on this machine."""
    return Path(typer.get_app_dir("medseg")) / "key.json"


@key_app.command("new")
def new_key(
    name: Annotated[str, typer.Argument(help="Your name as it shall be printed.")],
    *,
    key: KeyOption = None,
) -> None:
    """Make a signing key for a person, encrypted by a passphrase."""
    path = key or default_key_path()
    if path.exists():
        raise SignoffError(f"A key is never overwritten; {path} exists. Choose another with --key.")
    passphrase = _ask_passphrase(confirm=True)
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
    """Show whose key it is and its id; the secret stays shut."""
    path = key or default_key_path()
    if as_json:
        print_json(signoff.describe_key(_key_content(path)))
    else:
        _print_key(path)


def _print_key(path: Path) -> None:
    described = signoff.describe_key(_key_content(path))
    say(f"Key of {described['printedName']}: {path}")
    say(f"  key id {described['keyid']}")


def sign(
    mask: MaskPath,
    *,
    image: ImageOption = None,
    series: SeriesOption = None,
    key: KeyOption = None,
    role: Annotated[str, typer.Option(help="The role you sign in.")] = "reader",
    decision: Annotated[str, typer.Option(help="approve or reject.")] = "approve",
    reason: Annotated[str | None, typer.Option(help="Why; a rejection needs one.")] = None,
) -> None:
    """Sign exactly the voxels of a saved mask, on exactly its image."""
    if not mask.exists():
        raise FormatError(f"A sign-off is about a saved mask; there is no {mask}.")
    content = _key_content(key or default_key_path())
    unlocked = signoff.unlock_key(content, _ask_passphrase())
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


def verify(
    mask: MaskPath,
    *,
    image: ImageOption = None,
    series: SeriesOption = None,
    trust: TrustOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check every sign-off of a mask: 0 valid, 10 with warnings, 11 invalid, 12 undecided."""
    verification = project.verify(mask, image=image, series=series, trust=tuple(trust or ()))
    if as_json:
        print_json(verification.to_json())
    else:
        for verdict in verification.verdicts:
            print_finding(verdict, indent="")
    raise typer.Exit(verification.exit_code)


def _key_content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SignoffError(
            f"Signing needs your key; {path} cannot be read ({error.strerror}). "
            "Make one with: medseg key new NAME"
        ) from error


def _ask_passphrase(*, confirm: bool = False) -> str:
    given = os.environ.get(_PASSPHRASE_VARIABLE)
    if given is not None:
        return given
    return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True))
