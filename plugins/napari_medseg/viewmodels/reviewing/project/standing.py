"""How a case stands for one person: what they may see of it, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from medseg.errors import ReviewError
from medseg.model import Case, Person, Policy, Reading, ReadingState, StageName
from medseg.project import Project
from medseg.review import Turn, allows, final_reading, is_blind, reading_state, turns_of, view_of

_DRAWS = frozenset({StageName.ANNOTATE, StageName.REVIEW})

_WHY_NOT = {
    ReadingState.OPEN: "it is with its reader",
    ReadingState.RETURNED: "it is with its reader again",
    ReadingState.SUBMITTED: "it was handed in and waits for others",
    ReadingState.REVIEWED: "it is reviewed",
    ReadingState.SIGNED: "it is signed; the lead can unlock it, with a reason",
    ReadingState.LOCKED: "it is locked; the lead can unlock it, with a reason",
    ReadingState.SET_ASIDE: "another reading of its case was chosen",
}

#: What is to be done at a stage, in words.
STAGE_WORDS = {
    StageName.ANNOTATE: "read",
    StageName.REVIEW: "review",
    StageName.ADJUDICATE: "adjudicate",
    StageName.SIGN: "sign",
    StageName.LOCK: "lock",
}


@dataclass(frozen=True, eq=False)
class Standing:
    """A case for one person, at one moment.

    Args:
        policy: the rules in force.
        case: as the person may see it.
        reading: the one that is open, as they may see it.
        turns: what they may do next with the case.
        is_blind: whether they see nothing of other readings.
        hides_text: whether patient and series text is kept from them.
        refusal: why they may not change the mask, a sentence; empty if they may.
        names: id -> printed name of those whose names they may see.
    """

    policy: Policy
    case: Case
    reading: Reading
    turns: tuple[Turn, ...] = ()
    is_blind: bool = False
    hides_text: bool = False
    refusal: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> ReadingState:
        """Where the reading stands; a blind reader is told no more than that it is not theirs."""
        return reading_state(self.policy, self.reading)

    @property
    def stages(self) -> frozenset[StageName]:
        """At which stages the person may act on this reading, or on its case as a whole."""
        here = (None, self.reading.reading_id)
        return frozenset(turn.stage for turn in self.turns if turn.reading in here)

    @property
    def turn(self) -> str:
        """What the person is to do with the reading: "read", "review or sign"; empty: nothing."""
        return " or ".join(STAGE_WORDS[stage] for stage in sorted(self.stages))

    @property
    def title(self) -> str:
        """The case and the reading in a line, with what the person is to do, or where it stands."""
        todo = f"yours: {self.turn}" if self.turn else self.state.value
        return f"{self.case.case_id} · {self.reading.reading_id} · {todo}"

    @property
    def listed(self) -> tuple[tuple[str, str], ...]:
        """Id and text of each reading that the person may see: "2  Dr B. Reader: submitted"."""
        return tuple(
            (one.reading_id, f"{number}  {self._whose(one)}: {one.state.value}")
            for number, one in enumerate(self.case.readings, start=1)
        )

    def _whose(self, reading: Reading) -> str:
        name = self.names.get(reading.reader, "") or "reading"
        return f"{name} by {reading.method}" if reading.method else name

    @property
    def way_on(self) -> str:
        """Which key goes on with a reading that may be changed."""
        if StageName.REVIEW in self.stages:
            return "F10 judges it; F11 hands in changes of your own."
        return "F11 hands it in."


def standing_of(project: Project, person: Person, case_id: str, reading: str = "") -> Standing:
    """How a case stands for a person; without a reading named, the one that they come for.

    Raises:
        ReviewError: there is no such case, or no reading of it that they may see.
        StoreError: the log cannot be read.
    """
    policy, case = project.policy, project.case(case_id)
    seen, turns = view_of(policy, case, person), turns_of(policy, case, person)
    chosen = seen.reading(reading) if reading else _first(policy, seen, turns)
    if chosen is None:
        raise ReviewError(_none_to_see(person, case_id, reading, turns))
    blind, hides = is_blind(policy, case, person), not allows(policy, case, person, "clinical text")
    shows_names = not blind and allows(policy, case, person, "names")
    names = {
        one.person_id: one.printed_name
        for one in project.registry.people
        if shows_names or one.person_id == person.person_id
    }
    refusal = _refusal(policy, chosen, turns)
    return Standing(policy, seen, chosen, turns, blind, hides, refusal, names)


def _first(policy: Policy, seen: Case, turns: tuple[Turn, ...]) -> Reading | None:
    """What somebody comes for who names no reading: their turn, the outcome, or the first."""
    wanted = [seen.reading(turn.reading) for turn in turns if turn.reading is not None]
    candidates = [*wanted, final_reading(policy, seen), *seen.readings]
    return next((one for one in candidates if one is not None), None)


def _refusal(policy: Policy, reading: Reading, turns: tuple[Turn, ...]) -> str:
    own = {turn.stage for turn in turns if turn.reading == reading.reading_id}
    if own & _DRAWS:
        return ""
    why = _WHY_NOT[reading_state(policy, reading)]
    todo = " and ".join(STAGE_WORDS[stage] for stage in sorted(own))
    yours = f" What you can do is {todo} it (F10)." if todo else ""
    return f"This reading can be looked at and not changed: {why}.{yours}"


def _none_to_see(person: Person, case_id: str, reading: str, turns: tuple[Turn, ...]) -> str:
    if reading:
        return (
            f"One opens a reading that one may see; {person.printed_name} may not see {reading} "
            "now. The worklist shows what is yours."
        )
    if any(turn.stage is StageName.ANNOTATE for turn in turns):
        return (
            f"A case is opened by its readings, and {case_id} has none yet. Give it to a reader: "
            "choose it in the worklist, then Assign."
        )
    return (
        f"A case is opened by its readings; {case_id} has none that {person.printed_name} may "
        "see. The worklist shows what is yours."
    )
