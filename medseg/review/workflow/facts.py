"""What follows from a case alone, whatever the policy says."""

from __future__ import annotations

from medseg.model import Case, Person, Reading, ReadingState, Verdict

IN_READERS_HANDS = frozenset({ReadingState.OPEN, ReadingState.RETURNED})
CLOSED = frozenset({ReadingState.SIGNED, ReadingState.LOCKED})
APPROVALS = frozenset({"approve", "approve-with-edits"})


def standing(reading: Reading) -> tuple[Verdict, ...]:
    """The verdicts that hold: on the newest version, since it was last unlocked."""
    newest = reading.newest
    unlocked = max((one.seq for one in reading.verdicts if one.kind == "unlock"), default=-1)
    return tuple(
        one
        for one in reading.verdicts
        if newest is not None and one.version == newest.version and one.seq > unlocked
    )


def approvers(reading: Reading) -> frozenset[str]:
    """Ids of those whose approval of the newest version holds."""
    return frozenset(
        one.person
        for one in standing(reading)
        if one.kind == "review" and one.decision in APPROVALS
    )


def signers(reading: Reading) -> frozenset[str]:
    """Ids of those whose signature of the newest version holds."""
    return frozenset(one.person for one in standing(reading) if one.kind == "sign")


def competing(case: Case) -> tuple[Reading, ...]:
    """The readings that the case's outcome is made of: first round, readers' own, not aside."""
    return tuple(
        one
        for one in case.readings
        if one.round == 1 and not one.drawn_from and one.state is not ReadingState.SET_ASIDE
    )


def reads_it(case: Case, person: Person) -> bool:
    """Whether the person has a reading of the case that is no adjudicator's."""
    return any(one.reader == person.person_id and not one.drawn_from for one in case.readings)


def sources(case: Case, reading: Reading) -> tuple[Reading, ...]:
    """The reading, and all that it was drawn from."""
    found = [reading]
    for one in found:
        found += [other for other in case.readings if other.reading_id in one.drawn_from]
    return tuple(found)


def makers(case: Case, reading: Reading) -> frozenset[str]:
    """Ids of everybody whose voxels a reading may hold: its reader, and each version's annotators.

    Those of the readings it was drawn from are among them.
    """
    people: set[str] = set()
    for one in sources(case, reading):
        people.update({one.reader} - {""})
        for submission in one.submissions:
            people.update(submission.annotators)
    return frozenset(people)


def to_sign(case: Case) -> Reading | None:
    """The reading that is to be signed, if that is settled or there is only one."""
    if case.final is not None:
        return case.reading(case.final)
    alone = competing(case)
    return alone[0] if len(alone) == 1 and not case.needs_adjudication else None
