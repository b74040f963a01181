"""Bad input and misuse of a project: each a clear sentence, and nothing left behind."""

from __future__ import annotations

from pathlib import Path

from medseg.signoff.people.sealing import open_registry
from tests.cli.running import Run, run_command
from tests.cli.study import PASSPHRASE, Study
from tests.cli.telling import changed, entries, kinds, other_image, refused


def test_misuse_is_refused_in_words_and_leaves_nothing(study: Study, tmp_path: Path) -> None:
    reading, inside = study.reading, study.in_project()
    stranger = tmp_path / "stranger.json"
    assert run_command("key", "new", "Eve", "--key", stranger, passphrase=PASSPHRASE).code == 0
    before = len(entries(study))
    files = {path: path.stat().st_mtime_ns for path in study.folder.rglob("*") if path.is_file()}

    def eve(*words: str | Path) -> Run:
        return study.run(*words, *inside, "--key", stranger)

    refused(eve("worklist"), "Eve")  # unknown person
    refused(eve("review", "approve", reading), "Eve")
    refused(study.run("worklist", *inside), "--as")  # nobody
    refused(study.run("review", "settle", reading, *inside, by="Ada"), "several readers")
    refused(study.run("lock", reading, *inside, by="Ada"), reading)  # wrong stage
    refused(study.run("review", "approve", reading, *inside, by="Ravi"))
    refused(study.run("submit", "r-nowhere1", *inside, by="Ana"), "r-nowhere1")
    refused(study.run("submit", "not an id", *inside, by="Ana"), "worklist")
    refused(study.run("submit", reading, "--project", tmp_path, by="Ana"), "medseg init")
    refused(study.run("init", study.folder, by=""), "project")
    refused(study.run("import", tmp_path / "nowhere", *inside, by="Ana"), "nowhere")
    refused(study.run("import", study.image, *inside, by="Ravi"), "import")
    refused(study.run("assign", study.case, "--to", "Ravi", *inside, by="Ada"))
    refused(study.run("assign", study.case, "--to", "Nobody", *inside, by="Ada"), "Nobody")
    refused(study.run("worklist", "--due", "soon", *inside, by="Ada"), "2027-03-31")
    refused(study.run("worklist", "--sort", "colour", *inside, by="Ada"), "colour")
    refused(study.run("review", "comment", reading, "x", "--at", "1,nan,2", *inside, by="Ana"))
    refused(study.run("export", reading, "--out", tmp_path / "out", *inside, by="Ada"))
    assert not (tmp_path / "out").exists()
    assert len(entries(study)) == before
    after = {path: path.stat().st_mtime_ns for path in study.folder.rglob("*") if path.is_file()}
    assert {path for path in after if path.name != "project.db"} == {
        path for path in files if path.name != "project.db"
    }


def test_own_work_edited_masks_and_other_images_are_refused(study: Study) -> None:
    study.draw()
    study.submit()
    before = len(entries(study))
    reading, inside = study.reading, study.in_project()
    refused(study.run("review", "approve", reading, *inside, by="Ana"))  # own work, no reviewer
    changed(study.mask)  # not what was handed in
    refused(study.run("review", "approve", reading, *inside, by="Ravi"), "handed in")
    other_image(study.image)  # in its place
    refused(study.run("review", "approve", reading, *inside, by="Ravi"), study.case)
    assert len(entries(study)) == before
    assert not study.mask.with_name("lesions.signoff.jsonl").exists()


def test_a_revoked_key_signs_no_more(study: Study) -> None:
    study.draw()
    study.submit()
    described = study.json("key", "show", by="Ravi")
    keeper = study.root / "keeper.json"
    revoke = ("people", "revoke", described["keyid"], "--status", "compromised")
    study.done(*revoke, *study.in_project(), "--key", keeper)
    run = study.run("review", "approve", study.reading, *study.in_project(), by="Ravi")
    refused(run, "Ravi")
    assert "review" not in kinds(study)


def test_a_role_begins_at_the_entry_of_the_log_that_gives_it(study: Study) -> None:
    study.draw()
    study.submit()
    inside, keeper = study.in_project(), ("--key", study.root / "keeper.json")
    approve = ("review", "approve", study.reading)
    refused(study.run(*approve, *inside, by="Ben"), "reviewer")
    ben, both = study.ids()["Ben"], ("--role", "annotator", "--role", "reviewer")
    study.done("people", "roles", ben, *both, *inside, *keeper)
    given = entries(study)[-1]
    assert given["kind"] == "people"
    people = open_registry((study.folder / "people.json").read_bytes()).registry
    person = people.person(ben)
    assert person is not None
    seq = int(str(given["seq"]))
    assert (person.had_role("reviewer", seq - 1), person.had_role("reviewer", seq)) == (False, True)
    assert not person.had_role("annotator", 0), "they were not enrolled yet"
    study.done(*approve, *inside, by="Ben")
    assert study.run("verify", study.mask).code == 0


# For programs


def test_a_printed_name_is_given_twice_on_purpose_only(study: Study, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    assert run_command("key", "new", "Ana", "--key", other, passphrase=PASSPHRASE).code == 0
    keeper = study.root / "keeper.json"
    words = ("--role", "reviewer", "--public-key", other, *study.in_project(), "--key", keeper)
    refused(study.run("people", "enrol", " ana", *words), "--same-name")
    study.done("people", "enrol", "Ana", *words, "--same-name")
    # From now on the name alone says too little.
    refused(study.run("assign", study.case, "--to", "Ana", *study.in_project(), by="Ada"), "Ana")
