"""What of the log a person may see of a case: as blind as the case itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from medseg.model import Case, Person, Policy
from medseg.review.visibility import allows, is_blind, view_of
from medseg.signoff.log.entry import Entry

#: What is left out of an entry's data for whoever reads blind: it tells of other readings.
_HIDDEN = {"assign": frozenset({"round", "order", "from", "note"})}
#: What is left out for whoever may not know which cases have a known truth.
_GOLD = {"import": frozenset({"gold"})}


def visible_entries(
    policy: Policy, case: Case, person: Person, entries: Iterable[Entry]
) -> Iterator[tuple[Entry, Mapping[str, Any]]]:
    """The entries about a case that a person may see, each with the data that they may see.

    Whoever sees the case in full sees all of them. A blind reader sees the import, what is about
    their own readings in sight, and what they did themselves about the case; who judges blind
    sees the import and their own acts.

    Args:
        policy: the rules.
        case: as the log tells it, with every reading.
        person: who looks.
        entries: those about the case, in order.
    """
    hidden = {} if allows(policy, case, person, "gold") else dict(_GOLD)
    if allows(policy, case, person, "readings of others"):
        for entry in entries:
            yield entry, _without(entry, hidden)
        return
    in_sight = _in_sight(policy, case, person)
    for entry in entries:
        is_own_act = entry.actor == person.person_id and entry.reading is None
        if entry.kind == "import" or entry.reading in in_sight or is_own_act:
            yield entry, _without(entry, hidden | _HIDDEN)


def _in_sight(policy: Policy, case: Case, person: Person) -> frozenset[str]:
    """The readings whose every entry the person may see."""
    seen = view_of(policy, case, person).readings
    if not is_blind(policy, case, person):
        seen = tuple(one for one in seen if one.reader == person.person_id)
    return frozenset(one.reading_id for one in seen)


def _without(entry: Entry, hidden: Mapping[str, frozenset[str]]) -> Mapping[str, Any]:
    names = hidden.get(entry.kind, frozenset())
    return {name: value for name, value in entry.data.items() if name not in names}
