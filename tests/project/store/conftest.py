"""A place for a store: a SQLite file, or a database of its own on the server of the tests."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url

SERVER = os.environ.get("MEDSEG_TEST_DATABASE")
# The same tests run on a server where one is there: `make test-postgres`.
PLACES = ["sqlite", "postgresql"] if SERVER else ["sqlite"]


@pytest.fixture(params=PLACES)
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str | Path]:
    """Where a new store can be made."""
    if request.param == "sqlite":
        yield tmp_path / "project.db"
        return
    assert SERVER is not None
    url = make_url(SERVER).set(drivername="postgresql+pg8000")
    name = f"medseg_{secrets.token_hex(6)}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()
