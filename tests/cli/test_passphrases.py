"""A passphrase is asked for, read or taken from the environment; never an argument."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.cli.running import run_command
from tests.cli.study import PASSPHRASE, Study
from tests.cli.telling import entries, refused


def test_a_wrong_passphrase_is_refused_and_entered_in_the_log(study: Study) -> None:
    study.draw()
    study.submit()
    run = study.run(
        "review", "approve", study.reading, *study.in_project(), by="Ravi", passphrase="wrong one"
    )
    refused(run, "passphrase")
    last = entries(study)[-1]
    assert last["kind"] == "failed-auth"
    assert last["actor"] == study.ids()["Ravi"]
    assert "wrong one" not in json.dumps(last)


def test_a_passphrase_comes_through_a_file_descriptor(study: Study, tmp_path: Path) -> None:
    study.draw()
    study.submit()
    secret = tmp_path / "secret"
    secret.write_text(PASSPHRASE + "\n", encoding="utf-8")
    words = ("review", "approve", study.reading, "--key", study.key("Ravi"), *study.in_project())
    with secret.open("rb") as file:
        run = run_command(*words, "--passphrase-fd", str(file.fileno()))
    assert run.code == 0, run.err
    refused(run_command(*words, "--passphrase-fd", "987654"), "file descriptor")


def test_no_option_takes_a_passphrase() -> None:
    for words in (("sign",), ("lock",), ("unlock",), ("review", "approve"), ("key", "new")):
        text = run_command(*words, "--help").out
        assert "--passphrase-fd" in text
        assert not re.search(r"--passphrase(?!-fd)", text)
        assert run_command(*words, "x", "--passphrase", "secret").code == 2


# Misuse
