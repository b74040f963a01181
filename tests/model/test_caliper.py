"""Drawn lengths: as values, as changes, in the sidecar, in the crash journal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medseg import formats
from medseg.annotate.journal.change_codec import decoded, encoded
from medseg.annotate.journal.mask_state import MaskState
from medseg.errors import EditError, FormatError
from medseg.formats.sidecar import sidecar_path
from medseg.model import Authorship, Caliper, CalipersEdit, Geometry, Segmentation
from medseg.model.caliper import caliper_from

BY = Authorship("A. Reader", "caliper")
RULER = Caliper(((0.0, 0.0, 0.0), (3.0, 4.0, 0.0)), author="A. Reader")
BOTH = Caliper(
    ((-10.5, 0.0, 2.0), (10.5, 0.0, 2.0)), ((0.0, -8.0, 2.0), (0.0, 8.0, 2.0)), label="Node"
)


@pytest.fixture
def mask() -> Segmentation:
    return Segmentation.empty(Geometry.from_spacing((4, 6, 8), (2.0, 1.0, 1.0)))


def test_values_and_words():
    assert (RULER.kind, RULER.longest_mm, RULER.text) == ("ruler", 5.0, "5.0 mm")
    assert (BOTH.kind, BOTH.text) == ("caliper", "21.0 x 16.0 mm")
    (length,) = RULER.measurements
    assert (length.name, length.value, length.unit) == ("length", 5.0, "mm")
    assert length.points_lps == RULER.longest
    assert [one.name for one in BOTH.measurements] == [
        "longest_diameter",
        "perpendicular_diameter",
    ]
    with pytest.raises(EditError, match="finite"):
        Caliper(((0.0, 0.0, float("nan")), (1.0, 0.0, 0.0)))


def test_an_edit_and_its_inverse_leave_all_as_it_was(mask):
    first = CalipersEdit.setting(mask, RULER, BY)
    first.apply(mask)
    second = CalipersEdit.setting(mask, BOTH, BY)
    second.apply(mask)
    assert mask.calipers == (RULER, BOTH)
    moved = RULER.moved(((0.0, 0.0, 0.0), (0.0, 6.0, 8.0)), None, "B. Reader")
    corrected = CalipersEdit.setting(mask, moved, BY)
    corrected.apply(mask)
    assert mask.calipers == (moved, BOTH)
    assert moved.uid == RULER.uid
    gone = CalipersEdit.without(mask, BOTH.uid, BY)
    gone.apply(mask)
    assert mask.calipers == (moved,)
    with pytest.raises(EditError, match="differ by now"):
        gone.apply(mask)
    for edit in (gone, corrected, second, first):
        edit.inverse().apply(mask)
    assert mask.calipers == ()


def test_a_journal_brings_them_back(mask):
    change = CalipersEdit((RULER,), (RULER, BOTH), BY)
    assert decoded(encoded(change), mask.geometry.shape) == change
    mask.replace_calipers((RULER, BOTH))
    state = MaskState.of(mask)
    again = MaskState.from_json(json.loads(json.dumps(state.to_json())))
    assert again.calipers == (RULER, BOTH)
    assert again.names == state.names
    empty = Segmentation.empty(mask.geometry)
    assert MaskState.of(empty).names != state.names
    assert "calipers" not in MaskState.of(empty).to_json()
    again.naming(empty).apply(empty)
    assert empty.calipers == (RULER, BOTH)


def test_a_sidecar_keeps_them(mask, tmp_path: Path):
    path = tmp_path / "mask.nii.gz"
    formats.write_segmentation(mask, path)
    assert "calipers" not in json.loads(sidecar_path(path).read_text())
    mask.replace_calipers((RULER, BOTH))
    formats.write_segmentation(mask, path)
    stored = json.loads(sidecar_path(path).read_text())["calipers"]
    assert [one["longest_mm"] for one in stored] == [5.0, 21.0]
    assert formats.read_segmentation(path).calipers == (RULER, BOTH)


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("longest_mm", 6.0, "that of its points"),
        ("perpendicular_mm", 3.0, "that of its points"),
        ("longest", [[0.0, 0.0, 0.0]], "two ends"),
        ("longest", "long", "longest is a list"),
        ("uid", 5, "of type str"),
    ],
)
def test_what_contradicts_itself_is_refused(mask, tmp_path, part, value, said):
    path = tmp_path / "mask.nii.gz"
    mask.replace_calipers((RULER,))
    formats.write_segmentation(mask, path)
    content = json.loads(sidecar_path(path).read_text())
    content["calipers"][0][part] = value
    sidecar_path(path).write_text(json.dumps(content))
    with pytest.raises(FormatError, match=said):
        formats.read_segmentation(path)


def test_one_uid_stands_for_one_length(mask, tmp_path):
    path = tmp_path / "mask.nii.gz"
    mask.replace_calipers((RULER, RULER))
    with pytest.raises(FormatError, match="once"):
        formats.write_segmentation(mask, path)
    assert caliper_from(RULER.to_json(), "caliper") == RULER


def test_the_command_measure_lists_them(tmp_path: Path):
    from tests.cli.running import run_command
    from tests.plugin.cases import write_image

    geometry = Geometry.from_spacing((4, 6, 8), (2.0, 1.0, 1.0))
    image = write_image(tmp_path / "scan.nii.gz", geometry)
    volume = formats.read_volume(image)
    mask, path = Segmentation.empty(volume.geometry), tmp_path / "mask.nii.gz"
    mask.replace_calipers((RULER, BOTH))
    formats.write_segmentation(mask, path, image=volume.source)
    said = json.loads(run_command("measure", path, "--json").out)
    assert [one["longest_mm"] for one in said["calipers"]] == [5.0, 21.0]
    told = run_command("measure", path)
    assert "21.0 x 16.0 mm" in told.out + told.err
