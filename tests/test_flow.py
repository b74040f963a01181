"""The whole story in one page: load, draw, fill, measure, save, sign, verify, export."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import medseg
from medseg import export, formats, measure, raster, signoff
from medseg.formats import sample
from medseg.model import Contour, Origin
from medseg.session import Session


def test_from_scanner_files_to_a_signed_and_exported_mask(tmp_path: Path) -> None:
    case = sample.sample_case()
    session = Session.open(case.dicom, author="Reader One")
    truth = medseg.read_segmentation(case.truth, like=session.volume)

    for lesion in case.lesions:
        extent = truth.mask(lesion["number"])
        number = session.new_lesion(lesion["name"]).number
        for index in lesion["key_slices"]:
            for ring in raster.edge_contours(extent[index]):
                session.draw(Contour.on_slice(session.volume.geometry, index, ring, number))
        filled = session.fill_between(number)
        assert not filled.skipped
        assert measure.dice(session.segmentation.mask(number), extent) > 0.8
        origins = {session.segmentation.provenance[number, index].origin for index in filled.filled}
        assert origins <= {Origin.INTERPOLATED}

    mask = session.save(tmp_path / "lesions.nii.gz")
    assert not session.has_unsaved_changes
    key = signoff.unlock_key(signoff.create_key("Reader One", "passphrase"), "passphrase")
    session.sign(key)
    assert medseg.verify(mask, trust=(key.keyid,)).exit_code == 0
    assert medseg.verify(mask).exit_code == 12, "nobody vouches for the key"

    files = export.export_signed(mask, tmp_path / "out", trust=(key.keyid,))
    exported = formats.read_segmentation(files[0], like=session.volume)
    np.testing.assert_array_equal(exported.array, session.segmentation.array)
    assert exported.segments == session.segmentation.segments
    assert dict(exported.provenance) == dict(session.segmentation.provenance)


def test_undo_takes_back_every_step_of_the_story() -> None:
    session = Session.open(sample.sample_case().dicom, author="Reader One")
    lesion = session.new_lesion()
    square = [(100.0, 100.0), (100.0, 110.0), (110.0, 110.0), (110.0, 100.0)]
    for index in (10, 14):
        session.draw(Contour.on_slice(session.volume.geometry, index, square, lesion.number))
    session.fill_between(lesion.number)
    assert (session.segmentation.array[10:15] > 0).any(axis=(1, 2)).all()
    while session.undo():
        pass
    assert not session.segmentation.array.any()
    assert not session.segmentation.segments
    assert not session.segmentation.provenance
    assert not session.has_unsaved_changes
    while session.redo():
        pass
    assert (session.segmentation.array[10:15] > 0).any(axis=(1, 2)).all()


def test_a_session_without_a_path_asks_for_one() -> None:
    session = Session.open(sample.sample_case().dicom, author="Reader One")
    with pytest.raises(medseg.errors.EditError, match="saved to a path"):
        session.save()


def test_only_what_is_saved_can_be_signed(tmp_path: Path) -> None:
    session = Session.open(sample.sample_case().dicom, author="Reader One")
    key = signoff.unlock_key(signoff.create_key("Reader One", "passphrase"), "passphrase")
    lesion = session.new_lesion()
    square = [(100.0, 100.0), (100.0, 110.0), (110.0, 110.0), (110.0, 100.0)]
    session.draw(Contour.on_slice(session.volume.geometry, 10, square, lesion.number))
    with pytest.raises(medseg.errors.SignoffError, match="save it first"):
        session.sign(key)
    session.save(tmp_path / "lesions.nii.gz")
    session.sign(key)
    session.undo()
    with pytest.raises(medseg.errors.SignoffError, match="save it first"):
        session.sign(key)


def test_unsaved_changes_are_known_even_when_the_oldest_are_forgotten(tmp_path: Path) -> None:
    from medseg.annotate import History

    session = Session.open(sample.sample_case().dicom, author="Reader One")
    session.history = History(session.segmentation, budget_bytes=1)
    session.new_lesion()
    session.new_lesion()
    while session.undo():
        pass
    assert session.segmentation.numbers == (1,), "the first can no longer be taken back"
    assert session.has_unsaved_changes


def test_a_save_never_overwrites_what_somebody_else_has_written(tmp_path: Path) -> None:
    first = Session.open(sample.sample_case().dicom, author="Reader One")
    first.new_lesion()
    mask = first.save(tmp_path / "lesions.nii.gz")
    second = Session.open(sample.sample_case().dicom, mask=mask, author="Reader Two")
    square = [(100.0, 100.0), (100.0, 110.0), (110.0, 110.0), (110.0, 100.0)]
    for session in (first, second):
        session.draw(Contour.on_slice(session.volume.geometry, 10, square, 1))
    second.save()
    theirs = mask.read_bytes()
    with pytest.raises(medseg.errors.EditError, match="has changed since"):
        first.save()
    assert mask.read_bytes() == theirs
    first.save(tmp_path / "mine.nii.gz")


def test_what_is_signed_is_what_is_on_screen(tmp_path: Path) -> None:
    session = Session.open(sample.sample_case().dicom, author="Reader One")
    session.new_lesion()
    square = [(100.0, 100.0), (100.0, 110.0), (110.0, 110.0), (110.0, 100.0)]
    session.draw(Contour.on_slice(session.volume.geometry, 10, square, 1))
    mask = session.save(tmp_path / "lesions.nii.gz")
    other = Session.open(sample.sample_case().dicom, mask=mask, author="Reader Two")
    other.undo()
    other.draw(Contour.on_slice(session.volume.geometry, 12, square, 1))
    other.save()
    key = signoff.unlock_key(signoff.create_key("Reader One", "passphrase"), "passphrase")
    with pytest.raises(medseg.errors.SignoffError, match="on screen"):
        session.sign(key)
    other.sign(key)


def test_nothing_is_drawn_or_filled_on_slices_that_the_image_lacks() -> None:
    from dataclasses import replace

    from medseg.model import Finding, Place

    volume = medseg.read_volume(sample.sample_case().dicom)
    gap = Finding("ABSENT_SLICES", "warning", "Filler.", Place(slices=(11,)))
    session = Session(replace(volume, report=(gap,)), author="Reader One")
    number = session.new_lesion().number
    square = [(100.0, 100.0), (100.0, 110.0), (110.0, 110.0), (110.0, 100.0)]
    with pytest.raises(medseg.errors.EditError, match="lacks slice 11"):
        session.draw(Contour.on_slice(volume.geometry, 11, square, number))
    for index in (10, 12):
        session.draw(Contour.on_slice(volume.geometry, index, square, number))
    with pytest.raises(medseg.errors.EditError, match="lacks slice 11"):
        session.fill_between(number)
    assert not session.segmentation.array[11].any()
