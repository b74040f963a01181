"""Acting and reading: all or nothing, in order, and whole when read again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from medseg.errors import SignoffError, StoreError
from medseg.project.store import Draft, Store, check_store, rebuild_index
from medseg.project.store.index import clear_index
from medseg.signoff.keys import SigningKey
from medseg.signoff.log.checkpoint import open_checkpoint, sign_checkpoint
from medseg.signoff.log.tree import Tree, check_inclusion
from tests.project.store.acts import (
    AT,
    CASE,
    ORIGIN,
    ask,
    assigned,
    new_store,
    question,
    record,
    summarise,
)
from tests.signoff.cases import key_of


def test_what_is_appended_is_read_again(where: str | Path) -> None:
    with new_store(where) as store:
        told = [entry.raw for text in "abc" for entry in ask(store, text)]
    with Store.open(where, origin=ORIGIN) as again, again.read() as view:
        entries = list(view.entries())
        assert [entry.raw for entry in entries[1:]] == told
        assert [entry.seq for entry in entries] == [0, 1, 2, 3]
        assert [entry.prev for entry in entries[1:]] == [entry.head for entry in entries[:-1]]
        assert [entry.raw for entry in view.case_entries(CASE)] == told
        assert view.case_entries("c-none") == []
        assert [entry.raw for entry in view.entries(2, 3)] == told[1:2]
        assert [entry.seq for entry in view.entries_of_kind("open", "people")] == [0]
        assert view.case_ids() == [CASE]
        assert (view.size, view.head) == (4, entries[-1].head)


def test_the_root_is_that_of_the_tree_and_proves_entries(where: str | Path) -> None:
    with new_store(where) as store:
        for number in range(20):
            entry = ask(store, str(number))[0]
            with store.read() as view:
                tree = Tree(view.leaves())
                assert view.root == tree.root()
                assert view.state.to_anchor()["size"] == view.size == entry.seq + 1
                proof = tree.inclusion_proof(entry.seq)
                assert check_inclusion(entry.leaf, entry.seq, view.size, proof, view.root)


def test_a_failure_in_the_middle_leaves_nothing(where: str | Path) -> None:
    with new_store(where) as store:
        ask(store)
        with store.read() as view:
            before = view.size, view.head, view.summary(CASE)
        with pytest.raises(ZeroDivisionError):
            _fail_in_the_middle(store)
        with store.read() as view:
            assert (view.size, view.head, view.summary(CASE)) == before
        ask(store)
        assert check_store(store, summarise) == ()


def _fail_in_the_middle(store: Store) -> None:
    with store.act() as act:
        size = act.size
        record(act, [question("b"), assigned("p-000002", "r-00000001")])
        assert act.size == size + 2
        raise ZeroDivisionError


def test_an_entry_that_is_none_is_refused_and_nothing_kept(where: str | Path) -> None:
    with new_store(where) as store:
        with pytest.raises(SignoffError, match="query entry"), store.act() as act:
            record(act, [question(), Draft("query", {"id": 1}, case=CASE)])
        with store.read() as view:
            assert view.size == 1


def test_the_index_tells_what_the_log_tells(where: str | Path) -> None:
    with new_store(where) as store, store.act() as act:
        record(act, [question(), assigned("p-000002", "r-00000002")])
        record(act, [assigned("p-000001", "r-00000001"), question(case="c-00000002")])
        summary = act.summary(CASE)
        assert summary == summarise(act.case_entries(CASE))
        assert summary is not None
        assert [turn.person for turn in summary.turns] == ["p-000002", "p-000001"]
        assert act.summary("c-none") is None


def test_an_index_that_differs_is_found_and_made_again(where: str | Path) -> None:
    with new_store(where) as store:
        ask(store)
        ask(store, case="c-00000002")
        assert check_store(store, summarise) == ()
        with store.act() as act:
            act.connection.exec_driver_sql("UPDATE case_index SET open_queries = 7")
        assert [one.code for one in check_store(store, summarise)] == ["INDEX_DIFFERS"] * 2
        assert check_store(store) == ()
        with store.act() as act:
            clear_index(act.connection)
        assert [one.code for one in check_store(store, summarise)] == ["INDEX_DIFFERS"] * 2
        assert rebuild_index(store, summarise) == 2
        assert check_store(store, summarise) == ()


@pytest.mark.parametrize("table", ["log", "checkpoints", "viewings"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET {} = {}"])
def test_what_was_recorded_cannot_be_changed(where: str | Path, table: str, change: str) -> None:
    column = {"log": "seq", "checkpoints": "size", "viewings": "id"}[table]
    with new_store(where) as store:
        with store.act() as act:
            act.checkpoint("note", keyid="k")
            act.connection.exec_driver_sql(
                "INSERT INTO viewings (person, reading_id, intervals, digest) "
                "SELECT 'p', 'r', leaf, leaf FROM log"
            )
        with pytest.raises(StoreError, match="for good"), store.act() as act:
            act.connection.exec_driver_sql(change.format(table, column, column))


def test_a_log_that_could_be_changed_again_is_found(where: str | Path) -> None:
    with new_store(where) as store:
        assert check_store(store) == ()
        with store.act() as act:
            on_sqlite = act.connection.dialect.name == "sqlite"
            words = "log_no_delete" if on_sqlite else "log_kept ON log"
            act.connection.exec_driver_sql(f"DROP TRIGGER {words}")
        assert [one.code for one in check_store(store)] == ["SCHEMA_ALTERED"]


def test_an_entry_changed_in_the_tables_is_found(where: str | Path) -> None:
    with new_store(where) as store:
        for text in "abc":
            ask(store, text)
        with store.act() as act:
            on_sqlite = act.connection.dialect.name == "sqlite"
            words = "log_no_update" if on_sqlite else "log_kept ON log"
            act.connection.exec_driver_sql(f"DROP TRIGGER {words}")
            act.connection.exec_driver_sql("UPDATE log SET case_id = 'c-other' WHERE seq = 2")
        with (
            pytest.raises(StoreError, match="entry 2 is not what was written"),
            store.read() as view,
        ):
            list(view.entries())
        assert "STORE_DAMAGED" in [one.code for one in check_store(store)]


def test_a_tail_that_is_cut_off_is_found(where: str | Path) -> None:
    with new_store(where) as store:
        for text in "abc":
            ask(store, text)
        with store.act() as act:
            on_sqlite = act.connection.dialect.name == "sqlite"
            words = "log_no_delete" if on_sqlite else "log_kept ON log"
            act.connection.exec_driver_sql(f"DROP TRIGGER {words}")
            act.connection.exec_driver_sql("DELETE FROM log WHERE seq = 3")
        assert "STORE_DAMAGED" in [one.code for one in check_store(store)]
        with pytest.raises(StoreError, match="was noted to hold 4"):
            ask(store)
    with pytest.raises(StoreError, match="was noted to hold 4"):
        Store.open(where, origin=ORIGIN)


def test_threads_share_a_store(where: str | Path) -> None:
    with new_store(where) as store, ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: ask(store, str(number)), range(20)))
        with store.read() as view:
            assert {entry.data["text"] for entry in view.case_entries(CASE)} == set(
                map(str, range(20))
            )
        assert check_store(store, summarise) == ()


def test_checkpoints_are_kept_once(where: str | Path) -> None:
    key: SigningKey = key_of()
    with new_store(where) as store:
        for _ in range(2):
            with store.act() as act:
                act.checkpoint(sign_checkpoint(act.state, key), keyid=key.keyid)
        with store.act() as act:
            record(act, [question()])
            act.checkpoint(sign_checkpoint(act.state, key), keyid=key.keyid)
        with store.read() as view:
            kept = view.checkpoints()
            assert [one.size for one in kept] == [1, 2]
            opened = open_checkpoint(kept[-1].note, {key.keyid: key.public_key})
            assert (opened.size, opened.root) == (view.size, view.root)
        with pytest.raises(StoreError, match="entries that are there"), store.act() as act:
            act.checkpoint("note", keyid=key.keyid, size=3)


def test_reading_shows_one_moment(where: str | Path) -> None:
    with new_store(where) as store:
        ask(store)
        with store.read() as view:
            assert view.size == 2
            assert len(list(view.entries())) == 2
        ask(store)
        with store.read() as view:
            assert view.size == 3


def test_work_is_done_again_only_where_it_met_anothers(where: str | Path) -> None:
    tries = []

    def work(act: object) -> int:
        tries.append(act)
        raise StoreError("no")

    with new_store(where) as store:
        with pytest.raises(StoreError, match="no"):
            store.attempt(work)
        assert len(tries) == 1
        assert store.attempt(lambda act: len(record(act, [question()]))) == 1


def test_a_word_of_the_database_is_translated_wherever_it_falls(where: str | Path) -> None:
    with new_store(where) as store:
        with pytest.raises(StoreError, match="refused") as raised, store.act() as act:
            act.connection.exec_driver_sql("SELECT nothing FROM nowhere")
        assert isinstance(raised.value.__cause__, SQLAlchemyError)


def test_times_stand_in_entries_as_they_were_given(where: str | Path) -> None:
    with new_store(where) as store, store.act() as act:
        entry = act.append([question()], actor=None, at="2026-01-05T09:00:00.123+09:00")[0]
        assert (entry.at, entry.actor) == ("2026-01-05T09:00:00.123+09:00", None)
        assert AT not in entry.raw.decode()
