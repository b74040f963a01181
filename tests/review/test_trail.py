"""What of the log a person may see: as blind as the case."""

from __future__ import annotations

from typing import Any

from medseg.model import Case, Person, Reading, ReadingState, Role
from medseg.review import policy_from_tables, visible_entries
from medseg.signoff.canonical import canonical
from medseg.signoff.log.entry import Entry

BLIND = policy_from_tables({"double": {"readings": 2}})
ANN = Person("p-ann", "Ann", frozenset({Role.ANNOTATOR}))
BEN = Person("p-ben", "Ben", frozenset({Role.ANNOTATOR}))
LEA = Person("p-lea", "Lea", frozenset({Role.LEAD}))
REV = Person("p-rev", "Rev", frozenset({Role.REVIEWER}))


def _entry(seq: int, kind: str, actor: str, reading: str | None, **data: Any) -> Entry:
    at = "2027-03-31T10:00:00.000+00:00"
    return Entry(canonical({"data": data}), seq, "", at, actor, kind, "c-1", reading)


ENTRIES = (
    _entry(0, "import", "p-lea", None, gold=True, subject="s-1"),
    _entry(1, "assign", "p-lea", "r-a", reader="p-ann", round=2, order=7, note="again"),
    _entry(2, "assign", "p-lea", "r-b", reader="p-ben", round=1, order=1, note=""),
    _entry(3, "submit", "p-ben", "r-b", version=1),
    _entry(4, "comment", "p-rev", "r-b", text="three of them"),
    _entry(5, "query", "p-ann", None, text="which phase?"),
    _entry(6, "query", "p-ben", None, text="which side?"),
    _entry(7, "disagree", "p-lea", None, why=["counts"]),
)


def _case(**fields: Any) -> Case:
    readings = (
        Reading("r-a", "p-ann"),
        Reading("r-b", "p-ben", state=ReadingState.SUBMITTED),
    )
    return Case("c-1", readings=readings, **fields)


def _seen(case: Case, person: Person) -> dict[int, dict[str, Any]]:
    shown = visible_entries(BLIND, case, person, ENTRIES)
    return {entry.seq: dict(data) for entry, data in shown}


def test_a_blind_reader_sees_their_own_and_the_import() -> None:
    seen = _seen(_case(), ANN)
    assert sorted(seen) == [0, 1, 5]
    assert seen[1] == {"reader": "p-ann"}  # not that it came back, nor its place in the list
    assert "gold" not in seen[0]
    assert sorted(_seen(_case(), BEN)) == [0, 2, 3, 4, 6]


def test_whoever_is_not_blind_sees_all_of_it_and_gold_is_for_the_lead() -> None:
    assert sorted(_seen(_case(), LEA)) == list(range(8))
    assert _seen(_case(), LEA)[0]["gold"] is True
    assert sorted(_seen(_case(), REV)) == list(range(8))
    assert "gold" not in _seen(_case(), REV)[0]


def test_once_it_is_settled_a_reader_sees_the_rest() -> None:
    assert sorted(_seen(_case(final="r-a"), ANN)) == list(range(8))


def test_who_judges_blind_sees_the_import_and_their_own_acts() -> None:
    policy = policy_from_tables({"stages": {"review": {"roles": ["reviewer"], "blind": True}}})
    case = Case("c-1", readings=(Reading("r-b", "p-ben", state=ReadingState.SUBMITTED),))
    entries = [entry for entry in ENTRIES if entry.reading != "r-a"]
    shown = [entry.seq for entry, _data in visible_entries(policy, case, REV, entries)]
    assert shown == [0]
