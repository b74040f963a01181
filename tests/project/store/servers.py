"""The PostgreSQL server of the tests, where one is there: `make test-postgres`."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, make_url

SERVER = os.environ.get("MEDSEG_TEST_DATABASE")
#: The same tests run on either.
PLACES = ["sqlite", "postgresql"] if SERVER else ["sqlite"]


@contextmanager
def own_database() -> Iterator[str]:
    """The URL of an empty database, which is gone afterwards."""
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
