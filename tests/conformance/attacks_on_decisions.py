"""Adjudication without a dispute, roles that are not a stage's, records outside of any project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from medseg.signoff.people import changes
from tests.conformance.attacks import Evidence, add, attack
from tests.conformance.story import CASE, KEYS, LONG, OTHER_READING, READING, Story, registry

_DOUBLE: dict[str, Any] = {"double": {"readings": 2}, "stages": {"adjudicate": {}}}
_THIRD = "r-4D"


def _handed_in(*others: str, **tables: Any) -> Story:
    """The reading handed in, and these beside it."""
    story = Story(**{**_DOUBLE, **tables}).begin().submit()
    for reading in others or (OTHER_READING,):
        story.submit("ben", reading=reading, by="ben")
    return story


def _disagree(story: Story, *between: str) -> Story:
    told = {"between": list(between or (READING, OTHER_READING)), "why": ["one lesion more"]}
    story.note("disagree", told, case=CASE)
    return story


def _decided(story: Story, **changes: Any) -> Story:
    """The adjudicator decides for the reading."""
    data = {"decision": "adjudicate", "from": [READING, OTHER_READING], "reason": "clearer"}
    said = {**data, "chosen": changes.pop("chosen", READING)}
    story.act("ada", "adjudicate", "adjudicate", data=said, **changes)
    return story


@attack("dispute", 0)
def dispute_decided() -> Story:
    """Two readings differed, and an adjudicator decided."""
    return _decided(_disagree(_handed_in()))


@attack("dispute", 11, "NOT_DISPUTED")
def no_dispute() -> Story:
    """An adjudicator decided where nothing was found to differ."""
    return _decided(_handed_in())


@attack("dispute", 11, "INSUFFICIENT_SIGNATURES")
def review_left_out_without_a_dispute() -> Story:
    """The adjudicator's word in place of the review, without a dispute; signed and locked."""
    story = _decided(_handed_in())
    story.act("sue", "sign", "approve")
    story.act("lea", "lock", "lock")
    return story


@attack("dispute", 0)
def review_left_out_after_a_dispute() -> Story:
    """The adjudicator's word in place of the review, after a dispute; signed and locked."""
    story = _decided(_disagree(_handed_in()))
    story.act("sue", "sign", "approve")
    story.act("lea", "lock", "lock")
    return story


@attack("dispute", 11, "INSUFFICIENT_SIGNATURES")
def adjudication_where_there_is_none() -> Story:
    """The rules know no adjudication, and the word of one stands in place of the review."""
    tables = {"double": {"readings": 1}, "stages": {"adjudicate": False}}
    story = _decided(_disagree(_handed_in(**tables)))
    story.act("sue", "sign", "approve")
    return story


@attack("dispute", 11, "NOT_DISPUTED")
def dispute_between_others() -> Story:
    """The reading that was decided for is none of the disputed ones."""
    return _decided(_disagree(_handed_in(OTHER_READING, _THIRD), OTHER_READING, _THIRD))


@attack("dispute", 11, "NOT_DISPUTED")
def dispute_with_itself() -> Story:
    """A dispute that names one reading twice."""
    return _decided(_disagree(_handed_in(), READING, READING))


@attack("dispute", 11, "NOT_DISPUTED")
def dispute_with_a_reading_never_handed_in() -> Story:
    """A dispute with a reading that was never handed in."""
    return _decided(_disagree(_handed_in(), READING, "r-9"))


@attack("dispute", 11, "NOT_DISPUTED")
def dispute_settled_before() -> Story:
    """The readings were found to agree after all, and then decided between."""
    story = _disagree(_handed_in())
    told = {"method": "first", "from": [READING, OTHER_READING], "version": 1}
    story.note("consensus", told, case=CASE, reading=READING)
    return _decided(story)


@attack("dispute", 11, "NOT_DISPUTED")
def dispute_decided_twice() -> Story:
    """A second decision where the dispute was over."""
    return _decided(_decided(_disagree(_handed_in())))


@attack("dispute", 11, "NOT_DISPUTED")
def chosen_is_not_the_reading() -> Story:
    """The record's entry says that another reading was chosen."""
    return _decided(_disagree(_handed_in()), chosen=OTHER_READING)


@attack("dispute", 11, "NOT_DISPUTED")
def dispute_before_a_rejection() -> Story:
    """One of the readings was rejected after they were found to differ."""
    story = _disagree(_handed_in())
    story.act("rob", "review", "reject", reason="a lesion was missed", reading=OTHER_READING)
    return _decided(story)


def _drawn(*sources: str) -> Callable[[], Story]:
    def make() -> Story:
        tables = {**_DOUBLE, "double": {"readings": 2, "adjudication": "edit"}}
        story = Story(**tables).begin()
        for who, reading in (("ann", OTHER_READING), ("ben", _THIRD)):
            story.submit(who, reading=reading, by=who)
        _disagree(story, OTHER_READING, _THIRD)
        told = {"reader": KEYS["ada"].person_id, "round": 1, "order": None, "note": ""}
        story.note("assign", told | {"from": list(sources)}, **story.about("ada"))
        story.submit("ada", by="ada")
        return _decided(story, annotators=(KEYS["ada"].person_id,))

    return make


