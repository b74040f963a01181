"""A case's line in the worklist, out of the case and the policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from medseg.model import Case, Person, Policy, QueryState, Role, StageName
from medseg.project.store import BlindReader, CaseSummary, ReaderOf, Turn
from medseg.project.store.plain_entries import plain_entry
from medseg.review.visibility import is_blind, view_of
from medseg.review.workflow import facts, states
from medseg.review.workflow.folding import fold_all
from medseg.signoff.log.entry import Entry

# In which role somebody acts who is asked by name.
_ROLES = {
    StageName.ANNOTATE: Role.ANNOTATOR,
    StageName.REVIEW: Role.REVIEWER,
    StageName.ADJUDICATE: Role.ADJUDICATOR,
    StageName.SIGN: Role.SIGNER,
    StageName.LOCK: Role.LEAD,
}


def summary_of(
    policy: Policy, people: Iterable[Person], entries: Sequence[Entry]
) -> CaseSummary | None:
    """The summary of a case out of all its entries; None for no entries.

    Args:
        policy: the rules in force.
        people: everybody, to know from whom the others' work is hidden.
        entries: all about the case, in order.
    """
    case = fold_all(map(plain_entry, entries))
    if case is None:
        return None
    times = {one.seq: _in_utc(one.at) for one in entries}
    return CaseSummary(
        case.case_id,
        case.seq,
        states.case_state(policy, case),
        case.subject,
        case.time_point,
        case.specialty,
        times[case.seq],
        _open_comments(case),
        sum(query.state is QueryState.OPEN for query in case.queries),
        case.agreement,
        tuple(ReaderOf(one.reading_id, one.reader) for one in case.readings),
        tuple(_turn(policy, case, turn) for turn in states.whose_turn(policy, case)),
        tuple(_blind(policy, case, one, times) for one in people if is_blind(policy, case, one)),
    )


def _turn(policy: Policy, case: Case, turn: states.Turn) -> Turn:
    reading = case.reading(turn.reading) if turn.reading else None
    due = reading.due if reading else None
    if not isinstance(turn.who, Role):
        return Turn(turn.stage, _ROLES[turn.stage], turn.reading, turn.who, due=due)
    return Turn(turn.stage, turn.who, turn.reading, due=due, barred=_barred(policy, case, turn))


def _barred(policy: Policy, case: Case, turn: states.Turn) -> frozenset[str]:
    """Who may not judge: whose voxels it may hold, and who has a reading of the case."""
    if policy.self_attested or turn.stage in (StageName.ANNOTATE, StageName.LOCK):
        return frozenset()
    reading = case.reading(turn.reading) if turn.reading else None
    judged = (reading,) if reading else facts.competing(case)
    makers = frozenset[str]().union(*(facts.makers(case, one) for one in judged))
    return makers | {one.reader for one in facts.competing(case)}


def _blind(policy: Policy, case: Case, person: Person, times: Mapping[int, str]) -> BlindReader:
    """What stands in the place of the others' work for somebody who must not see it yet."""
    seen = view_of(policy, case, person)
    changed = times.get(seen.seq, min(times.values()))
    due = min((one.due for one in seen.readings if one.due), default=None)
    return BlindReader(person.person_id, _open_comments(seen), due, changed)


def _open_comments(case: Case) -> int:
    return sum(comment.is_open for comment in case.comments)


def _in_utc(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="milliseconds")
