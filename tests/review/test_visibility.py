"""What a blind reader sees: every attribute of every view is read; nothing of others is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from medseg.errors import ReviewError
from medseg.model import Case, Person, Policy
from medseg.review import (
    AddComment,
    AskQuery,
    Disagree,
    HandOver,
    ResolveComment,
    allows,
    case_state,
    is_blind,
    policy_from_tables,
    seen_seq,
    view_of,
    whose_turn,
)
from medseg.review.duties import turns_of
from tests.review.world import TEAM, World, digest

BLIND = policy_from_tables({"double": {"readings": 2}})
SECRET = "seen by ben"
HIDDEN = (digest(SECRET), digest("record-1"))


def everything(value: Any) -> Iterator[Any]:
    """Every value that can be reached from a noun: fields, properties, and what they hold."""
    yield value
    if is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from everything(getattr(value, one.name))
        for name, attribute in vars(type(value)).items():
            if isinstance(attribute, property):
                yield from everything(getattr(value, name))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from everything(key)
            yield from everything(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        yield len(value)
        for inner in value:
            yield from everything(inner)


def both_read(policy: Policy = BLIND, **more: Any) -> World:
    """Ann is reading; Ben has handed in, was reviewed, remarked, asked and rejected."""
    world = World(policy)
    world.imported(**more)
    world.assigned("p-ann", "r-1", order=17)
    world.assigned("p-ben", "r-2", order=23)
    world.submitted("p-ben", "r-2", mask=SECRET)
    for who, text in (("p-ben", SECRET), ("p-rae", SECRET)):
        name = f"k-{who}"
        world.act(AddComment(actor=who, reading="r-2", comment_id=name, text=text))
    world.act(ResolveComment(actor="p-rae", comment_id="k-p-ben", text=SECRET))
    world.act(AskQuery(actor="p-ben", query_id="q-ben", text=SECRET))
    world.reviewed("p-rae", "approve", "r-2")
    return world


def views(world: World, reader: Person) -> Iterator[tuple[str, Any]]:
    """All that a screen asks about a case for a person."""
    view = view_of(world.policy, world.case, reader)
    yield "view", view
    yield "state", case_state(world.policy, view)
    yield "turns", whose_turn(world.policy, view)
    yield "own turns", turns_of(world.policy, view, reader)
    yield "own turns on the case", turns_of(world.policy, world.case, reader)
    yield "blind", is_blind(world.policy, world.case, reader)
    yield "sequence", seen_seq(world.policy, world.case, reader)


def traces(world: World, reader: str) -> list[str]:
    """What a blind reader's views tell of others: ids, texts, digests, names."""
    others = {"p-ben", "p-rae", "r-2", "k-p-ben", "k-p-rae", "q-ben", SECRET, *HIDDEN}
    return [
        f"{name}: {value}"
        for name, view in views(world, TEAM[reader])
        for value in everything(view)
        if isinstance(value, str) and value in others
    ]


def test_a_blind_readers_views_hold_no_trace_of_another_reading() -> None:
    world = both_read(gold=False)
    assert traces(world, "p-ann") == []
    view = view_of(BLIND, world.case, TEAM["p-ann"])
    assert len(view.readings) == 1
    assert 23 not in list(everything(view))


def test_the_views_before_and_after_anothers_work_are_the_same_in_every_attribute() -> None:
    before, after = World(BLIND), both_read()
    before.imported()
    before.assigned("p-ann", "r-1", order=17)
    seen = [list(everything(view)) for _, view in views(before, TEAM["p-ann"])]
    assert [list(everything(view)) for _, view in views(after, TEAM["p-ann"])] == seen


def test_a_gold_case_looks_like_any_other_to_its_readers() -> None:
    for name in ("p-ann", "p-ben"):
        plain, known = both_read(), both_read(gold=True)
        assert view_of(BLIND, plain.case, TEAM[name]) == view_of(BLIND, known.case, TEAM[name])
        assert case_state(BLIND, view_of(BLIND, known.case, TEAM[name])) == case_state(
            BLIND, view_of(BLIND, plain.case, TEAM[name])
        )
    assert view_of(BLIND, known.case, TEAM["p-lea"]).gold
    assert not view_of(BLIND, known.case, TEAM["p-rae"]).gold


def test_a_view_that_hides_nothing_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def everything_shown(_policy: Policy, case: Case, _person: Person) -> Case:
        return case

    monkeypatch.setitem(globals(), "view_of", everything_shown)
    assert traces(both_read(), "p-ann")


def test_a_leak_of_any_single_attribute_is_caught() -> None:
    world = both_read()
    view = view_of(BLIND, world.case, TEAM["p-ann"])
    for name in ("readings", "comments", "queries", "last_actor"):
        leaking = replace(view, **{name: getattr(world.case, name)})
        found = [one for one in everything(leaking) if one in ("p-ben", "p-rae", "r-2")]
        assert found, name


def test_after_the_own_submission_a_reader_stays_blind_until_the_outcome_is_settled() -> None:
    policy = policy_from_tables({"double": {"readings": 2}, "stages": {"review": False}})
    world = World(policy)
    world.imported()
    for reader, reading in (("p-ann", "r-1"), ("p-ben", "r-2")):
        world.assigned(reader, reading)
        world.submitted(reader, reading)
    world.act(Disagree(actor=None, between=("r-1", "r-2"), why=("volume",)))
    view = view_of(policy, world.case, TEAM["p-ann"])
    assert view.needs_adjudication == ()
    assert len(view.readings) == 1
    case = world.adjudicated("p-ada", "r-1", "r-1", "r-2")
    assert len(view_of(policy, case, TEAM["p-ben"]).readings) == 2


