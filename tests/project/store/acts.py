"""Small acts on a store, and a fold simple enough to be seen right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from medseg.model import CaseState, Role, StageName
from medseg.project.store import Act, CaseSummary, Draft, ReaderOf, Store, Turn
from medseg.signoff.log.entry import Entry

ORIGIN = "example.org/study"
AT = "2026-01-05T09:00:00.000+00:00"
CASE = "c-00000001"


def opened() -> Draft:
    return Draft("open", {"origin": ORIGIN, "project": "study", "site": None})


def question(text: str = "Which phase?", case: str = CASE) -> Draft:
    return Draft("query", {"id": "q-1", "text": text}, case=case)


def assigned(reader: str, reading: str, case: str = CASE) -> Draft:
    data = {"reader": reader, "round": 1, "order": None, "note": ""}
    return Draft("assign", data, case=case, reading=reading)


def summarise(entries: Sequence[Entry]) -> CaseSummary:
    """Each question is open; each assignment a reading and a turn."""
    assignments = [entry for entry in entries if entry.kind == "assign"]
    return CaseSummary(
        case_id=entries[0].case or "",
        seq=entries[-1].seq,
        state=CaseState.READING if assignments else CaseState.UNASSIGNED,
        subject="s-1",
        time_point=1,
        specialty="chest",
        changed=entries[-1].at,
        open_queries=sum(entry.kind == "query" for entry in entries),
        readers=tuple(ReaderOf(one.reading or "", one.data["reader"]) for one in assignments),
        turns=tuple(
            Turn(StageName.ANNOTATE, Role.ANNOTATOR, one.reading, one.data["reader"])
            for one in assignments
        ),
    )


def new_store(where: str | Path) -> Store:
    store = Store.create(where, origin=ORIGIN)
    with store.act() as act:
        act.append([opened()], actor=None, at=AT)
    return store


def ask(store: Store, text: str = "Which phase?", case: str = CASE) -> list[Entry]:
    with store.act() as act:
        return record(act, [question(text, case)])


def record(act: Act, drafts: Sequence[Draft], actor: str = "p-000001") -> list[Entry]:
    """Append and index, as an act of the project does."""
    entries = act.append(drafts, actor=actor, at=AT)
    for case in {draft.case for draft in drafts if draft.case}:
        act.index(summarise(act.case_entries(case)))
    return entries
