"""What one person may say of a reading under their own signature, at this moment."""

from __future__ import annotations

from dataclasses import dataclass, replace

from medseg.model import Person, Policy, ReadingState, Role, StageName
from medseg.signoff.meanings import MEANINGS, Meaning
from napari_medseg.viewmodels.reviewing.project.standing import Standing

_CLOSED = frozenset({ReadingState.SIGNED, ReadingState.LOCKED})


@dataclass(frozen=True)
class Choice:
    """One thing that can be said of a reading.

    Args:
        name: the act: "approve", "approve-with-edits", "reject", "adjudicate", "sign", "lock" or
            "unlock".
        label: what it is called on a button.
        stage: at which stage of the work.
        done: what is said when it is done.
        needs_reason: whether it needs one.
        takes_reason: whether one can be given.
        asks_display: whether the policy may want slices displayed before.
    """

    name: str
    label: str
    stage: StageName
    done: str
    needs_reason: bool = False
    takes_reason: bool = False
    asks_display: bool = True

    @property
    def approves(self) -> bool:
        """Whether it says yes to the mask; what opens a reading again is said of any."""
        return self.name not in ("reject", "unlock")

    @property
    def meaning(self) -> Meaning:
        """What the signature says."""
        return MEANINGS["approve" if self.name == "sign" else self.name]


_APPROVE = Choice("approve", "Approve", StageName.REVIEW, "Approved")
_EDITED = Choice(
    "approve-with-edits", "Approve with my edits", StageName.REVIEW, "Approved with edits"
)
_REJECT = Choice(
    "reject", "Send back", StageName.REVIEW, "Sent back", needs_reason=True, takes_reason=True
)
# Before the signature; the policy's slices are those that are displayed before one signs.
_REJECT_UNSIGNED = replace(_REJECT, stage=StageName.SIGN, asks_display=False)
_ADJUDICATE = Choice(
    "adjudicate", "Decide for this reading", StageName.ADJUDICATE, "Decided", takes_reason=True
)
_SIGN = Choice("sign", "Sign", StageName.SIGN, "Signed")
_LOCK = Choice("lock", "Lock", StageName.LOCK, "Locked", asks_display=False)
_UNLOCK = replace(
    _LOCK, name="unlock", label="Unlock", done="Unlocked", needs_reason=True, takes_reason=True
)


def choices_of(standing: Standing, person: Person) -> tuple[Choice, ...]:
    """What a person may say of the reading that is open; empty where nothing."""
    stages, found = standing.stages, []
    if StageName.REVIEW in stages:
        own = person.person_id in standing.reading.annotators
        found += [_EDITED if own and standing.policy.self_attested else _APPROVE, _REJECT]
    if StageName.ADJUDICATE in stages and person.may_act_as(_roles(standing.policy)):
        found.append(_ADJUDICATE)
    if StageName.SIGN in stages:
        found += [_SIGN] if StageName.REVIEW in stages else [_SIGN, _REJECT_UNSIGNED]
    if StageName.LOCK in stages:
        found.append(_LOCK)
    lock = standing.policy.stage(StageName.LOCK)
    if standing.reading.state in _CLOSED and lock and person.may_act_as(lock.roles):
        found.append(_UNLOCK)
    return tuple(found)


def _roles(policy: Policy) -> frozenset[Role]:
    stage = policy.stage(StageName.ADJUDICATE)
    return stage.roles if stage else frozenset()
