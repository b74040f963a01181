"""What stands beside a mask: its name, its content, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medseg.errors import FormatError
from medseg.formats import sidecar
from medseg.model import (
    Code,
    Origin,
    Segment,
    Segmentation,
    SliceOrigin,
    Source,
)
from tests.phantoms import oblique_geometry, two_lesions

NAMES = ("a.nii", "a.nii.gz", "a.nrrd", "a.seg.nrrd", "a.mha", "a.NII.GZ")


@pytest.mark.parametrize("name", NAMES)
def test_the_stem_drops_the_whole_suffix(name: str) -> None:
    path = Path("folder") / name
    assert sidecar.mask_stem(path) == "a"
    assert sidecar.sidecar_path(path) == Path("folder/a.json")
    assert sidecar.signoff_path(path) == Path("folder/a.signoff.jsonl")


def test_a_point_in_the_name_belongs_to_the_stem() -> None:
    assert sidecar.mask_stem(Path("patient.7.nii.gz")) == "patient.7"


words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
codes = st.builds(Code, words, words, words)
colors = st.tuples(*[st.integers(0, 255)] * 3)
origins = st.builds(SliceOrigin, st.sampled_from(Origin), words, words, words, st.none() | words)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), numbers=st.sets(st.integers(1, 65535), max_size=4))
def test_what_is_saved_comes_back(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, numbers: set[int]
) -> None:
    segments = tuple(
        Segment(number, *data.draw(st.tuples(words, words, codes, codes, colors)))
        for number in sorted(numbers)
    )
    keys = st.tuples(st.sampled_from(sorted(numbers)), st.integers(0, 5)) if numbers else st.none()
    provenance = data.draw(st.dictionaries(keys, origins, max_size=5)) if numbers else {}
    grid = oblique_geometry()
    segmentation = Segmentation(np.zeros(grid.shape, np.uint16), grid, segments, provenance)
    mask = tmp_path_factory.mktemp("sidecar") / "mask.nii.gz"
    content = sidecar.sidecar_bytes(segmentation, mask, None)
    assert content == sidecar.sidecar_bytes(segmentation, mask, None)
    sidecar.sidecar_path(mask).write_bytes(content)
    found = sidecar.read_sidecar(mask)
    assert found == sidecar.Sidecar(segments, provenance, None)


def test_the_image_is_named_relative_to_the_mask(tmp_path: Path) -> None:
    mask = tmp_path / "masks" / "a.nii.gz"
    mask.parent.mkdir()
    image = Source("dicom", tmp_path / "images" / "ct", "1.2.3")
    sidecar.sidecar_path(mask).write_bytes(sidecar.sidecar_bytes(two_lesions(), mask, image))
    written = json.loads(sidecar.sidecar_path(mask).read_text())
    assert written["image"] == {"path": "../images/ct", "series": "1.2.3"}
    assert sidecar.image_reference(mask) == (tmp_path / "images" / "ct", "1.2.3")


def test_without_a_sidecar_nothing_is_known(tmp_path: Path) -> None:
    assert sidecar.read_sidecar(tmp_path / "a.nii.gz") is None
    assert sidecar.image_reference(tmp_path / "a.nii.gz") is None


def test_another_programs_json_is_no_sidecar(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"EchoTime": 0.01}')
    assert not sidecar.is_sidecar(tmp_path / "a.json")
    assert sidecar.read_sidecar(tmp_path / "a.nii.gz") is None


def _good() -> dict[str, Any]:
    content = json.loads(sidecar.sidecar_bytes(two_lesions(), Path("mask.nii.gz"), None))
    origin = {"origin": "drawn", "author": "A", "time": "t", "tool": "outline", "proposal": None}
    return {**content, "provenance": [{"segment": 1, "slice": 2, **origin}]}


def _changed(change: dict[str, Any], where: str | None = None) -> dict[str, Any]:
    content = _good()
    if where is None:
        return {**content, **change}
    content[where][0] |= change
    return content


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in _good().items() if key != name}


FAULTS = {
    "a later version": (_changed({"version": 2}), "version 2"),
    "a version in words": (_changed({"version": "1"}), "version is of type int"),
    "true as version": (_changed({"version": True}), "version is of type int"),
    "no mask": (_without("mask"), "mask is present"),
    "a mask that is a number": (_changed({"mask": 7}), "mask is of type str"),
    "a mask elsewhere": (_changed({"mask": "../mask.nii.gz"}), "in its own folder"),
    "no segments": (_without("segments"), "segments is present"),
    "no provenance": (_without("provenance"), "provenance is present"),
    "an image that is text": (_changed({"image": "ct"}), "image is an object"),
    "a number too high": (_changed({"number": 70000}, "segments"), "1 to 65535"),
    "a number twice": (_changed({"number": 2}, "segments"), "number once"),
    "no label": (_changed({"label": ""}, "segments"), "label"),
    "a colour of two": (_changed({"color": [1, 2]}, "segments"), "colour"),
    "a colour out of range": (_changed({"color": [1, 2, 256]}, "segments"), "colour"),
    "a code in words": (_changed({"type": "lesion"}, "segments"), "an object"),
    "an unknown origin": (_changed({"origin": "guessed"}, "provenance"), "origin is one of"),
    "a slice below zero": (_changed({"slice": -1}, "provenance"), "provenance of its own"),
    "an unnamed segment": (_changed({"segment": 9}, "provenance"), "provenance of its own"),
    "a segment that is a list": ({**_good(), "segments": [[]]}, "an object"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_sidecar_with_a_fault_is_refused_by_name(tmp_path: Path, fault: str) -> None:
    content, words = FAULTS[fault]
    (tmp_path / "mask.json").write_text(json.dumps(content))
    with pytest.raises(FormatError, match=words) as refusal:
        sidecar.read_sidecar(tmp_path / "mask.nii.gz")
    assert "mask.json" in str(refusal.value)


def test_the_sidecar_that_the_faults_start_from_is_good(tmp_path: Path) -> None:
    (tmp_path / "mask.json").write_text(json.dumps(_good()))
    found = sidecar.read_sidecar(tmp_path / "mask.nii.gz")
    assert found is not None
    assert found.provenance[1, 2].origin is Origin.DRAWN


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"format": "medseg-segmentation", "version": 1, "version": 1}', "found one twice"),
        ('{"format": "medseg-segmentation", "version": NaN}', "NaN"),
        ('{"format": "medseg-segmentation", "version": 1', "is not"),
        ('["medseg-segmentation"]', "sidecar is an object"),
        ('{"format": "medseg-segmentation", "a": ' + "[" * 100_000, "is not"),
    ],
)
def test_text_that_is_no_strict_json_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "mask.json").write_text(text)
    with pytest.raises(FormatError, match=words):
        sidecar.read_sidecar(tmp_path / "mask.nii.gz")


def test_another_format_name_inside_is_refused(tmp_path: Path) -> None:
    content = {"format": "other", "note": "medseg-segmentation"}
    (tmp_path / "mask.json").write_text(json.dumps(content))
    with pytest.raises(FormatError, match="format is one of"):
        sidecar.read_sidecar(tmp_path / "mask.nii.gz")


def test_a_huge_sidecar_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mask.json").write_text(json.dumps(_good()))
    monkeypatch.setattr(sidecar, "SIZE_LIMIT", 100)
    with pytest.raises(FormatError, match=r"64 MB; mask\.json"):
        sidecar.read_sidecar(tmp_path / "mask.nii.gz")


def test_format_version_and_mask_come_first() -> None:
    assert list(_good())[:3] == ["format", "version", "mask"]
    assert _good()["mask"] == "mask.nii.gz"


def _write(folder: Path, name: str) -> Path:
    content = sidecar.sidecar_bytes(two_lesions(), folder / name, None)
    sidecar.sidecar_path(folder / name).write_bytes(content)
    (folder / name).write_bytes(b"")
    return folder / name


@pytest.mark.parametrize("name", ["a.nii.gz", "ü日本.nii.gz", 'with "quotes".nii.gz', "a b.nii.gz"])
def test_a_sidecar_belongs_to_the_file_it_names(tmp_path: Path, name: str) -> None:
    mask = _write(tmp_path, name)
    other = mask.with_name(f"{sidecar.mask_stem(mask)}.nrrd")
    other.write_bytes(b"")
    assert sidecar.has_sidecar(mask)
    assert sidecar.read_sidecar(mask) is not None
    assert not sidecar.has_sidecar(other), "it is ignored there, as another program's would be"
    assert sidecar.read_sidecar(other) is None
    assert sidecar.image_reference(other) is None


def test_a_sidecar_moves_along_where_the_file_it_names_is_gone(tmp_path: Path) -> None:
    mask = _write(tmp_path, "a.nii.gz")
    for name in ("b.nii.gz", "b.nrrd"):
        mask.rename(tmp_path / name)
        (tmp_path / "a.json").rename(tmp_path / "b.json")
        assert sidecar.has_sidecar(tmp_path / name)
        assert sidecar.read_sidecar(tmp_path / name) is not None
        (tmp_path / "b.json").rename(tmp_path / "a.json")
        (tmp_path / name).rename(mask)


def test_a_sidecar_in_another_order_is_still_anothers(tmp_path: Path) -> None:
    mask = _write(tmp_path, "a.nii.gz")
    (tmp_path / "a.nrrd").write_bytes(b"")
    content = json.loads((tmp_path / "a.json").read_text())
    late = {**{key: content[key] for key in sorted(content) if key != "mask"}, "mask": mask.name}
    (tmp_path / "a.json").write_text(json.dumps({**late, "note": "x" * 5000, "mask": mask.name}))
    assert sidecar.read_sidecar(mask) is not None
    assert sidecar.read_sidecar(tmp_path / "a.nrrd") is None


def test_has_sidecar_is_false_without_one_of_ours(tmp_path: Path) -> None:
    assert not sidecar.has_sidecar(tmp_path / "a.nii.gz")
    (tmp_path / "a.json").write_text('{"mask": "a.nii.gz"}')
    assert not sidecar.has_sidecar(tmp_path / "a.nii.gz")
    assert not sidecar.has_sidecar(tmp_path / ("n" * 300 + ".nii"))


def test_a_sidecar_without_its_mask_is_refused_and_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "mask.json").write_text(json.dumps(_without("mask")))
    assert sidecar.has_sidecar(tmp_path / "mask.nii.gz")


def test_the_image_is_found_through_a_linked_folder(tmp_path: Path) -> None:
    real = tmp_path / "deep" / "er" / "masks"
    real.mkdir(parents=True)
    (tmp_path / "link").symlink_to(real)
    mask = tmp_path / "link" / "a.nii.gz"
    image = Source("nifti", tmp_path / "ct.nii.gz", "ct.nii.gz")
    (real / "a.json").write_bytes(sidecar.sidecar_bytes(two_lesions(), mask, image))
    for way in (mask, real / "a.nii.gz"):
        assert sidecar.image_reference(way) == (tmp_path / "ct.nii.gz", "ct.nii.gz")


def test_text_that_is_none_is_named_alone() -> None:
    mask = two_lesions()
    bad = Segment(3, "half a \ud800 pair", "2.25.1")
    segmentation = Segmentation(mask.array.copy(), mask.geometry, (*mask.segments, bad))
    with pytest.raises(FormatError, match=r"found 'half a .{6} pair'\. Rename it\.$") as refusal:
        sidecar.sidecar_bytes(segmentation, Path("a.nii.gz"), None)
    assert len(str(refusal.value)) < 120


@pytest.mark.parametrize(
    ("segment", "provenance", "words"),
    [
        (Segment(1, "L", "2.25.1", color=(1, 2, 300)), {}, "colour"),
        (Segment(1, "L", "2.25.1", color=(1, 2)), {}, "colour"),
        (Segment(1, 7, "2.25.1"), {}, "label is of type str"),
        (Segment.unnamed(1), {(2, 0): SliceOrigin(Origin.DRAWN, "A", "t", "x")}, "of its own"),
        (Segment.unnamed(1), {(1, -1): SliceOrigin(Origin.DRAWN, "A", "t", "x")}, "of its own"),
        (Segment.unnamed(1), {(1, 0): SliceOrigin(Origin.DRAWN, None, "t", "x")}, "author"),
    ],
)
def test_what_could_not_be_read_again_is_not_written(
    segment: Segment, provenance: Any, words: str
) -> None:
    grid = oblique_geometry()
    bad = Segmentation(np.zeros(grid.shape, np.uint8), grid, (segment,), provenance)
    with pytest.raises(FormatError, match=rf"a\.nii\.gz.*{words}"):
        sidecar.sidecar_bytes(bad, Path("a.nii.gz"), None)


def test_a_sidecar_too_large_to_be_read_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sidecar, "SIZE_LIMIT", 100)
    with pytest.raises(FormatError, match=r"64 MB; that of a\.nii\.gz"):
        sidecar.sidecar_bytes(two_lesions(), Path("a.nii.gz"), None)
