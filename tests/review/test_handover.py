"""The hand-over packet: what is open, where to go on, and when, in three clocks."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from medseg.errors import ReviewError
from medseg.review import AddComment, AskQuery, HandOver, ResolveComment, policy_from_tables
from medseg.review.coverage import Coverage
from medseg.review.handover import Packet, Position, packet_for
from tests.review.test_visibility import SECRET, both_read, everything
from tests.review.world import World

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ZONES = (ZoneInfo("Europe/Berlin"), timezone(timedelta(hours=8), "HKT"))


def packet(world: World, giver: str = "p-ann", taker: str = "p-cat", **more: object) -> Packet:
    return packet_for(
        world.policy,
        world.people,
        world.case,
        reading="r-1",
        giver=giver,
        taker=taker,
        at=NOON,
        zones=ZONES,
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
def world() -> World:
    world = World(policy_from_tables({}))
    world.imported()
    world.assigned("p-ann")
    for name, text in (("k-1", "Edge too wide"), ("k-2", "Done already")):
        world.act(
            AddComment(
                actor="p-rae",
                reading="r-1",
                comment_id=name,
                text=text,
                point_lps=(1.0, -2.0, 30.5),
                severity="warning",
            )
        )
    world.act(ResolveComment(actor="p-ann", comment_id="k-2", text="narrowed"))
    world.act(AskQuery(actor="p-ann", query_id="q-1", text="Which phase?"))
    return world


def test_a_packet_tells_what_is_open_and_where_to_go_on(world: World) -> None:
    made = packet(
        world,
        coverage=Coverage("axial", 10, ((0, 6),), ((0, 4),)),
        position=Position((10.0, 20.0, -30.5), 5),
        note="left lung is done",
    )
    text = made.in_words()
    for line in (
        "From Ann to Cat",
        "2026-11-22T12:00:00+00:00 UTC",
        "2026-11-22T13:00:00+01:00 there",
        "2026-11-22T20:00:00+08:00 with you",
        "Open comments: 1",
        "[warning] Edge too wide at LPS (1.0, -2.0, 30.5) mm",
        "Which phase? (open)",
        "Not displayed with the mask yet: slices 5 to 9",
        "Last position: slice 5, LPS (10.0, 20.0, -30.5) mm",
        "Note: left lung is done",
    ):
        assert line in text
    assert "Done already" not in text
    plain = json.loads(json.dumps(made.to_json()))
    assert plain == made.to_json()
    assert plain["notDisplayed"] == [5, 6, 7, 8, 9]


def test_the_log_holds_the_packets_digest(world: World) -> None:
    made = packet(world)
    assert made.digest() == packet(world).digest()
    assert made.digest() != packet(world, note="x").digest()
    world.act(HandOver(actor="p-ann", reading="r-1", to="p-cat", packet_digest=made.digest()))
    assert world.entries[-1]["data"] == {"to": "p-cat", "packet": made.digest()}
    assert world.case.readings[0].reader == "p-cat"


def test_without_records_the_packet_says_so(world: World) -> None:
    text = packet(world).in_words()
    assert "Display: nothing was recorded" in text
    assert "Last position: unknown" in text
    whole = packet(world, coverage=Coverage("axial", 3, ((0, 2),), ((0, 2),)))
    assert "every slice was displayed with the mask" in whole.in_words()


def test_a_blind_readers_packet_holds_nothing_of_the_other_reading() -> None:
    world = both_read()
    made = packet(world)
    for value in (*everything(made.to_json()), made.in_words()):
        for secret in ("r-2", "p-ben", SECRET):
            assert not isinstance(value, str) or secret not in value
    with pytest.raises(ReviewError, match=r"r-1 is none of"):
        packet(world, giver="p-ben")


def test_a_time_without_a_zone_is_refused(world: World) -> None:
    with pytest.raises(ReviewError, match="offset from UTC"):
        packet_for(
            world.policy,
            world.people,
            world.case,
            reading="r-1",
            giver="p-ann",
            taker="p-cat",
            at=datetime(2026, 11, 22, 12, 0),
            zones=ZONES,
        )
