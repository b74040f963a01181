"""Each command: what it prints for people and programs, and how it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from medseg.formats import sample
from tests.cli.running import run_command

PASSPHRASE = "a passphrase of the tests"


@pytest.fixture
def mask(demo_mask: Path, tmp_path: Path) -> Path:
    """A copy of the demo's mask with its sidecar, unsigned."""
    for name in ("lesions.nii.gz", "lesions.json"):
        shutil.copy(demo_mask.with_name(name), tmp_path / name)
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
    values = [one for segment in parsed["segments"] for one in segment["measures"]]
    assert values
    assert all(one["definition"] for one in values)


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


def test_a_signed_mask_is_not_changed_in_passing(mask: Path, key: Path, tmp_path: Path) -> None:
    image = ("--image", sample.sample_case().dicom)
    run_command("sign", mask, *image, "--key", key, passphrase=PASSPHRASE)
    before = mask.read_bytes()
    refused = run_command("interpolate", mask, *image)
    assert refused.code == 3
    assert "--out" in refused.err
    assert mask.read_bytes() == before
    assert run_command("interpolate", mask, *image, "--out", tmp_path / "b.nii.gz").code == 0


def test_a_table_never_replaces_a_mask_or_an_image(mask: Path) -> None:
    before = mask.read_bytes()
    refused = run_command("measure", mask, "--csv", mask, "--image", sample.sample_case().dicom)
    assert refused.code == 3
    assert ".csv" in refused.err
    assert mask.read_bytes() == before


def test_a_mask_never_replaces_its_image(tmp_path: Path) -> None:
    ct = _small_image(tmp_path)
    mask = _small_mask(tmp_path, "m.nii.gz", ct)
    before = ct.read_bytes()
    refused = run_command("interpolate", mask, "--out", ct)
    assert refused.code == 3
    assert ct.read_bytes() == before


def test_info_reads_an_image_beside_another_programs_sidecar(tmp_path: Path) -> None:
    ct = _small_image(tmp_path)
    (tmp_path / "ct.json").write_text('{"EchoTime": 0.1}')
    assert run_command("info", ct).code == 0
    assert json.loads(run_command("info", ct, "--json").out)["segments"] is None


def test_a_refusal_is_json_too_for_programs(tmp_path: Path) -> None:
    done = run_command("info", tmp_path / "nowhere", "--json")
    assert done.code == 3
    assert json.loads(done.out)["error"]["type"] == "FormatError"
    assert done.err.startswith("medseg: ")


def test_a_value_that_is_not_finite_is_null_for_programs(tmp_path: Path) -> None:
    import numpy as np

    ct = _small_image(tmp_path, np.float32, np.inf)
    mask = _small_mask(tmp_path, "m.nii.gz", ct)
    done = run_command("measure", mask, "--json")
    assert done.code == 0, done.err
    (segment,) = json.loads(done.out)["segments"]
    values = {one["name"]: one["value"] for one in segment["measures"]}
    assert values["maximum"] is None
    assert values["volume"] > 0


@pytest.mark.parametrize("label", ["[red]tumour[/red]", "病変", "[/bold]", "a[/", r"\[x]"])
def test_labels_are_printed_as_they_are(tmp_path: Path, label: str) -> None:
    ct = _small_image(tmp_path)
    mask = _small_mask(tmp_path, "m.nii.gz", ct, label)
    for command in ("info", "measure", "interpolate"):
        done = run_command(command, mask)
        assert done.code == 0, done.err
        assert label in done.out


def test_a_terminal_without_the_letters_prints_escapes(tmp_path: Path) -> None:
    import os
    import subprocess
    import sys

    ct = _small_image(tmp_path)
    mask = _small_mask(tmp_path, "m.nii.gz", ct, "病変")
    for words in (["info", mask], ["info", mask, "--json"]):
        done = subprocess.run(
            [sys.executable, "-c", "from medseg.cli import main; main()", *map(str, words)],
            capture_output=True,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert rb"\u75c5\u5909" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("info", "x" * 300),
        ("info", r"x\[/foo]"),
        ("key", "new", "X", "--key", "{tmp}/file/k.json"),
        ("export", "{tmp}/m.nii.gz", "--out", "{tmp}/file"),
        ("demo", "--out", "{tmp}"),
        ("demo", "--series", "1"),
    ],
    ids=lambda words: words[0],
)
def test_odd_paths_are_refused_in_words(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "file").write_text("in the way")
    done = run_command(*(word.format(tmp=tmp_path) for word in words), passphrase="x")
    assert done.code == 3, done.out + done.err
    assert done.err.startswith("medseg: ")
    assert (tmp_path / "file").read_text() == "in the way"


def test_the_demo_never_touches_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    mine = tmp_path / "lesions.nii.gz"
    mine.write_bytes(b"a reader's own work")
    done = run_command("demo", "--out", tmp_path)
    assert done.code == 3
    assert mine.read_bytes() == b"a reader's own work"
    assert [path.name for path in tmp_path.iterdir()] == ["lesions.nii.gz"]


def test_one_of_several_series_is_named(tmp_path: Path) -> None:
    first = _small_image(tmp_path)
    mask = _small_mask(tmp_path, "m.nii.gz", first)
    shutil.copy(first, tmp_path / "other.nii.gz")
    assert run_command("measure", mask, "--image", tmp_path).code == 3
    done = run_command("measure", mask, "--image", tmp_path, "--series", "ct.nii.gz")
    assert done.code == 0, done.err


def _small_image(folder: Path, dtype: type = int, value: float = 7) -> Path:
    """A NIfTI of 4 slices, by nibabel."""
    import nibabel
    import numpy as np

    kind = np.int16 if dtype is int else dtype
    voxels = np.full((12, 10, 4), value, kind)
    voxels[0, 0, 0] = 1
    nibabel.save(nibabel.Nifti1Image(voxels, np.diag([1.0, 1.0, 2.0, 1.0])), folder / "ct.nii.gz")
    return folder / "ct.nii.gz"


def _small_mask(folder: Path, name: str, image: Path, label: str = "Nodule") -> Path:
    """A mask on it with one lesion drawn on two slices."""
    from medseg.model import Contour
    from medseg.session import Session

    session = Session.open(image, author="Reader")
    number = session.new_lesion(label).number
    ring = [(2.0, 2.0), (2.0, 7.0), (7.0, 7.0), (7.0, 2.0)]
    for index in (0, 3):
        session.draw(Contour.on_slice(session.volume.geometry, index, ring, number))
    return session.save(folder / name)
