"""`medseg review approve`, `reject`, `adjudicate`; `lock` and `unlock`: signed judgements."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple, Protocol

import typer

from medseg.cli.console import say
from medseg.cli.passphrases import KeyOption, PassphraseOption
from medseg.cli.settling import bring_together_if_due
from medseg.cli.whose import ProjectOption, TargetArgument, signer_of, target
from medseg.project import Project, acts
from medseg.review.workflow.requests import ReviewDecision
from medseg.signoff import SigningKey

_ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it stands in the record.")]


class Act(Protocol):
    """One of `acts`, with all that is its own."""

    def __call__(self, project: Project, reading: str, /, *, by: str, key: SigningKey) -> object:
        """Do it; what comes back is not looked at."""


class Given(NamedTuple):
    """What each of these commands is given: which reading, and whose key."""

    reading: str
    project: Path
    key: Path | None
    passphrase_fd: int | None


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
    done = "Approved with edits" if with_edits else "Approved"
    given = Given(reading, project, key, passphrase_fd)
    _judged(given, partial(acts.review, decision=decision), done)


def reject(
    reading: TargetArgument,
    *,
    reason: _ReasonOption,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Send a reading back to its reader, signed, with the reason."""
    given = Given(reading, project, key, passphrase_fd)
    _judged(given, partial(acts.review, decision="reject", reason=reason), "Rejected")


def adjudicate(
    reading: TargetArgument,
    *,
    reason: Annotated[str | None, typer.Option("--reason", help="Why this one.")] = None,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Decide for this reading where the readers differ, signed."""
    given = Given(reading, project, key, passphrase_fd)
    _judged(given, partial(acts.adjudicate, reason=reason), "Decided for")


def lock(
    reading: TargetArgument,
    *,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Make a signed reading final, signed; medseg saves over its mask no more."""
    given = Given(reading, project, key, passphrase_fd)
    _judged(given, acts.lock, "Locked")


def unlock(
    reading: TargetArgument,
    *,
    reason: _ReasonOption,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Open a signed or locked reading for changes, signed, with the reason."""
    given = Given(reading, project, key, passphrase_fd)
    _judged(given, partial(acts.unlock, reason=reason), "Unlocked")


def _judged(given: Given, act: Act, done: str) -> None:
    """Do a signed act by the owner of the key, and say so."""
    with target(given.reading, given.project) as found:
        house = found.project
        person, unlocked = signer_of(house, given.key, given.passphrase_fd)
        named = found.reading_for(person)
        act(house, named, by=person.person_id, key=unlocked)
        bring_together_if_due(found)
        one = house.case(found.case).reading(named)
    version = f", version {one.newest.version}" if one and one.newest else ""
    say(f"{done}: {named}{version}, signed by {person.printed_name}")
