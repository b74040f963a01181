"""How each act happens: fold the case, decide, append, index - in one transaction or not at all.

Signed acts are rehearsed first, so that nothing is signed that would be refused, and signed inside
the transaction, so that the record holds the log exactly as it stood before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medseg.model import Case, Policy, now_iso
from medseg.project.acts.proving import proven
from medseg.project.store import Act, Draft
from medseg.project.store.plain_entries import plain_entry
from medseg.review.workflow import draft as review_draft
from medseg.review.workflow.deciding import decide
from medseg.review.workflow.folding import fold, fold_all
from medseg.review.workflow.requests import Request
from medseg.signoff.keys import SigningKey
from medseg.signoff.log.entry import Entry

if TYPE_CHECKING:
    from medseg.project.face import Project


@dataclass(frozen=True, eq=False)
class Moment:
    """What an act finds; nobody else acts meanwhile.

    Args:
        project: the project.
        act: the open transaction.
        case: as it stands; None before its import.
        entries: all about the case, in order.
    """

    project: Project
    act: Act
    case: Case | None
    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, project: Project, act: Act, case: str) -> Moment:
        """The moment for one case."""
        entries = tuple(act.case_entries(case))
        return cls(project, act, fold_all(map(plain_entry, entries)), entries)

    def decide(self, request: Request, *, rehearsal: bool = False) -> list[review_draft.Draft]:
        """What the request becomes in the log.

        Args:
            request: what is asked.
            rehearsal: whether a signed act is judged before it is signed.

        Raises:
            ReviewError: the workflow refuses.
        """
        policy = self.project.policy_at(self.act)
        return decide(
            policy,
            self.project.people_at(self.act),
            self.case,
            request,
            subject_cases=self._subject_cases(policy),
            rehearsal=rehearsal,
        )

    def enter(self, request: Request) -> Done:
        """Decide, append and index.

        Raises:
            ReviewError: the workflow refuses.
        """
        return self.append(self.decide(request))

    def append(self, decided: list[review_draft.Draft], *, key: SigningKey | None = None) -> Done:
        """Append what was decided, and index the case as it then stands.

        Args:
            decided: what happened, in order.
            key: of who did it, where that is proven by a signature in the entry itself.

        Raises:
            SignoffError: the key is not the actor's, or signs no longer.
        """
        at, case, entries = now_iso(), self.case, self.entries
        for one in decided:
            plain = Draft(one.kind, one.data, one.case, one.reading)
            draft = proven(self.project, self.act, plain, by=one.actor or "", key=key)
            (entry,) = self.act.append([draft], actor=one.actor, at=at)
            case, entries = fold(case, plain_entry(entry)), (*entries, entry)
        assert case is not None  # noqa: S101 - at least one entry was decided
        summary = self.project.summary_at(self.act, entries)
        if summary is not None:
            self.act.index(summary)
        return Done(entries[-1], case)

    def _subject_cases(self, policy: Policy) -> tuple[Case, ...]:
        if self.case is None or policy.double.order != "sequential":
            return ()
        case = self.case
        return self.project.cases_of_subject(self.act, case.subject, apart_from=case.case_id)


@dataclass(frozen=True, eq=False)
class Done:
    """What came of an act: its entry, and the case as it stands afterwards."""

    entry: Entry
    case: Case


def perform(project: Project, case: str, work: Callable[[Moment], Done]) -> Done:
    """Do the work in one transaction; again from the start where others were in the way.

    Raises:
        ReviewError: the workflow refuses.
        StoreError: the store cannot be written.
    """
    return project.store.attempt(lambda act: work(Moment.of(project, act, case)))


def enter(project: Project, case: str, request: Request) -> Done:
    """One unsigned act without files.

    Raises:
        ReviewError, StoreError: as `perform`.
    """
    return perform(project, case, lambda moment: moment.enter(request))
