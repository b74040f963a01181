"""A project's rules: who may do what at which stage, and what must be done before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from medseg.model.work.person import Role


class StageName(StrEnum):
    """The stages of a case, in the order the work flows."""

    ANNOTATE = "annotate"
    REVIEW = "review"
    ADJUDICATE = "adjudicate"
    SIGN = "sign"
    LOCK = "lock"


#: Who acts in a stage where no rules say otherwise.
DEFAULT_ROLES: Mapping[StageName, frozenset[Role]] = MappingProxyType(
    {
        StageName.ANNOTATE: frozenset({Role.ANNOTATOR}),
        StageName.REVIEW: frozenset({Role.REVIEWER}),
        StageName.ADJUDICATE: frozenset({Role.ADJUDICATOR}),
        StageName.SIGN: frozenset({Role.SIGNER}),
        StageName.LOCK: frozenset({Role.LEAD}),
    }
)

CoverageRule = Literal["none", "labelled", "all"]


@dataclass(frozen=True)
class Stage:
    """One stage of the work.

    Args:
        name: which one.
        roles: who may act in it.
        persons: how many distinct persons have to.
        blind: whether those who act see nothing of the others' work before they are done.
        coverage: which slices each of them must have displayed with the mask visible:
            "none", "labelled" (those that hold a label) or "all".
    """

    name: StageName
    roles: frozenset[Role]
    persons: int = 1
    blind: bool = False
    coverage: CoverageRule = "none"


@dataclass(frozen=True)
class Trigger:
    """When blind readings disagree so much that somebody has to decide.

    Args:
        lesion_count: more than this difference in the number of lesions; None: never.
        volume_percent: more than this difference of the total volumes, in percent of their mean.
        dice: a generalised Dice below this.
        response: whether different categories of response (follow-up) are enough.
    """

    lesion_count: int | None = 0
    volume_percent: float | None = 25.0
    dice: float | None = None
    response: bool = True


@dataclass(frozen=True)
class Double:
    """Several blind readings of one case, and how they become one.

    Args:
        readings: how many; 1 is no double reading.
        consensus: what is made where the readings agree: "first" of them, the "majority" of
            voxels, or "staple"; where they do not, an adjudicator decides.
        adjudication: the adjudicator may "select" one reading, or "edit" a new one.
        trigger: what counts as disagreement.
        order: time points of one subject are read in "sequential" order, each locked before
            the next is shown, or "random".
        repeat_percent: how many of a reader's cases come back unannounced, for agreement of
            each reader with themselves.
        show_priors: whether a reader sees earlier time points.
        show_clinical_text: whether a reader sees series and study texts.
    """

    readings: int = 1
    consensus: Literal["first", "majority", "staple"] = "first"
    adjudication: Literal["select", "edit"] = "select"
    trigger: Trigger = field(default_factory=Trigger)
    order: Literal["sequential", "random"] = "random"
    repeat_percent: float = 0.0
    show_priors: bool = True
    show_clinical_text: bool = False


@dataclass(frozen=True)
class Gold:
    """Cases of known truth among the work.

    Args:
        percent: how many of the assigned cases are gold, in percent.
        feedback: whether readers see the result after each ("instant") or never by themselves
            ("delayed": the lead opens it).
        passing_dice: from which Dice a gold reading counts as passed.
    """

    percent: float = 0.0
    feedback: Literal["instant", "delayed"] = "delayed"
    passing_dice: float = 0.7


#: Rule check -> what it does to a submission.
Checks = Mapping[str, Literal["off", "warn", "block"]]


@dataclass(frozen=True)
class Policy:
    """The rules of a project.

    Args:
        stages: the stages in use, in order; annotate, sign and lock are always among them.
        double: several readings of one case.
        checks: rule check -> "off", "warn" or "block"; those not named take their default.
        small_island_voxels: below how many voxels a separate part is an island.
        gold: cases of known truth among the work.
        self_attested: whether one person does everything and sign-offs say so.
        proven: whether hand-ins and changes of the rules are signed by who makes them.
    """

    stages: tuple[Stage, ...]
    double: Double = field(default_factory=Double)
    checks: Checks = field(default_factory=dict)
    small_island_voxels: int = 3
    gold: Gold = field(default_factory=Gold)
    self_attested: bool = False
    proven: bool = False

    def stage(self, name: StageName) -> Stage | None:
        """The stage of that name, or None if it is not in use."""
        return next((stage for stage in self.stages if stage.name == name), None)
