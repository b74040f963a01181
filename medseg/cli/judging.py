"""`medseg review approve`, `reject`, `adjudicate`; `lock` and `unlock`: signed judgements."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medseg.cli.console import say
from medseg.cli.passphrases import KeyOption, PassphraseOption
from medseg.cli.settling import bring_together_if_due
from medseg.cli.whose import ProjectOption, Target, TargetArgument, signer_of, target
from medseg.model import Person
from medseg.project import acts
from medseg.review.workflow.requests import ReviewDecision

_ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it stands in the record.")]


def approve(
    reading: TargetArgument,
    *,
    with_edits: Annotated[
        bool, typer.Option("--with-edits", help="You changed voxels and handed that in.")
    ] = False,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Approve the newest version of a reading, signed."""
    decision: ReviewDecision = "approve-with-edits" if with_edits else "approve"
    _reviewed(reading, project, key, passphrase_fd, decision, None)


def reject(
    reading: TargetArgument,
    *,
    reason: _ReasonOption,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Send a reading back to its reader, signed, with the reason."""
    _reviewed(reading, project, key, passphrase_fd, "reject", reason)


def _reviewed(
    reading: str,
    project: Path,
    key: Path | None,
    passphrase_fd: int | None,
    decision: ReviewDecision,
    reason: str | None,
) -> None:
    with target(reading, project) as found:
        house = found.project
        person, unlocked = signer_of(house, key, passphrase_fd)
        named = found.reading_for(person)
        acts.review(
            house, named, by=person.person_id, key=unlocked, decision=decision, reason=reason
        )
        bring_together_if_due(found)
        done = {"reject": "Rejected", "approve": "Approved"}.get(decision, "Approved with edits")
        _say_signed(found, person, named, done)


def adjudicate(
    reading: TargetArgument,
    *,
    reason: Annotated[str | None, typer.Option("--reason", help="Why this one.")] = None,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Decide for this reading where the readers differ, signed."""
    with target(reading, project) as found:
        person, unlocked = signer_of(found.project, key, passphrase_fd)
        named = found.reading_for(person)
        acts.adjudicate(found.project, named, by=person.person_id, key=unlocked, reason=reason)
        _say_signed(found, person, named, "Decided for")


def lock(
    reading: TargetArgument,
    *,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Make a signed reading final, signed; medseg saves over its mask no more."""
    with target(reading, project) as found:
        person, unlocked = signer_of(found.project, key, passphrase_fd)
        named = found.reading_for(person)
        acts.lock(found.project, named, by=person.person_id, key=unlocked)
        _say_signed(found, person, named, "Locked")


def unlock(
    reading: TargetArgument,
    *,
    reason: _ReasonOption,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Open a signed or locked reading for changes, signed, with the reason."""
    with target(reading, project) as found:
        person, unlocked = signer_of(found.project, key, passphrase_fd)
        named = found.reading_for(person)
        acts.unlock(found.project, named, by=person.person_id, key=unlocked, reason=reason)
        _say_signed(found, person, named, "Unlocked")


def _say_signed(found: Target, person: Person, reading: str, what: str) -> None:
    one = found.project.case(found.case).reading(reading)
    version = f", version {one.newest.version}" if one and one.newest else ""
    say(f"{what}: {reading}{version}, signed by {person.printed_name}")
