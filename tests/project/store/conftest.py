"""A place for a store: a SQLite file, or a database of its own on the server of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project.store.servers import PLACES, own_database


@pytest.fixture(params=PLACES)
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str | Path]:
    """Where a new store can be made."""
    if request.param == "sqlite":
        yield tmp_path / "project.db"
        return
    with own_database() as url:
        yield url
