"""The demo tells the whole story, on the sample case and on real series."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image

from tests.cli.running import run_command


def test_demo_leaves_what_it_says(demo_folder: Path) -> None:
    printed = (demo_folder / "printed.txt").read_text(encoding="utf-8")
    for name in (
        "montage.png",
        "record.html",
        "study/medseg.toml",
        "export/manifest.json",
        "export/measurements.csv",
        "one-voxel-changed/medseg.toml",
        "about-this-demo.txt",
    ):
        assert (demo_folder / name).stat().st_size > 0
        assert name.split("/", maxsplit=1)[0] in printed
    assert " open " in printed
    assert "not a medical device" in printed.lower()


def test_three_persons_tell_the_story(demo_folder: Path, demo_mask: Path) -> None:
    printed = (demo_folder / "printed.txt").read_text(encoding="utf-8")
    steps = (
        "Handed in as version 1",
        "Comment at LPS",
        "tries to approve it alone",
        "Rejected, signed",
        "redrew slice",
        "Handed in as version 2",
        "approved version 2",
        "signed exactly these voxels",
        "locked it",
        "VALID LOCKED",
    )
    places = [printed.index(step) for step in steps]
    assert places == sorted(places)
    lines = demo_mask.with_name("lesions.signoff.jsonl").read_text().splitlines()
    assert len(lines) == 4  # reject, approve, sign, lock
    assert sorted(path.name for path in (demo_mask.parent / "versions").glob("*.nii.gz")) == [
        "1.nii.gz",
        "2.nii.gz",
    ]


def test_a_key_of_the_demo_is_written_nowhere(demo_folder: Path) -> None:
    written = [path for path in demo_folder.rglob("*") if path.is_file()]
    assert not [path for path in written if b"ciphertext" in path.read_bytes()]


def test_the_changed_copy_is_reported_with_its_slice(demo_folder: Path) -> None:
    printed = (demo_folder / "printed.txt").read_text(encoding="utf-8")
    after = printed.split("One voxel erased")[1]
    assert "TAMPERED_VOXELS" in after
    assert re.search(r"changed after signing in slice \d+\.", after)


def test_the_table_has_five_lesions_close_to_their_known_volumes(demo_folder: Path) -> None:
    from medseg.formats import sample

    with (demo_folder / "export" / "measurements.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lesions = sample.sample_case().lesions
    assert len(rows) == len(lesions) >= 5
    for row, lesion in zip(rows, lesions, strict=True):
        assert row["label"] == lesion["name"]
        # Three outlines and what is filled between them: half of a lesion's slices were never
        # drawn, and a branching one is caught least.
        assert float(row["volume [ml]"]) == pytest.approx(lesion["analytic_volume_ml"], rel=0.3)
        assert float(row["longest_diameter [mm]"]) >= float(row["perpendicular_diameter [mm]"]) > 0


def test_the_montage_is_a_picture_with_drawn_and_interpolated_outlines(demo_folder: Path) -> None:
    pixels = np.asarray(Image.open(demo_folder / "montage.png").convert("RGB")).astype(int)
    assert min(pixels.shape[:2]) > 500
    for color in ((255, 176, 0), (86, 209, 255)):
        assert (np.abs(pixels - color).sum(axis=2) < 40).sum() > 100


def test_the_exported_mask_is_what_nibabel_reads(demo_folder: Path, demo_mask: Path) -> None:
    exported = nibabel.load(demo_folder / "export" / "lesions.nii.gz")
    saved = nibabel.load(demo_mask)
    np.testing.assert_array_equal(np.asarray(exported.dataobj), np.asarray(saved.dataobj))
    np.testing.assert_allclose(exported.affine, saved.affine)
    manifest = json.loads((demo_folder / "export" / "manifest.json").read_text())
    assert manifest["verification"]["valid"] is True


@pytest.mark.parametrize(
    ("image", "at"),
    [
        ("dcm_qa_ct/In/Philips/S21570/S2010", None),
        ("TotalSegmentator/tests/reference_files/example_ct_dicom", None),
        ("sct_testing_data/t2/t2_fake_lesion.nii.gz", "lesion"),
    ],
)
def test_the_story_runs_on_real_series(
    shared_data: Path, tmp_path: Path, image: str, at: str | None
) -> None:
    words: list[str | Path] = ["demo", "--out", tmp_path, "--image", shared_data / image]
    if at:
        words += ["--at", _centre_of(shared_data / "sct_testing_data/t2", "lesion_seg")]
    done = run_command(*words)
    assert done.code == 0, done.err
    assert "demonstration region" in done.out.lower()
    assert "lesion " not in done.out.split("draws key slices")[1].split("Measuring")[0].lower()
    assert (tmp_path / "montage.png").stat().st_size > 10_000
    # The demo's registry is trusted by nobody, so that nobody takes its word by accident.
    assert run_command("verify", tmp_path / "study").code == 12


def _centre_of(folder: Path, name: str) -> str:
    import medseg

    mask = medseg.read_segmentation(folder / f"t2_fake_lesion_{name}.nii.gz")
    # The voxel nearest the centre, so that the point lies inside a bent lesion too.
    inside = np.argwhere(mask.array)
    nearest = inside[np.abs(inside - inside.mean(axis=0)).sum(axis=1).argmin()]
    return ",".join(f"{value:.3f}" for value in mask.geometry.to_patient(nearest))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--at", "1,2,3"), "--image"),
        (("--image", "nowhere"), "nowhere"),
        (("--image", "sample_data/chest/dicom", "--at", "1,2"), "three numbers"),
        (("--image", "sample_data/chest/dicom", "--at", "0,0,99999"), "outside"),
    ],
)
def test_a_wrong_wish_is_refused_in_words(
    tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    done = run_command("demo", "--out", tmp_path / "out", *words)
    assert done.code == 3
    assert message in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "out").exists()
