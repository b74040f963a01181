"""A team's story and a single person's, told by commands alone."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from medseg.formats import read_segmentation, write_segmentation
from medseg.model import Segmentation
from tests.cli.conftest import Run, run_command
from tests.cli.study import PASSPHRASE, Study
from tests.phantoms import ramp_volume
from tests.project.cases import save_image

BLIND = """
[policy.double]
readings = 2

[policy.stages]
review = false
[policy.stages.annotate]
roles = ["annotator"]
blind = true
[policy.stages.adjudicate]
roles = ["adjudicator"]
"""


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A team with one case that Ana reads; its user's own folder lies beside."""
    root = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDSEG_HOME", str(root / "home"))
        return Study.make(root / "team")


@pytest.fixture
def study(made_once: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A copy of the team, to be worked on."""
    shutil.copytree(made_once.root.parent / "home", tmp_path / "home")
    monkeypatch.setenv("MEDSEG_HOME", str(tmp_path / "home"))
    return made_once.copied(tmp_path / "team")


def _changed(mask: Path) -> int:
    """Erases a voxel of a mask behind medseg's back; returns its slice."""
    found = read_segmentation(mask)
    array = np.array(found.array)
    first = tuple(np.argwhere(array)[0])
    array[first] = 0
    elsewhere = mask.parent / "elsewhere" / mask.name
    elsewhere.parent.mkdir()
    write_segmentation(
        Segmentation(array, found.geometry, found.segments, found.provenance), elsewhere
    )
    os.replace(elsewhere, mask)
    shutil.rmtree(elsewhere.parent)
    return int(first[0])


def _other_image(path: Path) -> Path:
    volume = ramp_volume()
    return save_image(dataclasses.replace(volume, voxels=volume.voxels + 5), path)


def _entries(study: Study, by: str = "Ada") -> list[dict[str, object]]:
    entries: list[dict[str, object]] = study.json("log", "show", *study.in_project(), by=by)
    return entries


def _kinds(study: Study) -> list[object]:
    return [one["kind"] for one in _entries(study)]


def _refused(run: Run, *words: str) -> None:
    """Exit code 3, a sentence that says those words and what to do, and no stack trace."""
    assert run.code == 3, run
    assert "Traceback" not in run.err
    assert re.search(r"medseg: [A-Z].*\.", run.err), run.err
    for word in words:
        assert word in run.err, run.err


# The team's story


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

    _changed(study.mask)
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
    kinds = _kinds(study)
    assert kinds[-1] == "export"
    story = ["submit", "comment", "review", "submit", "resolve", "review", "sign", "lock"]
    assert [kind for kind in kinds if kind in story] == story

    slice_index = _changed(study.mask)
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
    assert len(lines) == len(_entries(study))
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


def test_one_person_alone_signs_and_it_is_said_that_nobody_else_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDSEG_HOME", str(tmp_path / "home"))
    image = save_image(ramp_volume(), tmp_path / "image.nii.gz")
    folder = tmp_path / "mine"

    def done(*words: str | Path, code: int = 0) -> str:
        run = run_command(*words, passphrase=PASSPHRASE)
        assert run.code == code, (words, run.err)
        return run.out

    assert "self-attested" in done("init", folder, "--solo", "Dr. Solo")
    (case,) = json.loads(done("import", image, "--project", folder, "--json"))["imported"][0][
        "cases"
    ]
    assert f"medseg assign {case}" in done("worklist", "--next", "--project", folder)
    told = done("distribute", "--project", folder)
    found = re.search(r"as (r-\w+)", told)
    assert found is not None
    reading = Study(tmp_path, case, found[1])
    mask = folder / "cases" / case / found[1] / "lesions.nii.gz"
    source = Study(tmp_path).image
    source.parent.mkdir()
    shutil.copy(image, source)
    reading.draw()
    mask.parent.mkdir(parents=True)
    for file in reading.mask.parent.glob("lesions.*"):
        shutil.copy(file, mask.parent / file.name)
    done("submit", found[1], "--project", folder)
    done("sign", mask)
    done("lock", found[1], "--project", folder)
    assert "SELF_ATTESTED" in done("verify", mask, code=10)
    page = tmp_path / "page.html"
    done("review", "record", case, "--project", folder, "--out", page)
    assert "self-attested" in page.read_text(encoding="utf-8")


# Other endings


@pytest.mark.parametrize(
    ("words", "ending", "reason"),
    [
        (("--no-lesion",), "no lesion found", ""),
        (("--not-evaluable", "motion", "--text", "blurred"), "not evaluable", "motion"),
    ],
)
def test_other_endings_are_signed_counted_and_exported(
    study: Study, tmp_path: Path, words: tuple[str, ...], ending: str, reason: str
) -> None:
    study.draw(Segmentation.empty(ramp_volume().geometry))
    study.submit(*words)
    study.act("review", "approve", study.reading, by="Ravi")
    study.act("sign", study.reading, by="Ada")
    study.act("lock", study.reading, by="Ada")
    out = tmp_path / "out"
    told = study.done("export", study.folder, "--out", out, by="Ada")
    assert "1 of 1 readings exported" in told
    assert f"1 ended as {ending}" in told
    with (out / "readings.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["ending"], row["reason"], row["state"]) == (ending, reason, "locked")
    assert (out / row["files"] / "lesions.nii.gz").exists()
    assert not read_segmentation(out / row["files"] / "lesions.nii.gz").array.any()
    assert _kinds(study)[-1] == "export"
    page = tmp_path / "page.html"
    study.act("review", "record", study.case, "--out", str(page), by="Ada")
    assert "nothing to outline" in page.read_text(encoding="utf-8")


def test_an_unfinished_reading_is_counted_and_stays_in_the_house(
    study: Study, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    told = study.json("export", study.folder, "--out", out, by="Ada")
    assert [one["written"] for one in told["readings"]] == [[]]
    assert [path.name for path in out.iterdir()] == ["readings.csv"]


def test_a_changed_reading_stays_in_the_house_and_the_table_says_why(
    study: Study, tmp_path: Path
) -> None:
    study.locked()
    _changed(study.mask)
    out = tmp_path / "out"
    run = study.run("export", study.folder, "--out", out, by="Ada")
    assert run.code == 11
    assert study.reading in run.err
    with (out / "readings.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row["files"].startswith("not exported:")
    assert [path.name for path in out.iterdir()] == ["readings.csv"]
    assert "export" not in _kinds(study)
    _refused(study.run("export", study.folder, "--out", out, by="Ada"), "empty folder")


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
    _refused(
        study.run(
            "handover", study.reading, "--to", "Ana", "--zone", "Mars/Base", *study.in_project()
        ),
        "time zone",
    )


def test_a_reading_opens_as_its_reader(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[list[Path], str]] = []

    class Viewer:
        def load(self) -> object:
            return lambda paths, author: seen.append((paths, author))

    monkeypatch.setattr("medseg.cli.opening.entry_points", lambda **_: [Viewer()])
    monkeypatch.setenv("DISPLAY", ":0")
    study.act("open", study.reading, by="Ana")
    paths, author = seen[0]
    assert author == "Ana"
    assert paths[-1].resolve() == study.mask.resolve()
    assert study.mask.exists()
    study.locked()
    study.act("open", study.reading, by="Ravi")
    assert seen[1][0][-1].name == "lesions.nii.gz"


# Blind reading


@pytest.fixture(scope="module")
def blind_once(tmp_path_factory: pytest.TempPathFactory) -> Study:
    root = tmp_path_factory.mktemp("blind")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDSEG_HOME", str(root / "home"))
        return Study.make(root / "team", BLIND)


@pytest.fixture
def blind(
    blind_once: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Study, Study]:
    """The same case for Ana and for Ben, neither of whom sees the other."""
    shutil.copytree(blind_once.root.parent / "home", tmp_path / "home")
    monkeypatch.setenv("MEDSEG_HOME", str(tmp_path / "home"))
    first = blind_once.copied(tmp_path / "team")
    return first, first.assigned(first.case, "Ben")


def _views(study: Study, by: str, folder: Path) -> str:
    """Everything that commands tell a person of the case and the project."""
    inside = study.in_project()
    told = [
        study.done("worklist", "--all", *inside, by=by),
        study.done("worklist", "--all", "--json", *inside, by=by),
        study.done("worklist", *inside, by=by),
        study.done("review", "show", study.case, *inside, by=by),
        study.done("review", "show", study.case, "--json", *inside, by=by),
        study.done("log", "show", study.case, *inside, by=by),
        study.done("log", "show", study.case, "--json", *inside, by=by),
        study.done("review", "record", study.case, "--out", folder / "page.html", *inside, by=by),
        (folder / "page.html").read_text(encoding="utf-8"),
    ]
    return "\n".join(told)


def test_a_blind_reader_is_told_nothing_of_the_other(
    blind: tuple[Study, Study], tmp_path: Path
) -> None:
    ana, ben = blind
    ana.draw()
    ana.submit("--text", "seven of them")
    ids = ana.ids()
    told = _views(ben, "Ben", tmp_path)
    for secret in (ana.reading, "seven of them", "submitted", "handed in version"):
        assert secret not in told, secret
    lists = json.loads(ben.done("worklist", "--all", "--json", *ben.in_project(), by="Ben"))
    assert lists["rows"][0]["readers"] == [ids["Ben"]]
    verified = ben.done("verify", ben.folder, by="Ben", code=12)
    assert ana.reading not in verified
    assert ana.reading in ben.run("verify", ben.folder, by="Ada").out
    assert ana.reading in _views(ana, "Ada", tmp_path)  # the lead sees it: the test can fail
    filtered = ben.json("worklist", "--all", "--reader", "Ana", *ben.in_project(), by="Ben")
    assert filtered["rows"] == []
    for words in (("review", "show"), ("review", "comment"), ("open",), ("handover",)):
        extra = {"comment": ("x",), "handover": ("--to", "Ben")}.get(words[-1], ())
        run = ben.run(*words, ana.reading, *extra, *ben.in_project(), by="Ben")
        assert "seven" not in run.out + run.err
        assert ana.reading not in run.out


def test_readers_who_agree_become_one_with_the_last_hand_in(blind: tuple[Study, Study]) -> None:
    ana, ben = blind
    for one, name in ((ana, "Ana"), (ben, "Ben")):
        one.draw()
        told = one.submit(by=name)
        assert "agree" not in told
    assert "consensus" in _kinds(ana)
    ana.done("sign", ana.mask, by="Ada")
    shown = ana.json("review", "show", ana.case, *ana.in_project(), by="Ada")["readings"]
    assert [one["state"] for one in shown] == ["signed", "set aside"]


def test_readers_who_differ_wait_for_the_adjudicator(blind: tuple[Study, Study]) -> None:
    ana, ben = blind
    ana.draw()
    ana.submit()
    ben.draw(Segmentation.empty(ramp_volume().geometry))
    ben.submit("--no-lesion", by="Ben")
    assert "disagree" in _kinds(ana)
    stages = [
        row["turn"]["stage"] for row in ana.json("worklist", *ana.in_project(), by="Ada")["rows"]
    ]
    assert stages == ["adjudicate"]
    _refused(ana.run("review", "settle", ana.case, *ana.in_project(), by="Ada"), "adjudicat")
    told = ana.act("review", "adjudicate", ana.reading, "--reason", "three are there", by="Ada")
    assert "Decided for" in told
    assert "adjudicate" in _kinds(ana)


def test_readers_are_measured_against_each_other_and_a_known_truth(
    blind: tuple[Study, Study], tmp_path: Path
) -> None:
    ana, ben = blind
    for one, name in ((ana, "Ana"), (ben, "Ben")):
        one.draw()
        one.submit(by=name)
    (pair,) = ana.json("review", "readers", *ana.in_project(), by="Ada")["agreement"]
    assert sorted(pair["readings"]) == sorted([ana.reading, ben.reading])
    assert (pair["dice"], pair["matched"], pair["onlyFirst"]) == (1.0, 3, 0)
    other = _other_image(ana.root / "images" / "gold.nii.gz")
    told = ana.json("import", other, "--gold", *ana.in_project(), by="Ana")
    (gold,) = told["imported"][0]["cases"]
    ana.act("review", "truth", gold, str(ana.mask), by="Ada")
    reading = ana.assigned(gold, "Ana")
    reading.draw(Segmentation.empty(ramp_volume().geometry))
    reading.submit("--no-lesion")
    (score,) = ana.json("review", "readers", *ana.in_project(), by="Ada")["gold"]
    assert (score["dice"], score["missed"], score["passed"]) == (0.0, 3, False)
    assert ana.json("review", "readers", *ana.in_project(), by="Ana")["gold"] == []
    _refused(ana.run("review", "truth", gold, ana.mask, *ana.in_project(), by="Ben"), "lead")


def test_waiting_cases_are_distributed(study: Study) -> None:
    other = _other_image(study.root / "images" / "other.nii.gz")
    study.act("import", str(other), by="Ana")
    told = study.act("distribute", "--seed", "1", by="Ada")
    assert "1 assigned; seed 1" in told
    assert "0 assigned" in study.act("distribute", "--seed", "1", by="Ada")


# Passphrases


def test_a_wrong_passphrase_is_refused_and_entered_in_the_log(study: Study) -> None:
    study.draw()
    study.submit()
    run = study.run(
        "review", "approve", study.reading, *study.in_project(), by="Ravi", passphrase="wrong one"
    )
    _refused(run, "passphrase")
    last = _entries(study)[-1]
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
    _refused(run_command(*words, "--passphrase-fd", "987654"), "file descriptor")


def test_no_option_takes_a_passphrase() -> None:
    for words in (("sign",), ("lock",), ("unlock",), ("review", "approve"), ("key", "new")):
        text = run_command(*words, "--help").out
        assert "--passphrase-fd" in text
        assert not re.search(r"--passphrase(?!-fd)", text)
        assert run_command(*words, "x", "--passphrase", "secret").code == 2


# Misuse


def test_misuse_is_refused_in_words_and_leaves_nothing(study: Study, tmp_path: Path) -> None:
    reading, inside = study.reading, study.in_project()
    stranger = tmp_path / "stranger.json"
    assert run_command("key", "new", "Eve", "--key", stranger, passphrase=PASSPHRASE).code == 0
    before = len(_entries(study))
    files = {path: path.stat().st_mtime_ns for path in study.folder.rglob("*") if path.is_file()}

    def eve(*words: str | Path) -> Run:
        return study.run(*words, *inside, "--key", stranger)

    _refused(eve("worklist"), "Eve")  # unknown person
    _refused(eve("review", "approve", reading), "Eve")
    _refused(study.run("worklist", *inside), "--as")  # nobody
    _refused(study.run("review", "settle", reading, *inside, by="Ada"), "several readers")
    _refused(study.run("lock", reading, *inside, by="Ada"), reading)  # wrong stage
    _refused(study.run("review", "approve", reading, *inside, by="Ravi"))
    _refused(study.run("submit", "r-nowhere1", *inside, by="Ana"), "r-nowhere1")
    _refused(study.run("submit", "not an id", *inside, by="Ana"), "worklist")
    _refused(study.run("submit", reading, "--project", tmp_path, by="Ana"), "medseg init")
    _refused(study.run("init", study.folder, by=""), "project")
    _refused(study.run("import", tmp_path / "nowhere", *inside, by="Ana"), "nowhere")
    _refused(study.run("import", study.image, *inside, by="Ravi"), "import")
    _refused(study.run("assign", study.case, "--to", "Ravi", *inside, by="Ada"))
    _refused(study.run("assign", study.case, "--to", "Nobody", *inside, by="Ada"), "Nobody")
    _refused(study.run("worklist", "--due", "soon", *inside, by="Ada"), "2027-03-31")
    _refused(study.run("worklist", "--sort", "colour", *inside, by="Ada"), "colour")
    _refused(study.run("review", "comment", reading, "x", "--at", "1,nan,2", *inside, by="Ana"))
    _refused(study.run("export", reading, "--out", tmp_path / "out", *inside, by="Ada"))
    assert not (tmp_path / "out").exists()
    assert len(_entries(study)) == before
    after = {path: path.stat().st_mtime_ns for path in study.folder.rglob("*") if path.is_file()}
    assert {path for path in after if path.name != "project.db"} == {
        path for path in files if path.name != "project.db"
    }


def test_own_work_edited_masks_and_other_images_are_refused(study: Study) -> None:
    study.draw()
    study.submit()
    before = len(_entries(study))
    reading, inside = study.reading, study.in_project()
    _refused(study.run("review", "approve", reading, *inside, by="Ana"))  # own work, no reviewer
    _changed(study.mask)  # not what was handed in
    _refused(study.run("review", "approve", reading, *inside, by="Ravi"), "handed in")
    _other_image(study.image)  # in its place
    _refused(study.run("review", "approve", reading, *inside, by="Ravi"), study.case)
    assert len(_entries(study)) == before
    assert not study.mask.with_name("lesions.signoff.jsonl").exists()


def test_a_revoked_key_signs_no_more(study: Study) -> None:
    study.draw()
    study.submit()
    described = study.json("key", "show", by="Ravi")
    keeper = study.root / "keeper.json"
    revoke = ("people", "revoke", described["keyid"], "--status", "compromised")
    study.done(*revoke, *study.in_project(), "--key", keeper)
    run = study.run("review", "approve", study.reading, *study.in_project(), by="Ravi")
    _refused(run, "Ravi")
    assert "review" not in _kinds(study)


# For programs


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


def test_a_printed_name_is_given_twice_on_purpose_only(study: Study, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    assert run_command("key", "new", "Ana", "--key", other, passphrase=PASSPHRASE).code == 0
    keeper = study.root / "keeper.json"
    words = ("--role", "reviewer", "--public-key", other, *study.in_project(), "--key", keeper)
    _refused(study.run("people", "enrol", " ana", *words), "--same-name")
    study.done("people", "enrol", "Ana", *words, "--same-name")
    # From now on the name alone says too little.
    _refused(study.run("assign", study.case, "--to", "Ana", *study.in_project(), by="Ada"), "Ana")
