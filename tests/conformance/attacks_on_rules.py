"""Rules in another's name, where they ask that each change of them is proven."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from medseg.model import Role
from medseg.signoff import SigningKey
from medseg.signoff.people import changes
from tests.conformance.attacks import add, attack
from tests.conformance.attacks_on_proofs import (
    ANN,
    HAND_IN,
    LEA,
    NO_POLICY,
    NO_SUBMITTER,
    ROB,
    proven,
    reviewed,
)
from tests.conformance.story import EVE, KEYS, LONG, ROOT_2, Story, registry


def _ruled(
    key: SigningKey | None, who: str | None, hand_in: SigningKey | None = ANN, **tables: Any
) -> Callable[[], Story]:
    def make() -> Story:
        story = proven()
        story.rule(key, KEYS[who].person_id if who else None, **tables)
        return reviewed(story.submit(key=hand_in))

    return make


_OTHER = {"proven": True, "double": {"show_priors": False}}


def _mended() -> Story:
    story = proven()
    lead = LEA.person_id
    story.rule(None, lead, **_OTHER)
    story.rule(LEA, lead, **_OTHER)
    return reviewed(story.submit(key=ANN))


_RULES: list[tuple[str, str, int, str, Callable[[], Story]]] = [
    ("rules-unproven", "The first rules are proven by nobody.", 12, NO_POLICY, lambda: reviewed(proven(key=None).submit(key=ANN))),
    ("rules-by-a-stranger", "The first rules are proven by a stranger.", 12, NO_POLICY, lambda: reviewed(proven(key=EVE).submit(key=ANN))),
    ("rules-changed-by-the-lead", "The lead changed the rules, and proved it.", 0, "", _ruled(LEA, "lea", **_OTHER)),
    ("rules-changed-unproven", "The rules were changed in the lead's name, unproven.", 12, NO_POLICY, _ruled(None, "lea", **_OTHER)),
    ("rules-changed-by-a-reviewer", "A reviewer changed the rules, and proved it.", 12, NO_POLICY, _ruled(ROB, "rob", **_OTHER)),
    ("rules-changed-in-the-leads-name", "A reviewer changed the rules in the lead's name.", 12, NO_POLICY, _ruled(ROB, "lea", **_OTHER)),
    ("proofs-switched-off-unproven", "Proofs switched off, unproven; and an unproven hand-in.", 12, f"{NO_POLICY} {NO_SUBMITTER}", _ruled(None, "lea", None)),
    ("proofs-switched-off-by-the-lead", "Proofs switched off by the lead, who proved it.", 0, "", _ruled(LEA, "lea", None)),
    ("rules-mended", "Unproven rules, then entered again by the lead.", 0, "", _mended),
]  # fmt: skip
for _name, _what, _exit, _code, _make in _RULES:
    add("proof", _name, _what, _exit, _code, _make)


def _root_replaced(again: SigningKey | None, **rules: Any) -> Callable[[], Story]:
    """The first rules were proven by a root key that was replaced; somebody entered rules again."""

    def make() -> Story:
        story = reviewed(proven(key=ROOT_2).submit(key=ANN))
        story.rule(again, LEA.person_id, **(rules or {"proven": True}))
        return story

    return make


def _brought_back() -> Story:
    story = proven()
    lead = LEA.person_id
    story.rule(LEA, lead, **_OTHER)
    story.rule(LEA, lead, proven=True)
    story.rule(None, None, **_OTHER)
    return reviewed(story.submit(key=ANN))


_REPLACED: list[tuple[str, str, int, str, Callable[[], Story]]] = [
    ("rules-entered-again-by-the-lead", "The root key was replaced; the lead entered the same rules later.", 0, "", _root_replaced(LEA)),
    ("rules-entered-again-unproven", "The same, entered in the lead's name.", 12, NO_POLICY, _root_replaced(None)),
    ("rules-entered-again-otherwise", "The lead entered other rules later.", 12, NO_POLICY, _root_replaced(LEA, **_OTHER)),
    ("rules-brought-back", "Rules that a lead once proved, brought back by nobody.", 12, NO_POLICY, _brought_back),
]  # fmt: skip
for _name, _what, _exit, _code, _make in _REPLACED:
    add("proof", _name, _what, _exit, _code, _make)


@attack("proof", 12, NO_POLICY)
def rules_changed_by_a_former_lead() -> Story:
    """Who was lead before changed the rules, and proved it."""
    person = LEA.person_id or ""
    former = changes.set_roles(registry(), person, [Role.SIGNER], from_seq=HAND_IN, **LONG)
    story = proven(replace(former, version=1))
    story.rule(LEA, person, **_OTHER)
    return reviewed(story.submit(key=ANN))


@attack("proof", 11, "BAD_SIGNATURE")
def rules_with_a_false_proof() -> Story:
    """Rules changed under the proof of others."""
    other = proven()
    real = other.rule(LEA, LEA.person_id, **_OTHER).data["proof"]
    story = proven()
    told = story.rule(None, LEA.person_id, proven=True, double={"show_clinical_text": True})
    story.entries.pop()
    story.note("policy", {**told.data, "proof": real}, actor=LEA.person_id)
    return reviewed(story.submit(key=ANN))


@attack("proof", 12, NO_POLICY)
def rules_not_named() -> Story:
    """A record that names no rules, made under rules that want more signatures."""
    story = proven().submit(key=ANN)
    story.act("lea", "lock", "lock", policy_digest=None)
    return story
