"""Bad input and misuse: each a clear sentence, nothing lost, nothing half-written."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import medseg
from medseg import signoff
from medseg.errors import (
    FormatError,
    GeometryError,
    MedsegError,
    ReviewError,
    SignoffError,
    StoreError,
)
from medseg.formats import write_segmentation
from medseg.model import (
    Ending,
    EndingKind,
    PersonKey,
    Policy,
    Role,
    Viewing,
    main_plane,
)
from medseg.project import Project, acts
from medseg.project.acts import signed_acts
from medseg.project.store import store as store_module
from medseg.project.viewings import add_viewings
from medseg.review import policy_from_tables
from medseg.signoff import open_envelope
from medseg.signoff.canonical import canonical
from medseg.signoff.people.changes import renew, revoke
from medseg.signoff.people.registry import Registry
from medseg.signoff.people.sealing import seal_registry
from tests.phantoms import oblique_geometry, ramp_volume
from tests.project.cases import save_image
from tests.project.team import KEYS, ROOT, Team, change_voxel, person
from tests.signoff.cases import codes, key_of, three_lesions

needs_permissions = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="the test's user may write everywhere"
)


def files_of(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def refused(team: Team, act: Callable[[], Any], error: type[MedsegError], match: str) -> None:
    """The act is refused in words, and leaves log and files byte for byte as they were."""
    root = team.project.layout.root
    before, size = files_of(root), len(team.entries())
    with pytest.raises(error, match=match):
        act()
    assert len(team.entries()) == size
    after = files_of(root)
    before.pop("project.db", None), after.pop("project.db", None)
    assert after == before


def change_people(team: Team, change: Callable[[Registry], Registry], what: str) -> None:
    registry = change(team.project.registry)
    acts.change_people(team.project, seal_registry(registry, ROOT), change=what)


def times(days: float = 30) -> dict[str, str]:
    now = datetime.now(UTC)
    return {"issued": now.isoformat(), "expires": (now + timedelta(days=days)).isoformat()}


@pytest.fixture
def submitted(team: Team) -> Team:
    team.draw()
    team.submit()
    return team


def test_a_wrong_passphrase(submitted: Team):
    content = signoff.create_key("Rob", "right", person_id="p-rob")
    with pytest.raises(SignoffError, match="passphrase does not open"):
        signoff.unlock_key(content, "wrong")
    keyid = signoff.describe_key(content)["keyid"]
    acts.note_failed_auth(submitted.project, keyid, "wrong passphrase", by="p-rob")
    assert submitted.entries()[-1].data == {"keyid": keyid, "what": "wrong passphrase"}


def test_an_unknown_key(submitted: Team):
    stranger = key_of(99, "Rob")
    refused(submitted, lambda: submitted.review(key=stranger), SignoffError, "enrol")


def test_a_colleagues_key(submitted: Team):
    refused(submitted, lambda: submitted.review(key=KEYS["sig"]), SignoffError, "own key")


def test_a_revoked_key(submitted: Team):
    size = len(submitted.entries())
    change_people(
        submitted,
        lambda one: revoke(one, KEYS["rob"].keyid, "compromised", from_seq=size, **times()),
        "Rob's laptop was stolen",
    )
    refused(submitted, submitted.review, SignoffError, "revoked")


def test_an_expired_key(submitted: Team):
    old = KEYS["rob"]
    past = datetime.now(UTC) - timedelta(days=900)
    key = PersonKey(
        old.keyid, old.public_key, past.isoformat(), (past + timedelta(days=100)).isoformat()
    )

    def expire(registry: Registry) -> Registry:
        people = tuple(
            replace(one, keys=(key,)) if one.person_id == "p-rob" else one
            for one in registry.people
        )
        return replace(renew(registry, **times()), people=people)

    change_people(submitted, expire, "Rob's key ended")
    refused(submitted, submitted.review, SignoffError, "signs from .* clock")


def test_an_expired_registry(submitted: Team, monkeypatch: pytest.MonkeyPatch):
    late = (datetime.now(UTC) + timedelta(days=2 * 365)).isoformat()
    monkeypatch.setattr(signed_acts, "now_iso", lambda: late)
    refused(submitted, submitted.review, SignoffError, "ended on .* set the clock")


def test_a_clock_two_years_behind(submitted: Team, monkeypatch: pytest.MonkeyPatch):
    early = (datetime.now(UTC) - timedelta(days=2 * 365)).isoformat()
    monkeypatch.setattr(signed_acts, "now_iso", lambda: early)
    refused(submitted, submitted.review, SignoffError, "clock")


def test_an_unknown_person(submitted: Team):
    def review() -> None:
        acts.review(
            submitted.project,
            submitted.reading,
            by="p-nobody",
            key=KEYS["rob"],
            decision="approve",
        )

    refused(submitted, review, ReviewError, "registry of people")


def test_own_work(tmp_path: Path):
    team = Team.make(tmp_path)
    both = person("ada")
    change_people(
        team,
        lambda one: replace(
            renew(one, **times()),
            people=tuple(
                replace(both, roles=frozenset({Role.ANNOTATOR, Role.REVIEWER}), keys=now.keys)
                if now.person_id == "p-ada"
                else now
                for now in one.people
            ),
        ),
        "Ada reviews too",
    )
    team.draw()
    team.submit()
    refused(team, lambda: team.review(by="ada"), ReviewError, "voxels of their own")


def test_a_second_key_of_the_same_person_is_the_same_person(submitted: Team):
    change_voxel(submitted.mask, (2, 3, 4), 0, author="Rob")
    submitted.submit(by="ada")
    assert "p-rob" in submitted.project.case(submitted.case).reading(submitted.reading).annotators
    refused(submitted, submitted.review, ReviewError, "voxels of their own")


@pytest.mark.parametrize(
    ("act", "match"),
    [
        (lambda team: team.sign(), "needs 1 approval"),
        (lambda team: team.lock(), "once it is signed"),
        (lambda team: team.sign(by="rob"), "Only a signer may"),
        (lambda team: team.review(by="lea"), "Only a reviewer may"),
        (
            lambda team: acts.unlock(
                team.project, team.reading, by="p-lea", key=KEYS["lea"], reason="why not"
            ),
            "signed or locked",
        ),
        (lambda team: team.review("reject"), "reason"),
        (lambda team: acts.assign(team.project, team.case, "p-ben", by="p-lea"), "reading"),
        (lambda team: acts.assign(team.project, "c-none", "p-ben", by="p-lea"), "of that id"),
        (lambda team: acts.open_reading(team.project, "r-none", by="p-ada"), "no 'r-none'"),
    ],
)
def test_the_wrong_stage_or_role(submitted: Team, act: Callable[[Team], Any], match: str):
    refused(submitted, lambda: act(submitted), (ReviewError, SignoffError), match)  # type: ignore[arg-type]


def test_nothing_drawn_yet(team: Team):
    refused(team, team.submit, ReviewError, "saved mask")


def test_the_mask_of_another_image(submitted: Team):
    other = three_lesions(oblique_geometry((7, 9, 11)))
    write_segmentation(other, submitted.mask)
    refused(submitted, submitted.review, GeometryError, "another image's mask")
    refused(submitted, submitted.submit, GeometryError, "another image's mask")


def test_another_image_in_the_place_of_the_image(submitted: Team):
    ramp = ramp_volume()
    save_image(replace(ramp, voxels=ramp.voxels + 1), submitted.image)
    refused(submitted, submitted.review, SignoffError, "another image")


def test_a_record_that_tells_another_image_than_the_log(submitted: Team):
    path = submitted.project.layout.image(submitted.case)
    content = json.loads(path.read_bytes())
    content["identity"]["rungs"]["modality"] = "00" * 32
    path.write_text(json.dumps(content))
    refused(submitted, submitted.review, SignoffError, "than the log")
    medseg.project.import_images(submitted.project, submitted.image, by="p-lea")
    assert submitted.review()


def test_a_project_that_was_never_finished(tmp_path: Path):
    folder = tmp_path / "study"
    Project.create(folder, name="Lung", site="A", key=ROOT).close()
    (folder / "medseg.toml").unlink()
    before = files_of(folder)
    with pytest.raises(FormatError, match="never finished"):
        Project.create(folder, name="Lung", site="A", key=ROOT)
    assert files_of(folder) == before


def test_a_moved_image(submitted: Team, tmp_path: Path):
    submitted.image.rename(tmp_path / "moved.nii.gz")
    refused(submitted, submitted.review, FormatError, "looked for at")
    found = medseg.project.import_images(submitted.project, tmp_path / "moved.nii.gz", by="p-lea")
    assert (found.cases, found.known) == ((), (submitted.case,))
    assert submitted.review()


def test_an_edited_mask(submitted: Team):
    change_voxel(submitted.mask, (2, 3, 4), 0)
    refused(submitted, submitted.review, ReviewError, "changed since version 1")


def test_a_signature_past_the_log(submitted: Team):
    def sign() -> None:
        medseg.project.sign(submitted.mask, KEYS["sig"], image=submitted.image)

    refused(submitted, sign, SignoffError, "project's log")


def test_a_kept_version_is_not_saved_over(submitted: Team):
    version = submitted.project.layout.version(submitted.case, submitted.reading, 1)
    with pytest.raises(ReviewError, match="kept as it was"):
        medseg.project.check_may_save(version)
    medseg.project.check_may_save(submitted.mask)


def test_an_ending_that_the_mask_contradicts(team: Team):
    team.draw()

    def submit() -> None:
        ending = Ending(EndingKind.NO_LESION_FOUND)
        acts.submit(team.project, team.reading, by="p-ada", key=KEYS["ada"], ending=ending)

    refused(team, submit, ReviewError, "ENDING_CONTRADICTS_MASK")


def test_a_half_copied_folder(submitted: Team, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(submitted.project.layout.root, copy)
    shutil.rmtree(copy / "cases" / submitted.case / submitted.reading / "versions")
    (copy / "cases" / submitted.case / "image.json").unlink()
    with Project.open(copy) as project:
        missing = {one.where.file for one in project.findings if one.code == "FILE_MISSING"}
    stem = f"cases/{submitted.case}/{submitted.reading}/versions"
    assert missing == {
        f"cases/{submitted.case}/image.json",
        f"{stem}/1.nii.gz",
        f"{stem}/1.json",
    }
    (copy / "project.db").unlink()
    with pytest.raises(StoreError, match=r"project\.db"):
        Project.open(copy)
    (copy / "medseg.toml").unlink()
    with pytest.raises(FormatError, match="medseg init"):
        Project.open(copy)


def test_an_exchanged_registry(submitted: Team):
    layout = submitted.project.layout
    forged = renew(submitted.project.registry, **times(3000))
    layout.people.write_bytes(seal_registry(forged, ROOT))
    with Project.open(layout.root) as project:
        assert [one.code for one in project.findings] == ["PEOPLE_WRITTEN_AGAIN"]
        assert project.registry.version == 1
    layout.people.write_bytes(b"{}")
    layout.people_version(1).write_bytes(b"{}")
    with Project.open(layout.root) as project:
        assert [one.code for one in project.findings] == ["PEOPLE_DIFFER"]
        with pytest.raises(SignoffError, match=r"people\.json"):
            project.person("p-ada")


def test_a_registry_that_skips_or_goes_back(submitted: Team):
    project = submitted.project
    first = project.registry

    def put(registry: Registry) -> None:
        acts.change_people(project, seal_registry(registry, ROOT), change="x")

    refused(submitted, lambda: put(first), ReviewError, "version 1")
    skipped = renew(renew(first, **times()), **times())
    refused(submitted, lambda: put(skipped), ReviewError, "version 3")
    forged = seal_registry(renew(first, **times()), key_of(66))
    refused(
        submitted,
        lambda: acts.change_people(project, forged, change="x"),
        SignoffError,
        "signatures of",
    )


@needs_permissions
def test_a_read_only_folder(submitted: Team):
    folder = submitted.mask.parent / "versions"
    folder.chmod(0o500)
    try:
        refused(submitted, submitted.submit, FormatError, "read-only")
    finally:
        folder.chmod(0o700)


def test_a_folder_that_cannot_be_made(submitted: Team):
    folder = submitted.mask.parent / "versions"
    shutil.rmtree(folder)
    folder.write_text("in the way")
    refused(submitted, submitted.submit, FormatError, "versions cannot")


def test_a_disk_that_refuses_the_sign_offs(submitted: Team, monkeypatch: pytest.MonkeyPatch):
    def full(*_: Any, **__: Any) -> None:
        raise FormatError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr("medseg.project.folder.healing.atomic.write_bytes", full)
        submitted.review()
    assert [one.code for one in submitted.project.findings] == ["SIGNOFFS_BEHIND"]
    sidecar = submitted.project.layout.signoffs(submitted.case, submitted.reading)
    assert not sidecar.exists()
    with Project.open(submitted.project.layout.root) as again:
        assert [one.code for one in again.findings] == ["SIGNOFFS_WRITTEN_AGAIN"]
    assert len(sidecar.read_bytes().splitlines()) == 1
    submitted.sign()
    submitted.lock()
    assert codes(medseg.verify(submitted.mask))[-1] == "VALID"


def test_a_disk_that_refuses_the_version(team: Team, monkeypatch: pytest.MonkeyPatch):
    team.draw()

    def full(*_: Any, **__: Any) -> None:
        raise FormatError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr("medseg.project.acts.reading.place_version", full)
        size = len(team.entries())
        with pytest.raises(FormatError, match="full"):
            team.submit()
    assert len(team.entries()) == size
    assert list((team.mask.parent / "versions").iterdir()) == []
    team.submit()


def test_a_database_locked_by_another_process(submitted: Team, monkeypatch: pytest.MonkeyPatch):
    layout = submitted.project.layout
    other = sqlite3.connect(layout.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    impatient = Project(
        layout,
        submitted.project.settings,
        store_module.Store.open(layout.database, patience_seconds=0.1),
    )
    try:
        with pytest.raises(StoreError, match=r"lock|busy"):
            acts.review(
                impatient, submitted.reading, by="p-rob", key=KEYS["rob"], decision="approve"
            )
    finally:
        other.execute("ROLLBACK")
        other.close()
        impatient.close()
    assert not layout.signoffs(submitted.case, submitted.reading).exists()
    assert submitted.review()


def test_a_second_project_in_one_folder(team: Team):
    def create() -> None:
        Project.create(team.project.layout.root, name="Other", site="B", key=ROOT)

    refused(team, create, FormatError, "holds none")


def test_nothing_is_left_of_a_project_that_could_not_be_made(tmp_path: Path):
    folder = tmp_path / "study"
    with pytest.raises(SignoffError, match="with the same key"):
        Project.create(folder, name="Lung", site="A", key=ROOT, people=[person("ada", ROOT)])
    assert not folder.exists() or list(folder.iterdir()) == []
    with pytest.raises(FormatError, match="one line"):
        Project.create(folder, name="Lung\ncancer", site="A", key=ROOT)
    assert list(folder.iterdir()) == []
    Project.create(folder, name="Lung", site="A", key=ROOT).close()


def test_coverage_that_the_policy_demands(tmp_path: Path):
    policy: Policy = policy_from_tables({"stages": {"review": {"coverage": "labelled"}}})
    team = Team.make(tmp_path, policy=policy)
    team.draw()
    team.submit()
    refused(team, team.review, ReviewError, "displayed")
    plane = main_plane(team.project.image(team.case).geometry)
    some = Viewing(
        "p-rob", team.reading, 1, plane, 0, 3, 9.0, True, "lung", "2026-11-22T10:00:00+00:00"
    )
    add_viewings(team.project.store, [some])
    refused(team, team.review, ReviewError, "slice 4")
    add_viewings(team.project.store, [replace(some, first=4, last=4)])
    team.review()
    record = open_envelope(canonical(team.entries()[-1].data["envelope"])).record
    assert record.predicate["viewed"]["labelledSlicesSeen"] == 1
    assert record.predicate["viewed"]["allSlicesSeen"] < 1
    assert record.annotators == {"p-ada"}
    assert record.predicate["registryVersion"] == 1
    assert record.predicate["logAnchor"]["size"] == team.entries()[-1].seq
