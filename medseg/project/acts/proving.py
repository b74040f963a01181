"""Whose key acts, and its proof of acts that are signed and are no judgement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from medseg.errors import ReviewError, SignoffError
from medseg.model import Policy, now_iso
from medseg.project.evidence.whole_log import check_goes_on
from medseg.project.store import Act, Draft
from medseg.signoff.keys import SigningKey
from medseg.signoff.log.entry import Entry
from medseg.signoff.log.proof import ActPlace, with_proof
from medseg.signoff.people.checks import Signature, judge_signer
from medseg.signoff.people.registry import Registry
from medseg.signoff.people.registry import moment as time_of
from medseg.signoff.verdicts.proven import Proofs

if TYPE_CHECKING:
    from medseg.project.face import Project


def check_key_given(key: SigningKey | None, policy: Policy, what: str) -> None:
    """Pass if there is a key, or the rules ask for none.

    Args:
        key: of who acts, unlocked.
        policy: the rules that hold.
        what: is done, as "a hand-in".

    Raises:
        SignoffError: there is none and the rules ask for one.
    """
    if key is None and policy.proven:
        raise SignoffError(
            f"In this project {what} is proven by the key of who makes it (policy.proven); no key "
            "was given. Open your key with its passphrase, and do it again."
        )


def proven(project: Project, act: Act, draft: Draft, *, by: str, key: SigningKey | None) -> Draft:
    """The draft with its actor's proof, as the log's next entry; without a key as it is.

    Args:
        project: where.
        act: the open transaction, in which the draft is the next entry.
        draft: what happened.
        by: id of the actor.
        key: theirs, unlocked.

    Raises:
        ReviewError: nobody of that id.
        SignoffError: the key is not theirs, or signs no longer; or the log is not the one that
            this user saw before.
        FormatError: what is remembered of the log cannot be read.
    """
    if key is None:
        return draft
    check_goes_on(act)
    registry = project.rules.registry_at(act)
    if registry.person(by) is None:
        raise ReviewError(
            f"Who acts is in the project's registry of people; {by!r} is not. Ask its keeper to "
            "enrol you."
        )
    problem = key_problem(registry, key, by, None, act.size, time_of(now_iso()))
    if problem:
        raise SignoffError(problem)
    place = ActPlace(draft.kind, by, draft.case, draft.reading, act.size, act.head)
    return Draft(draft.kind, with_proof(draft.data, place, key), draft.case, draft.reading)


def check_handed_in(
    project: Project, act: Act, entries: Sequence[Entry], reading: str, *, decides: bool = False
) -> None:
    """Pass if a version was handed in as the rules ask, by the keys of who did: before one signs.

    Args:
        project: where.
        act: the open transaction.
        entries: all of the case, in order.
        reading: id of the reading.
        decides: whether an adjudicator decides for it.

    Raises:
        SignoffError: somebody else may have written that into the log, or changed the rules there.
    """
    proofs = Proofs(project.rules.registry_at(act), act.entries_of_kind("policy"))
    found = [
        *proofs.rules_before(act.size).findings,
        *proofs.of_hand_ins(entries, reading, act.size, decides=decides),
    ]
    problem = next((one for one in found if one.severity != "warning"), None)
    if problem is not None:
        raise SignoffError(
            f"Nothing is approved that would prove nothing afterwards ({problem.code}). "
            f"{problem.text}"
        )


def key_problem(
    registry: Registry, key: SigningKey, by: str, role: str | None, seq: int, now: datetime
) -> str:
    """Why a key may not sign for a person now, in a sentence; empty if it may.

    Args:
        registry: of the people.
        key: that would sign.
        by: id of the person.
        role: in which they would; None where their role is judged elsewhere.
        seq: number of the entry to be.
        now: the present time.
    """
    if registry.is_expired(now):
        return (
            f"The registry of people ended on {registry.expires}, and by this machine's clock it "
            f"is {now.isoformat(timespec='minutes')}. If that time is right, ask the registry's "
            "keeper to renew it (medseg people renew); if not, set the clock."
        )
    signature = Signature(key.keyid, role, now, by, None, seq)
    findings = judge_signer(registry, signature)
    problem = next((one for one in findings if one.severity == "error"), None)
    if problem is None:
        return ""
    if problem.code == "KEY_EXPIRED":
        return f"{problem.text} Or set this machine's clock, if its time is wrong."
    if problem.code == "UNKNOWN_KEY":
        return (
            f"{problem.text.split('. If you know')[0]}. One signs with one's own key: choose it, "
            "or ask the registry's keeper to enrol it."
        )
    return problem.text
