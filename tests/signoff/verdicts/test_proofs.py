"""Where the rules ask for it, a hand-in and the rules are proven by the key of who made them."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from medseg.model import Role
from medseg.signoff.log.entry import START, make_entry
from medseg.signoff.log.proof import ActPlace, with_proof
from medseg.signoff.people import changes
from medseg.signoff.people.registry import Registry
from tests.signoff.cases import key_of
from tests.signoff.people.teams import ADA, BEN, CHO, ROOT, TIMES, person, person_key, team
from tests.signoff.verdicts.stories import DOUBLE, Story

VALID = {"VALID": "note"}
NO_SUBMITTER = {"SUBMITTER_NOT_ESTABLISHED": "undecided"}
NO_POLICY = {"POLICY_NOT_ESTABLISHED": "undecided"}
FALSE = {"BAD_SIGNATURE": "error"}
KEY, EVE = key_of(1), key_of(66)


def begun(registry: Registry | None = None, **rules: Any) -> Story:
    """Up to the import, under rules that ask for proofs and were proven by the root key."""
    story = Story(registry=registry or team()).begin()
    story.rule(ROOT, proven=True, **rules)
    return story


def told(key: Any, registry: Registry | None = None, **said: Any) -> Story:
    """Handed in with that proof, reviewed and signed."""
    story = begun(registry)
    story.submit(1, key=key, **said)
    return story.approved()


def test_a_proven_hand_in_is_valid():
    assert told(KEY).found() == VALID


def test_without_a_proof_nobody_handed_in():
    story = told(None)
    assert story.found() == NO_SUBMITTER
    assert story.judged().exit_code == 12


def test_the_proof_of_another_key_is_none():
    assert told(EVE).found() == NO_SUBMITTER
    assert told(key_of(2)).found() == NO_SUBMITTER, "a colleague's key is not p-1's"
    assert told(ROOT).found() == NO_SUBMITTER, "a root key hands nothing in"


def test_own_work_handed_in_under_another_name_is_not_established():
    """Who reviews wrote the log: their own mask, in Ada's name, approved by themselves."""
    story = begun()
    story.submit(1, "p-1", actor="p-1", key=key_of(2))
    story.say(2, "review", "reviewer")
    assert story.found() == NO_SUBMITTER


def test_who_hands_in_judges_it_not_even_if_they_call_others_the_annotators():
    story = begun()
    story.submit(1, "p-1", actor="p-2", key=key_of(2))
    story.say(2, "review", "reviewer")
    assert story.found() == {"SEPARATION_VIOLATED": "error"}


def test_a_proof_of_nobody_is_none():
    assert told(KEY, actor=None).found() == NO_SUBMITTER


@pytest.mark.parametrize(
    "proof",
    [
        "a text",
        {},
        {"keyid": KEY.keyid, "size": 3},
        {"keyid": KEY.keyid, "size": True, "sig": ""},
        {"keyid": KEY.keyid, "size": 3, "sig": "===="},
        {"keyid": KEY.keyid.upper(), "size": 3, "sig": "AA=="},
    ],
)
def test_what_has_not_the_form_of_a_proof_is_a_false_one(proof: Any):
    assert told(None, proof=proof).found() == FALSE


def test_a_proof_holds_at_one_place_of_one_log():
    story = begun()
    real = story.submit(1, key=KEY)
    for moved in (0, 1):
        other = begun()
        for _ in range(moved):
            other.add("failed-auth", {"keyid": KEY.keyid, "what": "passphrase"})
        other.submit(1, proof=real.data["proof"])
        assert other.approved().found() == (FALSE if moved else VALID)
    elsewhere = Story(registry=team(), origin="another.example/1").begin()
    elsewhere.rule(ROOT, proven=True)
    elsewhere.submit(1, proof=real.data["proof"])
    assert elsewhere.approved().found() == FALSE, "the same number in another log"


@pytest.mark.parametrize(
    "changed",
    [
        {"annotators": ["p-9"]},
        {"coverage": {"slices": 3}},
        {"mask": "ab" * 32},
    ],
)
def test_a_proof_over_other_data_is_false(changed: dict[str, Any]):
    real = begun().submit(1, key=KEY)
    story = begun()
    story.submit(1, proof=real.data["proof"], **changed)
    story.approved()
    expected = NO_SUBMITTER if "mask" in changed else FALSE  # of another mask than is judged
    assert story.found() == expected


