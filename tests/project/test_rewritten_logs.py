"""Somebody who can write the database rewrites it: what this user saw before tells on them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import medseg
from medseg.errors import SignoffError, StoreError
from medseg.project import Project, acts, check_log
from medseg.project.folder.remembered import read_remembered
from medseg.project.store import rebuild_index
from medseg.signoff.log.entry import START, Entry, make_entry
from medseg.signoff.log.tree import Frontier
from medseg.signoff.people.registry import RootKey
from medseg.signoff.people.sealing import seal_registry
from tests.project.team import KEYS, Team
from tests.signoff.cases import codes, key_of

Told = dict[str, Any]


def told(entries: Sequence[Entry]) -> list[Told]:
    return [
        {name: getattr(one, name) for name in ("kind", "data", "at", "actor", "case", "reading")}
        for one in entries
    ]


def rewrite(team: Team, entries: Sequence[Told], *, origin: str | None = None) -> None:
    """The database as a forger leaves it: sound in itself, triggers and checkpoints and all."""
    head, frontier, rows = START, Frontier(), []
    for seq, one in enumerate(entries):
        entry = make_entry(seq=seq, prev=head, **one)
        head, frontier = entry.head, frontier.append(entry.leaf)
        about = (entry.case, entry.reading, entry.kind)
        rows.append((seq, *about, entry.raw, entry.leaf, bytes.fromhex(head)))
    with _unguarded(team) as base:
        base.execute("DELETE FROM log")
        base.executemany("INSERT INTO log VALUES (?,?,?,?,?,?,?)", rows)
        base.execute("DELETE FROM checkpoints WHERE size > ?", (len(rows),))
        end = (len(rows), bytes.fromhex(head), frontier.to_bytes())
        base.execute("UPDATE tip SET size=?, head=?, frontier=?", end)
        if origin is not None:
            base.execute("UPDATE meta SET value=? WHERE key='origin'", (origin,))


class _unguarded:  # noqa: N801 - a context as a function would be
    """The project's SQLite file without its triggers; they are back at the end."""

    def __init__(self, team: Team) -> None:
        self._base = sqlite3.connect(team.project.layout.database)

    def __enter__(self) -> sqlite3.Connection:
        query = "SELECT name, sql FROM sqlite_master WHERE type='trigger'"
        self._triggers = self._base.execute(query).fetchall()
        for name, _ in self._triggers:
            self._base.execute(f'DROP TRIGGER "{name}"')
        return self._base

    def __exit__(self, *_: object) -> None:
        for _, text in self._triggers:
            self._base.execute(text)
        with closing(self._base):
            self._base.commit()


def grown_otherwise(entries: list[Told]) -> list[Told]:
    """Without its last entry, the lock, and longer than before."""
    query = {"id": "q-1", "text": "Which phase?"}
    about = {"at": entries[-1]["at"], "actor": "p-lea", "case": entries[-1]["case"]}
    asked = [
        {"kind": "query", "data": {**query, "id": f"q-{n}"}, "reading": None, **about}
        for n in range(3)
    ]
    return [*entries[:-1], *asked]


REWRITINGS: dict[str, tuple[Callable[[list[Told]], list[Told]], str]] = {
    "cut": (lambda entries: entries[:-1], "LOG_TRUNCATED"),
    "cut and grown again": (grown_otherwise, "LOG_FORKED"),
}


@pytest.mark.parametrize("name", REWRITINGS)
def test_a_check_does_not_make_a_rewritten_log_whole(team: Team, name: str) -> None:
    rewriting, code = REWRITINGS[name]
    team.to_locked()
    assert medseg.verify(team.mask).exit_code == 0
    seen = read_remembered().logs
    rewrite(team, rewriting(told(team.entries())))
    rebuild_index(team.project.store, team.project.summarise)
    assert code in codes(medseg.verify(team.mask))
    assert [one.code for one in check_log(team.project)] == [code]
    assert read_remembered().logs == seen
    assert code in codes(medseg.verify(team.mask))


