"""`compare`, `agreement`, `followup` and the pages: what they say, write, and refuse."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import nibabel
import numpy as np
import pytest
from rich.console import Console

from medseg.cli import console
from medseg.model import Segment, Segmentation
from medseg.report.words import visible
from tests.cli.running import run_command

# What must stay harmless wherever it is printed.
LABELS = ("<script>alert(1)</script>", "=cmd()", "病変 $x$")
UIDS = ("2.25.11", "2.25.12", "2.25.13")
BOXES = ((2, 5, 5), (3, 15, 6), (6, 8, 20))


def _image(folder: Path) -> Path:
    voxels = np.random.default_rng(0).normal(0, 30, (32, 28, 10)).astype(np.int16)
    path = folder / "ct.nii.gz"
    nibabel.save(nibabel.Nifti1Image(voxels, np.diag([1.0, 1.0, 2.0, 1.0])), path)
    return path


def _mask(
    folder: Path,
    name: str,
    *,
    sizes: tuple[int, int, int] = (4, 5, 6),
    labels: tuple[str, ...] = LABELS,
    image: bool = True,
) -> Path:
    """Three boxes of 2 slices and that many pixels across; 0 draws none."""
    import medseg

    volume = medseg.read_volume(folder / "ct.nii.gz")
    array = np.zeros(volume.geometry.shape, np.uint8)
    for number, ((k, r, c), size) in enumerate(zip(BOXES, sizes, strict=True), start=1):
        array[k : k + 2, r : r + size, c : c + size] = number
    segments = tuple(
        Segment(number, label, uid)
        for number, (label, uid) in enumerate(zip(labels, UIDS, strict=True), start=1)
    )
    source = volume.source if image else None
    medseg.formats.write_segmentation(
        Segmentation(array, volume.geometry, segments), folder / name, image=source
    )
    return folder / name


@pytest.fixture
def masks(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Three readers' masks of one image: the second one's third lesion is absent."""
    _image(tmp_path)
    return (
        _mask(tmp_path, "anna.nii.gz"),
        _mask(tmp_path, "ben.nii.gz", sizes=(4, 4, 0)),
        _mask(tmp_path, "carl.nii.gz", sizes=(3, 5, 6)),
    )


