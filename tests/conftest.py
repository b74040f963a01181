"""Fixtures for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

#: The files that take longest, begun first: else one process is left with them while others idle.
#: All other files come after them in their usual order.
LONGEST = (
    "tests/formats/test_mutations.py",
    "tests/cli/test_demo.py",
    "tests/reliability/test_kills.py",
    "tests/signoff/test_conformance.py",
    "tests/reliability/test_disk_faults.py",
    "tests/cli/test_circumstances.py",
    "tests/reliability/test_database_faults.py",
    "tests/reliability/test_hostile.py",
    "tests/reliability/test_tamper.py",
    "tests/annotate/test_journal_crash.py",
    "tests/sample_data/test_phantom.py",
    "tests/formats/test_real_files.py",
    "tests/formats/test_index_truth.py",
    "tests/reliability/test_log_file.py",
    "tests/review/test_state_machine.py",
    "tests/reliability/test_races.py",
    "tests/project/store/test_races.py",
    "tests/reliability/test_clean_room.py",
    "tests/test_wheel.py",
)

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first."""
    places = {ROOT / file: place for place, file in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files; tests that need it are skipped where it is absent."""
    if not (SHARED_DATA / "INDEX.md").is_file():
        pytest.skip(f"real files are absent: there is no {SHARED_DATA.name}/ beside the checkout")
    return SHARED_DATA
