"""Starting: the table of commands is true, and asking for help loads none of the rooms."""

from __future__ import annotations

import inspect
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from medseg.cli.commands import COMMANDS, loaded
from tests.cli.running import run_command

HEAVY = ("numba", "pydicom", "scipy", "sqlalchemy", "SimpleITK", "nibabel", "medseg.project")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_line_of_help_is_that_of_its_command(name: str) -> None:
    found, line = loaded(name), COMMANDS[name][2]
    if isinstance(found, typer.Typer):
        assert found.info.help == line
    else:
        assert str(inspect.getdoc(found)).splitlines()[0] == line


def test_the_help_names_every_command_and_loads_no_room() -> None:
    code = (
        "import sys; sys.argv = ['medseg', '--help']\n"
        "from medseg.cli import main\n"
        "try: main()\n"
        f"except SystemExit: print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "LOADED []" in told.stdout
    assert not [name for name in COMMANDS if f" {name} " not in told.stdout]


def test_info_waits_for_no_database() -> None:
    code = (
        "import sys; sys.argv = ['medseg', 'info', '--help']\n"
        "from medseg.cli import main\n"
        "try: main()\n"
        "except SystemExit: print('LOADED', 'sqlalchemy' in sys.modules, 'numba' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "LOADED False False" in told.stdout


def test_a_command_that_is_not_there_is_a_usage_error() -> None:
    run = run_command("worklits")
    assert run.code == 2
    assert "worklist" in run.err


def _documented() -> list[list[str]]:
    """The words of each command in the code blocks of docs/project.md."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "project.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?ms)^```\n(.*?)^```", text)
    lines = [line for block in blocks for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("medseg ")]


@pytest.mark.parametrize("words", _documented(), ids=" ".join)
def test_what_the_page_of_projects_says_can_be_typed(words: list[str]) -> None:
    found = loaded(words[0])
    path = words[:2] if isinstance(found, typer.Typer) else words[:1]
    told = run_command(*path, "--help")
    assert told.code == 0, told.err
    missing = [word for word in words if word.startswith("--") and f" {word} " not in told.out]
    assert not missing
