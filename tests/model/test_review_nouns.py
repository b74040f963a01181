"""The nouns of review: people, policy, cases and readings."""

from __future__ import annotations

import pytest

from medseg.model import (
    Case,
    Comment,
    Ending,
    EndingKind,
    NotEvaluable,
    Person,
    Policy,
    Reading,
    Role,
    Stage,
    StageName,
    Submission,
)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (EndingKind.LESIONS, NotEvaluable.MOTION),
        (EndingKind.NO_LESION_FOUND, NotEvaluable.OTHER),
        (EndingKind.NOT_EVALUABLE, None),
    ],
)
def test_a_reason_belongs_to_not_evaluable_alone(
    kind: EndingKind, reason: NotEvaluable | None
) -> None:
    with pytest.raises(ValueError, match="only that"):
        Ending(kind, reason)


def test_a_reading_knows_its_newest_version_and_who_changed_it() -> None:
    ending = Ending(EndingKind.LESIONS)
    first, second = (
        Submission(version, ending, "m", frozenset({who}), "2026-11-22T12:00:00+01:00", version)
        for version, who in ((1, "p-ann"), (2, "p-rae"))
    )
    reading = Reading("r-1", "p-ann", submissions=(first, second))
    assert reading.newest is second
    assert reading.annotators == {"p-rae"}
    assert Reading("r-2", "p-ann").newest is None
    assert Reading("r-2", "p-ann").annotators == frozenset()
    case = Case("c-1", readings=(reading,))
    assert case.reading("r-1") is reading
    assert case.reading("r-2") is None


def test_a_comment_is_open_until_somebody_closes_it() -> None:
    at = "2026-11-22T12:00:00+01:00"
    assert Comment("k-1", "p-rae", "?", at, "r-1").is_open
    assert not Comment("k-1", "p-rae", "?", at, "r-1", resolved_by="p-ann").is_open


def test_a_person_has_roles_and_a_policy_stages() -> None:
    person = Person("p-ann", "Ann", frozenset({Role.ANNOTATOR}))
    assert person.may_act_as({Role.ANNOTATOR, Role.LEAD})
    assert not person.may_act_as({Role.LEAD})
    assert not Person("p-x", "X", frozenset()).may_act_as(Role)
    stage = Stage(StageName.SIGN, frozenset({Role.SIGNER}))
    assert Policy((stage,)).stage(StageName.SIGN) is stage
    assert Policy((stage,)).stage(StageName.LOCK) is None
