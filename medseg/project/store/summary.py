"""What a worklist shows of a case: the part of its fold that the index tables hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from medseg.model import CaseState, Role, StageName
from medseg.signoff.log.entry import Entry


@dataclass(frozen=True)
class Turn:
    """Whose turn it is to do what.

    Args:
        stage: what is to be done.
        reading: id of the reading it is about; None if about the case.
        person: id of who is asked; None if whoever has the role may take it.
        role: the role it takes.
        due: ISO 8601 date, or None.
        barred: ids of those who may not take it, as the reading's own annotators.
    """

    stage: StageName
    role: Role
    reading: str | None = None
    person: str | None = None
    due: str | None = None
    barred: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ReaderOf:
    """A reading of the case and its reader."""

    reading: str
    person: str


@dataclass(frozen=True)
class BlindReader:
    """A person who must see nothing of the others' work yet, and what stands in its place.

    Args:
        person: their id.
        open_comments: how many of the open comments they may see.
        due: ISO 8601 date of their own work, or None.
        changed: ISO 8601 in UTC: the newest act that they may know of.
    """

    person: str
    open_comments: int
    due: str | None
    changed: str


@dataclass(frozen=True)
class CaseSummary:
    """A case as the worklist shows it.

    Args:
        case_id: opaque.
        seq: the log's sequence number of the newest entry about the case.
        state: where it stands.
        subject: opaque id shared by the time points of one patient.
        time_point: counts them from 1.
        specialty: as "chest".
        changed: ISO 8601 in UTC: when its newest entry was made.
        open_comments: how many.
        open_queries: how many.
        agreement: between its readings, from 0 to 1; None while there are not two.
        readers: its readings, sorted by id.
        turns: what is to be done next, in order.
        blind: from whom the others' work is hidden, each person once, sorted by id.
    """

    case_id: str
    seq: int
    state: CaseState
    subject: str
    time_point: int
    specialty: str
    changed: str
    open_comments: int = 0
    open_queries: int = 0
    agreement: float | None = None
    readers: tuple[ReaderOf, ...] = ()
    turns: tuple[Turn, ...] = ()
    blind: tuple[BlindReader, ...] = ()

    def __post_init__(self) -> None:
        by_reading = sorted(self.readers, key=lambda one: one.reading)
        by_person = sorted(self.blind, key=lambda one: one.person)
        object.__setattr__(self, "readers", tuple(by_reading))
        object.__setattr__(self, "blind", tuple(by_person))

    @property
    def due(self) -> str | None:
        """The earliest date of its turns."""
        return min((turn.due for turn in self.turns if turn.due), default=None)


#: The entries of one case, in order, to its summary: the fold of `review`, handed to the store.
Summarise = Callable[[Sequence[Entry]], CaseSummary]