@pytest.mark.parametrize("name", REWRITINGS)
def test_a_folder_at_work_tells_of_a_rewritten_log_and_learns_nothing_from_it(
    team: Team, name: str
) -> None:
    rewriting, code = REWRITINGS[name]
    assert check_log(team.project) == ()
    seen = read_remembered().logs
    rewrite(team, rewriting(told(team.entries())))
    for _ in range(2):
        assert code in codes(medseg.verify(team.project.layout.root))
        assert read_remembered().logs == seen


def test_a_registry_that_only_lists_a_root_leaves_no_trace_on_it(
    team: Team, tmp_path: Path
) -> None:
    team.to_locked()
    assert medseg.verify(team.mask).exit_code == 0
    forger = key_of(90, "Forger")
    registry = team.project.registry
    own = RootKey(forger.keyid, forger.public_key, "Forger")
    forged = replace(registry, version=999_999, roots=(*registry.roots, own))
    path = tmp_path / "forged.json"
    path.write_bytes(seal_registry(forged, forger))
    medseg.verify(team.mask, people=path)
    assert medseg.verify(team.mask).exit_code == 0


def test_a_whole_log_is_remembered_by_its_check(team: Team) -> None:
    assert check_log(team.project) == ()
    (seen,) = read_remembered().logs.values()
    with team.project.store.read() as view:
        assert seen == (view.size, view.root.hex())


def test_nothing_is_signed_on_a_rewritten_log(team: Team) -> None:
    team.to_locked()
    assert medseg.verify(team.mask).exit_code == 0
    rewrite(team, grown_otherwise(told(team.entries())))
    with pytest.raises(SignoffError, match="cut, or written anew"):
        acts.unlock(team.project, team.reading, by="p-lea", key=KEYS["lea"], reason="so")


def test_another_name_does_not_hide_what_is_remembered(team: Team) -> None:
    team.to_locked()
    assert medseg.verify(team.mask).exit_code == 0
    rewrite(team, told(team.entries())[:-1], origin="other/log")
    settings = team.project.layout.settings
    known = team.project.settings.origin
    settings.write_text(settings.read_text().replace(known, "other/log"))
    found = codes(medseg.verify(team.mask))
    assert {"ORIGIN_DIFFERS", "LOG_TRUNCATED"} <= set(found)
    with Project.open(settings.parent) as project:
        assert "ORIGIN_DIFFERS" in [one.code for one in check_log(project)]


def test_rules_under_the_digest_of_others_are_not_in_force(team: Team) -> None:
    team.to_locked()
    entries = told(team.entries())
    policy = json.loads(json.dumps(next(one for one in entries if one["kind"] == "policy")))
    policy["data"]["policy"]["stages"]["review"] = False
    rewrite(team, [*entries, policy])
    with pytest.raises(SignoffError, match="names others than it holds"):
        _ = team.project.policy
    assert "LOG_CHAIN_BROKEN" in codes(medseg.verify(team.mask))
    assert "LOG_CHAIN_BROKEN" in [one.code for one in check_log(team.project)]


@pytest.mark.parametrize("column", ["case_id = NULL", "case_id = 'c-0ther'"])
def test_nothing_is_signed_while_an_entry_is_filed_elsewhere(team: Team, column: str) -> None:
    team.to_locked()
    with _unguarded(team) as base:
        base.execute(f"UPDATE log SET {column} WHERE kind = 'lock'")  # noqa: S608
    with pytest.raises(StoreError, match=r"filed elsewhere|not what was written"):
        team.lock()


def test_a_link_is_judged_as_what_it_is_called(team: Team, tmp_path: Path) -> None:
    team.to_locked()
    cases = team.project.layout.cases
    (cases / "c-0therone").symlink_to(cases / team.case)
    assert "REPLAYED_OTHER_CASE" in codes(
        medseg.verify(cases / "c-0therone" / team.reading / "lesions.nii.gz")
    )
    reading = cases / "c-thethird" / "r-0therone"
    reading.mkdir(parents=True)
    for path in team.mask.parent.iterdir():
        (reading / path.name).symlink_to(path)
    assert not medseg.verify(reading / "lesions.nii.gz")
    # A project behind a link is the project.
    (tmp_path / "link").symlink_to(team.project.layout.root)
    through = tmp_path / "link" / team.mask.relative_to(team.project.layout.root)
    assert medseg.verify(through).exit_code == 0
