from __future__ import annotations

import json

import pytest

from medseg.errors import SignoffError
from medseg.signoff import create_key, keys
from medseg.signoff.sitting import Sitting
from tests.signoff.test_statement import statement_of


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key derivation without its cost; what it derives still depends on the passphrase."""
    monkeypatch.setattr(
        keys, "_argon2id", lambda secret, kdf: (secret + kdf["salt"].encode() + b"\0" * 32)[:32]
    )


@pytest.fixture
def desk(quick: None) -> tuple[Sitting, Clock, dict[str, bytes], list[tuple[str, int]]]:
    clock, told = Clock(), []
    files = {
        name: create_key(name, f"{name} passphrase", person_id=name) for name in ("p-1", "p-2")
    }

    def find(signer: str) -> bytes:
        if signer not in files:
            raise SignoffError(f"Nobody here is {signer}.")
        return files[signer]

    sitting = Sitting(
        find,
        clock=clock,
        idle_seconds=60,
        on_failure=lambda keyid, count: told.append((keyid, count)),
    )
    return sitting, clock, files, told


def test_first_both_then_the_passphrase_alone(desk):
    sitting, _, _, _ = desk
    assert sitting.signer is None
    with pytest.raises(SignoffError, match="id and passphrase"):
        sitting.unlock("p-1 passphrase")
    first = sitting.unlock("p-1 passphrase", signer="p-1")
    assert (first.key.person_id, first.session_first) == ("p-1", True)
    assert sitting.signer == "p-1"
    again = sitting.unlock("p-1 passphrase")
    assert (again.key.person_id, again.session_first) == ("p-1", False)
    named = sitting.unlock("p-1 passphrase", signer="p-1")
    assert not named.session_first


def test_each_signature_needs_the_passphrase(desk):
    sitting, _, _, _ = desk
    sitting.unlock("p-1 passphrase", signer="p-1")
    with pytest.raises(SignoffError, match="passphrase"):
        sitting.unlock("")
    assert sitting.signer is None, "and who does not know it begins anew"


def test_after_a_pause_both_are_asked_for_again(desk):
    sitting, clock, _, _ = desk
    sitting.unlock("p-1 passphrase", signer="p-1")
    clock.now += 59
    sitting.touch()
    clock.now += 59
    assert sitting.signer == "p-1"
    clock.now += 1
    assert sitting.signer is None
    sitting.touch()
    assert sitting.signer is None, "a sign of life does not bring back what has ended"
    with pytest.raises(SignoffError, match="id and passphrase"):
        sitting.unlock("p-1 passphrase")
    assert sitting.unlock("p-1 passphrase", signer="p-1").session_first


def test_a_clock_that_runs_back_ends_it(desk):
    sitting, clock, _, _ = desk
    sitting.unlock("p-1 passphrase", signer="p-1")
    clock.now -= 1
    assert sitting.signer is None


def test_another_person_begins_a_sitting_of_their_own(desk):
    sitting, _, _, _ = desk
    sitting.unlock("p-1 passphrase", signer="p-1")
    other = sitting.unlock("p-2 passphrase", signer="p-2")
    assert (other.key.person_id, other.session_first) == ("p-2", True)
    with pytest.raises(SignoffError):
        sitting.unlock("p-1 passphrase")
    sitting.lock()
    assert sitting.signer is None


def test_wrong_passphrases_are_counted_told_and_slowed_down(desk):
    sitting, clock, files, told = desk
    keyid = json.loads(files["p-1"])["keyid"]
    for count in (1, 2, 3):
        with pytest.raises(SignoffError, match="does not open"):
            sitting.unlock("wrong", signer="p-1")
        assert told[-1] == (keyid, count)
    with pytest.raises(SignoffError, match="wait"):
        sitting.unlock("p-1 passphrase", signer="p-1")
    assert len(told) == 3, "a try that came too early is none"
    assert sitting.unlock("p-2 passphrase", signer="p-2").key.person_id == "p-2"
    waits = []
    for _ in range(12):
        start = clock.now
        while True:
            try:
                sitting.unlock("wrong", signer="p-1")
            except SignoffError as error:
                if "does not open" in str(error):
                    break
            clock.now += 1
        waits.append(clock.now - start)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    sitting.lock()
    assert sitting.failures(keyid) == 15, "locking the desk does not wipe the slate"
    clock.now += 300
    sitting.unlock("p-1 passphrase", signer="p-1")
    assert sitting.failures(keyid) == 0


def test_nobodys_id_is_refused(desk):
    sitting, _, _, told = desk
    with pytest.raises(SignoffError, match="Nobody"):
        sitting.unlock("p-1 passphrase", signer="p-9")
    assert told == []


def test_a_record_says_which_factors_were_asked_for():
    first = statement_of()["predicate"]["auth"]
    later = statement_of(session_first=False)["predicate"]["auth"]
    assert first == {"factors": ["id", "passphrase"], "sessionFirst": True}
    assert later == {"factors": ["passphrase"], "sessionFirst": False}
