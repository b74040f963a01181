"""Taking images in: what is refused, what is left out, and how the command says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.cli.study import Study


def broken(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "broken.nii.gz").write_bytes(b"\x1f\x8b no image")
    return folder


def test_where_all_was_refused_nothing_went_well(study: Study, tmp_path: Path):
    run = study.run("import", broken(tmp_path / "all"), *study.in_project(), by="Ana")
    assert run.code == 3
    assert "0 new, 0 known already" in run.out
    assert "broken.nii.gz: this image became no case" in run.out
    assert "1 were refused" in run.err
    assert "medseg info" in run.err
    (tmp_path / "none").mkdir()
    run = study.run("import", tmp_path / "none", *study.in_project(), by="Ana")
    assert run.code == 3
    assert "nothing here was." in run.err
    run = study.run("import", tmp_path / "none", *study.in_project(), "--json", by="Ana")
    assert run.code == 3
    assert json.loads(run.out)["imported"][0]["cases"] == []


def test_where_some_were_refused_it_is_a_warning(study: Study, tmp_path: Path):
    folder = broken(tmp_path / "some")
    shutil.copy(study.image, folder)
    run = study.run("import", folder, *study.in_project(), by="Ana")
    assert run.code == 10
    assert "0 new, 1 known already" in run.out
    (folder / "broken.nii.gz").unlink()
    assert study.run("import", folder, *study.in_project(), by="Ana").code == 0


def test_links_that_lead_out_of_the_tree_are_followed_when_asked(study: Study, tmp_path: Path):
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    tree.mkdir()
    outside.mkdir()
    shutil.copy(study.image, outside / "image.nii.gz")
    (tree / "away").symlink_to(outside)
    (tree / "one.nii.gz").symlink_to(outside / "image.nii.gz")
    (tree / "round").symlink_to(tree)
    (tree / "nowhere.nii").symlink_to(tmp_path / "nowhere.nii")
    run = study.run("import", tree, *study.in_project(), by="Ana")
    assert run.code == 3
    assert "0 new, 0 known already" in run.out
    assert run.out.count("a link that leads out of the folder") == 3
    run = study.run("import", tree, "--follow-links", *study.in_project(), by="Ana")
    assert "0 new, 1 known already" in run.out
    inside = tmp_path / "inside"
    (inside / "store").mkdir(parents=True)
    shutil.copy(study.image, inside / "store" / "0a1b.nii.gz")
    (inside / "image.nii.gz").symlink_to(Path("store", "0a1b.nii.gz"))
    assert study.run("import", inside, *study.in_project(), by="Ana").code == 0


def test_a_refused_series_is_named_with_its_folder(study: Study, tmp_path: Path):
    folder = tmp_path / "scans" / "patient 7" / "series 3"
    folder.mkdir(parents=True)
    shutil.copy(study.image, tmp_path / "scans")
    broken(folder)
    run = study.run("import", tmp_path / "scans", *study.in_project(), "--json", by="Ana")
    assert run.code == 10
    (refused,) = (
        one
        for one in json.loads(run.out)["imported"][0]["findings"]
        if one["code"] == "IMAGE_REFUSED"
    )
    assert refused["where"]["file"] == "patient 7/series 3/broken.nii.gz"
    assert refused["text"].startswith("patient 7/series 3/broken.nii.gz: ")
