"""The packet of a hand-over as the next person finds it, and who finds none."""

from __future__ import annotations

from pathlib import Path

import pytest

from medseg.errors import FormatError, ReviewError, SignoffError
from medseg.project import acts
from medseg.review import Position
from tests.project.team import Team

PLACE = Position((1.5, -2.25, 30.0), 4)


@pytest.fixture
def team(tmp_path: Path) -> Team:
    made = Team.make(tmp_path)
    made.draw()
    return made


def give(team: Team, to: str, by: str, **told: object) -> None:
    acts.hand_over(team.project, team.reading, f"p-{to}", by=f"p-{by}", **told)


def left_for(team: Team, name: str) -> acts.HandedOver | None:
    return acts.handed_over(team.project, team.reading, by=f"p-{name}")


def test_what_was_given_is_found_by_the_next_person_alone(team: Team) -> None:
    assert left_for(team, "ada") is None  # it came by an assignment
    acts.comment(team.project, team.reading, "too wide?", by="p-ada")
    acts.ask_query(team.project, team.case, "which phase?", by="p-ada")
    give(team, "ben", "ada", note="lungs are done", position=PLACE)
    found = left_for(team, "ben")
    assert found is not None
    assert (found.giver, found.note, found.position) == ("p-ada", "lungs are done", PLACE)
    assert (found.comments, found.queries) == (("too wide?",), ("which phase?",))
    assert found.not_displayed is None  # nothing was recorded
    assert [left_for(team, name) for name in ("ada", "rob", "lea")] == [None, None, None]


def test_without_a_place_none_is_told(team: Team) -> None:
    give(team, "ben", "ada")
    found = left_for(team, "ben")
    assert found is not None
    assert (found.position, found.note, found.comments) == (None, "", ())


def test_it_is_over_once_they_have_handed_in_or_given_it_on(team: Team) -> None:
    give(team, "ben", "ada", note="first")
    give(team, "ada", "ben", note="back to you")
    assert left_for(team, "ben") is None
    found = left_for(team, "ada")
    assert found is not None
    assert found.note == "back to you"
    team.submit()
    assert left_for(team, "ada") is None


def test_a_review_is_given_to_nobody_who_may_not_review(team: Team) -> None:
    team.submit()
    acts.assign_reviewer(team.project, team.reading, "p-rob", by="p-lea")
    with pytest.raises(ReviewError, match="take over a review"):
        give(team, "ben", "rob")
    assert left_for(team, "rob") is None


def test_a_packet_that_was_changed_or_is_gone_is_refused(team: Team) -> None:
    give(team, "ben", "ada", note="upper lobes")
    (packet,) = team.mask.parent.glob("handover-*.json")
    content = packet.read_bytes()
    packet.write_bytes(content.replace(b"upper", b"lower"))
    with pytest.raises(SignoffError, match="was changed since"):
        left_for(team, "ben")
    packet.unlink()
    with pytest.raises(FormatError, match="cannot be read"):
        left_for(team, "ben")
    packet.write_bytes(content)
    assert left_for(team, "ben") is not None
