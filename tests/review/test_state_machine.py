"""Every role against every transition, in every state that a walk reaches, against the model."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from medseg.errors import ReviewError
from medseg.model import Role
from medseg.review import (
    Adjudicate,
    Assign,
    AssignReviewer,
    Consensus,
    Disagree,
    Lock,
    Request,
    Review,
    Sign,
    Submit,
    Unlock,
    case_state,
    decide,
    fold_all,
    policy_from_tables,
)
from medseg.review.workflow import assigning_rules, facts, judging_rules, scene, steps
from tests.review.model import ROLES, Model
from tests.review.world import World, person, signed, work

PEOPLE = {
    who: person(who.removeprefix("p-"), *(Role(role) for role in roles))
    for who, roles in ROLES.items()
}
NAMES = ("r-1", "r-2")
ACTS = (
    "assign",
    "ask",
    "submit",
    "approve",
    "reject",
    "dispute",
    "agree",
    "adjudicate",
    "sign",
    "lock",
    "unlock",
)
SHAPES = ((1, 1, 1), (1, 2, 2), (2, 1, 1), (2, 0, 1), (1, 0, 1))
SIGNED = signed()
#: What an act needs besides who does it to which reading.
OTHERS: dict[str, tuple[str, ...]] = {
    "assign": tuple(ROLES),
    "ask": tuple(ROLES),
    "reject": ("a reason", ""),
    "unlock": ("a reason", ""),
}


def policy_of(readings: int, reviewers: int, signers: int) -> Any:
    review: Any = {"persons": reviewers} if reviewers else False
    stages = {"review": review, "sign": {"persons": signers}}
    return policy_from_tables({"double": {"readings": readings}, "stages": stages})


def request_for(world: World, act: str, who: str, name: str, other: str) -> Request:
    version, between = world.version(name), NAMES
    said: dict[str, Any] = {"actor": who, "version": version, "signed": SIGNED}
    table: dict[str, Callable[[], Request]] = {
        "assign": lambda: Assign(actor=who, reading=name, reader=other),
        "ask": lambda: AssignReviewer(actor=who, reading=name, reviewer=other),
        "submit": lambda: Submit(actor=who, reading=name, work=work(who)),
        "approve": lambda: Review(reading=name, decision="approve", **said),
        "reject": lambda: Review(reading=name, decision="reject", reason=other, **said),
        "dispute": lambda: Disagree(actor=who, between=between, why=("volume",)),
        "agree": lambda: Consensus(actor=who, reading=name, method="first", drawn_from=between),
        "adjudicate": lambda: Adjudicate(chosen=name, between=between, **said),
        "sign": lambda: Sign(reading=name, **said),
        "lock": lambda: Lock(reading=name, **said),
        "unlock": lambda: Unlock(reading=name, reason=other, **said),
    }
    return table[act]()


class Walk(RuleBasedStateMachine):
    """Legal acts at random; at each state every cell of role x transition is tried."""

    @initialize(shape=st.sampled_from(SHAPES))
    def begin(self, shape: tuple[int, int, int]) -> None:
        self.world = World(policy_of(*shape), dict(PEOPLE))
        self.world.imported("p-lea")
        self.model = Model(*shape)

    def cells(self) -> list[tuple[str, str, str, str]]:
        return [
            (act, who, name, other)
            for act in ACTS
            for who in ROLES
            for name in NAMES
            for other in OTHERS.get(act, ("",))
        ]

    @precondition(lambda self: hasattr(self, "world"))
    @rule(pick=st.integers(0, 10**6), eager=st.booleans())
    def act(self, pick: int, eager: bool) -> None:
        legal = [cell for cell in self.cells() if self.model.may(*cell)]
        onward = [cell for cell in legal if cell[0] not in ("ask", "submit", "unlock", "reject")]
        choices = onward if eager and onward else legal
        if choices:
            cell = choices[pick % len(choices)]
            self.world.act(request_for(self.world, *cell))
            self.model.do(*cell)

    @invariant()
    def every_cell_is_as_the_model_says(self) -> None:
        if not hasattr(self, "world"):
            return
        for cell in self.cells():
            legal = self.model.may(*cell)
            request = request_for(self.world, *cell)
            refusal = self.refused(request)
            assert (refusal is None) == legal, f"{cell} is {legal=}; refused: {refusal}"
            if refusal is not None:  # rule, finding, next step
                assert len(re.findall(r"[.!?](?: |$)", refusal)) >= 3, refusal

    def refused(self, request: Request) -> str | None:
        try:
            decide(self.world.policy, PEOPLE, self.world.case, request)
        except ReviewError as error:
            return str(error)
        return None

    @invariant()
    def the_log_folds_to_the_state_of_the_model(self) -> None:
        if not hasattr(self, "world"):
            return
        assert fold_all(self.world.entries) == self.world.case
        assert case_state(self.world.policy, self.world.case).value == self.model.state()


QUICK = settings(
    max_examples=12,
    stateful_step_count=16,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink such walks takes minutes
    report_multiple_bugs=False,
)
CONTROL = settings(
    QUICK, max_examples=200, phases=[Phase.generate], database=None, derandomize=True
)


def test_every_role_and_transition_is_as_the_model_says() -> None:
    run_state_machine_as_test(Walk, settings=QUICK)


@pytest.mark.long
def test_every_role_and_transition_on_long_walks() -> None:
    run_state_machine_as_test(Walk, settings=settings(QUICK, max_examples=300))


def _anything_goes(*_args: Any, **_more: Any) -> None:
    return None


BROKEN = {
    "no separation of duties": (scene.Scene, "require_apart", _anything_goes),
    "no check of roles": (scene.Scene, "require_roles", _anything_goes),
    "readers judge their rivals": (judging_rules, "require_no_competitor", _anything_goes),
    "signed work can be handed in": (steps, "expect_state", _anything_goes),
    "settled readings can change": (steps, "expect_unsettled", _anything_goes),
    "verdicts outlive an unlocking": (facts, "standing", lambda reading: reading.verdicts),
    "readers are given twice": (assigning_rules, "_require_no_reading", _anything_goes),
    "unreviewed work is signed": (judging_rules, "is_reviewed", lambda *_: True),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, attribute, instead = BROKEN[name]
    monkeypatch.setattr(owner, attribute, instead)
    with pytest.raises((AssertionError, ReviewError)):
        run_state_machine_as_test(Walk, settings=CONTROL)
