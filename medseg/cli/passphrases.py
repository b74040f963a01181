"""A passphrase from whoever sits there: asked for, or handed in, never an argument."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from medseg import signoff
from medseg.errors import SignoffError
from medseg.project.folder.home import key_path

# For tests and for programs that hold the secret already.
_VARIABLE = "MEDSEG_PASSPHRASE"
_MOST_BYTES = 4096

KeyOption = Annotated[
    Path | None, typer.Option("--key", help="Your key file; by default your own on this machine.")
]
PassphraseOption = Annotated[
    int | None,
    typer.Option(
        "--passphrase-fd",
        metavar="N",
        help="Read the passphrase from this open file descriptor, to the end of its first line.",
    ),
]


def ask_passphrase(
    *, descriptor: int | None = None, confirm: bool = False, of: str = "Passphrase"
) -> str:
    """The passphrase: from the descriptor if one is given, from the environment, or by asking.

    Raises:
        SignoffError: the descriptor cannot be read, or gives more than any passphrase.
    """
    if descriptor is not None:
        return _read_line(descriptor)
    given = os.environ.get(_VARIABLE)
    if given is not None:
        return given
    return str(typer.prompt(of, hide_input=True, confirmation_prompt=confirm, err=True))


def _read_line(descriptor: int) -> str:
    try:
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(_MOST_BYTES + 1)
    except (OSError, OverflowError) as error:
        raise SignoffError(
            f"A passphrase is read from an open file descriptor; {descriptor} is none ({error}). "
            "In a shell: medseg sign ... --passphrase-fd 3 3<FILE"
        ) from error
    if len(data) > _MOST_BYTES:
        raise SignoffError(f"A passphrase is one line of at most {_MOST_BYTES} bytes; found more.")
    with suppress(UnicodeDecodeError):
        return data.decode("utf-8").split("\n", 1)[0].removesuffix("\r")
    raise SignoffError("A passphrase is UTF-8 text; what the descriptor gave is not.")


def key_content(key: Path | None) -> bytes:
    """The key file that is named, or the user's own.

    Raises:
        SignoffError: it cannot be read.
    """
    path = key or key_path()
    try:
        return path.read_bytes()
    except OSError as error:
        raise SignoffError(
            f"Signing needs your key; {path} cannot be read ({error.strerror}). "
            "Make one with: medseg key new NAME"
        ) from error


def unlocked_key(key: Path | None, descriptor: int | None) -> signoff.SigningKey:
    """The key, opened by its passphrase.

    Raises:
        SignoffError: it cannot be read, or the passphrase does not open it.
    """
    content = key_content(key)
    name = signoff.describe_key(content)["printedName"]
    passphrase = ask_passphrase(descriptor=descriptor, of=f"Passphrase of {name}")
    return signoff.unlock_key(content, passphrase)