@attack("dispute", 11, "SEPARATION_VIOLATED")
def dispute_decided_by_a_reader() -> Story:
    """Who decided had drawn the reading that was set aside."""
    story = Story(**_DOUBLE).begin().submit()
    story.submit("ada", reading=OTHER_READING, by="ben")
    return _decided(_disagree(story))


@attack("dispute", 11, "SEPARATION_VIOLATED")
def dispute_decided_by_who_handed_one_in() -> Story:
    """Who decided had handed in the reading that was set aside."""
    story = Story(**_DOUBLE).begin().submit()
    story.submit("ben", reading=OTHER_READING, by="ada")
    return _decided(_disagree(story))


_DRAWN: list[tuple[str, str, int, str, Callable[[], Story]]] = [
    ("drawn-from-the-disputed", "A reading that was drawn from the disputed ones.", 0, "", _drawn(OTHER_READING, _THIRD)),
    ("drawn-from-others", "A reading that was drawn from another than the disputed ones.", 11, "NOT_DISPUTED", _drawn(OTHER_READING, "r-9")),
    ("drawn-from-nothing", "A reading of one's own, drawn from none of the disputed ones.", 11, "NOT_DISPUTED SEPARATION_VIOLATED", _drawn()),
]  # fmt: skip
for _name, _what, _exit, _code, _make in _DRAWN:
    add("dispute", _name, _what, _exit, _code, _make)


@attack("dispute", 0)
def computed_reading_rejected() -> Story:
    """A computed reading was rejected, and an adjudicator chose one that it was made from."""
    story = _handed_in()
    mask = story.entries[-1].data["mask"]
    made = {"method": "majority", "from": [READING, OTHER_READING], "version": 1, "mask": mask}
    story.note("consensus", made, case=CASE, reading=_THIRD)
    story.act("rob", "review", "reject", reason="a lesion was lost", reading=_THIRD, listed=False)
    return _decided(story)


# -- Roles --------------------------------------------------------------------------------------


@attack("duties", 11, "INSUFFICIENT_SIGNATURES ROLE_NOT_AUTHORISED")
def signed_in_a_role_that_is_not_the_stages() -> Story:
    """The lead signed as lead, where the rules let signers sign."""
    story = Story().begin().submit()
    story.act("rob", "review", "approve")
    story.act("lea", "sign", "approve", role="lead")
    return story


@attack("duties", 11, "INSUFFICIENT_SIGNATURES")
def review_in_a_role_that_is_not_the_stages() -> Story:
    """The only review was given by the lead, as lead."""
    story = Story().begin().submit()
    story.act("lea", "review", "approve", role="lead")
    story.act("sue", "sign", "approve")
    story.act("lea", "lock", "lock")
    return story


@attack("duties", 11, "INSUFFICIENT_SIGNATURES")
def review_in_a_role_never_held() -> Story:
    """The only review was given as reviewer by somebody who never was one."""
    story = Story().begin().submit()
    story.act("lea", "review", "approve")
    story.act("sue", "sign", "approve")
    story.act("lea", "lock", "lock")
    return story


@attack("duties", 11, "INSUFFICIENT_SIGNATURES")
def review_by_a_revoked_key() -> Story:
    """The only review was signed with a key that was revoked before; signed and locked."""
    rob = KEYS["rob"].keyid
    people = changes.revoke(registry(), rob, "compromised", from_seq=6, **LONG)
    story = Story(replace(people, version=1)).begin().submit()
    story.act("rob", "review", "approve")
    story.act("sue", "sign", "approve")
    story.act("lea", "lock", "lock")
    return story


@attack("duties", 0)
def stage_opened_to_another_role() -> Story:
    """The rules let the lead sign as well."""
    story = Story(stages={"sign": {"roles": ["lead", "signer"]}}).begin().submit()
    story.act("rob", "review", "approve")
    story.act("lea", "sign", "approve", role="lead")
    return story


# -- Outside of any project -----------------------------------------------------------------------


def _outside(stage: str = "sign", **options: Any) -> Callable[[], Evidence]:
    def make() -> Evidence:
        story = Story().begin()
        said = {"log_anchor": None, "policy_digest": None, "reading": None, "ending": None}
        story.act("sue", stage, "approve", role="signer", annotators=(), **said)
        return Evidence(story.files(), log=None, **options)

    return make


_OUTSIDE: list[tuple[str, str, int, str, Callable[[], Evidence]]] = [
    ("outside-of-a-project", "A signature that no project's log stands behind.", 10, "OUTSIDE_PROJECT", _outside()),
    ("outside-in-another-role", "The same, in a role that is not the stage's.", 11, "ROLE_NOT_AUTHORISED", _outside("review")),
    ("outside-by-a-trusted-key", "The same, by a key that the asker knows.", 0, "", _outside(trust=[KEYS["sue"].keyid])),
]  # fmt: skip
for _name, _what, _exit, _code, _make in _OUTSIDE:
    add("binding", _name, _what, _exit, _code, _make)
