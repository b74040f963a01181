from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from medseg.errors import SignoffError
from medseg.model import Role
from medseg.signoff.people.changes import (
    add_key,
    enrol,
    leave,
    new_registry,
    renew,
    revoke,
    rotate,
    set_roles,
    set_roots,
)
from medseg.signoff.people.registry import Registry, moment
from tests.signoff.people.teams import (
    ADA,
    BEN,
    CHO,
    EXPIRES,
    ROOT,
    ROOTS,
    TIMES,
    person,
    person_key,
    root_key,
    team,
)

KEYID = ADA.keys[0].keyid


def test_a_registry_knows_whose_a_key_is():
    registry = team()
    assert registry.person("p-2") == BEN
    assert registry.owner(KEYID) == ADA
    assert registry.key(KEYID) == ADA.keys[0]
    assert registry.person("p-9") is registry.owner("ab" * 32) is registry.key(ROOT.keyid) is None
    assert registry.person(None) is None
    assert registry.root_ids == {ROOT.keyid}
    assert registry.public_keys[KEYID] == ADA.keys[0].public_key


def test_it_ends_at_its_time():
    registry = team()
    assert registry.is_expired(datetime.fromisoformat(EXPIRES))
    assert not registry.is_expired(datetime.fromisoformat("2026-12-31T23:59:59+00:00"))
    assert registry.is_expired(datetime.fromisoformat("2027-01-01T00:30:00+00:30"))


def broken() -> dict[str, object]:
    good = team()
    twin = replace(BEN, person_id=ADA.person_id)
    same_key = replace(BEN, keys=ADA.keys)
    forged = replace(ADA.keys[0], keyid="ab" * 32)
    return {
        "no version": lambda: replace(good, version=0),
        "ends before it begins": lambda: replace(good, expires=good.issued),
        "a time without offset": lambda: replace(good, issued="2026-01-01T00:00:00"),
        "no time": lambda: replace(good, issued="soon"),
        "no root": lambda: replace(good, roots=()),
        "a root twice": lambda: replace(good, roots=good.roots * 2),
        "too high a threshold": lambda: replace(good, threshold=2),
        "no threshold": lambda: replace(good, threshold=0),
        "an id twice": lambda: replace(good, people=(ADA, twin)),
        "a key twice": lambda: replace(good, people=(ADA, same_key)),
        "a key id of another key": lambda: team(replace(ADA, keys=(forged,))),
        "no name": lambda: team(replace(ADA, printed_name=" ")),
        "a root key that works on cases": lambda: team(person(100, "Keeper", Role.REVIEWER)),
        "a key that ends before it begins": lambda: team(
            replace(ADA, keys=(person_key(1, not_after="2024-01-01T00:00:00+00:00"),))
        ),
        "active and revoked": lambda: team(replace(ADA, keys=(person_key(1, revoked_from=3),))),
        "revoked from nowhere": lambda: team(replace(ADA, keys=(person_key(1, status="left"),))),
        "two that attest themselves": lambda: replace(good, self_attested=True),
    }


@pytest.mark.parametrize("name", broken())
def test_no_registry_contradicts_itself(name: str):
    with pytest.raises(SignoffError):
        broken()[name]()


def test_one_person_may_vouch_for_themselves_and_a_team_may_not():
    alone = person(100, "Keeper One", *Role)
    registry = new_registry([root_key(ROOT)], people=[alone], self_attested=True, **TIMES)
    assert registry.self_attested
    with pytest.raises(SignoffError, match="one person"):
        enrol(registry, ADA, **TIMES)
    grown = set_roots(registry, [root_key(ROOTS[1])], threshold=1, **TIMES)
    assert not grown.self_attested
    assert enrol(grown, ADA, **TIMES).version == 3


