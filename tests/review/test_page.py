"""The page's table of who may do what, row by row, against what is granted to each role."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from medseg.errors import ReviewError
from medseg.model import Person, Role
from medseg.review import (
    Adjudicate,
    AnswerQuery,
    AskQuery,
    Assign,
    AssignReviewer,
    Disagree,
    ImportCase,
    Lock,
    Request,
    Review,
    Sign,
    Submit,
    Unlock,
    decide,
    policy_from_tables,
)
from tests.review.world import World, identity, signed, work

PAGE = Path(__file__).parents[2] / "docs" / "workflow.md"
SINGLE = policy_from_tables({})
DOUBLE = policy_from_tables({"double": {"readings": 2}, "stages": {"review": False}})


def _before(*steps: str) -> World:
    """A case at the point where the act is due."""
    world = World(SINGLE)
    table: dict[str, Callable[[], object]] = {
        "import": world.imported,
        "assign": lambda: world.assigned("p-ann"),
        "submit": lambda: world.submitted("p-ann"),
        "review": lambda: world.reviewed("p-rae"),
        "sign": lambda: world.signed_by("p-sue"),
        "ask": lambda: world.act(AskQuery(actor="p-ann", query_id="q-1", text="?")),
    }
    for step in steps:
        table[step]()
    return world


def _both_in(*, disputed: bool) -> World:
    world = World(DOUBLE)
    world.imported()
    for reader, reading in (("p-ann", "r-1"), ("p-ben", "r-2")):
        world.assigned(reader, reading)
        world.submitted(reader, reading)
    if disputed:
        world.act(Disagree(actor=None, between=("r-1", "r-2"), why=("volume",)))
    return world


ON = {"actor": "p-x", "reading": "r-1", "version": 1, "signed": signed()}
DUE = ("import", "assign", "submit")
BOTH = ("r-1", "r-2")
Row = tuple[Callable[[], World], Request]
ACTS: dict[str, Row] = {
    "import": (_before, ImportCase(actor="p-x", case="c-1", image=identity())),
    "assign a reading": (
        lambda: _before("import"),
        Assign(actor="p-x", reading="r-1", reader="p-ann"),
    ),
    "ask for a review": (
        lambda: _before(*DUE),
        AssignReviewer(actor="p-x", reading="r-1", reviewer="p-rae"),
    ),
    "hand in changes": (
        lambda: _before(*DUE),
        Submit(actor="p-x", reading="r-1", work=work("p-x")),
    ),
    "approve, reject": (lambda: _before(*DUE), Review(decision="approve", **ON)),
    "reject before the signature": (
        lambda: _before(*DUE, "review"),
        Review(decision="reject", reason="too wide", **ON),
    ),
    "bring readings together": (
        lambda: _both_in(disputed=False),
        Disagree(actor="p-x", between=BOTH, why=("volume",)),
    ),
    "adjudicate": (
        lambda: _both_in(disputed=True),
        Adjudicate(actor="p-x", chosen="r-1", between=BOTH, version=1, signed=signed()),
    ),
    "sign": (lambda: _before(*DUE, "review"), Sign(**ON)),
    "lock": (lambda: _before(*DUE, "review", "sign"), Lock(**ON)),
    "unlock": (lambda: _before(*DUE, "review", "sign"), Unlock(reason="a new border", **ON)),
    "query the importing site": (
        lambda: _before("import"),
        AskQuery(actor="p-x", query_id="q-1", text="?"),
    ),
    "answer a query": (
        lambda: _before("import", "ask"),
        AnswerQuery(actor="p-x", query_id="q-1", text="!"),
    ),
}


def rows() -> dict[str, str]:
    """Act -> who may, as the page has it."""
    lines = PAGE.read_text(encoding="utf-8").split("## Who may do what")[1].splitlines()
    cells = [line.strip("|").split("|") for line in lines if line.startswith("| ")]
    return {one[0].strip(): one[1].strip() for one in cells if len(one) == 4}


@pytest.mark.parametrize("act", ACTS)
def test_each_role_may_do_what_the_page_says(act: str) -> None:
    who = rows()[act]
    able = set(Role) if who == "anybody with a role" else {one for one in Role if one in who}
    assert able
    begin, request = ACTS[act]
    for role in Role:
        world = begin()
        people = world.people | {"p-x": Person("p-x", "X", frozenset({role}))}
        try:
            decide(world.policy, people, world.case, request)
        except ReviewError:
            assert role not in able, role
        else:
            assert role in able, role


def test_the_page_has_every_act_that_goes_by_role() -> None:
    by_reader = {"hand in", "comment, resolve", "close a query", "hand over", "act"}
    assert rows().keys() - by_reader == ACTS.keys()
