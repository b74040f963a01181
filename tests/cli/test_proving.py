"""What changes the work or its rules is said under one's own key, not under a name."""

from __future__ import annotations

from tests.cli.running import run_command
from tests.cli.study import PASSPHRASE, Study
from tests.cli.telling import entries, refused


def test_a_hand_in_asks_for_the_passphrase_of_the_readers_own_key(study: Study) -> None:
    study.draw()
    words = ("submit", study.reading, *study.in_project())
    size = len(entries(study))
    refused(study.run(*words, by="Ana", passphrase="wrong one"), "passphrase")
    assert [one["kind"] for one in entries(study)[size:]] == ["failed-auth"]
    refused(study.run(*words, by="Ravi"), "not the reader")
    study.submit()
    last = entries(study)[-1]
    assert (last["kind"], last["actor"]) == ("submit", study.ids()["Ana"])
    assert last["data"]["proof"]["size"] == last["seq"]


def test_nobody_hands_in_or_rules_by_a_name_alone(study: Study) -> None:
    for words in (("submit", study.reading), ("policy", "apply")):
        assert "--passphrase-fd" in run_command(*words, "--help").out
        named = (*words, *study.in_project(), "--as", "Ana", "--key", study.key("Ana"))
        assert run_command(*named, passphrase=PASSPHRASE).code == 2


def test_the_lead_alone_changes_the_rules_and_proves_it(study: Study) -> None:
    settings = study.folder / "medseg.toml"
    text = settings.read_text(encoding="utf-8")
    assert "proven = true" in text
    settings.write_text(text.replace("proven = true", "proven = false"), encoding="utf-8")
    words = ("policy", "apply", *study.in_project())
    refused(study.run(*words, by="Ravi"), "Only a lead")
    study.done(*words, by="Ada")
    assert entries(study)[-1]["data"]["proof"]["size"] == entries(study)[-1]["seq"]
    study.locked()
    assert "VALID" in study.done("verify", study.mask)
