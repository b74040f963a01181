"""Several processes act on one case at the same moment, each on the state that it saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medseg.errors import ReviewError
from medseg.model import ReadingState
from medseg.project import acts
from medseg.project.store import check_store
from medseg.review import reading_state, seen_seq
from tests.project.team import KEYS, LESIONS, Team, person_id
from tests.reliability.contexts import warm_context
from tests.reliability.project_acts import made, redraw, reopened

# Seconds; a race takes a quarter of one on a machine that has nothing else to do.
_PATIENCE, _PATIENCE_EACH = 120.0, 10.0
#: An act on a team's reading by somebody who saw the case at this number.
Act = Callable[[Team, int | None], Any]
#: Who acts, and how.
Move = tuple[str, Act]


@dataclass
class Outcome:
    """What came of the races.

    Args:
        winners: how many of each race believe that they won.
        acts: names of the acts that won.
        grown: by how many entries the log grew in each race.
        losers: what those who lost were told.
        faults: what went wrong besides losing, in words.
    """

    winners: list[int]
    acts: set[str]
    grown: list[int] = field(default_factory=list)
    losers: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def is_fair(self) -> bool:
        """One winner each, whose act alone is in the log, and nothing else happened."""
        return not self.faults and {*self.winners, *self.grown} == {1}


def _submit(team: Team, seen: int | None) -> None:
    acts.submit(team.project, team.reading, by="p-ada", key=KEYS["ada"], ending=LESIONS, seen=seen)


def _comment(team: Team, seen: int | None) -> None:
    acts.comment(team.project, team.reading, "Look here.", by="p-rob", seen=seen)


def _approve(team: Team, seen: int | None) -> None:
    team.review(seen=seen)


def _reject(team: Team, seen: int | None) -> None:
    team.review("reject", reason="more", seen=seen)


def _sign(team: Team, seen: int | None) -> None:
    team.sign(seen=seen)


def _lock(team: Team, seen: int | None) -> None:
    team.lock(seen=seen)


def _unlock(team: Team, seen: int | None) -> None:
    acts.unlock(
        team.project, team.reading, by="p-lea", key=KEYS["lea"], reason="once more", seen=seen
    )


_REMARK: Move = ("rob", _comment)
MOVES: dict[ReadingState, tuple[Move, ...]] = {
    ReadingState.OPEN: (("ada", _submit), _REMARK),
    ReadingState.RETURNED: (("ada", _submit), _REMARK),
    ReadingState.SUBMITTED: (("rob", _approve), ("rob", _reject), _REMARK),
    ReadingState.REVIEWED: (("sig", _sign), _REMARK),
    ReadingState.SIGNED: (("lea", _lock), ("lea", _unlock), _REMARK),
    ReadingState.LOCKED: (("lea", _unlock), _REMARK),
}


def careful(act: Act, team: Team, seen: int) -> None:
    """Act on what was seen."""
    act(team, seen)


def looks_before(act: Act, team: Team, seen: int) -> None:
    """The broken control: look whether it still stands, and then act on whatever is there."""
    if team.project.case(team.case).seq != seen:
        raise ReviewError("Another was first.")
    _comment(team, None)


def race(
    folder: Path,
    contest: Callable[[Act, Team, int], None],
    *,
    most: int,
    races: int,
    database: str | None = None,
) -> Outcome:
    """Race in a new project: 2 to `most` contestants in turn, all of whom saw the same state.

    Args:
        folder: an empty one, for the project and the user's own.
        contest: how a contestant acts.
        most: how many at most.
        races: how many.
        database: URL of an empty PostgreSQL database; None takes a SQLite file.
    """
    team = made(folder, database=database)
    team.project.close()
    context = warm_context()
    start, told = context.Barrier(most), context.Queue()
    about = (str(folder), team.case, team.reading, contest, most, races, start, told)
    contestants = [
        # A daemon: were one to hang, the test would fail and end, and not wait for it for ever.
        context.Process(target=_contestant, args=(number, *about), daemon=True)
        for number in range(most)
    ]
    for one in contestants:
        one.start()
    results = [told.get(timeout=_PATIENCE + _PATIENCE_EACH * races) for _ in contestants]
    for one in contestants:
        one.join()
    return _outcome(results, folder, team, races)


def _outcome(results: list[Any], folder: Path, team: Team, races: int) -> Outcome:
    wins = Counter(number for won, *_ in results for number, _ in won)
    done = {act for won, *_ in results for _, act in won}
    outcome = Outcome([wins[number] for number in range(races)], done)
    for _, lost, faults, sizes in results:
        outcome.losers += lost
        outcome.faults += faults
        outcome.grown = outcome.grown or sizes
    with reopened(folder, case=team.case, reading=team.reading).project as project:
        found = (*project.findings, *check_store(project.store, project.summarise))
        outcome.faults += [f"{one.code}: {one.text}" for one in found]
    return outcome


def _contestant(number: int, *about: Any) -> None:
    folder, case, reading, contest, most, races, start, told = about
    won: list[tuple[int, str]] = []
    lost: list[str] = []
    faults: list[str] = []
    sizes: list[int] = []
    team = reopened(Path(folder), case=case, reading=reading)
    for one in range(races):
        if number == 0 and _state(team) in (ReadingState.OPEN, ReadingState.RETURNED):
            redraw(team, one)  # so that each version is another
        start.wait(_PATIENCE)
        before, move, seen = _move(team, number, one)
        start.wait(_PATIENCE)
        if number < 2 + one % (most - 1):
            try:
                contest(move, team, seen)
                won.append((one, move.__name__.strip("_")))
            except ReviewError as error:
                lost.append(str(error))
            except Exception as error:  # whatever it is, it is told
                faults.append(f"race {one}: {type(error).__name__}: {error}")
        start.wait(_PATIENCE)
        if number == 0:
            sizes.append(_size(team) - before)
    team.project.close()
    told.put((won, lost, faults, sizes))


def _move(team: Team, number: int, one: int) -> tuple[int, Act, int]:
    """How long the log is, what this contestant will do, and the case as its person sees it."""
    project = team.project
    moves = MOVES[_state(team)]
    if one % 4:  # a remark needs no files, and would win nearly always
        moves = moves[:-1]
    who, act = moves[(number + one) % len(moves)]
    person = project.person(person_id(who))
    return _size(team), act, seen_seq(project.policy, project.case(team.case), person)


def _state(team: Team) -> ReadingState:
    found = team.project.case(team.case).reading(team.reading)
    assert found is not None
    return reading_state(team.project.policy, found)


def _size(team: Team) -> int:
    with team.project.store.read() as view:
        return view.size
