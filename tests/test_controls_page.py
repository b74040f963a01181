"""The page of controls names tests that exist, and promises nothing that software cannot."""

from __future__ import annotations

import re
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_PAGE = (_ROOT / "docs/controls.md").read_text(encoding="utf-8")


def _written() -> set[str]:
    sources = (path.read_text(encoding="utf-8") for path in (_ROOT / "tests").rglob("test_*.py"))
    return {name for source in sources for name in re.findall(r"^def (test_\w+)", source, re.M)}


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", _PAGE))
    assert len(named) > 60
    assert named <= _written()


def test_every_clause_has_a_test() -> None:
    clauses = _PAGE.split("## Clauses")[1].split("## Threats")[0]
    rows = [line for line in clauses.splitlines() if line.startswith("| ")][2:]
    assert len(rows) >= 20
    assert all("`test_" in row for row in rows)


def test_nothing_is_called_compliant() -> None:
    assert "compliant" not in _PAGE.lower()
