"""Hand-ins and rules in another's name, where the rules ask that each is proven."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from medseg.signoff import SigningKey
from medseg.signoff.people import changes
from medseg.signoff.people.registry import Registry
from tests.conformance.attacks import Evidence, add, attack
from tests.conformance.story import (
    CASE,
    EVE,
    KEYS,
    LONG,
    OTHER_READING,
    READING,
    ROOT,
    Story,
    registry,
)

ANN, ROB, LEA = KEYS["ann"], KEYS["rob"], KEYS["lea"]
# Numbers in the log: 1 the rules, 4 the assignment, 5 the hand-in.
HAND_IN = 5
NO_SUBMITTER, NO_POLICY = "SUBMITTER_NOT_ESTABLISHED", "POLICY_NOT_ESTABLISHED"


def proven(people: Registry | None = None, key: SigningKey | None = ROOT, **tables: Any) -> Story:
    """Up to the import, under rules that ask for proofs."""
    return Story(people, proven=True, **tables).begin(key)


def reviewed(story: Story) -> Story:
    """Approved by the reviewer."""
    story.act("rob", "review", "approve")
    return story


def _real_proof(story: Story | None = None) -> dict[str, Any]:
    """What the annotator's key signed for the hand-in as it is."""
    return dict((story or proven()).submit(key=ANN).entries[-1].data["proof"])


def _with_proof(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[], Story]:
    return lambda: reviewed(proven().submit(proof=change(_real_proof())))


@attack("proof", 0)
def hand_in_proven() -> Story:
    """The rules and the hand-in proven; reviewed, signed, locked."""
    story = proven().submit(key=ANN)
    story.act("rob", "review", "approve")
    story.act("sue", "sign", "approve")
    story.act("lea", "lock", "lock")
    return story


@attack("proof", 12, NO_SUBMITTER)
def hand_in_unproven() -> Story:
    """Nobody's key proves the hand-in."""
    return reviewed(proven().submit())


@attack("proof", 12, NO_SUBMITTER)
def hand_in_by_a_stranger() -> Story:
    """A stranger's key signed the hand-in."""
    return reviewed(proven().submit(key=EVE))


@attack("proof", 12, NO_SUBMITTER)
def own_work_in_anothers_name() -> Story:
    """A reviewer handed in own work in the annotator's name, by their own key; and approved it."""
    return reviewed(proven().submit("ann", key=ROB))


@attack("proof", 11, "SEPARATION_VIOLATED")
def own_work_said_to_be_anothers() -> Story:
    """A reviewer handed in themselves, called another the annotator, and approved it."""
    return reviewed(proven().submit("ann", by="rob", key=ROB))


@attack("proof", 12, NO_SUBMITTER)
def hand_in_by_nobody() -> Story:
    """A hand-in without an actor, proven by a root key."""
    story = proven().submit()
    data = story.entries.pop().data
    story.note("submit", data, key=ROOT, case=CASE, reading=READING)
    return reviewed(story)


_PROOFS: list[tuple[str, str, Callable[[dict[str, Any]], dict[str, Any]]]] = [
    ("proof-false", "Another signature in the proof.", lambda one: one | {"sig": "A" * 86 + "=="}),
    ("proof-keyid-form", "The proof's key id in capitals.", lambda one: one | {"keyid": one["keyid"].upper()}),
    ("proof-size-changed", "The proof names another number than its own.", lambda one: one | {"size": 4}),
    ("proof-text", "A text in the place of a proof.", lambda one: {**one, "sig": 7}),
]  # fmt: skip
for _name, _what, _change in _PROOFS:
    add("proof", _name, _what, 11, "BAD_SIGNATURE", _with_proof(_change))


@attack("proof", 11, "BAD_SIGNATURE")
def proof_replayed_at_another_number() -> Story:
    """A proof of the same hand-in, made for an earlier number."""
    story = proven()
    story.note("failed-auth", {"keyid": ANN.keyid, "what": "passphrase"})
    return reviewed(story.submit(proof=_real_proof()))


@attack("proof", 11, "BAD_SIGNATURE")
def proof_replayed_with_its_number() -> Story:
    """The same, with the number written anew."""
    story = proven()
    story.note("failed-auth", {"keyid": ANN.keyid, "what": "passphrase"})
    return reviewed(story.submit(proof=_real_proof() | {"size": HAND_IN + 1}))


@attack("proof", 11, "BAD_SIGNATURE")
def proof_of_another_log() -> Story:
    """A proof of the same hand-in at the same number of another log."""
    other = Story(proven=True)
    other.origin = "example.org/medseg/other"
    return reviewed(proven().submit(proof=_real_proof(other.begin(ROOT))))


