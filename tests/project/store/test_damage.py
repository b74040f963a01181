"""A changed byte in the database is found or without consequence; never is anything told otherwise.

Every page is hit at places of its own, among them its first bytes.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from medseg.errors import MedsegError
from medseg.model import Viewing
from medseg.project.store import Store, check_store
from medseg.project.viewings import add_viewings, read_viewings
from medseg.signoff.log.checkpoint import sign_checkpoint
from tests.project.store.acts import ORIGIN, assigned, new_store, question, record, summarise
from tests.signoff.cases import key_of

PAGE = 4096


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small store with something in every table."""
    path = tmp_path_factory.mktemp("whole") / "project.db"
    with new_store(path) as store:
        with store.act() as act:
            for number in range(6):
                case = f"c-{number:08d}"
                record(
                    act, [question("?" * 900, case), assigned("p-000002", f"r-{number:08d}", case)]
                )
            act.checkpoint(sign_checkpoint(act.state, key_of()), keyid=key_of().keyid)
        add_viewings(store, [_viewing(number) for number in range(6)])
        assert check_store(store, summarise) == ()
    return path


def _viewing(number: int) -> Viewing:
    at = "2026-01-05T09:00:00.000+00:00"
    return Viewing("p-000002", f"r-{number:08d}", 0, "axial", 3, 9, 1.5, True, "lung", at)


def test_a_changed_byte_is_found_or_harmless(database: Path, tmp_path: Path) -> None:
    found, harmless, silent = _change_bytes(database, tmp_path / "x.db", per_page=6, judge=_checked)
    assert silent == []
    assert found > 100
    assert harmless > 0


@pytest.mark.long
def test_many_changed_bytes_are_found_or_harmless(database: Path, tmp_path: Path) -> None:
    _, _, silent = _change_bytes(database, tmp_path / "x.db", per_page=400, judge=_checked)
    assert silent == []


def test_the_changes_catch_a_store_that_nobody_checks(database: Path, tmp_path: Path) -> None:
    *_, silent = _change_bytes(database, tmp_path / "x.db", per_page=6, judge=_trusted)
    assert silent != []


def _change_bytes(
    whole: Path, copy: Path, *, per_page: int, judge: Callable[[Path], Any]
) -> tuple[int, int, list[int]]:
    """How many changes were found, how many without consequence, and where neither is true."""
    truth = judge(whole)
    original = whole.read_bytes()
    chance = random.Random(8)  # noqa: S311 - a test's own
    found, harmless, silent = 0, 0, []
    for page in range(0, len(original), PAGE):
        places = [
            page + chance.randrange(100),
            *(page + _used(original, page, chance) for _ in range(per_page - 1)),
        ]
        for place in places:
            shutil.copyfile(whole, copy)
            with copy.open("r+b") as file:
                file.seek(place)
                file.write(bytes([original[place] ^ (1 << chance.randrange(8))]))
            try:
                told = judge(copy)
            except MedsegError:
                found += 1
                continue
            harmless += told == truth
            silent += [place] if told != truth else []
    return found, harmless, silent


def _used(data: bytes, page: int, chance: random.Random) -> int:
    """A place in the page that holds something, if there is one in a hundred tries."""
    for _ in range(100):
        offset = chance.randrange(PAGE)
        if data[page + offset]:
            break
    return offset


def _checked(path: Path) -> Any:
    with Store.open(path, origin=ORIGIN) as store:
        findings = check_store(store, summarise)
        if findings:
            raise MedsegError(findings[0].text)
        return _everything(store)


def _trusted(path: Path) -> Any:
    """The broken control: what the tables say, unjudged."""
    with Store.open(path) as store, store.read() as view:
        rows = [
            list(map(tuple, view.connection.exec_driver_sql(f"SELECT * FROM {table}")))  # noqa: S608
            for table in ("log", "viewings", "checkpoints", "case_index")
        ]
        return rows, store.origin


def _everything(store: Store) -> Any:
    with store.read() as view:
        entries = [entry.raw for entry in view.entries()]
        summaries = [view.summary(case) for case in view.case_ids()]
        by_case = [[entry.seq for entry in view.case_entries(case)] for case in view.case_ids()]
        kinds = [entry.seq for entry in view.entries_of_kind("assign")]
        state = view.state, view.checkpoints(), view.origin
    return entries, summaries, by_case, kinds, state, read_viewings(store)
