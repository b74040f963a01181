"""A team's story told by commands alone: one reading, from the first list to the proof."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.study import Study
from tests.cli.telling import changed, entries, kinds, other_image, refused


def test_a_team_rejects_corrects_approves_signs_locks_exports_and_sees_a_change(
    study: Study, tmp_path: Path
) -> None:
    reading, inside = study.reading, study.in_project()
    mine = study.json("worklist", *inside, by="Ana")["rows"]
    assert [(row["case"], row["turn"]["stage"]) for row in mine] == [(study.case, "annotate")]
    study.draw()
    assert "Handed in" in study.submit()

    told = study.act(
        "review", "comment", reading, "too wide", "--at", "1,2,3", "--severity", "error", by="Ravi"
    )
    comment = told.split()[-1]
    study.act("review", "reject", reading, "--reason", "edge too wide", by="Ravi")
    row = study.json("worklist", "--next", *inside, by="Ana")["rows"][0]
    assert row["turn"] == {"stage": "annotate", "reading": reading}
    assert row["openComments"] == 1

    changed(study.mask)
    study.submit()
    study.act("review", "resolve", study.case, comment, "redrawn", by="Ravi")
    study.act("review", "approve", reading, by="Ravi")
    study.done("sign", study.mask, by="Ada")
    study.act("lock", reading, by="Ada")
    assert study.json("verify", study.mask)["valid"] is True

    out = tmp_path / "out"
    study.done("export", study.mask, "--out", out, by="Ana")
    assert sorted(path.name for path in out.iterdir()) == [
        "lesions.json",
        "lesions.nii.gz",
        "lesions.signoff.jsonl",
        "manifest.json",
        "measurements.csv",
    ]
    told = kinds(study)
    assert told[-1] == "export"
    story = ["submit", "comment", "review", "submit", "resolve", "review", "sign", "lock"]
    assert [kind for kind in told if kind in story] == story

    slice_index = changed(study.mask)
    verdict = study.run("verify", study.mask)
    assert verdict.code == 11
    assert "TAMPERED_VOXELS" in verdict.out
    assert re.search(rf"slice {slice_index}\b", verdict.out)
    assert study.run("verify", study.folder).code == 11


def test_log_is_whole_exported_and_seen_through(study: Study, tmp_path: Path) -> None:
    study.locked()
    checked = study.done("log", "check", *study.in_project())
    assert "LOG_WHOLE" in checked
    told = study.act("log", "review", "nothing odd", by="Ada")
    assert re.search(r"up to entry \d+", told)
    path = tmp_path / "log.jsonl"
    study.done("log", "export", path, *study.in_project())
    lines = path.read_bytes().splitlines()
    assert len(lines) == len(entries(study))
    people = study.folder / "people.json"
    alone = tmp_path / "alone"
    alone.mkdir()
    for file in study.mask.parent.glob("lesions.*"):
        shutil.copy(file, alone / file.name)
    verified = study.run(
        "verify",
        alone / "lesions.nii.gz",
        "--image",
        study.image,
        "--people",
        people,
        "--log",
        path,
    )
    assert verified.code in (0, 10), verified.out


# One person alone


def test_questions_to_the_site_are_asked_answered_and_closed(study: Study) -> None:
    told = study.act("review", "ask", study.case, "which phase?", by="Ravi")
    query = told.split()[-1]
    rows = study.json("worklist", "--all", "--queries", *study.in_project(), by="Ada")["rows"]
    assert [row["openQueries"] for row in rows] == [1]
    study.act("review", "answer", study.case, query, "portal venous", by="Ana")
    study.act("review", "answer", study.case, query, "thank you", "--close", by="Ravi")
    shown = study.json("review", "show", study.case, *study.in_project(), by="Ada")["queries"]
    assert [(one["state"], one["answer"]) for one in shown] == [("closed", "portal venous")]


def test_a_handover_tells_what_is_open_and_whose_turn_it_is(study: Study, tmp_path: Path) -> None:
    study.draw()
    study.submit()
    study.act("review", "comment", study.reading, "too wide", by="Ravi")
    study.act("review", "reject", study.reading, "--reason", "edge", by="Ravi")
    file = tmp_path / "packet.txt"
    where = ("--zone", "Asia/Tokyo", "--note", "half done", "--out", str(file))
    told = study.act("handover", study.reading, "--to", "Ben", *where, by="Ana")
    for words in ("From Ana to Ben", "too wide", "+09:00", "Note: half done"):
        assert words in told
    assert file.read_text(encoding="utf-8").strip() == told.strip()
    mine = study.json("worklist", *study.in_project(), by="Ben")["rows"]
    assert [row["turn"]["reading"] for row in mine] == [study.reading]
    refused(
        study.run(
            "handover", study.reading, "--to", "Ana", "--zone", "Mars/Base", *study.in_project()
        ),
        "time zone",
    )


def test_a_reading_opens_as_its_reader(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[list[Path], dict[str, Any]]] = []

    class Viewer:
        def load(self) -> object:
            return lambda paths, **told: seen.append((paths, told))

    monkeypatch.setattr("medseg.cli.opening.entry_points", lambda **_: [Viewer()])
    monkeypatch.setenv("DISPLAY", ":0")
    study.act("open", study.reading, by="Ana")
    paths, told = seen[0]
    assert told["author"] == "Ana"
    assert told["person"] == study.ids()["Ana"]
    assert paths[-1].resolve() == study.mask.resolve()
    assert study.mask.exists()
    study.locked()
    study.act("open", study.reading, by="Ravi")
    assert seen[1][0][-1].name == "lesions.nii.gz"


def test_a_project_s_folder_opens_as_the_owner_of_the_key(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[list[Path], dict[str, Any]]] = []

    class Viewer:
        def load(self) -> object:
            return lambda paths, **told: seen.append((paths, told))

    monkeypatch.setattr("medseg.cli.opening.entry_points", lambda **_: [Viewer()])
    monkeypatch.setenv("DISPLAY", ":0")
    study.done("open", study.folder, by="Ana")
    study.done("open", study.folder / "medseg.toml", "--as", "Ravi")
    assert [paths for paths, _ in seen] == [[study.folder.resolve()]] * 2
    assert seen[0][1]["key"] == study.key("Ana")
    assert seen[1][1]["person"] == "Ravi"


# Blind reading


def test_waiting_cases_are_distributed(study: Study) -> None:
    other = other_image(study.root / "images" / "other.nii.gz")
    study.act("import", str(other), by="Ana")
    told = study.act("distribute", "--seed", "1", by="Ada")
    assert "1 assigned; seed 1" in told
    assert "0 assigned" in study.act("distribute", "--seed", "1", by="Ada")


# Passphrases


def test_every_reading_command_speaks_strict_json(study: Study, tmp_path: Path) -> None:
    study.locked()
    inside = study.in_project()
    for words in (
        ("people", "list", *inside),
        ("worklist", "--all", *inside, "--key", study.key("Ada")),
        ("worklist", "--next", *inside, "--key", study.key("Ada")),
        ("review", "show", study.reading, *inside, "--key", study.key("Ada")),
        ("log", "show", *inside, "--key", study.key("Ada")),
        ("log", "check", *inside),
        ("policy", "show", *inside),
        ("key", "show", "--key", study.key("Ada")),
        ("verify", study.mask),
        ("verify", study.folder),
        ("export", study.folder, "--out", tmp_path / "o", "--key", study.key("Ada")),
        ("selftest",),
    ):
        run = study.run(*words, "--json")
        assert run.code == 0, (words, run.err)
        json.loads(run.out, parse_constant=pytest.fail)