def test_not_one_bit_of_a_proof_can_be_another():
    real = begun().submit(1, key=KEY).data["proof"]
    signature = base64.b64decode(real["sig"])
    for bit in range(0, 512, 17):
        flipped = bytearray(signature)
        flipped[bit // 8] ^= 1 << bit % 8
        sig = base64.b64encode(flipped).decode()
        story = begun()
        story.submit(1, proof={**real, "sig": sig})
        assert story.approved().found() == FALSE, bit


@pytest.mark.parametrize(("field", "value"), [("case", "c-2"), ("reading", "r-2"), ("kind", "x")])
def test_a_proof_is_of_one_kind_of_act_about_one_reading(field: str, value: str):
    place = ActPlace("submit", "p-1", "c-1", "r-1", 3, "ab" * 32)
    data = {"version": 1}
    assert with_proof(data, place, KEY) != with_proof(data, replace(place, **{field: value}), KEY)


def test_keys_that_held_and_keys_that_did_not():
    people = team()

    def revoked(status: Any, from_seq: int) -> Registry:
        return changes.revoke(people, KEY.keyid, status, from_seq=from_seq, **TIMES)

    hand_in = 3  # open, people, policy, then the hand-in
    assert told(KEY, revoked("left", hand_in)).found() == NO_SUBMITTER
    assert told(KEY, revoked("left", hand_in + 1)).found() == VALID
    compromised = {"KEY_REVOKED": "warning", **VALID}
    assert told(KEY, revoked("compromised", hand_in + 1)).found() == compromised
    past = replace(ADA, keys=(person_key(1, not_after="2026-05-31T00:00:00+00:00"),))
    assert told(KEY, team(past, BEN, CHO)).found() == NO_SUBMITTER
    second = changes.add_key(people, "p-1", person_key(66), **TIMES)
    assert told(EVE, second).found() == VALID


def test_without_a_registry_that_is_believed_nothing_is_proven():
    trust = frozenset({key_of(2).keyid, key_of(3).keyid})
    found = told(KEY).found(people=None, trust=trust)
    assert found == NO_POLICY | NO_SUBMITTER


def test_the_mask_that_is_judged_is_the_one_that_was_handed_in():
    other = told(KEY, mask="cd" * 32)
    assert other.found() == NO_SUBMITTER
    absent = begun().approved()
    assert absent.found() == NO_SUBMITTER
    older = begun()
    older.submit(1, key=KEY)
    older.submit(2, key=KEY)
    assert older.approved().found() == NO_SUBMITTER  # records name version 1


def test_rules_that_do_not_ask_are_as_before():
    story = Story(registry=team()).begin()
    story.rule(None, proven=False)
    story.submit(1)
    assert story.approved().found() == VALID


def test_a_later_rule_asks_from_then_on():
    story = Story(registry=team()).begin()
    story.rule(None)
    story.submit(1)
    story.rule(key_of(3), "p-3", proven=True)
    assert story.approved().found() == VALID, "it was handed in before"
    story.submit(2)
    envelope = story.envelope(2, story.claim("review", "reviewer"))
    story.enter(2, "review", "approve", envelope, version=2)
    assert story.found() == NO_SUBMITTER


# -- The rules themselves ------------------------------------------------------------------------


def ruled(key: Any, actor: str | None = None, **rules: Any) -> dict[str, str]:
    """The verdicts where such rules took the place of the first."""
    story = begun()
    story.rule(key, actor, **rules)
    story.submit(1, key=KEY)
    return story.approved().found()


def test_the_first_rules_are_proven_by_a_root_key():
    for key in (None, EVE, key_of(3)):
        story = Story(registry=team()).begin()
        story.rule(key, proven=True)
        story.submit(1, key=KEY)
        assert story.approved().found() == NO_POLICY


def test_rules_are_changed_by_a_lead():
    assert ruled(key_of(3), "p-3", proven=True, note=1) == VALID
    assert ruled(None, "p-3", proven=True, note=1) == NO_POLICY
    assert ruled(key_of(2), "p-3", proven=True, note=1) == NO_POLICY, "another's key"
    assert ruled(key_of(2), "p-2", proven=True, note=1) == NO_POLICY, "no lead"
    assert ruled(ROOT, "p-3", proven=True, note=1) == NO_POLICY, "in the lead's name"


def test_who_was_lead_then():
    former = changes.set_roles(team(), "p-3", [Role.SIGNER], from_seq=4, **TIMES)
    for at, expected in ((4, VALID), (3, NO_POLICY)):
        story = begun(changes.set_roles(team(), "p-3", [Role.SIGNER], from_seq=at, **TIMES))
        story.rule(key_of(3), "p-3", proven=True, note=1)
        story.submit(1, key=KEY)
        assert story.approved().found() == expected
    assert former.person("p-3") is not None


def test_switching_proofs_off_is_proven_under_the_rules_before():
    assert ruled(None, "p-3", proven=False) == NO_POLICY
    story = begun()
    story.rule(None, "p-3", proven=False)
    story.submit(1)  # and so nothing was switched off
    assert story.approved().found() == NO_POLICY | NO_SUBMITTER
    story = begun()
    story.rule(key_of(3), "p-3", proven=False)
    story.submit(1)
    assert story.approved().found() == VALID


def test_a_false_proof_of_rules_is_an_error():
    story = begun()
    data = {"policy": {"proven": True}, "digest": story.digest}
    real = with_proof(data, ActPlace("policy", "p-3", None, None, 3, START), key_of(3))
    story.add("policy", real, actor="p-3")
    story.submit(1, key=KEY)
    assert story.approved().found() == FALSE


def test_rules_that_were_not_taken_are_mended_by_a_lead_who_enters_them():
    story = begun()
    story.rule(None, "p-3", proven=True, note=1)
    story.rule(key_of(3), "p-3", proven=True, note=1)
    story.submit(1, key=KEY)
    assert story.approved().found() == VALID


def test_a_record_names_the_rules_in_force():
    lax = begun()
    lax.submit(1, key=KEY)
    for policy in (None, "ab" * 32):
        story = begun()
        story.submit(1, key=KEY)
        story.say(2, "review", "reviewer")
        story.say(3, "sign", "signer", policy_digest=policy)
        assert story.found() == NO_POLICY


def test_an_entry_is_proven_whoever_else_reads_it_later():
    """A proof is one more name in an entry's data, which earlier versions pass over."""
    entry = begun().submit(1, key=KEY)
    again = make_entry(
        entry.kind,
        entry.data,
        seq=entry.seq,
        prev=entry.prev,
        at=entry.at,
        actor=entry.actor,
        case=entry.case,
        reading=entry.reading,
    )
    assert again.raw == entry.raw


# -- Readings that became one --------------------------------------------------------------------


def combined(keys: dict[str, Any], **said: Any) -> Story:
    """Two readings, and a third that the program made of them."""
    two = person(4, "Dee Reader", Role.ANNOTATOR)
    story = begun(team(ADA, BEN, CHO, two))
    for number, (reading, key) in enumerate(keys.items()):
        story.submit(1, reading=reading, actor=("p-1", "p-4")[number], key=key)
    mask = story.entries[-1].data["mask"]
    made = {"method": "majority", "from": ["r-2", "r-3"], "version": 1, "mask": mask}
    story.add("consensus", {**made, **said}, case="c-1", reading="r-1")
    story.say(3, "sign", "signer", annotators=())
    return story


def test_a_computed_reading_stands_on_proven_ones():
    both = {"r-2": KEY, "r-3": key_of(4)}
    assert combined(both).found(policies={}) == VALID
    assert combined({**both, "r-3": None}).found(policies={}) == NO_SUBMITTER
    assert combined({"r-2": KEY}).found(policies={}) == NO_SUBMITTER
    assert combined(both, mask="ab" * 32).found(policies={}) == NO_SUBMITTER
    assert combined(both, **{"from": []}).found(policies={}) == NO_SUBMITTER


# -- Disputes -------------------------------------------------------------------------------------

NO_DISPUTE = {"NOT_DISPUTED": "error"}


def adjudicated(*acts: str) -> Story:
    """Readings r-1 and r-2 handed in, these acts, and a decision for r-1."""
    story = Story.begun(policy=DOUBLE)
    story.submit(1, reading="r-2")
    for act in acts:
        if act == "disagree":
            between = {"between": ["r-1", "r-2"], "why": ["one lesion more"]}
            story.add("disagree", between, case="c-1")
        elif act == "agree":
            first = {"method": "first", "from": ["r-1", "r-2"], "version": 1}
            story.add("consensus", first, case="c-1", reading="r-1")
        else:
            story.say(2, "review", "reviewer", "reject", reason="one is missing")
    story.say(2, "adjudicate", "adjudicator", "adjudicate")
    return story


def test_an_adjudicator_decides_disputes_alone():
    assert adjudicated("disagree").found() == VALID
    assert adjudicated().found() == NO_DISPUTE
    assert adjudicated("agree").found() == NO_DISPUTE
    assert adjudicated("disagree", "agree").found() == NO_DISPUTE
    assert adjudicated("disagree", "reject").found() == NO_DISPUTE, "another version will come"


def test_a_dispute_is_decided_once():
    story = adjudicated("disagree")
    story.say(2, "adjudicate", "adjudicator", "adjudicate")
    assert story.found() == NO_DISPUTE


@pytest.mark.parametrize("between", [["r-2", "r-3"], ["r-1"], ["r-1", "r-1"], ["r-1", "r-9"]])
def test_the_chosen_reading_is_one_of_several_that_were_handed_in(between: list[str]):
    story = Story.begun(policy=DOUBLE)
    for reading in ("r-2", "r-3"):
        story.submit(1, reading=reading)
    story.add("disagree", {"between": between, "why": ["one lesion more"]}, case="c-1")
    story.say(2, "adjudicate", "adjudicator", "adjudicate")
    assert story.found() == NO_DISPUTE


def test_a_reading_that_was_drawn_from_the_disputed_ones():
    for drawn, expected in ((["r-2", "r-3"], VALID), ([], NO_DISPUTE), (["r-4"], NO_DISPUTE)):
        story = Story.begun(policy=DOUBLE)
        story.submit(1, reading="r-3")
        story.disagree("r-3", "r-2")
        reader = {"reader": "p-2", "round": 1, "order": None, "note": "", "from": drawn}
        story.add("assign", reader, case="c-1", reading="r-1")
        story.submit(1)
        story.say(2, "adjudicate", "adjudicator", "adjudicate")
        assert story.found() == expected


def test_a_computed_reading_that_was_rejected_is_disputed():
    story = Story.begun(policy=DOUBLE)
    story.submit(1, reading="r-2")
    made = {"method": "majority", "from": ["r-1", "r-2"], "version": 1, "mask": "ab" * 32}
    story.add("consensus", made, case="c-1", reading="r-5")
    envelope = story.envelope(3, story.claim("review", "signer", "reject", reason="no"))
    said = {"decision": "reject", "version": 1, "reason": "no", "record": "ab" * 32}
    story.add("review", said | {"envelope": envelope}, case="c-1", reading="r-5")
    story.say(2, "adjudicate", "adjudicator", "adjudicate")
    assert "NOT_DISPUTED" not in story.found()


def test_an_adjudicator_alone_stands_for_no_reviewer_without_a_dispute():
    story = adjudicated()
    story.say(3, "sign", "signer")
    assert story.found() == {"INSUFFICIENT_SIGNATURES": "error"}


def test_disputed_readings_are_proven_too():
    for key, expected in ((key_of(4), VALID), (None, NO_SUBMITTER)):
        story = begun(team(ADA, BEN, CHO, person(4, "Dee Reader", Role.ANNOTATOR)))
        story.submit(1, key=KEY)
        story.submit(1, reading="r-2", actor="p-4", key=key)
        between = {"between": ["r-1", "r-2"], "why": ["one lesion more"]}
        story.add("disagree", between, case="c-1")
        story.say(2, "adjudicate", "adjudicator", "adjudicate")
        assert story.found() == expected
