"""Fixtures of this room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.project.store.servers import PLACES, own_database


@pytest.fixture(params=PLACES)
def database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """None for a project with a SQLite file of its own; else the URL of an empty database."""
    if request.param == "sqlite":
        yield None
        return
    with own_database() as url:
        yield url
