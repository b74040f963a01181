"""`medseg people`: who works in a project, with which roles and keys."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from medseg import signoff
from medseg.cli.console import out, print_json, say
from medseg.cli.options import JsonOption
from medseg.cli.passphrases import KeyOption, PassphraseOption, unlocked_key
from medseg.cli.whose import ProjectOption, opened
from medseg.errors import ReviewError, SignoffError
from medseg.model import Person, PersonKey, Role
from medseg.project import Project, acts
from medseg.project.folder.home import home_folder
from medseg.project.folder.making import enrolled_key
from medseg.project.folder.opaque import new_id
from medseg.project.folder.remembered import trust_root
from medseg.signoff.keys import key_id
from medseg.signoff.people import changes
from medseg.signoff.people.registry import Registry
from medseg.signoff.people.sealing import seal_registry
from medseg.signoff.schema import decode_base64

people_app = typer.Typer(help="Who works in a project.", no_args_is_help=True)

_HOLDS_FOR = timedelta(days=90)
RolesOption = Annotated[
    list[Role], typer.Option("--role", help="What they may be asked to do; may be repeated.")
]
PersonArgument = Annotated[str, typer.Argument(metavar="PERSON", help="An id, as p-7f3a2k.")]
PublicKeyOption = Annotated[
    str,
    typer.Option(
        "--public-key", metavar="TEXT", help="What `medseg key show` prints as their public key."
    ),
]
Change = Callable[[Registry, int, dict[str, str]], Registry]


@people_app.command("list")
def list_people(*, project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Show everybody, with roles, keys, and until when the registry holds."""
    with opened(project) as house:
        registry = house.registry
    if as_json:
        print_json(_registry_json(registry))
        return
    table = Table("person", "name", "roles", "newest key", "status", box=None)
    for one in registry.people:
        newest = one.keys[-1] if one.keys else None
        roles = ", ".join(sorted(one.roles)) or "none"
        keyid, status = (newest.keyid[:16], newest.status) if newest else ("none", "")
        table.add_row(one.person_id, one.printed_name, roles, keyid, status)
    out.print(table)
    say(f"Version {registry.version}, holds until {registry.expires}; signed by:")
    for root in registry.roots:
        say(f"  {root.printed_name}  {root.keyid}")


def _registry_json(registry: Registry) -> dict[str, Any]:
    return {
        "version": registry.version,
        "expires": registry.expires,
        "roots": [{"name": one.printed_name, "keyid": one.keyid} for one in registry.roots],
        "people": [
            {
                "person": one.person_id,
                "name": one.printed_name,
                "roles": sorted(one.roles),
                "keys": [
                    {"keyid": key.keyid, "status": key.status, "notAfter": key.not_after}
                    for key in one.keys
                ],
            }
            for one in registry.people
        ],
    }


