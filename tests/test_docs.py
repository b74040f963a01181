"""What the pages say exists, and what exists is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from medseg.cli.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_command_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(COMMANDS) >= 9
    assert not [name for name in COMMANDS if f"medseg {name}" not in readme]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert not [target for target in targets if not (page.parent / target).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_named_in_pages_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)`", page.read_text(encoding="utf-8")))
    assert named <= targets


def test_the_word_for_what_it_is_not_is_never_used() -> None:
    word = "diagnos" + "is"
    sources = [*PAGES, *(ROOT / "medseg").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    assert not [path for path in sources if word in path.read_text(encoding="utf-8").lower()]
    assert "not a medical device" in (ROOT / "README.md").read_text(encoding="utf-8")
