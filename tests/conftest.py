"""Fixtures for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files; tests that need it are skipped where it is absent."""
    if not (SHARED_DATA / "INDEX.md").is_file():
        pytest.skip(f"real files are absent: there is no {SHARED_DATA.name}/ beside the checkout")
    return SHARED_DATA
