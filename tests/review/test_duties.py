"""A person's own worklist: what they can do next, and what separation of duties keeps from them."""

from __future__ import annotations

from medseg.errors import ReviewError
from medseg.model import StageName
from medseg.review import (
    Assign,
    Disagree,
    Review,
    Sign,
    barred,
    decide,
    policy_from_tables,
    solo_policy,
    turns_of,
)
from tests.review.world import SOLO, TEAM, World

SINGLE = policy_from_tables({"stages": {"review": {"persons": 2}}})
EDITED = policy_from_tables(
    {"double": {"readings": 2, "adjudication": "edit"}, "stages": {"review": False}}
)


def stages(world: World) -> dict[str, list[str]]:
    """Who has something to do, and at which stage."""
    found = {
        who: [one.stage.value for one in turns_of(world.policy, world.case, person)]
        for who, person in world.people.items()
    }
    return {who: turns for who, turns in found.items() if turns}


def test_each_person_sees_their_own_turns_along_the_way() -> None:
    world = World(SINGLE)
    world.imported()
    assert stages(world) == {"p-lea": ["annotate"]}
    world.assigned("p-cat")
    assert stages(world) == {"p-cat": ["annotate"]}
    world.submitted("p-cat")
    assert stages(world) == {"p-rae": ["review"], "p-ron": ["review"]}  # and not Cat
    world.reviewed("p-rae")
    assert stages(world) == {"p-ron": ["review"]}
    world.reviewed("p-ron")
    assert stages(world) == {"p-sue": ["sign"], "p-sam": ["sign"]}  # and not Cat
    world.signed_by("p-sue")
    assert stages(world) == {"p-lea": ["lock"]}
    world.locked_by()
    assert stages(world) == {}


def test_readers_have_no_turn_to_adjudicate_their_own_dispute() -> None:
    world = World(EDITED)
    world.imported()
    for reader, reading in (("p-cat", "r-1"), ("p-ben", "r-2")):
        world.assigned(reader, reading)
        world.submitted(reader, reading)
    assert stages(world) == {"p-lea": ["adjudicate"]}  # to have them compared
    world.act(Disagree(actor=None, between=("r-1", "r-2"), why=("volume",)))
    assert stages(world) == {"p-ada": ["adjudicate"]}
    world.act(Assign(actor="p-ada", reading="r-3", reader="p-ada", drawn_from=("r-1", "r-2")))
    assert stages(world) == {"p-ada": ["annotate", "adjudicate"]}


def test_what_is_barred_is_refused_and_what_is_not_is_granted() -> None:
    world = World(SINGLE)
    world.imported()
    world.assigned("p-cat")
    world.submitted("p-cat")
    signed = {"reading": "r-1", "version": 1, "signed": world.record()}
    for who in ("p-cat", "p-rae", "p-ron"):
        is_barred = "r-1" in barred(SINGLE, world.case, TEAM[who], StageName.REVIEW)
        try:
            decide(SINGLE, TEAM, world.case, Review(actor=who, decision="approve", **signed))
        except ReviewError:
            assert is_barred
        else:
            assert not is_barred
    assert barred(SINGLE, world.case, TEAM["p-cat"], StageName.LOCK) == frozenset()


def test_one_person_alone_is_barred_from_nothing() -> None:
    world = World(solo_policy(), dict(SOLO))
    world.imported("p-me")
    world.assigned("p-me", by="p-me")
    world.submitted("p-me")
    assert barred(world.policy, world.case, SOLO["p-me"], StageName.SIGN) == frozenset()
    assert stages(world) == {"p-me": ["sign"]}
    request = Sign(actor="p-me", reading="r-1", version=1, signed=world.record())
    assert decide(world.policy, world.people, world.case, request)
