"""A project's policy out of the tables of its `medseg.toml`, and back as JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, get_args

from medseg.model import (
    DEFAULT_ROLES,
    CoverageRule,
    Double,
    Gold,
    Policy,
    Role,
    Stage,
    StageName,
    Trigger,
)
from medseg.review.checks.defaults import DEFAULTS, Level
from medseg.review.refusing import require
from medseg.review.tables import Table
from medseg.signoff.canonical import canonical

LEVELS: tuple[Level, ...] = ("off", "warn", "block")

#: Stages that a project may do without.
OPTIONAL = (StageName.REVIEW, StageName.ADJUDICATE)


def policy_from_tables(tables: Mapping[str, Any]) -> Policy:
    """The policy that the tables describe; what they leave out takes its default.

    Args:
        tables: of `medseg.toml`'s `[policy]`: stages, double, checks, gold, self_attested, proven.

    Raises:
        ReviewError: an unknown key, a value of another kind, or rules that contradict each
            other; the message names the key and what may stand there.
    """
    top = Table(tables, "policy")
    double = _double(top.table("double"))
    checks, islands = _checks(top.table("checks"))
    policy = Policy(
        _stages(top.table("stages"), double),
        double,
        checks,
        islands,
        _gold(top.table("gold")),
        top.truth("self_attested", False),
        top.truth("proven", False),
    )
    top.close()
    _check_sense(policy)
    return policy


def new_policy() -> Policy:
    """The policy that a team starts with: all defaults, and hand-ins that are proven."""
    return policy_from_tables({"proven": True})


def solo_policy() -> Policy:
    """The policy of one person who does everything; their sign-offs say so."""
    tables = {"stages": {"review": False}, "self_attested": True, "proven": True}
    return policy_from_tables(tables)


def policy_json(policy: Policy) -> dict[str, Any]:
    """The policy as tables with every value, so that `policy_from_tables` gives it back.

    `proven` is there only if true: policies of before there was such a rule keep their digest.
    """
    double, trigger, gold = policy.double, policy.double.trigger, policy.gold
    proven = {"proven": True} if policy.proven else {}
    return {
        "stages": {name.value: _stage_json(policy.stage(name)) for name in StageName},
        "double": {
            "readings": double.readings,
            "consensus": double.consensus,
            "adjudication": double.adjudication,
            "order": double.order,
            "repeat_percent": double.repeat_percent,
            "show_priors": double.show_priors,
            "show_clinical_text": double.show_clinical_text,
            "trigger": {
                "lesion_count": _or_false(trigger.lesion_count),
                "volume_percent": _or_false(trigger.volume_percent),
                "dice": _or_false(trigger.dice),
                "response": trigger.response,
            },
        },
        "checks": {"small_island_voxels": policy.small_island_voxels} | dict(policy.checks),
        "gold": {
            "percent": gold.percent,
            "feedback": gold.feedback,
            "passing_dice": gold.passing_dice,
        },
        "self_attested": policy.self_attested,
    } | proven


def policy_digest(policy: Policy) -> str:
    """SHA-256 of the policy's canonical JSON, hexadecimal."""
    return hashlib.sha256(canonical(policy_json(policy))).hexdigest()


def _stages(table: Table, double: Double) -> tuple[Stage, ...]:
    stages = []
    for name in StageName:
        wanted = table.raw(name.value, None)
        in_use = double.readings > 1 if name is StageName.ADJUDICATE else True
        if wanted is False or (wanted is None and not in_use):
            require(
                name in OPTIONAL,
                "The stages annotate, sign and lock are always in use",
                f"policy.stages.{name.value} is false",
                "Leave it out to take its defaults",
            )
            continue
        stages.append(_stage(name, Table(wanted or {}, f"policy.stages.{name.value}"), double))
    table.close()
    return tuple(stages)


def _stage(name: StageName, table: Table, double: Double) -> Stage:
    roles = table.words("roles", tuple(Role), tuple(sorted(DEFAULT_ROLES[name])))
    stage = Stage(
        name,
        frozenset(Role(role) for role in roles),
        table.whole("persons", double.readings if name is StageName.ANNOTATE else 1, least=1),
        table.truth("blind", name is StageName.ANNOTATE and double.readings > 1),
        table.word("coverage", get_args(CoverageRule), "none"),
    )
    table.close()
    return stage


def _stage_json(stage: Stage | None) -> dict[str, Any] | bool:
    if stage is None:
        return False
    return {
        "roles": sorted(role.value for role in stage.roles),
        "persons": stage.persons,
        "blind": stage.blind,
        "coverage": stage.coverage,
    }


def _double(table: Table) -> Double:
    double = Double(
        table.whole("readings", 1, least=1),
        table.word("consensus", ("first", "majority", "staple"), "first"),
        table.word("adjudication", ("select", "edit"), "select"),
        _trigger(table.table("trigger")),
        table.word("order", ("sequential", "random"), "random"),
        table.number("repeat_percent", 0.0, 0.0, 100.0),
        table.truth("show_priors", True),
        table.truth("show_clinical_text", False),
    )
    table.close()
    return double


def _trigger(table: Table) -> Trigger:
    trigger = Trigger(
        table.whole_or_off("lesion_count", 0),
        table.number_or_off("volume_percent", 25.0, 0.0, 200.0),
        table.number_or_off("dice", None, 0.0, 1.0),
        table.truth("response", True),
    )
    table.close()
    return trigger


def _gold(table: Table) -> Gold:
    gold = Gold(
        table.number("percent", 0.0, 0.0, 100.0),
        table.word("feedback", ("instant", "delayed"), "delayed"),
        table.number("passing_dice", 0.7, 0.0, 1.0),
    )
    table.close()
    return gold


def _checks(table: Table) -> tuple[dict[str, Any], int]:
    islands = table.whole("small_island_voxels", 3, least=1)
    levels = {name: table.word(name, LEVELS, default) for name, default in DEFAULTS.items()}
    table.close()
    return levels, islands


def _or_false(value: float | None) -> float | bool:
    return False if value is None else value


def _check_sense(policy: Policy) -> None:
    readings = policy.double.readings
    persons = {stage.name: stage.persons for stage in policy.stages}
    require(
        persons[StageName.ANNOTATE] == readings,
        "Each reading has one reader, so annotate has as many persons as there are readings",
        f"policy.stages.annotate.persons is {persons[StageName.ANNOTATE]}, "
        f"policy.double.readings {readings}",
        "Set policy.double.readings, and leave persons out",
    )
    for name in (StageName.ADJUDICATE, StageName.LOCK):
        require(
            persons.get(name, 1) == 1,
            f"One person decides at the stage {name.value}",
            f"policy.stages.{name.value}.persons is {persons.get(name)}",
            "For more signatures raise policy.stages.sign.persons",
        )
    require(
        readings == 1 or StageName.ADJUDICATE in persons,
        "Where several readings can differ, somebody decides",
        f"policy.double.readings is {readings}, and policy.stages.adjudicate is false",
        "Leave policy.stages.adjudicate out to take its defaults",
    )
    require(
        readings == 1 or not policy.self_attested,
        "One person cannot give several blind readings",
        f"policy.self_attested is true, and policy.double.readings is {readings}",
        "Set policy.double.readings to 1",
    )
