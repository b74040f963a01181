from __future__ import annotations

import random
from typing import Any

import pytest

from medseg.signoff.canonical import canonical
from medseg.signoff.log.chain import Chain, check_chain, follows
from medseg.signoff.log.entry import START, make_entry, read_entry
from medseg.signoff.log.jsonl import read_log, split_log, write_log
from medseg.signoff.log.tree import Tree
from tests.signoff.log.logs import grown

ENTRIES = grown(12)
RAWS = [entry.raw for entry in ENTRIES]


def code_of(chain: Chain) -> str | None:
    return chain.problem.code if chain.problem else None


def test_a_sound_log_is_sound():
    chain = check_chain(RAWS)
    assert chain.problem is None
    assert [entry.raw for entry in chain.entries] == RAWS
    assert chain.head == ENTRIES[-1].head
    assert chain.frontier.root == Tree(entry.leaf for entry in ENTRIES).root()
    assert follows(chain.entries)
    assert check_chain([]).head == START


def test_a_later_part_is_checked_from_its_head():
    assert check_chain(RAWS[5:], seq=5, head=ENTRIES[4].head).problem is None
    assert code_of(check_chain(RAWS[5:], seq=5)) == "LOG_CHAIN_BROKEN"
    assert check_chain([], seq=5, head=ENTRIES[4].head).head == ENTRIES[4].head


def rewritten(raw: bytes, **parts: Any) -> bytes:
    entry = read_entry(raw)
    known = {
        "seq": entry.seq,
        "prev": entry.prev,
        "at": entry.at,
        "actor": entry.actor,
        "case": entry.case,
    }
    data = {**entry.data, "text": "another word"}
    return make_entry("comment", data, **{**known, **parts}).raw


ATTACKS = {
    "altered": lambda raws: [*raws[:4], rewritten(raws[4]), *raws[5:]],
    "taken away": lambda raws: [*raws[:4], *raws[5:]],
    "taken away and renumbered": lambda raws: [
        *raws[:4],
        rewritten(raws[5], seq=4),
        *raws[6:],
    ],
    "inserted": lambda raws: [*raws[:4], raws[3], *raws[4:]],
    "exchanged": lambda raws: [*raws[:4], raws[5], raws[4], *raws[6:]],
    "first taken away": lambda raws: raws[1:],
    "renumbered": lambda raws: [*raws[:4], rewritten(raws[4], seq=9), *raws[5:]],
    "garbage": lambda raws: [*raws[:4], b"{}", *raws[5:]],
}


@pytest.mark.parametrize("name", ATTACKS)
def test_each_attack_breaks_the_chain(name: str):
    chain = check_chain(ATTACKS[name](RAWS))
    assert code_of(chain) == "LOG_CHAIN_BROKEN"
    sound = len(chain.entries)
    assert RAWS[:sound] == [entry.raw for entry in chain.entries]
    # Where an entry is in its place but not on the one before it, one of the two was changed.
    assert sound == {"first taken away": 0, "taken away and renumbered": 3}.get(name, 4)


def careless(raws: list[bytes]) -> bool:
    """A checker that looks at numbers alone and skips the link: the broken control."""
    try:
        return all(read_entry(raw).seq == number for number, raw in enumerate(raws))
    except ValueError:
        return False


def test_the_attacks_tell_a_checker_that_skips_the_link():
    missed = {name for name, attack in ATTACKS.items() if careless(attack(RAWS))}
    assert missed == {"altered"}


def test_an_altered_last_entry_is_beyond_the_chain():
    """So a checkpoint or a record that remembers the log is what tells: a rewritten end chains."""
    forged = [*RAWS[:-1], rewritten(RAWS[-1])]
    chain = check_chain(forged)
    assert chain.problem is None
    assert chain.head != ENTRIES[-1].head
    assert chain.frontier.root != check_chain(RAWS).frontier.root


def test_an_entry_of_a_later_version_cannot_be_judged():
    later = canonical({**_body(RAWS[4]), "v": 2})
    chain = check_chain([*RAWS[:4], later])
    assert chain.problem is not None
    assert (chain.problem.code, chain.problem.severity) == ("UNSUPPORTED_VERSION", "undecided")


def _body(raw: bytes) -> dict[str, Any]:
    entry = read_entry(raw)
    about = {"actor": entry.actor, "case": entry.case, "reading": entry.reading}
    rest = {"seq": entry.seq, "prev": entry.prev, "at": entry.at, "kind": entry.kind}
    return {"v": 1, "data": entry.data, **about, **rest}


def test_links_are_seen_between_entries_alone():
    assert follows(ENTRIES[3:7])
    assert follows([])
    assert not follows([ENTRIES[3], ENTRIES[5]])
    other = grown(3, before=ENTRIES[:3], word="other")
    assert not follows([ENTRIES[3], other[4]])


def test_a_log_comes_back_from_its_file():
    data = write_log(ENTRIES)
    assert read_log(data).problem is None
    assert [entry.raw for entry in read_log(data).entries] == RAWS
    assert split_log(data) == RAWS
    assert read_log(b"").entries == ()
    assert read_log(b"").problem is None
    assert write_log([]) == b""


def test_a_file_cut_at_any_byte_gives_its_whole_entries_and_tells():
    data = write_log(ENTRIES[:4])
    ends = [sum(len(raw) + 1 for raw in RAWS[:count]) for count in range(5)]
    for cut in range(len(data) + 1):
        chain = read_log(data[:cut])
        whole = sum(end <= cut for end in ends) - 1
        assert [entry.raw for entry in chain.entries] == RAWS[:whole]
        assert (chain.problem is None) == (cut in ends)


def test_a_flipped_bit_never_gives_another_entry_but_the_last():
    data = write_log(ENTRIES[:4])
    generator = random.Random(4)  # noqa: S311 - a test's own
    for _ in range(1500):
        changed = bytearray(data)
        at = generator.randrange(len(data) - len(RAWS[3]) - 1)
        changed[at] ^= 1 << generator.randrange(8)
        chain = read_log(bytes(changed))
        assert chain.problem is not None
        assert [entry.raw for entry in chain.entries] == RAWS[: len(chain.entries)] or (
            # the entry itself can be changed to a readable one; the next then breaks the chain
            [entry.raw for entry in chain.entries[:-1]] == RAWS[: len(chain.entries) - 1]
        )
