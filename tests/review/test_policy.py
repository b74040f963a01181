"""The policy's tables: defaults, every refusal by the key's name, and back again."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medseg.errors import ReviewError
from medseg.model import Policy, Role, StageName
from medseg.review import policy_digest, policy_from_tables, policy_json, solo_policy
from medseg.review.checks.defaults import DEFAULTS
from medseg.review.policy import new_policy

PAGE = Path(__file__).parents[2] / "docs" / "workflow.md"
LEVEL = st.sampled_from(["off", "warn", "block"])


def stage(**more: Any) -> Any:
    return st.fixed_dictionaries(
        {},
        optional={
            "roles": st.lists(st.sampled_from(sorted(Role)), min_size=1, unique=True),
            "blind": st.booleans(),
            "coverage": st.sampled_from(["none", "labelled", "all"]),
            **more,
        },
    )


PERSONS = st.integers(1, 4)
TABLES = st.fixed_dictionaries(
    {},
    optional={
        "stages": st.fixed_dictionaries(
            {},
            optional={
                "annotate": stage(),
                "review": st.one_of(st.just(False), stage(persons=PERSONS)),
                "sign": stage(persons=PERSONS),
                "lock": stage(),
            },
        ),
        "double": st.fixed_dictionaries(
            {},
            optional={
                "readings": st.integers(1, 4),
                "consensus": st.sampled_from(["first", "majority", "staple"]),
                "adjudication": st.sampled_from(["select", "edit"]),
                "order": st.sampled_from(["sequential", "random"]),
                "repeat_percent": st.floats(0, 100),
                "trigger": st.fixed_dictionaries(
                    {},
                    optional={
                        "lesion_count": st.one_of(st.just(False), st.integers(0, 9)),
                        "volume_percent": st.one_of(st.just(False), st.floats(0, 200)),
                        "dice": st.one_of(st.just(False), st.floats(0, 1)),
                        "response": st.booleans(),
                    },
                ),
            },
        ),
        "checks": st.dictionaries(st.sampled_from(sorted(DEFAULTS)), LEVEL),
        "gold": st.fixed_dictionaries({}, optional={"percent": st.floats(0, 100)}),
        "proven": st.booleans(),
    },
)


@given(TABLES)
def test_a_policy_comes_back_from_its_json(tables: dict[str, Any]) -> None:
    policy = policy_from_tables(tables)
    again = policy_from_tables(policy_json(policy))
    assert again == policy
    assert policy_digest(again) == policy_digest(policy)


def test_policies_of_before_there_were_proofs_keep_their_digest() -> None:
    assert "proven" not in policy_json(policy_from_tables({}))
    assert policy_digest(policy_from_tables({"proven": False})) == policy_digest(
        policy_from_tables({})
    )
    for new in (new_policy(), solo_policy()):
        assert new.proven
        assert policy_json(new)["proven"] is True


def test_the_defaults_are_one_reader_one_reviewer_one_signer() -> None:
    policy = policy_from_tables({})
    assert [(one.name.value, one.persons) for one in policy.stages] == [
        ("annotate", 1),
        ("review", 1),
        ("sign", 1),
        ("lock", 1),
    ]
    assert not policy.self_attested
    assert policy.checks == DEFAULTS


def test_double_reading_brings_blind_readers_and_an_adjudicator() -> None:
    policy = policy_from_tables({"double": {"readings": 3}})
    annotate, adjudicate = policy.stage(StageName.ANNOTATE), policy.stage(StageName.ADJUDICATE)
    assert annotate is not None
    assert (annotate.persons, annotate.blind) == (3, True)
    assert adjudicate is not None
    assert adjudicate.roles == {Role.ADJUDICATOR}


def test_one_person_alone_has_no_reviewer_and_says_so() -> None:
    policy = solo_policy()
    assert policy.self_attested
    assert policy.stage(StageName.REVIEW) is None


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ({"stagess": {}}, r"\[policy\] knows .*stages.*Found stagess.*Correct the name"),
        ({"stages": {"read": {}}}, r"\[policy.stages\] knows .*annotate.*Found read"),
        ({"stages": {"sign": {"role": []}}}, r"\[policy.stages.sign\] knows .*Found role\."),
        ({"stages": {"sign": {"roles": ["chief"]}}}, r"policy.stages.sign.roles is a list out of"),
        ({"stages": {"sign": {"roles": []}}}, r"policy.stages.sign.roles is a list out of"),
        ({"stages": {"sign": {"persons": 0}}}, r"sign.persons is a whole number from 1"),
        ({"stages": {"sign": {"persons": True}}}, r"sign.persons is a whole number from 1"),
        ({"stages": {"sign": {"blind": "yes"}}}, r"sign.blind is true or false"),
        ({"stages": {"sign": {"coverage": "most"}}}, r"one of none, labelled, all"),
        ({"stages": {"sign": False}}, r"always in use.*policy.stages.sign is false"),
        ({"stages": {"review": True}}, r"policy.stages.review is a table"),
        ({"stages": {"lock": {"persons": 2}}}, r"One person decides at the stage lock"),
        ({"stages": {"annotate": {"persons": 2}}}, r"Set policy.double.readings"),
        ({"double": {"readings": 2}, "stages": {"adjudicate": False}}, r"somebody decides"),
        ({"double": {"readings": 2}, "self_attested": True}, r"One person cannot give several"),
        ({"double": {"repeat_percent": float("nan")}}, r"a number from 0 to 100"),
        ({"double": {"repeat_percent": 101}}, r"a number from 0 to 100"),
        (
            {"double": {"trigger": {"dice": 2}}},
            r"policy.double.trigger.dice is a number from 0 to 1",
        ),
        ({"checks": {"small_isles": "warn"}}, r"\[policy.checks\] knows .*Found small_isles"),
        ({"checks": {"small_islands": "stop"}}, r"one of off, warn, block"),
        ({"gold": {"feedback": 1}}, r"one of instant, delayed"),
        ({"gold": 5}, r"policy.gold is a table"),
        ({"self_attested": 1}, r"policy.self_attested is true or false"),
    ],
)
def test_what_cannot_be_a_rule_is_refused_by_name(tables: dict[str, Any], says: str) -> None:
    with pytest.raises(ReviewError, match=says):
        policy_from_tables(tables)


def test_another_rule_gives_another_digest() -> None:
    digests = {
        policy_digest(policy_from_tables(tables))
        for tables in ({}, {"gold": {"percent": 1}}, {"stages": {"sign": {"persons": 2}}})
    }
    assert len(digests) == 3


def _keys(tables: Any, name: str) -> set[str]:
    if not isinstance(tables, dict):
        return {name}
    return set().union(*(_keys(inner, f"{name}.{key}") for key, inner in tables.items()))


def test_the_page_names_every_key_with_its_default() -> None:
    text = PAGE.read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    tables = tomllib.loads(example)["policy"]
    written = {"double": {"readings": 2}, "proven": True}  # as `medseg init` writes it
    whole: Policy = policy_from_tables(written)
    assert policy_from_tables(tables) == whole
    assert _keys(tables, "policy") == _keys(policy_json(whole), "policy")
    for key in _keys(tables, "policy"):
        assert f"`{key.split('.')[-1]}`" in text, key