def _rows(table: dict[str, object]) -> list[dict[str, object]]:
    rows = table["rows"]
    assert isinstance(rows, list)
    return rows


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_compare_counts_and_measures(masks: tuple[Path, ...], tmp_path: Path) -> None:
    anna, ben, _ = masks
    done = run_command("compare", anna, ben, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    by_segment = {row["segment"]: row for row in _rows(found["masks"])}
    assert by_segment[LABELS[0]]["dice"] == 1
    assert by_segment[LABELS[1]]["dice"] == pytest.approx(2 * 16 / (16 + 25))
    assert by_segment[LABELS[2]]["hd_mm"] is None, "infinite: one of the two is empty"
    assert by_segment[LABELS[1]]["volume_a_ml"] == pytest.approx(2 * 25 * 2 / 1000)
    detection = _rows(found["detection"])[0]
    assert (detection["matched"], detection["missed"], detection["extra"]) == (2, 1, 0)
    assert detection["sensitivity"] == pytest.approx(2 / 3)
    lesions = {row["segment"]: row["found"] for row in _rows(found["lesions"])}
    assert lesions == dict(zip(LABELS, ("matched", "matched", "missed"), strict=True))
    columns = found["masks"]["columns"]
    assert all(column["definition"] for column in columns[1:])
    assert "surfel" in next(c["definition"] for c in columns if c["name"] == "hd95_mm")


def test_compare_prints_every_label_as_it_is(masks: tuple[Path, ...]) -> None:
    done = run_command("compare", *masks[:2], "--name", "[bold]A", "--name", "B")
    assert done.code == 0, done.err
    assert all(label in done.out for label in (*LABELS, "[bold]A"))
    assert "missed" in done.out
    assert "(surfel)" in done.out


def test_surfaces_are_taken_as_asked(masks: tuple[Path, ...]) -> None:
    words = ("--convention", "voxel_border", "--tolerance", "1", "--tolerance", "2.5", "--json")
    done = run_command("compare", *masks[:2], *words)
    names = {column["name"] for column in json.loads(done.out)["masks"]["columns"]}
    assert {"nsd_1mm", "nsd_2.5mm"} <= names
    assert "voxel_border" in done.out


def test_agreement_of_three(masks: tuple[Path, ...]) -> None:
    done = run_command("agreement", *masks, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert len(_rows(found["pairs"])) == 3 * (1 + len(LABELS))
    assert {row["reader"] for row in _rows(found["consensus"])} == {"anna", "ben", "carl"}
    limits = {(row["measure"], row["difference"]): row for row in _rows(found["bland_altman"])}
    anna_ben = limits["volume [ml]", "ben less anna"]
    assert anna_ben["lesions"] == 2
    assert anna_ben["bias"] == pytest.approx((0 + (16 - 25) * 4 / 1000) / 2)
    assert {row["measure"] for row in _rows(found["icc"])} == {"volume", "longest_diameter"}
    assert any(LABELS[2] in note and "left out" in note for note in found["notes"])


def test_agreement_without_pairs_says_why(tmp_path: Path) -> None:
    _image(tmp_path)
    one = _mask(tmp_path, "one.nii.gz", sizes=(4, 0, 0))
    two = _mask(tmp_path, "two.nii.gz", sizes=(5, 0, 0))
    done = run_command("agreement", one, two, "--json")
    found = json.loads(done.out)
    assert "bland_altman" not in found
    assert any("found 1" in note for note in found["notes"])


def test_followup_and_response(masks: tuple[Path, ...], tmp_path: Path) -> None:
    later = _mask(tmp_path, "later.nii.gz", sizes=(8, 5, 0))
    names = ("--name", "2026-01", "--name", "2026-06")
    done = run_command("followup", masks[0], later, *names, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    status = {row["lesion"]: row["status"] for row in _rows(found["changes"])}
    assert status == {LABELS[0]: "grown", LABELS[1]: "stable", LABELS[2]: "gone"}
    words = "computed from contours, for the reader to confirm"
    assert all(words in str(row["rule"]) for row in _rows(found["changes"]))
    assert all(words in str(row["rule"]) for row in _rows(found["response"]))
    assert [row["examination"] for row in _rows(found["response"])] == ["2026-01", "2026-06"]
    assert words in run_command("followup", masks[0], later, *names).out


def test_a_target_can_be_named_and_called_too_small(masks: tuple[Path, ...]) -> None:
    words = ("--target", LABELS[0], "--too-small", f"ben={LABELS[0]}", "--json")
    done = run_command("followup", *masks[:2], *words)
    assert done.code == 0, done.err
    sums = [row["sum"] for row in _rows(json.loads(done.out)["response"])]
    assert sums[1] == 5
    assert sums[0] == pytest.approx(np.hypot(4, 3), abs=0.8), "one lesion of 4 x 4 mm"


def test_without_a_lesion_at_baseline_changes_are_told_all_the_same(tmp_path: Path) -> None:
    _image(tmp_path)
    empty = _mask(tmp_path, "empty.nii.gz", sizes=(0, 0, 0))
    done = run_command("followup", empty, _mask(tmp_path, "later.nii.gz"), "--json")
    found = json.loads(done.out)
    assert {row["status"] for row in _rows(found["changes"])} == {"new"}
    assert any(note.startswith("No response of targets") for note in found["notes"])


@pytest.mark.parametrize("command", ["measure", "compare", "agreement", "followup"])
def test_the_page_stands_alone_and_runs_nothing(
    masks: tuple[Path, ...], tmp_path: Path, command: str
) -> None:
    html, table = tmp_path / "page.html", tmp_path / "table.csv"
    given = {"measure": masks[:1], "compare": masks[:2]}.get(command, masks)
    done = run_command(command, *given, "--html", html, "--csv", table)
    assert done.code == 0, done.err
    page = html.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "not a medical device" in page
    assert "<svg" in page
    assert "data:image/png;base64," in page
    # Namespaces are names; nothing is fetched.
    without_names = page.replace('xmlns="http://www.w3.org/2000/svg"', "").replace(
        'xmlns:xlink="http://www.w3.org/1999/xlink"', ""
    )
    assert "http" not in without_names.replace("http-equiv", "")
    assert "prefers-color-scheme: dark" in page
    cells = [cell for row in _csv(table) for cell in row.values() if cell]
    assert cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))]
    for cell in cells:
        if cell.startswith("-"):
            float(cell)  # a negative number is one