@attack("proof", 11, "BAD_SIGNATURE")
def proof_over_other_data() -> Story:
    """Another version's coverage under the proof."""
    return reviewed(proven().submit(proof=_real_proof(), coverage={"labelled": 1}))


@attack("proof", 11, "BAD_SIGNATURE")
def proof_of_another_reading() -> Story:
    """The proof of a hand-in of another reading."""
    other = proven().submit(key=ANN, reading=OTHER_READING)
    return reviewed(proven().submit(proof=other.entries[-1].data["proof"]))


# -- Keys that held, and keys that did not ------------------------------------------------------


def _by_key(people: Registry) -> Callable[[], Story]:
    return lambda: reviewed(proven(people).submit(key=ANN))


def _revoked(status: Any, from_seq: int) -> Registry:
    return replace(
        changes.revoke(registry(), ANN.keyid, status, from_seq=from_seq, **LONG), version=1
    )


def _expired() -> Registry:
    end = "2026-03-02T00:00:00+00:00"
    people = [
        replace(one, keys=tuple(replace(key, not_after=end) for key in one.keys))
        if one.person_id == ANN.person_id
        else one
        for one in registry().people
    ]
    return registry(people=tuple(people))


_KEYS: list[tuple[str, str, int, str, Registry]] = [
    ("hand-in-key-expired", "The annotator's key had ended before the hand-in.", 12, NO_SUBMITTER, _expired()),
    ("hand-in-key-revoked", "The annotator's key was revoked before the hand-in.", 12, NO_SUBMITTER, _revoked("left", HAND_IN)),
    ("hand-in-key-left-later", "The annotator left after the hand-in.", 0, "", _revoked("left", HAND_IN + 1)),
    ("hand-in-key-compromised-later", "The annotator's key was compromised after the hand-in.", 10, "KEY_REVOKED", _revoked("compromised", HAND_IN + 1)),
]  # fmt: skip
for _name, _what, _exit, _code, _people in _KEYS:
    add("proof", _name, _what, _exit, _code, _by_key(_people))


@attack("proof", 12, f"{NO_POLICY} {NO_SUBMITTER}")
def proof_without_people() -> Evidence:
    """The asker knows the reviewer's key, and no registry tells of the annotator's."""
    story = reviewed(proven().submit(key=ANN))
    return Evidence(story.files(), people=None, trust=[ROB.keyid])


@attack("proof", 12, NO_SUBMITTER)
def judged_mask_never_handed_in() -> Story:
    """What was judged is not the mask that was handed in."""
    return reviewed(proven().submit(key=ANN, mask="ab" * 32))


@attack("proof", 12, NO_SUBMITTER)
def judged_without_a_hand_in() -> Story:
    """A record of a version that nobody handed in."""
    return reviewed(proven())


@attack("proof", 12, NO_SUBMITTER)
def judged_version_is_another() -> Story:
    """A record of version 1 after version 2 was handed in with the same mask."""
    story = proven().submit(key=ANN)
    story.version = 2
    story.submit(key=ANN)
    story.version = 1
    return reviewed(story)


def _computed(key: SigningKey | None, **said: Any) -> Callable[[], Story]:
    def make() -> Story:
        story = proven(double={"readings": 2, "consensus": "majority"})
        story.submit("ann", key=ANN, reading=OTHER_READING)
        mask = story.entries[-1].data["mask"]
        story.submit("ben", by="ben", key=key, reading="r-4D")
        made = {"method": "majority", "from": [OTHER_READING, "r-4D"], "version": 1, "mask": mask}
        story.note("consensus", made | said, case=CASE, reading=READING)
        story.act("rob", "review", "approve")
        return story

    return make


_COMPUTED: list[tuple[str, str, int, str, Callable[[], Story]]] = [
    ("computed-from-proven", "A reading computed from two that are proven.", 0, "", _computed(KEYS["ben"])),
    ("computed-from-unproven", "One of the readings it was computed from is unproven.", 12, NO_SUBMITTER, _computed(None)),
    ("computed-from-nothing", "A computed reading that names none it was computed from.", 12, NO_SUBMITTER, _computed(KEYS["ben"], **{"from": []})),
    ("computed-from-unknown", "It names a reading that was never handed in.", 12, NO_SUBMITTER, _computed(KEYS["ben"], **{"from": [OTHER_READING, "r-9"]})),
]  # fmt: skip
for _name, _what, _exit, _code, _make in _COMPUTED:
    add("proof", _name, _what, _exit, _code, _make)