def test_each_change_makes_the_next_version_and_touches_nothing_else():
    before = team()
    later = {"issued": "2026-06-01T00:00:00+00:00", "expires": "2026-09-01T00:00:00+00:00"}
    new = person(4, "Dai Annotator", Role.ANNOTATOR)
    for after in (
        renew(before, **later),
        enrol(before, new, **later),
        add_key(before, "p-1", person_key(11), **later),
        revoke(before, KEYID, "compromised", from_seq=5, **later),
        rotate(before, KEYID, person_key(11), from_seq=5, **later),
        set_roles(before, "p-1", [Role.REVIEWER], from_seq=5, **later),
        leave(before, "p-1", from_seq=5, **later),
        set_roots(before, [root_key(ROOTS[1])], threshold=1, **later),
    ):
        assert after.version == 2
        assert (after.issued, after.expires) == (later["issued"], later["expires"])
        assert before == team()
        assert after.person("p-2") == BEN
        assert after.person("p-3") == CHO


def test_what_the_changes_change():
    before = team()
    assert enrol(before, person(4, "Dai", Role.ANNOTATOR), **TIMES).person("p-4") is not None
    two = add_key(before, "p-1", person_key(11), **TIMES).person("p-1")
    assert two is not None
    assert [key.keyid for key in two.keys] == [KEYID, person_key(11).keyid]
    lost = revoke(before, KEYID, "compromised", from_seq=5, **TIMES).key(KEYID)
    assert lost is not None
    assert (lost.status, lost.revoked_from) == ("compromised", 5)
    rotated = rotate(before, KEYID, person_key(11), from_seq=7, **TIMES).person("p-1")
    assert rotated is not None
    assert [(key.status, key.revoked_from) for key in rotated.keys] == [
        ("rotated", 7),
        ("active", None),
    ]
    changed = set_roles(before, "p-2", [Role.REVIEWER], from_seq=9, **TIMES).person("p-2")
    assert changed is not None
    assert changed.roles == {Role.REVIEWER}
    assert changed.former_roles == ((Role.ADJUDICATOR, 9),)
    assert changed.later_roles == ()
    more = set_roles(before, "p-2", [*BEN.roles, Role.LEAD], from_seq=9, **TIMES).person("p-2")
    assert more is not None
    assert more.later_roles == ((Role.LEAD, 9),)
    gone = leave(before, "p-3", from_seq=9, **TIMES).person("p-3")
    assert gone is not None
    assert gone.roles == frozenset()
    assert gone.keys[0].status == "left"


def revoked() -> Registry:
    return revoke(team(), KEYID, "compromised", from_seq=5, **TIMES)


@pytest.mark.parametrize(
    "change",
    [
        lambda: enrol(team(), replace(person(4, "Dai"), person_id="p-1"), **TIMES),
        lambda: enrol(leave(team(), "p-1", from_seq=1, **TIMES), ADA, **TIMES),
        lambda: enrol(team(), person(1, "Dai"), **TIMES),
        lambda: enrol(team(), person(100, "Keeper", Role.SIGNER), **TIMES),
        lambda: add_key(team(), "p-9", person_key(11), **TIMES),
        lambda: add_key(team(), "p-1", person_key(2), **TIMES),
        lambda: revoke(team(), "ab" * 32, "left", from_seq=1, **TIMES),
        lambda: revoke(team(), KEYID, "active", from_seq=1, **TIMES),
        lambda: revoke(team(), KEYID, "left", from_seq=-1, **TIMES),
        lambda: revoke(revoked(), KEYID, "compromised", from_seq=6, **TIMES),
        lambda: revoke(revoked(), KEYID, "left", from_seq=4, **TIMES),
        lambda: rotate(revoked(), KEYID, person_key(11), from_seq=7, **TIMES),
        lambda: set_roles(team(), "p-9", [], from_seq=1, **TIMES),
        lambda: renew(team(), issued=EXPIRES, expires=EXPIRES),
    ],
)
def test_what_a_registry_does_not_do(change):
    with pytest.raises(SignoffError):
        change()


def test_a_compromise_found_to_be_older_is_told():
    earlier = revoke(revoked(), KEYID, "compromised", from_seq=2, **TIMES).key(KEYID)
    assert earlier is not None
    assert earlier.revoked_from == 2


def test_moments():
    assert moment("2026-01-01T00:00:00Z") == moment("2026-01-01T01:00:00+01:00")
