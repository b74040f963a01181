"""Duties that are not apart, judgements that no longer hold, histories left out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from medseg.signoff.canonical import canonical
from medseg.signoff.people import changes
from medseg.signoff.people.sealing import seal_registry
from tests.conformance.attacks import LINES, Evidence, add, attack
from tests.conformance.story import (
    CASE,
    EVE,
    KEYS,
    LONG,
    OTHER_READING,
    READING,
    ROOT,
    Story,
    registered,
    registry,
)

_ROB = KEYS["rob"]


def _handed_in(**tables: Any) -> Story:
    return Story(**tables).begin().submit()


@attack("duties", 11, "SEPARATION_VIOLATED")
def review_of_own_work() -> Story:
    """The annotator approved their own work as a reviewer."""
    story = _handed_in()
    story.act("ann", "review", "approve")
    return story


@attack("duties", 11, "SEPARATION_VIOLATED")
def review_of_own_work_hidden() -> Story:
    """The annotator approved their own work; only the log says it is theirs."""
    story = _handed_in()
    story.act("ann", "review", "approve", annotators=())
    return story


@attack("duties", 11, "SEPARATION_VIOLATED")
def review_after_drawing() -> Story:
    """A reviewer who drew in this version approved it."""
    story = Story().begin().submit("ann", "rob")
    story.act("rob", "review", "approve")
    return story


@attack("duties", 11, "INSUFFICIENT_SIGNATURES SEPARATION_VIOLATED")
def signing_of_own_work() -> Story:
    """The signer drew in this version."""
    story = Story().begin().submit("sue")
    story.act("rob", "review", "approve")
    story.act("sue", "sign", "approve")
    return story


@attack("duties", 11, "SEPARATION_VIOLATED")
def adjudicator_among_the_readers() -> Story:
    """Who decided between the readings drew one of them."""
    story = Story(double={"readings": 2}, stages={"adjudicate": {}}).begin().submit("ada")
    story.submit("ben", reading=OTHER_READING)
    between = {"between": [READING, OTHER_READING], "why": ["one lesion more"]}
    story.note("disagree", between, case=CASE)
    data = {"decision": "select", "chosen": READING, "from": [READING, OTHER_READING]}
    story.act("ada", "adjudicate", "adjudicate", data={**data, "reason": "clearer"})
    return story


@attack("duties", 11, "SEPARATION_VIOLATED")
def review_with_a_second_key() -> Story:
    """The annotator approved their own work with a second key of theirs."""
    story = Story(changes.add_key(registry(), KEYS["ann"].person_id or "", registered(EVE), **LONG))
    story.begin().submit()
    story.act("ann", "review", "approve", key=EVE)
    return story


def _approved(*steps: tuple[str, str], persons: int = 1) -> Callable[[], Story]:
    def make() -> Story:
        tables = {"stages": {"review": {"persons": persons}}}
        story = _handed_in(**tables)
        for who, kind in steps:
            story.act(who, kind, "lock" if kind == "lock" else "approve")
        return story

    return make


_ROB_TWICE = (("rob", "review"), ("rob", "review"), ("sue", "sign"), ("lea", "lock"))
_TWO = (("rob", "review"), ("rex", "review"), ("sue", "sign"), ("lea", "lock"))
_COUNTS: list[tuple[str, str, int, str, Callable[[], Any]]] = [
    ("sign-without-review", "Signed before anybody reviewed.", 11, "INSUFFICIENT_SIGNATURES", _approved(("sue", "sign"))),
    ("lock-without-sign", "Locked before anybody signed.", 11, "INSUFFICIENT_SIGNATURES", _approved(("rob", "review"), ("lea", "lock"))),
    ("lock-without-review", "Signed and locked, never reviewed.", 11, "INSUFFICIENT_SIGNATURES", _approved(("sue", "sign"), ("lea", "lock"))),
    ("one-review-of-two", "One review where the rules want two.", 11, "INSUFFICIENT_SIGNATURES", _approved(("rob", "review"), ("sue", "sign"), ("lea", "lock"), persons=2)),
    ("one-reviewer-twice", "The same reviewer twice where the rules want two.", 11, "INSUFFICIENT_SIGNATURES", _approved(*_ROB_TWICE, persons=2)),
    ("review-by-the-annotator", "Only the annotator reviewed.", 11, "INSUFFICIENT_SIGNATURES", _approved(("ann", "review"), ("sue", "sign"), ("lea", "lock"))),
    ("two-reviews", "Two reviewers, as the rules want.", 0, "", _approved(*_TWO, persons=2)),
]  # fmt: skip
for _name, _what, _exit, _code, _make in _COUNTS:
    add("duties", _name, _what, _exit, _code, _make)


@attack("duties", 11, "INSUFFICIENT_SIGNATURES")
def one_reviewer_with_two_keys() -> Story:
    """One reviewer signed with two keys where the rules want two persons."""
    people = changes.add_key(registry(), _ROB.person_id or "", registered(EVE), **LONG)
    story = Story(people, stages={"review": {"persons": 2}}).begin().submit()
    story.act("rob", "review", "approve")
    story.act("rob", "review", "approve", key=EVE)
    story.act("sue", "sign", "approve")
    story.act("lea", "lock", "lock")
    return story


@attack("duties", 11, "INSUFFICIENT_SIGNATURES")
def review_by_a_stranger() -> Story:
    """The review that the rules want was signed by a stranger."""
    story = _handed_in()
    story.act("rob", "review", "approve", key=EVE)
    story.act("sue", "sign", "approve")
    return story


@attack("duties", 11, "INSUFFICIENT_SIGNATURES")
def review_of_another_mask() -> Story:
    """The review that the rules want was about another mask."""
    story = _handed_in()
    good = story.segmentation
    array = good.array.copy()
    array[4, 7, 2] = 1
    story.segmentation = type(good)(array, good.geometry, good.segments)
    story.act("rob", "review", "approve")
    story.segmentation = good
    story.act("sue", "sign", "approve")
    return story


# -- What no longer holds -----------------------------------------------------------------------


@attack("currency", 11, "REVOKED_DECISION")
def unlock_hidden() -> Story:
    """The lock was opened again; its record was left out beside the mask."""
    story = Story().told()
    story.act("lea", "unlock", "unlock", reason="a lesion was missed", listed=False)
    return story


@attack("currency", 11, "REVOKED_DECISION")
def rejection_hidden() -> Story:
    """A later rejection was left out beside the mask."""
    story = _handed_in()
    story.act("rob", "review", "approve")
    story.act("rex", "review", "reject", reason="a lesion was missed", listed=False)
    return story


@attack("currency", 11, "SUPERSEDED")
def approval_before_a_correction() -> Story:
    """The mask of before a correction, with the approval it then had."""
    story = _handed_in()
    story.act("rob", "review", "approve")
    story.version = 2
    story.submit("ann")
    return story


@attack("currency", 11, "SUPERSEDED")
def other_reading_chosen() -> Story:
    """An adjudicator decided for the other reading."""
    story = _handed_in(double={"readings": 2}, stages={"adjudicate": {}})
    story.act("rob", "review", "approve")
    data = {"decision": "select", "chosen": OTHER_READING, "from": [READING, OTHER_READING]}
    said = {**data, "reason": "clearer"}
    story.act("ada", "adjudicate", "adjudicate", data=said, reading=OTHER_READING, listed=False)
    return story


@attack("currency", 11, "REJECTED")
def rejected() -> Story:
    """The reviewer rejected the mask."""
    story = _handed_in()
    story.act("rob", "review", "reject", reason="a lesion was missed")
    return story


@attack("currency", 12, "UNLOCKED")
def unlocked() -> Story:
    """The lock was opened again, for a reason, and nothing was signed since."""
    story = Story().told()
    story.act("lea", "unlock", "unlock", reason="a lesion was missed")
    return story


@attack("currency", 0)
def signed_anew_after_unlocking() -> Story:
    """Opened, handed in, reviewed, signed and locked once more."""
    story = Story().told()
    story.act("lea", "unlock", "unlock", reason="a lesion was missed")
    story.version = 2
    story.submit()
    story.act("rob", "review", "approve")
    story.act("sue", "sign", "approve")
    story.act("lea", "lock", "lock")
    return story


@attack("currency", 0)
def later_records_left_out() -> dict[str, bytes]:
    """Only the review stands beside the mask; the log knows what followed."""
    files = Story().told().files()
    return files | {LINES: files[LINES].splitlines(keepends=True)[0]}


def _two_locks(**second: Any) -> Story:
    story = _handed_in()
    story.act("rob", "review", "approve")
    story.act("sue", "sign", "approve")
    before = tuple(story.statements)
    story.act("lea", "lock", "lock")
    story.act("lea", "lock", "lock", previous=before, **second)
    return story


@attack("currency", 11, "CONFLICT")
def two_locks_of_one_base() -> Story:
    """Two locks that do not know of each other."""
    return _two_locks()


@attack("currency", 11, "CONFLICT")
def second_lock_hidden() -> Story:
    """Two locks that do not know of each other, one of them only in the log."""
    return _two_locks(listed=False)


@attack("currency", 10, "HISTORY_INCOMPLETE")
def history_left_out() -> Evidence:
    """The lock alone, without the records that it follows, and no log."""
    story = Story().told()
    files = story.files()
    files[LINES] = canonical(story.lines[-1]) + b"\n"
    return Evidence(files, log=None)


@attack("currency", 11, "MALFORMED")
def history_forged() -> dict[str, bytes]:
    """The records before the lock exchanged for garbage."""
    files = Story().told().files()
    return files | {LINES: b"{}\n" + files[LINES].splitlines(keepends=True)[-1]}


# -- Cautions -----------------------------------------------------------------------------------


def _seen(coverage: str, viewed: dict[str, Any] | None) -> Callable[[], Story]:
    def make() -> Story:
        story = _handed_in(stages={"review": {"coverage": coverage}})
        story.act("rob", "review", "approve", viewed=viewed)
        return story

    return make


_COVERAGES: list[tuple[str, str, int, str, Callable[[], Story]]] = [
    ("coverage-labelled", "Half of the labelled slices displayed where the rules want all of them.", 10, "COVERAGE_BELOW_POLICY", _seen("labelled", {"labelledSlicesSeen": 0.5, "allSlicesSeen": 1})),
    ("coverage-all", "Not all slices displayed where the rules want all.", 10, "COVERAGE_BELOW_POLICY", _seen("all", {"labelledSlicesSeen": 1, "allSlicesSeen": 0.99})),
    ("coverage-not-recorded", "Nothing recorded where the rules want all slices displayed.", 10, "COVERAGE_BELOW_POLICY", _seen("all", None)),
    ("coverage-enough", "All labelled slices displayed, as the rules want.", 0, "", _seen("labelled", {"labelledSlicesSeen": 1, "allSlicesSeen": 0.2})),
]  # fmt: skip
for _name, _what, _exit, _code, _make in _COVERAGES:
    add("caution", _name, _what, _exit, _code, _make)


@attack("clock", 10, "CLOCK_SUSPECT")
def time_before_the_log() -> Story:
    """A first record signed a year before the log that it names began."""
    story = _handed_in()
    story.act("rob", "review", "approve", clock=-timedelta(days=20))
    return story


@attack("registry", 11, "REGISTRY_ROLLBACK")
def registry_of_before_a_revocation() -> dict[str, bytes]:
    """A key was revoked and signed on; the registry of before is shown."""
    old = seal_registry(registry(), ROOT)
    people = changes.revoke(registry(), _ROB.keyid, "compromised", from_seq=0, **LONG)
    story = Story(people).begin().submit()
    story.act("rob", "review", "approve", registry_version=2)
    return story.files() | {"people.json": old}