def test_a_reading_that_comes_back_looks_like_a_first_one() -> None:
    single = policy_from_tables({})
    world = World(single)
    world.imported()
    world.assigned("p-ann")
    world.submitted("p-ann")
    world.reviewed("p-rae")
    world.assigned("p-ann", "r-2", round=2)
    view = view_of(single, world.case, TEAM["p-ann"])
    assert [(one.reading_id, one.round) for one in view.readings] == [("r-2", 1)]
    assert (view.final, view.comments) == (None, ())


def test_who_might_still_become_a_reader_sees_no_reading() -> None:
    world = both_read()
    assert is_blind(BLIND, world.case, TEAM["p-cat"]) is False  # a reviewer has to look
    assert view_of(BLIND, world.case, replace(TEAM["p-ann"], person_id="p-new")).readings == ()


def test_a_blind_reviewer_sees_the_work_and_neither_names_nor_verdicts_of_others() -> None:
    policy = policy_from_tables({"stages": {"review": {"persons": 2, "blind": True}}})
    world = World(policy)
    world.imported()
    world.assigned("p-ann")
    world.submitted("p-ann")
    world.act(AddComment(actor="p-rae", reading="r-1", comment_id="k-1", text="narrow"))
    world.reviewed("p-rae")
    view = view_of(policy, world.case, TEAM["p-ron"])
    assert view.readings[0].newest is not None
    before = World(policy)
    before.imported()
    assert view_of(policy, before.assigned("p-ann"), TEAM["p-ron"]).readings[0].reader == ""
    for value in everything(view):
        assert value not in ("p-rae", "p-ann", "narrow", *HIDDEN)
    world.reviewed("p-ron")
    seen = view_of(policy, world.case, TEAM["p-ron"])
    assert {one.person for one in seen.readings[0].verdicts} == {"p-rae", "p-ron"}


@pytest.mark.parametrize(
    ("double", "priors", "times", "texts"),
    [
        ({"show_priors": False, "order": "sequential"}, False, False, False),
        ({"show_priors": True, "order": "sequential"}, True, True, False),
        ({"order": "random", "show_clinical_text": True}, True, False, True),
    ],
)
def test_the_policy_says_whether_priors_times_and_texts_are_shown(
    double: dict[str, Any], priors: bool, times: bool, texts: bool
) -> None:
    policy = policy_from_tables({"double": {"readings": 2, **double}})
    case = both_read(policy, subject="s-1", time_point=3).case
    ann = TEAM["p-ann"]
    assert allows(policy, case, ann, "priors") is priors
    assert allows(policy, case, ann, "time points") is times
    assert allows(policy, case, ann, "clinical text") is texts
    view = view_of(policy, case, ann)
    assert (view.subject == "s-1", view.time_point == 3) == (priors, times)
    for what in ("agreement", "readings of others", "comments of others", "gold", "names"):
        assert not allows(policy, case, ann, what)  # type: ignore[arg-type]
        assert allows(policy, case, TEAM["p-lea"], what)  # type: ignore[arg-type]


def test_a_refusal_tells_a_blind_reader_nothing_of_the_other() -> None:
    policy = policy_from_tables({"double": {"readings": 2}, "stages": {"review": False}})
    world = World(policy)
    world.imported()
    for reader, reading in (("p-ann", "r-1"), ("p-ben", "r-2")):
        world.assigned(reader, reading)
        world.submitted(reader, reading)
    world.act(Disagree(actor=None, between=("r-1", "r-2"), why=("volume",)))
    for act in (
        lambda: world.submitted("p-ann", "r-1"),
        lambda: world.reviewed("p-ann", "approve", "r-1"),
        lambda: world.signed_by("p-ann", "r-1"),
        lambda: world.locked_by("p-ann", "r-1"),
        lambda: world.unlocked_by("p-ann", "r-1"),
    ):
        with pytest.raises(ReviewError) as caught:
            act()
        for secret in ("Ben", "p-ben", "r-2", "disagree", "adjudicat", "volume", "2 "):
            assert secret not in str(caught.value)


def test_a_blind_reader_does_not_learn_from_a_refused_handover_who_else_reads() -> None:
    world = World(BLIND)
    world.imported()
    world.assigned("p-ann", "r-1")
    world.assigned("p-ben", "r-2")
    said = set()
    for other in ("p-ben", "p-rae"):  # the other reader, and one who may not read at all
        with pytest.raises(ReviewError) as caught:
            world.act(
                HandOver(actor="p-ann", reading="r-1", to=other, packet_digest=digest("packet"))
            )
        said.add(str(caught.value).replace(TEAM[other].printed_name, "X"))
    assert len(said) == 1
    with pytest.raises(ReviewError, match="a reading of round 1"):  # the lead may know
        world.act(HandOver(actor="p-lea", reading="r-1", to="p-ben", packet_digest=digest("p")))


def test_reviewers_and_signers_have_no_turn_at_known_truth() -> None:
    world = both_read(gold=True)
    for who in ("p-rae", "p-ron", "p-sue", "p-ada", "p-ben"):
        assert turns_of(BLIND, world.case, TEAM[who]) == ()
    world.submitted("p-ann", "r-1")
    assert case_state(BLIND, world.case).value == "measured"
    with pytest.raises(ReviewError, match=r"read, and not signed"):
        world.signed_by("p-sue", "r-2")


def test_a_blind_reader_cannot_comment_on_what_they_cannot_see() -> None:
    world = both_read()
    with pytest.raises(ReviewError, match=r"can see.*Ann cannot see r-2"):
        world.act(AddComment(actor="p-ann", reading="r-2", comment_id="k", text="?"))
