"""What is signed is saved over no more: asked before medseg writes a mask."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from medseg.errors import ReviewError
from medseg.model import Case, Person, Policy, Reading, ReadingState, StageName
from medseg.project.folder.layout import find_spot
from medseg.review.workflow import facts

if TYPE_CHECKING:
    from medseg.project.folder.rules import Rules
    from medseg.project.store import LogView

_REASONS = {
    ReadingState.SIGNED: "it is signed: the lead can unlock it, with a reason",
    ReadingState.LOCKED: "it is locked: the lead can unlock it, with a reason",
    ReadingState.SET_ASIDE: "another reading of its case was chosen",
}


def check_may_save(mask: Path, *, by: str = "") -> None:
    """Pass if medseg may write this mask: it is in no project, or its reading is open to changes.

    Args:
        mask: where it is to be written.
        by: who saves, as in the provenance: id or printed name. It is asked whether the reading is
            in their hands, if they are one of the project's people; a stranger's work is told of
            when it is handed in.

    Raises:
        ReviewError: the reading is signed, locked, set aside or in another's hands, or the file is
            a kept version.
        FormatError, StoreError, SignoffError: the project cannot be asked.
    """
    spot = find_spot(mask)
    if spot is None or spot.case is None or spot.reading is None:
        return
    if spot.version is not None:
        raise ReviewError(
            f"What was handed in is kept as it was; {mask.name} is version {spot.version} of "
            f"{spot.reading}. Save the reading's own mask, or to a place outside the project."
        )
    # Here and not above: who saves a mask outside of any project waits for no database library.
    from medseg.project.folder.rules import Rules  # noqa: PLC0415
    from medseg.project.folder.settings import read_settings  # noqa: PLC0415
    from medseg.project.store import Store  # noqa: PLC0415

    settings, rules = read_settings(spot.layout.settings), Rules(spot.layout)
    where = settings.database or spot.layout.database
    with Store.open(where, origin=settings.origin) as store, store.read() as view:
        _check_at(view, rules, spot.case, spot.reading, by)


def _check_at(view: LogView, rules: Rules, case_id: str, reading_id: str, by: str) -> None:
    from medseg.project.folded import folded  # noqa: PLC0415 - see above

    case = folded(view, case_id)
    reading = case.reading(reading_id) if case else None
    if case is None or reading is None:
        return
    check_saving(reading)
    if by and by != reading.reader:  # else nobody's files need be asked
        person = _called(rules.registry_at(view).people, by)
        if person is not None:
            _check_in_hand(rules.policy_at(view), case, reading, person)


def _called(people: Sequence[Person], by: str) -> Person | None:
    """The person of that id or, if only one has it, of that printed name."""
    found = [one for one in people if one.person_id == by]
    found = found or [one for one in people if one.printed_name == by]
    return found[0] if len(found) == 1 else None


def _check_in_hand(policy: Policy, case: Case, reading: Reading, person: Person) -> None:
    """Pass if what the person draws in the reading could be handed in by them.

    Nobody is named: the readers of a case may be hidden from each other.
    """
    mine = person.person_id
    if reading.reader == mine or (
        reading.state is ReadingState.SUBMITTED and _may_correct(policy, case, person)
    ):
        return
    raise ReviewError(
        f"A reading's mask is saved by whoever has it in hand; {reading.reading_id} is not with "
        f"{person.printed_name} any more: it was given to another. What you drew stays here: save "
        "it to a place outside the project, and tell the lead."
    )


def _may_correct(policy: Policy, case: Case, person: Person) -> bool:
    """Whether the person may hand in changes of their own to another's reading, in review."""
    stage = policy.stage(StageName.REVIEW)
    if stage is None or not person.may_act_as(stage.roles):
        return False
    return policy.self_attested or not facts.reads_it(case, person)


def check_saving(reading: Reading) -> None:
    """Pass if the reading's mask may be changed.

    Raises:
        ReviewError: it is signed, locked or set aside.
    """
    reason = _REASONS.get(reading.state)
    if reason is not None:
        raise ReviewError(
            f"A mask is changed while its reading is open; {reading.reading_id} is not, {reason}. "
            "Changes can be saved to a place outside the project."
        )
