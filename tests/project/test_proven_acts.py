"""A hand-in and a change of the rules are proven by the actor's own key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import medseg
from medseg.errors import SignoffError
from medseg.model import now_iso
from medseg.project import Project, acts
from medseg.project.acts import signed_acts
from medseg.project.folder.remembered import trust_root
from medseg.project.store import Draft
from medseg.review import policy_from_tables, policy_json
from medseg.signoff.canonical import canonical
from medseg.signoff.people.changes import revoke, set_roots
from medseg.signoff.people.registry import RootKey
from medseg.signoff.people.sealing import seal_registry
from tests.project.team import KEYS, LESIONS, ROOT, Team, change_voxel, person_id
from tests.signoff.cases import key_of


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team.make(tmp_path)
    made.draw()
    yield made
    made.project.close()


def codes(team: Team) -> set[str]:
    found = medseg.verify(team.mask).verdicts
    return {one.code for one in found if one.severity != "note"}


def judged(team: Team) -> None:
    team.review()
    team.sign()
    team.lock()


def handed_in_as(team: Team, name: str, data: dict[str, Any]) -> None:
    """An entry in somebody's name, by a person who may write the database."""
    draft = Draft("submit", data, team.case, team.reading)
    team.project.store.attempt(lambda act: act.append([draft], actor=person_id(name), at=now_iso()))


def test_a_hand_in_needs_the_key_of_who_makes_it(team: Team):
    size = len(team.entries())
    for key, match in ((None, "proven by the key"), (KEYS["ben"], "own key"), (ROOT, "own key")):
        with pytest.raises(SignoffError, match=match):
            acts.submit(team.project, team.reading, by="p-ada", key=key, ending=LESIONS)
    assert len(team.entries()) == size
    assert not team.project.layout.version(team.case, team.reading, 1).exists()
    team.submit()
    proof = team.entries()[-1].data["proof"]
    assert (proof["keyid"], proof["size"]) == (KEYS["ada"].keyid, size)
    judged(team)
    assert medseg.verify(team.mask).exit_code == 0


def test_a_revoked_key_hands_nothing_in(team: Team):
    registry = team.project.registry
    times = {"issued": now_iso(), "expires": registry.expires}
    later = revoke(registry, KEYS["ada"].keyid, "left", from_seq=len(team.entries()), **times)
    acts.change_people(team.project, seal_registry(later, ROOT), change="Ada left")
    with pytest.raises(SignoffError, match="revoked"):
        team.submit()


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody's own program, which signs whatever the log tells."""
    monkeypatch.setattr(signed_acts, "check_handed_in", lambda *_, **__: None)


@pytest.mark.usefixtures("careless")
def test_own_work_handed_in_as_anothers_is_never_valid(team: Team):
    """Rob draws over Ada's mask, writes a hand-in of hers into the database, and approves it."""
    team.submit()
    honest = team.entries()[-1].data
    change_voxel(team.mask, (2, 3, 4), 0, author="Ada")
    changed = medseg.signoff.mask_digest(medseg.read_segmentation(team.mask))
    forged = {**honest, "version": 2, "mask": changed}
    handed_in_as(team, "ada", forged)
    judged(team)
    found = medseg.verify(team.mask)
    assert (found.exit_code, codes(team)) == (11, {"BAD_SIGNATURE"}), "Ada's proof of version 1"


def test_nobody_approves_unknowingly_what_is_not_proven(team: Team):
    team.submit()
    data = {name: one for name, one in team.entries()[-1].data.items() if name != "proof"}
    handed_in_as(team, "ada", {**data, "version": 2})
    with pytest.raises(SignoffError, match="SUBMITTER_NOT_ESTABLISHED"):
        team.review()
    team.review("reject", reason="who handed this in?")
    team.submit()
    judged(team)
    assert medseg.verify(team.mask).exit_code == 0, "handed in anew"


def test_rules_that_nobody_proved_are_not_signed_under(team: Team):
    team.submit()
    told = policy_json(replace(team.project.policy, proven=False, small_island_voxels=9))
    digest = hashlib.sha256(canonical(told)).hexdigest()
    draft = Draft("policy", {"policy": told, "digest": digest})
    team.project.store.attempt(lambda act: act.append([draft], actor="p-lea", at=now_iso()))
    with pytest.raises(SignoffError, match="POLICY_NOT_ESTABLISHED"):
        team.review()


@pytest.mark.usefixtures("careless")
def test_without_any_proof_nobody_handed_it_in(team: Team):
    team.submit()
    data = {name: one for name, one in team.entries()[-1].data.items() if name != "proof"}
    handed_in_as(team, "ada", {**data, "version": 2})
    judged(team)
    assert medseg.verify(team.mask).exit_code == 12
    assert codes(team) == {"SUBMITTER_NOT_ESTABLISHED"}


def test_rules_that_do_not_ask_take_a_hand_in_without_a_key(tmp_path: Path):
    made = Team.make(tmp_path, policy=policy_from_tables({}))
    with made.project as project:
        made.draw()
        acts.submit(project, made.reading, by="p-ada", ending=LESIONS)
        assert "proof" not in made.entries()[-1].data
        judged(made)
        assert medseg.verify(made.mask).exit_code == 0


def edited(team: Team, old: str, new: str) -> Project:
    path = team.project.layout.settings
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return team.project


def test_a_change_of_the_policy_needs_the_leads_key(team: Team):
    project = edited(team, "small_island_voxels = 3", "small_island_voxels = 4")
    for key, match in ((None, "proven by the key"), (KEYS["rob"], "own key"), (ROOT, "own key")):
        with pytest.raises(SignoffError, match=match):
            acts.change_policy(project, by="p-lea", key=key)
    assert acts.change_policy(project, by="p-lea", key=KEYS["lea"])
    team.submit()
    judged(team)
    assert medseg.verify(team.mask).exit_code == 0


def test_proofs_are_switched_off_by_the_lead_alone(team: Team):
    project = edited(team, "proven = true", "proven = false")
    with pytest.raises(SignoffError, match="proven by the key"):
        acts.change_policy(project, by="p-lea")
    assert acts.change_policy(project, by="p-lea", key=KEYS["lea"])
    acts.submit(project, team.reading, by="p-ada", ending=LESIONS)
    judged(team)
    assert medseg.verify(team.mask).exit_code == 0


def test_the_lead_enters_the_rules_again_where_their_root_key_was_replaced(team: Team):
    project = team.project
    assert not acts.change_policy(project, by="p-lea", key=KEYS["lea"])
    team.submit()
    judged(team)
    new, registry = key_of(99, "New Root"), project.registry
    root = RootKey(new.keyid, new.public_key, new.printed_name)
    times = {"issued": now_iso(), "expires": registry.expires}
    later = set_roots(registry, [root], threshold=1, **times)
    acts.change_people(project, seal_registry(later, ROOT, new), change="another root key")
    trust_root(new.keyid, "Lung")
    assert codes(team) == {"POLICY_NOT_ESTABLISHED"}
    assert acts.change_policy(project, by="p-lea", key=KEYS["lea"])
    assert not acts.change_policy(project, by="p-lea", key=KEYS["lea"])
    assert medseg.verify(team.mask).exit_code == 0


def test_a_new_project_asks_for_proofs_and_says_so_in_its_file(team: Team):
    assert team.project.policy == replace(policy_from_tables({}), proven=True)
    assert "\nproven = true\n" in team.project.layout.settings.read_text(encoding="utf-8")
    proof = team.entries()[1].data["proof"]
    assert (proof["keyid"], proof["size"]) == (ROOT.keyid, 1)
