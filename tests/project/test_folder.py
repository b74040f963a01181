"""A project's folder: what `init` makes, what opening it mends and tells."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import pytest

import medseg
from medseg.errors import FormatError, ReviewError, StoreError
from medseg.model import Role
from medseg.project import Project, acts, find_spot, import_images
from medseg.project.folder.home import home_at, home_folder
from medseg.project.folder.layout import Layout
from medseg.project.folder.opaque import hidden, new_id, read_secret, write_secret
from medseg.project.folder.remembered import read_remembered, trust_root
from medseg.project.folder.settings import Settings, read_settings, write_settings
from medseg.review import policy_digest, policy_from_tables, solo_policy
from tests.phantoms import ramp_volume
from tests.project.cases import save_image
from tests.project.team import KEYS, LESIONS, ROOT, Team
from tests.signoff.cases import codes, key_of


def test_what_init_makes(team: Team):
    layout = team.project.layout
    tables = tomllib.loads(layout.settings.read_text(encoding="utf-8"))
    assert tables["project"]["name"] == "Lung"
    assert tables["project"]["schema"] == 1
    assert policy_from_tables(tables["policy"]) == team.project.policy
    assert layout.people.read_bytes() == layout.people_version(1).read_bytes()
    if os.name == "posix":
        assert stat.S_IMODE(layout.secret.stat().st_mode) == 0o600
    assert team.project.registry.people[0].printed_name == "Ada"
    assert layout.settings.read_text(encoding="utf-8").count("# ") > 10


def test_the_settings_come_back_with_whatever_a_name_holds(tmp_path: Path):
    settings = Settings('Lung "A" \\ B', "Zürich", "a/b/log-1", "postgresql://x@y/z")
    path = tmp_path / "medseg.toml"
    write_settings(settings, "", path)
    again = read_settings(path)
    assert (again.name, again.site, again.origin) == (settings.name, "Zürich", "a/b/log-1")
    assert again.database == settings.database
    assert again.labels == settings.labels
    lesion = again.labels[0].segment(4)
    assert (lesion.number, lesion.label) == (4, "Lesion")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("[project", "TOML"),
        ("[project]\nname = 'x'\n", "project.site"),
        ("[project]\nname='x'\nsite='y'\norigin='z'\nschema=99\n", "later medseg"),
        ("label=[1]\n[project]\nname='x'\nsite='y'\norigin='z'\nschema=1\n", "label"),
    ],
)
def test_settings_that_cannot_be_read(tmp_path: Path, text: str, match: str):
    path = tmp_path / "medseg.toml"
    path.write_text(text)
    with pytest.raises(FormatError, match=match):
        read_settings(path)


def test_one_person_does_everything_and_the_sign_offs_say_so(tmp_path: Path):
    key = key_of(5, "Eve Solo")
    image = save_image(ramp_volume(), tmp_path / "image.nii.gz")
    with Project.create(tmp_path / "own", name="Own", site="Home", key=key, solo="Eve Solo") as one:
        (eve,) = one.registry.people
        assert eve.roles == frozenset(Role)
        assert one.policy == solo_policy()
        (case,) = import_images(one, image, by=eve.person_id).cases
        reading = acts.assign(one, case, eve.person_id, by=eve.person_id)
        team = Team(one, image, case, reading)
        opened = acts.open_reading(one, reading, by=eve.person_id)
        medseg.write_segmentation(
            medseg.read_segmentation(opened.mask_path), opened.mask_path, image=opened.image.source
        )
        with pytest.raises(ReviewError, match="ENDING_CONTRADICTS_MASK"):
            acts.submit(one, reading, by=eve.person_id, key=key, ending=LESIONS)
        from medseg.model import Ending, EndingKind

        none = Ending(EndingKind.NO_LESION_FOUND)
        acts.submit(one, reading, by=eve.person_id, key=key, ending=none)
        acts.sign(one, reading, by=eve.person_id, key=key)
        acts.lock(one, reading, by=eve.person_id, key=key)
        found = medseg.verify(team.mask)
    assert found.exit_code == 10
    assert {"SELF_ATTESTED", "VALID"} <= set(codes(found))


def test_a_policy_that_was_edited_holds_once_it_is_entered(team: Team):
    layout = team.project.layout
    text = layout.settings.read_text(encoding="utf-8")
    layout.settings.write_text(
        text.replace('one_slice_lesion = "warn"', 'one_slice_lesion = "block"')
    )
    with Project.open(layout.root) as project:
        assert [one.code for one in project.findings] == ["POLICY_DIFFERS"]
        assert project.policy.checks["one_slice_lesion"] == "warn"
        with pytest.raises(ReviewError, match="Only a lead may"):
            acts.change_policy(project, by="p-rob", key=KEYS["rob"])
        assert acts.change_policy(project, by="p-lea", key=KEYS["lea"])
        assert not acts.change_policy(project, by="p-lea", key=KEYS["lea"])
        assert project.policy.checks["one_slice_lesion"] == "block"
        assert team.entries()[-1].data["digest"] == policy_digest(project.policy)
    with Project.open(layout.root) as project:
        assert project.findings == ()
    team.draw()
    with pytest.raises(ReviewError, match="ONE_SLICE_LESION"):
        team.submit()


def test_a_lost_sign_off_file_is_written_again_and_a_longer_one_is_left(team: Team):
    team.to_locked()
    path = team.project.layout.signoffs(team.case, team.reading)
    whole = path.read_bytes()
    for cut in (b"", whole.splitlines(keepends=True)[0]):
        path.write_bytes(cut)
        with Project.open(team.project.layout.root) as project:
            assert [one.code for one in project.findings] == ["SIGNOFFS_WRITTEN_AGAIN"]
        assert path.read_bytes() == whole
    with Project.open(team.project.layout.root) as project:
        assert project.findings == ()


def test_a_rewritten_history_is_noticed_by_who_has_seen_more(team: Team, tmp_path: Path):
    layout = team.project.layout
    team.draw()
    team.submit()
    before = layout.database.read_bytes()
    team.review("reject", reason="no")
    medseg.verify(layout.root)
    remembered = read_remembered().logs[team.project.settings.origin]
    assert remembered[0] == len(team.entries())
    team.project.store.close()
    layout.database.write_bytes(before)
    found = medseg.verify(team.mask)
    assert found.exit_code == 11
    assert "LOG_TRUNCATED" in codes(found)


def test_a_root_that_nobody_trusts_establishes_nobody(team: Team, home: Path):
    team.to_locked()
    (home / "remembered.json").unlink()
    assert "SIGNER_NOT_ESTABLISHED" in codes(medseg.verify(team.mask))
    assert medseg.verify(team.mask).exit_code == 12
    assert medseg.verify(team.mask, people=team.project.layout.people).exit_code == 0
    trust_root(ROOT.keyid, "Lung")
    assert medseg.verify(team.mask).exit_code == 0


def test_a_kept_version_that_was_changed_is_told(team: Team):
    team.to_locked()
    version = team.project.layout.version(team.case, team.reading, 1)
    from tests.project.team import change_voxel

    change_voxel(version, (2, 3, 4), 0)
    found = medseg.verify(team.project.layout.root)
    assert found.exit_code == 11
    assert "VERSION_CHANGED" in codes(found)


def test_a_removed_sign_off_is_missed(team: Team):
    team.to_locked()
    path = team.project.layout.signoffs(team.case, team.reading)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    found = medseg.verify(team.project.layout.root)
    assert found.exit_code == 10
    assert "SIGNOFFS_BEHIND" in codes(found)
    path.unlink()
    found = medseg.verify(team.project.layout.root)
    assert found.exit_code == 12
    assert {"SIGNOFFS_BEHIND", "NOT_SIGNED"} <= set(codes(found))
    with Project.open(team.project.layout.root):
        assert medseg.verify(team.project.layout.root).exit_code == 0


def test_a_folder_at_work_claims_nothing(team: Team):
    found = medseg.verify(team.project.layout.root)
    assert codes(found) == ["IN_WORK"]
    assert found.exit_code == 12
    team.draw()
    team.submit()
    assert medseg.verify(team.project.layout.case(team.case)).exit_code == 12


def test_a_folder_of_no_project(tmp_path: Path):
    assert codes(medseg.verify(tmp_path)) == ["NOT_SIGNED"]


def test_another_projects_database(team: Team, tmp_path: Path):
    with Project.create(tmp_path / "other", name="Other", site="B", key=ROOT) as other:
        database = other.layout.database
    layout = team.project.layout
    team.project.close()
    layout.database.write_bytes(database.read_bytes())
    with pytest.raises(StoreError, match="belongs to one project"):
        Project.open(layout.root)


def test_where_a_path_lies(team: Team, tmp_path: Path):
    layout = team.project.layout
    assert find_spot(tmp_path) is None
    spot = find_spot(team.mask)
    assert (spot.case, spot.reading, spot.version) == (team.case, team.reading, None)
    version = find_spot(layout.version(team.case, team.reading, 3))
    assert (version.reading, version.version) == (team.reading, 3)
    assert find_spot(layout.root).case is None
    assert find_spot(layout.root / "notes.txt") is None
    for name in ("..", "a/b", "", "c-1\0"):
        with pytest.raises(FormatError, match="plain ids"):
            Layout(tmp_path).case(name)


def test_ids_hide_whom_they_stand_for(tmp_path: Path):
    path = tmp_path / "secret"
    write_secret(path)
    secret = read_secret(path)
    assert len(secret) == 32
    assert hidden(secret, "s", "Doe") == hidden(secret, "s", "Doe") != hidden(secret, "t", "Doe")
    assert hidden(secret, "s", "Doe") != hidden(b"\0" * 32, "s", "Doe")
    assert "doe" not in hidden(secret, "s", "Doe")
    assert len({new_id("c") for _ in range(500)}) == 500
    path.write_bytes(b"short")
    with pytest.raises(FormatError, match="Restore"):
        read_secret(path)


def test_what_is_remembered_only_grows(home: Path):
    from medseg.project.folder.remembered import remember_log, remember_registry

    remember_log("a/b", 5, "05" * 32)
    remember_log("a/b", 3, "03" * 32)
    remember_registry(("ab" * 32,), 4)
    remember_registry(("ab" * 32,), 2)
    trust_root("cd" * 32, "Lung")
    found = read_remembered()
    assert found.logs == {"a/b": (5, "05" * 32)}
    assert found.registries == {"ab" * 32: 4}
    assert found.roots == {"cd" * 32: "Lung"}
    (home / "remembered.json").write_text("{")
    with pytest.raises(FormatError, match="remembers"):
        read_remembered()


def test_keys_lie_where_the_user_says(home: Path, monkeypatch: pytest.MonkeyPatch):
    from medseg.project.folder.home import key_path

    assert key_path() == home / "key.json"
    monkeypatch.delenv("MEDSEG_HOME")
    assert key_path().name == "key.json"
    assert key_path().parent.name == "medseg"
    assert KEYS


@pytest.mark.parametrize("before", [None, "elsewhere"])
def test_another_home_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str | None
):
    if before is None:
        monkeypatch.delenv("MEDSEG_HOME")
    else:
        monkeypatch.setenv("MEDSEG_HOME", before)
    usual = home_folder()

    def fail_elsewhere() -> None:
        with home_at(tmp_path / "other"):
            assert home_folder() == tmp_path / "other"
            raise KeyError("in between")

    with pytest.raises(KeyError, match="in between"):
        fail_elsewhere()
    assert home_folder() == usual