def test_a_negative_number_stays_one(masks: tuple[Path, ...], tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    run_command("compare", *masks[:2], "--csv", table)
    differences = [row["value"] for row in _csv(table) if row["name"] == "volume_difference_ml"]
    assert float(differences[0]) < 0
    assert all(row["unit"] == "ml" for row in _csv(table) if row["name"] == "volume_difference_ml")


@pytest.mark.parametrize("command", ["compare", "agreement", "followup"])
def test_nothing_drawn_by_anybody_is_not_defined_and_never_a_number(
    tmp_path: Path, command: str
) -> None:
    _image(tmp_path)
    empty = [_mask(tmp_path, f"{name}.nii.gz", sizes=(0, 0, 0)) for name in ("one", "two")]
    done = run_command(command, *empty, "--html", tmp_path / "page.html", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    values = {
        key: [row.get(name) for row in _rows(found[key])]
        for key, name in (("masks", "dice"), ("pairs", "dice"), ("together", "fleiss_kappa"))
        if key in found
    }
    assert all(value is None for column in values.values() for value in column)
    if command == "followup":
        assert not _rows(found["changes"])
        assert any("found none" in note for note in found["notes"])
    else:
        assert values


def test_measure_gives_ibsi_features_under_their_tags(masks: tuple[Path, ...]) -> None:
    done = run_command("measure", masks[0], "--features", "--json")
    assert done.code == 0, done.err
    first = {one["name"]: one for one in json.loads(done.out)["segments"][0]["measures"]}
    assert first["morph_vol_approx"]["value"] == pytest.approx(4 * 4 * 2 * 2)
    assert first["morph_vol_approx"]["unit"] == "mm3"
    words = run_command("measure", masks[0], "--features")
    assert "morph" in words.out


def test_measure_tells_a_program_which_lesion_it_reads(masks: tuple[Path, ...]) -> None:
    found = json.loads(run_command("measure", masks[1], "--json").out)
    assert found["report"] == "measure"
    assert found["inputs"][0] == {"name": "mask", "file": str(masks[1])}
    assert found["notes"] == []
    assert [one["label"] for one in found["segments"]] == list(LABELS)
    assert [one["tracking_uid"] for one in found["segments"]] == list(UIDS)
    longest = {one["name"]: one for one in found["segments"][0]["measures"]}["longest_diameter"]
    ends = np.array(longest["points_lps"])
    assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(longest["value"])
    undrawn = {one["name"]: one["value"] for one in found["segments"][2]["measures"]}
    assert (undrawn["volume"], undrawn["longest_diameter"]) == (0, None)
    words = run_command("measure", masks[1]).out
    assert "nan" not in words
    assert " -" in words


def test_the_response_can_be_checked_target_by_target(
    masks: tuple[Path, ...], tmp_path: Path
) -> None:
    table, html = tmp_path / "table.csv", tmp_path / "page.html"
    words = (*masks[:2], "--node", LABELS[1], "--too-small", f"ben={LABELS[0]}")
    done = run_command("followup", *words, "--csv", table, "--html", html, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    rows = _rows(found["targets"])
    assert [(row["examination"], row["target"]) for row in rows] == [
        (name, label) for name in ("anna", "ben") for label in LABELS
    ]
    assert [row["axis"] for row in rows[:3]] == ["long axis", "short axis", "long axis"]
    assert [row["state"] for row in rows[3:]] == [
        "too small to measure",
        "measured",
        "disappeared",
    ]
    assert rows[3]["counted"] == 5
    assert [row["segments"] for row in rows] == ["1", "2", "3", "1", "2", ""]
    sums = [row["sum"] for row in _rows(found["response"])]
    assert sums == [sum(row["counted"] for row in rows[at : at + 3]) for at in (0, 3)]  # type: ignore[misc]
    ends = [[float(one) for one in end.strip("()").split(",")] for end in _ends(rows[1])]
    assert np.linalg.norm(np.subtract(*ends)) == pytest.approx(rows[1]["drawn"], abs=0.02)
    cells = {(row["about"], row["name"]): row["value"] for row in _csv(table)}
    assert cells[f"ben | {LABELS[2]}", "state"] == "disappeared"
    assert str(rows[1]["measured_between"]) in cells.values()
    assert str(rows[1]["measured_between"]) in html.read_text(encoding="utf-8")
    assert "too small to measure" in run_command("followup", *words).out


def _ends(row: dict[str, object]) -> list[str]:
    return str(row["measured_between"]).split(" to ")


def test_a_target_that_a_bare_mask_lacks_is_told_alike_everywhere(tmp_path: Path) -> None:
    _image(tmp_path)
    first = _bare(_mask(tmp_path, "one.nii.gz"))
    second = _bare(_mask(tmp_path, "two.nii.gz", sizes=(4, 5, 0)))
    found = json.loads(run_command("followup", first, second, "--json").out)
    (gone,) = [row for row in _rows(found["changes"]) if row["status"] == "gone"]
    assert "nor is it listed there: disappeared, or not evaluated" in str(gone["rule"])
    assert _rows(found["response"])[1]["outcome"] == "NE"
    assert any("neither drawn nor listed" in note for note in found["notes"])
    said = run_command("followup", first, second, "--disappeared", "two=Segment 3", "--json")
    assert _rows(json.loads(said.out)["response"])[1]["outcome"] == "PR"
    drawn = run_command("followup", first, second, "--disappeared", "two=Segment 2")
    assert (drawn.code, "Segment 2 is drawn" in drawn.err) == (3, True)


def _bare(path: Path) -> Path:
    """The mask without what stands beside it."""
    path.with_name(path.name.replace(".nii.gz", ".json")).unlink()
    return path


def test_a_lesion_that_comes_back_is_not_called_new(tmp_path: Path) -> None:
    _image(tmp_path)
    masks = [
        _mask(tmp_path, f"{name}.nii.gz", sizes=(4, 5, size))
        for name, size in (("a", 6), ("b", 0), ("c", 6))
    ]
    found = json.loads(run_command("followup", *masks, "--json").out)
    last = {row["lesion"]: row for row in _rows(found["changes"]) if row["from"] == "b"}
    assert last[LABELS[2]]["status"] == "seen again"
    assert "it was there at a as" in str(last[LABELS[2]]["rule"])


HIDDEN = "a\x1b[31m\u202eb\nc"


@pytest.mark.parametrize("command", ["measure", "compare", "agreement", "followup"])
def test_what_steers_a_terminal_or_turns_letters_round_is_written_out(
    tmp_path: Path, command: str
) -> None:
    _image(tmp_path)
    labels = (HIDDEN, *LABELS[1:])
    masks = [_mask(tmp_path, f"{name}.nii.gz", labels=labels) for name in ("one", "two")]
    html, table = tmp_path / "page.html", tmp_path / "table.csv"
    given = masks[:1] if command == "measure" else masks
    done = run_command(command, *given, "--html", html)
    assert done.code == 0, done.err
    shown = "a<U+001B>[31m<U+202E>b<U+000A>c"
    for text in (done.out, html.read_text(encoding="utf-8")):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert shown in done.out
    assert "a&lt;U+001B&gt;[31m&lt;U+202E&gt;b&lt;U+000A&gt;c" in html.read_text(encoding="utf-8")
    found = run_command(command, *given, "--csv", table, "--json")
    assert json.dumps(HIDDEN)[1:-1] in found.out, "programs get it as it is"


@pytest.mark.parametrize("label", [HIDDEN, "[/bold]", "[red]x[/red]"])
def test_a_label_in_a_progress_bar_is_text_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True, width=200)
    monkeypatch.setattr(console, "errors", terminal)
    with console.progress_bar("comparing") as progress:
        progress(0.5, f"comparing {label}")
    told = terminal.file.getvalue()  # type: ignore[attr-defined]
    assert f"comparing {visible(label)}" in told


def test_masks_stored_otherwise_are_brought_onto_one_grid(
    masks: tuple[Path, ...], tmp_path: Path
) -> None:
    image = nibabel.load(masks[1])
    turned = image.as_reoriented(np.array([[1, -1], [0, 1], [2, -1]]))
    nibabel.save(turned, tmp_path / "turned.nii.gz")
    straight = json.loads(run_command("compare", *masks[:2], "--json").out)
    again = json.loads(run_command("compare", masks[0], tmp_path / "turned.nii.gz", "--json").out)
    assert _rows(again["masks"])[0]["dice"] == _rows(straight["masks"])[0]["dice"]
    assert 0 < _rows(again["masks"])[0]["dice"] < 1  # type: ignore[operator]


def test_a_transform_is_read_and_identity_is_a_word(
    masks: tuple[Path, ...], tmp_path: Path
) -> None:
    moved = _shift(masks[0], tmp_path / "moved.nii.gz")
    matrix = np.eye(4)
    matrix[0, 3] = -7.3  # in LPS; NIfTI's x points right to left
    np.savetxt(tmp_path / "matrix.txt", matrix)
    names = ("--name", "a", "--name", "b", "--json")
    done = run_command("followup", masks[0], moved, "--transform", tmp_path / "matrix.txt", *names)
    assert {row["status"] for row in _rows(json.loads(done.out)["changes"])} == {"stable"}
    done = run_command("followup", masks[0], masks[1], "--transform", "identity", *names)
    assert done.code == 0, done.err


def test_without_an_image_the_page_says_what_it_lacks(tmp_path: Path) -> None:
    _image(tmp_path)
    one = _mask(tmp_path, "one.nii.gz", image=False)
    two = _mask(tmp_path, "two.nii.gz", sizes=(5, 5, 5), image=False)
    html = tmp_path / "page.html"
    for command in ("compare", "agreement", "followup"):
        done = run_command(command, one, two, "--html", html)
        assert done.code == 0, done.err
        page = html.read_text(encoding="utf-8")
        assert "--image" in page
        assert "data:image/png" not in page


def _shift(path: Path, out: Path) -> Path:
    """The same mask 7 mm further along the rows, by nibabel."""
    image = nibabel.load(path)
    affine = image.affine.copy()
    affine[0, 3] += 7.3
    nibabel.save(nibabel.Nifti1Image(np.asarray(image.dataobj), affine), out)
    return out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("compare", "{a}", "{shifted}"), "mm"),
        (("agreement", "{a}", "{shifted}"), "mm"),
        (("agreement", "{a}"), "two at least"),
        (("followup", "{a}"), "two examinations"),
        (("compare", "{a}", "{tmp}/none.nii.gz"), "there is no"),
        (("compare", "{a}", "{text}"), "text.nii.gz"),
        (("agreement", "{a}", "{b}", "--label", "Liver"), "Liver"),
        (("agreement", "{a}", "{b}", "--measure", "beauty"), "beauty"),
        (("agreement", "{a}", "{b}", "--measure", "mean"), "mean"),
        (("agreement", "{a}", "{b}", "--name", "only one"), "2 masks and 1 names"),
        (("agreement", "{a}", "{b}", "--name", "x", "--name", "x"), "own"),
        (("compare", "{a}", "{a}"), "--name"),
        (("compare", "{a}", "{b}", "--tolerance", "-1"), "tolerance"),
        (("compare", "{a}", "{b}", "--least-iou", "0"), "IoU"),
        (("compare", "{a}", "{b}", "--csv", "{a}"), ".csv"),
        (("compare", "{a}", "{b}", "--html", "{b}"), ".html"),
        (("measure", "{a}", "--html", "{a}"), ".html"),
        (("measure", "{bare}"), "--image"),
        (("followup", "{a}", "{b}", "--target", "Liver"), "Liver"),
        (("followup", "{a}", "{b}", "--too-small", "nonsense"), "EXAMINATION=LABEL"),
        (("followup", "{a}", "{b}", "--too-small", "never=x"), "never"),
        (("followup", "{a}", "{b}", "--image", "{tmp}/ct.nii.gz"), "2 masks and 1 images"),
        (("followup", "{a}", "{b}", "--transform", "{tmp}/none.txt"), "transform"),
        (("followup", "{a}", "{b}", "--transform", "{matrix}"), "transform"),
        (("followup", "{a}", "{b}", "{c}", "--transform", "{matrix}"), "two by two"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_bad_input_is_one_message_and_exit_code_3(
    masks: tuple[Path, ...], tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "text.nii.gz").write_text("no mask at all")
    (tmp_path / "matrix.txt").write_text("1 2 3")
    given = {
        "a": masks[0],
        "b": masks[1],
        "c": masks[2],
        "tmp": tmp_path,
        "text": tmp_path / "text.nii.gz",
        "matrix": tmp_path / "matrix.txt",
        "shifted": _shift(masks[0], tmp_path / "shifted.nii.gz"),
        "bare": _mask(tmp_path, "bare.nii.gz", image=False),
    }
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    done = run_command(*(word.format(**given) for word in words))
    assert done.code == 3, done.out + done.err
    assert done.err.startswith("medseg: ")
    assert said in done.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
