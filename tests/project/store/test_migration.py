"""Stores of every earlier version open; on the way nothing is lost, and later ones are refused."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, update

from medseg.errors import StoreError
from medseg.project.store import Store, check_store
from medseg.project.store import migration as migration_module
from medseg.project.store.engine import make_engine
from medseg.project.store.migration import migrate
from medseg.project.store.schema import SCHEMA_VERSION, meta
from medseg.project.viewings import read_viewings
from tests.project.store.acts import ORIGIN, ask, new_store, summarise

GOLDEN = Path(__file__).parents[1] / "golden"
#: Root of the tree over the golden stores' seven entries.
GOLDEN_ROOT = "c04bfbde52f01d1c02e709e57d97041499da305d8f8c9776da22b99b9224e950"


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION + 1))
def test_a_store_of_each_version_opens_and_goes_on(tmp_path: Path, version: int) -> None:
    path = tmp_path / "project.db"
    shutil.copyfile(GOLDEN / f"schema-{version}.db", path)
    with Store.open(path, origin=ORIGIN) as store:
        with store.read() as view:
            assert view.root.hex() == GOLDEN_ROOT
            assert view.case_ids() == ["c-00000000", "c-00000001", "c-00000002"]
            assert len(view.checkpoints()) == 1
        assert len(read_viewings(store, reading="r-00000001")) == 1
        ask(store)
        assert check_store(store, summarise) == ()
    backups = list(tmp_path.glob("*.backup"))
    assert len(backups) == (version < SCHEMA_VERSION)


def _add_a_site(connection: Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE case_index ADD COLUMN site VARCHAR DEFAULT '' NOT NULL")
    connection.execute(insert(meta), [{"key": "site", "value": "stepped"}])


def _fails(connection: Connection) -> None:
    _add_a_site(connection)
    raise ZeroDivisionError


STEPS: dict[int, Callable[[Connection], None]] = {SCHEMA_VERSION: _add_a_site}
NEXT = SCHEMA_VERSION + 1


def _read_meta(engine: Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT key, value FROM meta")
        return {row[0]: row[1] for row in rows}


def _migrate(engine: Engine, where: str | Path, folder: Path, **options: Any) -> Path | None:
    file = where if isinstance(where, Path) else None
    return migrate(engine, "it", file=file, backup_folder=folder, **options)


def test_a_step_is_taken_after_a_backup(where: str | Path, tmp_path: Path) -> None:
    with new_store(where) as store:
        told = ask(store)
        folder = tmp_path / "backups"
        folder.mkdir()
        engine = make_engine(where)
        backup = _migrate(engine, where, folder, steps=STEPS, wanted=NEXT)
        assert backup is not None
        assert _read_meta(engine) == {"schema": str(NEXT), "origin": ORIGIN, "site": "stepped"}
        assert _migrate(engine, where, folder, steps=STEPS, wanted=NEXT) is None
        assert list(folder.iterdir()) == [backup]
        with store.read() as view:
            assert [entry.raw for entry in view.entries(1)] == [entry.raw for entry in told]
        if isinstance(where, Path):
            with Store.open(backup, origin=ORIGIN) as before:
                assert check_store(before, summarise) == ()
        else:
            assert backup.read_bytes().splitlines()[1:] == [entry.raw for entry in told]
        engine.dispose()


def test_a_step_that_fails_leaves_all_as_it_was(where: str | Path, tmp_path: Path) -> None:
    new_store(where).close()
    engine = make_engine(where)
    before = _read_meta(engine)
    with pytest.raises(ZeroDivisionError):
        _migrate(engine, where, tmp_path, steps={SCHEMA_VERSION: _fails}, wanted=NEXT)
    assert _read_meta(engine) == before
    engine.dispose()
    with Store.open(where, origin=ORIGIN) as store:
        assert check_store(store, summarise) == ()


def test_a_store_of_a_later_version_is_refused(where: str | Path) -> None:
    with new_store(where) as store, store.act() as act:
        act.connection.execute(update(meta).where(meta.c.key == "schema").values(value="99"))
    with pytest.raises(StoreError, match="written by a later medseg"):
        Store.open(where, origin=ORIGIN)


def test_a_version_with_no_way_from_it_is_refused(where: str | Path) -> None:
    with new_store(where) as store, store.act() as act:
        act.connection.execute(update(meta).where(meta.c.key == "schema").values(value="0"))
    with pytest.raises(StoreError, match="knows no way"):
        Store.open(where, origin=ORIGIN)


def test_no_backup_no_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "project.db"
    new_store(path).close()
    engine = make_engine(path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="A backup is written before"):
        _migrate(engine, path, tmp_path / "nowhere", steps=STEPS, wanted=NEXT)
    assert path.read_bytes() == before
    monkeypatch.setattr(migration_module, "flush_folder", _no_disk)
    with pytest.raises(StoreError, match="No space left"):
        _migrate(engine, path, tmp_path, steps=STEPS, wanted=NEXT)
    assert path.read_bytes() == before
    engine.dispose()


def _no_disk(_: Path) -> None:
    raise OSError(28, "No space left on device")


def test_the_golden_file_itself_is_never_written() -> None:
    with closing(sqlite3.connect(f"{(GOLDEN / 'schema-1.db').as_uri()}?mode=ro", uri=True)) as file:
        assert file.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone() == ("1",)
        assert file.execute("SELECT count(*) FROM log").fetchone() == (7,)