@people_app.command("enrol")
def enrol(  # noqa: PLR0913 - each option is a part of the entry
    name: Annotated[str, typer.Argument(help="The name as printed beside a signature.")],
    *,
    roles: RolesOption,
    public_key: PublicKeyOption,
    specialty: Annotated[list[str] | None, typer.Option(help="As chest; may be repeated.")] = None,
    trained_on: Annotated[str | None, typer.Option(help="Date of their training.")] = None,
    same_name: Annotated[
        bool, typer.Option("--same-name", help="Another person of that name is enrolled already.")
    ] = False,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Enrol a person with their key; compare its id with them first, face to face."""
    their_key = _offered(public_key)
    person = Person(
        new_id("p"),
        name,
        frozenset(roles),
        (their_key,),
        frozenset(specialty or ()),
        trained_on=trained_on,
    )

    def change(registry: Registry, seq: int, times: dict[str, str]) -> Registry:
        if not same_name:
            _check_name(registry, name)
        return changes.enrol(registry, person, from_seq=seq, **times)

    _change(project, key, passphrase_fd, change, f"enrolled {person.person_id}")
    say(f"{name} is {person.person_id}; their key is {their_key.keyid}")


def _check_name(registry: Registry, name: str) -> None:
    """Pass if nobody's printed name reads the same.

    Raises:
        ReviewError: somebody's does.
    """
    others = [one for one in registry.people if _read_as(one.printed_name) == _read_as(name)]
    if others:
        raise ReviewError(
            f"A printed name tells people apart; {others[0].person_id} is {others[0].printed_name} "
            "already. Write it so that they can be told apart, or go on with --same-name."
        )


def _read_as(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


@people_app.command("roles")
def set_roles(
    person: PersonArgument,
    *,
    roles: RolesOption,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Give a person these roles and no others; what was signed before stands."""

    def change(registry: Registry, seq: int, times: dict[str, str]) -> Registry:
        return changes.set_roles(registry, person, roles, from_seq=seq, **times)

    _change(project, key, passphrase_fd, change, f"roles of {person}")


@people_app.command("revoke")
def revoke(
    keyid: Annotated[str, typer.Argument(help="The id of the key, or its first 16 digits.")],
    *,
    status: Annotated[str, typer.Option(help="compromised, rotated or left.")],
    from_entry: Annotated[
        int | None,
        typer.Option("--from", help="The log's entry from which it signs no longer; now."),
    ] = None,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Let a key sign no longer, from an entry of the log on."""
    if status not in ("compromised", "rotated", "left"):
        raise SignoffError(f"A key is compromised, rotated or left; found {status!r}.")

    def change(registry: Registry, seq: int, times: dict[str, str]) -> Registry:
        whole = [one.keyid for who in registry.people for one in who.keys]
        meant = [one for one in whole if len(keyid) >= 16 and one.startswith(keyid.lower())]
        since = seq if from_entry is None else from_entry
        revoked = meant[0] if meant else keyid
        return changes.revoke(registry, revoked, status, from_seq=since, **times)  # type: ignore[arg-type]

    _change(project, key, passphrase_fd, change, f"key {keyid[:16]} {status}")


@people_app.command("rotate")
def rotate(
    person: PersonArgument,
    *,
    public_key: PublicKeyOption,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Put a person's new key in the place of their present one."""
    new = _offered(public_key)

    def change(registry: Registry, seq: int, times: dict[str, str]) -> Registry:
        found = registry.person(person)
        active = [one.keyid for one in found.keys if one.status == "active"] if found else []
        if not active:
            return changes.add_key(registry, person, new, **times)
        return changes.rotate(registry, active[-1], new, from_seq=seq, **times)

    _change(project, key, passphrase_fd, change, f"new key of {person}")


@people_app.command("leave")
def leave(
    person: PersonArgument,
    *,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Take a person's roles and let their keys sign no longer; what they signed stands."""

    def change(registry: Registry, seq: int, times: dict[str, str]) -> Registry:
        return changes.leave(registry, person, from_seq=seq, **times)

    _change(project, key, passphrase_fd, change, f"{person} left")


@people_app.command("renew")
def renew(
    *,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Sign the registry anew, so that it holds for 90 days more."""

    def change(registry: Registry, _seq: int, times: dict[str, str]) -> Registry:
        return changes.renew(registry, **times)

    _change(project, key, passphrase_fd, change, "renewed")


@people_app.command("trust")
def trust(
    keyid: Annotated[str, typer.Argument(help="The root key's id, all 64 digits.")],
    *,
    name: Annotated[str, typer.Option(help="Whose registry it signs, for your own memory.")] = "",
) -> None:
    """Take the word of registries that this root key signs; compare its id with its owner."""
    trust_root(keyid.lower(), name)
    say(f"Trusted on this machine from now on: {keyid.lower()}")


def _offered(text: str) -> PersonKey:
    """The key that a person offers: 32 bytes as base64, or their key file."""
    path = Path(text)
    if len(text) < 255 and path.is_file():
        text = str(signoff.describe_key(path.read_bytes())["publicKey"])
    raw = decode_base64(text, "public key")
    if len(raw) != 32:
        raise SignoffError(f"A public key is 32 bytes as base64; found {len(raw)} bytes.")
    return enrolled_key(key_id(raw), raw)


def _change(
    folder: Path, key: Path | None, passphrase_fd: int | None, change: Change, told: str
) -> None:
    """Make the next version, let the root key sign it, and put it in force."""
    with opened(folder) as house:
        sealed = seal_registry(
            change(house.registry, _next_entry(house), _times()),
            unlocked_key(key or _root_key(house), passphrase_fd),
        )
        version = acts.change_people(house, sealed, change=told)
        say(f"The registry of people is at version {version}: {told}")


def _root_key(house: Project) -> Path | None:
    """The keeper's key where `medseg init` puts it; None for a project of one."""
    path = home_folder() / f"root-{house.layout.root.resolve().name}.json"
    return path if path.exists() else None


def _next_entry(house: Project) -> int:
    with house.store.read() as view:
        return view.size


def _times() -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "issued": now.isoformat(timespec="seconds"),
        "expires": (now + _HOLDS_FOR).isoformat(timespec="seconds"),
    }
