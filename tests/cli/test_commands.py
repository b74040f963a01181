"""Each command: what it prints for people and programs, and how it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from medseg.formats import sample
from tests.cli.conftest import run_command

PASSPHRASE = "a passphrase of the tests"


@pytest.fixture
def mask(demo_folder: Path, tmp_path: Path) -> Path:
    """A copy of the demo's mask with its sidecar, unsigned."""
    for name in ("lesions.nii.gz", "lesions.json"):
        shutil.copy(demo_folder / name, tmp_path / name)
    return tmp_path / "lesions.nii.gz"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key made at the command line."""
    path = tmp_path_factory.mktemp("keys") / "key.json"
    done = run_command("key", "new", "Dr. Test", "--key", path, passphrase=PASSPHRASE)
    assert done.code == 0, done.err
    return path


def _key_id(key: Path) -> str:
    return json.loads(run_command("key", "show", "--key", key, "--json").out)["keyid"]


def test_info_in_words_and_for_programs() -> None:
    folder = sample.sample_case().dicom
    words = run_command("info", folder)
    assert words.code == 0
    assert "1 readable volume" in words.out
    assert "mm (slice, row, column)" in words.out
    parsed = json.loads(run_command("info", folder, "--json").out)
    assert parsed["series"][0]["shape"]
    assert parsed["series"][0]["reason"] is None


def test_info_names_the_segments_of_a_mask(mask: Path) -> None:
    assert "segments" in run_command("info", mask).out
    assert len(json.loads(run_command("info", mask, "--json").out)["segments"]) >= 5


def test_measure_prints_definitions_and_writes_a_table(
    mask: Path, demo_folder: Path, tmp_path: Path
) -> None:
    image = ("--image", sample.sample_case().dicom)
    table = tmp_path / "table.csv"
    words = run_command("measure", mask, *image, "--csv", table)
    assert words.code == 0, words.err
    assert "volume" in words.out
    exported = (demo_folder / "export" / "measurements.csv").read_text(encoding="utf-8")
    assert table.read_text(encoding="utf-8") == exported
    parsed = json.loads(run_command("measure", mask, *image, "--json").out)
    assert all(one["definition"] for values in parsed.values() for one in values)


def test_interpolate_fills_again_just_the_same(mask: Path, tmp_path: Path) -> None:
    out = tmp_path / "again.nii.gz"
    image = ("--image", sample.sample_case().dicom)
    done = run_command("interpolate", mask, *image, "--out", out, "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["segments"][0]["filled"]
    import medseg

    assert (medseg.read_segmentation(out).array == medseg.read_segmentation(mask).array).all()


def test_a_signature_of_ones_own_and_what_breaks_it(mask: Path, key: Path, tmp_path: Path) -> None:
    image = ("--image", sample.sample_case().dicom)
    assert run_command("verify", mask, *image).code == 12, "not signed yet"
    signed = run_command("sign", mask, *image, "--key", key, passphrase=PASSPHRASE)
    assert signed.code == 0, signed.err
    assert "Dr. Test" in signed.out
    assert run_command("verify", mask, *image).code == 12, "nobody vouches for the key"
    trusted = run_command("verify", mask, *image, "--trust", _key_id(key), "--json")
    assert (trusted.code, json.loads(trusted.out)["valid"]) == (0, True)

    out = tmp_path / "out"
    refused = run_command("export", mask, *image, "--out", out)
    assert refused.code == 3
    assert not out.exists()
    exported = run_command("export", mask, *image, "--out", out, "--trust", _key_id(key))
    assert exported.code == 0, exported.err

    _erase_one_voxel(mask)
    broken = run_command("verify", mask, *image, "--trust", _key_id(key), "--json")
    assert broken.code == 11
    tampered = [v for v in json.loads(broken.out)["verdicts"] if v["code"] == "TAMPERED_VOXELS"]
    assert tampered[0]["where"]["slices"] == [_ERASED[0]]


_ERASED: list[int] = []


def _erase_one_voxel(mask: Path) -> None:
    """By nibabel, as another program would."""
    import nibabel
    import numpy as np

    image = nibabel.load(mask)
    array = np.asarray(image.dataobj).copy()
    place = np.argwhere(array)[-1]
    array[tuple(place)] = 0
    _ERASED[:] = [int(place[2])]
    nibabel.save(nibabel.Nifti1Image(array, image.affine, image.header), mask)


def test_a_wrong_passphrase_signs_nothing(mask: Path, key: Path) -> None:
    image = ("--image", sample.sample_case().dicom)
    done = run_command("sign", mask, *image, "--key", key, passphrase="wrong")
    assert done.code == 3
    assert "passphrase" in done.err
    assert not mask.with_name("lesions.signoff.jsonl").exists()


def test_a_key_file_is_its_owners_alone_and_never_overwritten(key: Path) -> None:
    assert key.stat().st_mode & 0o077 == 0
    before = key.read_bytes()
    done = run_command("key", "new", "Someone", "--key", key, passphrase=PASSPHRASE)
    assert done.code == 3
    assert key.read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [
        ("info", "{tmp}/nowhere"),
        ("open", "{tmp}/nowhere"),
        ("measure", "{tmp}/nowhere.nii.gz"),
        ("interpolate", "{tmp}/text.nii.gz", "--image", "{tmp}/text.nii.gz"),
        ("measure", "{tmp}/text.nii.gz", "--image", "{tmp}"),
        ("verify", "{tmp}/nowhere.nii.gz"),
        ("sign", "{tmp}/nowhere.nii.gz"),
        ("sign", "{tmp}/text.nii.gz", "--key", "{tmp}/nokey"),
        ("sign", "{tmp}/text.nii.gz", "--key", "{tmp}/text.nii.gz"),
        ("key", "show", "--key", "{tmp}/nokey"),
        ("export", "{tmp}/nowhere.nii.gz", "--out", "{tmp}/out"),
        ("demo", "--out", "{tmp}/text.nii.gz/below"),
    ],
    ids=" ".join,
)
def test_bad_input_is_one_message_and_exit_code_3(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "text.nii.gz").write_text("no image at all")
    before = {path.name for path in tmp_path.iterdir()}
    done = run_command(*(word.format(tmp=tmp_path) for word in words), passphrase="x")
    assert done.code == 3, done.out + done.err
    assert done.err.startswith("medseg: ")
    assert "Traceback" not in done.err
    assert {path.name for path in tmp_path.iterdir()} == before, "no half-written file"


def test_a_usage_error_is_no_verdict() -> None:
    assert run_command("verify").code == 2
    assert run_command("nonsense").code == 2


def test_a_viewer_needs_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(variable, raising=False)
    done = run_command("open", sample.sample_case().dicom)
    assert done.code == 3
    assert "screen" in done.err or "gui" in done.err
