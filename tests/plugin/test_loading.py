"""Reading in the background, without a window: news in order, a way out, and errors in words."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import nibabel
import numpy as np
import pytest

from medseg.errors import FormatError
from medseg.formats.sample import sample_case
from medseg.model import Geometry
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.opening.loading import Loading, read_case, read_image
from tests.plugin.cases import write_image


def heard(loading: Loading) -> list[tuple[str, object]]:
    news: list[tuple[str, object]] = []
    for name in ("listed", "previewed", "loaded", "failed"):
        getattr(loading, name).connect(lambda value, name=name: news.append((name, value)))
    return news


def wait(loading: Loading) -> None:
    for _ in range(2000):
        loading.poll()
        if not loading.is_busy:
            return
        time.sleep(0.01)
    pytest.fail("reading did not end")


def reading_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "medseg reading"]


def test_the_middle_slice_comes_before_the_image_and_is_the_same():
    loading, fractions = Loading(), []
    news = heard(loading)
    loading.changed.connect(lambda: fractions.append(loading.fraction))
    loading.begin(sample_case().dicom)
    assert loading.is_busy
    assert news == []  # nothing is told but in `poll`
    wait(loading)
    assert [name for name, _ in news] == ["listed", "previewed", "loaded"]
    preview, found = news[1][1], news[2][1]
    assert preview.voxels.shape == (1, *found.volume.voxels.shape[1:])
    index = found.volume.geometry.to_index(preview.geometry.to_patient((0, 0, 0)))
    np.testing.assert_array_equal(preview.voxels[0], found.volume.voxels[round(index[0])])
    assert fractions == sorted(fractions)
    assert fractions[-1] > 0
    assert reading_threads() == []


def test_what_was_read_in_the_background_is_opened_as_if_it_were_read_at_once():
    path = sample_case().dicom
    at_once, later = CaseViewModel("A. Reader"), CaseViewModel("A. Reader")
    loading = Loading()
    loading.listed.connect(later.take_listing)
    loading.loaded.connect(later.take)
    loading.begin(path)
    wait(loading)
    at_once.open(path)
    np.testing.assert_array_equal(at_once.session.volume.voxels, later.session.volume.voxels)
    assert at_once.series == later.series
    assert at_once.path == later.path == path
    for model in (at_once, later):
        model.keeping.close()


def test_a_path_that_cannot_be_read_fails_in_words_and_leaves_its_listing(tmp_path):
    (tmp_path / "damaged.nii.gz").write_bytes(b"not gzip")
    loading = Loading()
    news = heard(loading)
    loading.begin(tmp_path)
    wait(loading)
    assert [name for name, _ in news] == ["listed", "failed"]
    assert isinstance(news[1][1], FormatError)


def test_a_reader_that_breaks_is_told_of_in_words(tmp_path):
    def broken(path, series_id, **told):
        raise ZeroDivisionError("by zero")

    loading = Loading(broken)
    news = heard(loading)
    loading.begin(tmp_path / "scan.nii")
    wait(loading)
    assert "scan.nii could not be read" in str(news[0][1])


def test_cancelling_ends_the_thread_and_opens_nothing():
    at_work, go_on = threading.Event(), threading.Event()

    def slow(path, series_id, *, progress, **told):
        at_work.set()
        go_on.wait(10)
        progress(0.5, "half way")  # raises, because it was given up
        raise AssertionError("went on after it was given up")

    loading = Loading(slow)
    news = heard(loading)
    loading.begin(sample_case().dicom)
    at_work.wait(10)
    threading.Timer(0.05, go_on.set).start()
    loading.cancel()
    assert not loading.is_busy
    loading.poll()
    assert news == []
    assert reading_threads() == []


def test_another_path_takes_the_place_of_the_first():
    started = []

    def read(path, series_id, **told):
        started.append(path.name)
        return read_image(path, series_id, **told)

    loading = Loading(read)
    news = heard(loading)
    loading.begin(sample_case().dicom)
    loading.begin(sample_case().dicom.parent / "chest.nii.gz")
    wait(loading)
    loaded = [value.listing.path.name for name, value in news if name == "loaded"]
    assert started == ["dicom", "chest.nii.gz"]
    assert loaded == ["chest.nii.gz"]


# -- a file that may be a mask, though nothing says so ----------------------------------------

GRID = Geometry.from_spacing((12, 40, 50), (3, 1, 1))


def changed(path: Path, source: Path, voxels: np.ndarray) -> Path:
    nibabel.save(nibabel.Nifti1Image(voxels, nibabel.load(source).affine), path)
    return path


def test_few_whole_values_on_the_very_grid_may_be_a_mask(tmp_path):
    image = write_image(tmp_path / "scan.nii.gz", GRID)
    on, stored = read_image(image).volume, np.asarray(nibabel.load(image).dataobj)
    few = changed(tmp_path / "few.nii.gz", image, (stored > 0).astype(np.uint8) * 3)
    assert read_case(few, on=on).may_be_mask
    assert not read_case(few).may_be_mask  # there is no image that it could be a mask of
    assert not read_case(few, on=read_image(few).volume).may_be_mask  # it is that image itself
    assert not read_case(few, on=read_case(few).volume).may_be_mask  # nor is it one of itself
    steps = np.arange(stored.size).reshape(stored.shape)
    at_most = changed(tmp_path / "most.nii.gz", image, (steps % 64).astype(np.int16))
    assert read_case(at_most, on=on).may_be_mask
    many = changed(tmp_path / "many.nii.gz", image, (steps % 65).astype(np.int16))
    assert not read_case(many, on=on).may_be_mask
    below = changed(tmp_path / "below.nii.gz", image, stored - np.int16(1000))
    assert not read_case(below, on=on).may_be_mask
    parts = changed(tmp_path / "parts.nii.gz", image, (steps % 2 / 2).astype(np.float32))
    assert not read_case(parts, on=on).may_be_mask
    elsewhere = write_image(tmp_path / "b.nii.gz", Geometry.from_spacing((12, 40, 50), (3, 1, 2)))
    assert not read_case(elsewhere, on=on).may_be_mask


def test_what_is_said_to_be_a_mask_is_read_as_one_and_the_listing_stays(tmp_path):
    image = write_image(tmp_path / "scan.nii.gz", GRID)
    stored = np.asarray(nibabel.load(image).dataobj)
    path = changed(tmp_path / "few.nii.gz", image, (stored > 0).astype(np.uint8) * 3)
    model = CaseViewModel("A. Reader")
    model.open(image)
    listed = model.series
    model.take_listing(read_image(path).listing)  # as reading it as an image tells
    model.leave_listing()
    assert (model.path, model.series) == (image, listed)
    model.take(read_case(path, on=model.session.volume, is_mask=True))
    assert model.session.segmentation.numbers == (3,)
    assert model.session.volume.source.path == image
    assert model.series == listed
    model.keeping.close()
