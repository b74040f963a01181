"""What is meant by what is dropped, who opens it, and what an empty canvas says; no window."""

from __future__ import annotations

import gc
from pathlib import Path

import nibabel
import numpy as np
import pytest

from medseg import formats
from medseg.errors import FormatError
from medseg.model import Geometry, Segment, Segmentation
from napari_medseg import openers
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.looking.reading import ReadingViewModel
from napari_medseg.viewmodels.opening.dropped import Dropped, meant_by
from napari_medseg.viewmodels.opening.hint import hint
from napari_medseg.viewmodels.opening.loading import Loading
from tests.plugin.cases import write_image

GRID = Geometry.from_spacing((12, 40, 50), (3, 1, 1))


class Viewer:
    """Stands for napari's, which cannot be a key either."""

    __hash__ = None


class Proxy:
    def __init__(self, viewer):
        self.__wrapped__ = viewer


def a_mask(path: Path) -> Path:
    voxels = np.zeros(GRID.shape, np.uint8)
    voxels[4:6, 10:20, 10:20] = 1
    formats.write_segmentation(Segmentation(voxels, GRID, (Segment.unnamed(1, "One"),)), path)
    return path


# -- what is meant ----------------------------------------------------------------------------


def test_one_path_is_opened_whatever_it_is(tmp_path):
    for name in ("scan.nii.gz", "lesions.nii.gz", "folder", "letter.docx"):
        assert meant_by([tmp_path / name]) == Dropped(tmp_path / name)


@pytest.mark.parametrize("order", [1, -1])
def test_an_image_and_its_mask_are_told_apart_in_either_order(tmp_path, order):
    image, mask = write_image(tmp_path / "scan.nii.gz", GRID), a_mask(tmp_path / "mine.nii.gz")
    assert meant_by([image, mask][::order]) == Dropped(image, (mask,))


def test_what_cannot_be_told_is_refused_with_a_way_on(tmp_path):
    image, mask = write_image(tmp_path / "scan.nii.gz", GRID), a_mask(tmp_path / "mine.nii.gz")
    with pytest.raises(FormatError, match=r"3 files were dropped, of which 1 say .* DICOM series"):
        meant_by([image, image, mask])
    with pytest.raises(FormatError, match="2 files were dropped, of which 2 say"):
        meant_by([mask, mask])
    with pytest.raises(FormatError, match=r"neither. Save it"):
        meant_by([])


# -- who opens it -----------------------------------------------------------------------------


def test_a_viewers_panel_opens_and_nobody_elses():
    viewer, other, opened = Viewer(), Viewer(), []
    openers.register(Proxy(viewer), opened.append)
    assert openers.opener_of(other) is None
    assert openers.opener_of(None) is None
    openers.opener_of(viewer)(Path("a"))
    openers.opener_of(Proxy(viewer))(Path("b"))
    assert opened == [Path("a"), Path("b")]
    openers.unregister(viewer)
    openers.unregister(viewer)
    assert openers.opener_of(viewer) is None


def test_a_viewer_that_is_gone_hands_its_panel_to_none_that_takes_its_place_in_memory():
    viewer = Viewer()
    openers.register(viewer, list)
    del viewer
    gc.collect()
    fresh = [Viewer() for _ in range(1000)]
    assert all(openers.opener_of(one) is None for one in fresh)


# -- waiting for what is read behind ------------------------------------------------------------


def test_finishing_tells_all_and_waits_for_what_is_begun_on_the_way(tmp_path):
    image, mask = write_image(tmp_path / "scan.nii.gz", GRID), a_mask(tmp_path / "mine.nii.gz")
    loading, news = Loading(), []

    def go_on(found):
        news.append(found)
        if found.mask is None:
            loading.begin(mask, on=found.volume, is_mask=True)

    loading.loaded.connect(go_on)
    loading.begin(image)
    loading.finish()
    assert [found.mask and found.mask[0] for found in news] == [None, mask]
    assert not loading.is_busy
    loading.finish()  # nothing is read: comes back at once


# -- what an empty canvas says ------------------------------------------------------------------


def test_a_hint_says_what_comes_next_and_nothing_while_something_comes():
    assert "drop it here" in hint(is_busy=False, in_project=False, is_known=False)
    assert hint(is_busy=False, in_project=True, is_known=True) == "Choose a case in the worklist."
    assert "who you are" in hint(is_busy=False, in_project=True, is_known=False)
    assert {hint(is_busy=True, in_project=a, is_known=b) for a in (0, 1) for b in (0, 1)} == {""}


def test_a_new_hint_is_told_of_and_the_same_one_is_not():
    reading, told = ReadingViewModel(), []
    reading.changed.connect(lambda: told.append(reading.hint))
    for text in ("a", "a", "b", ""):
        reading.set_hint(text)
    assert told == ["a", "b", ""]


def test_a_mask_is_opened_on_the_image_that_is_open_whatever_the_other_ways(tmp_path):
    image, mask = write_image(tmp_path / "scan.nii.gz", GRID), a_mask(tmp_path / "mine.nii.gz")
    model = CaseViewModel("A. Reader")
    model.open(image)
    volume, listed = model.session.volume, model.series
    model.open(mask)
    assert model.session.volume is volume
    assert (model.session.mask_path, model.series, model.path) == (mask, listed, image)
    bare = tmp_path / "few.nii.gz"
    nibabel.save(nibabel.load(mask), bare)
    model.open_mask(bare)
    assert model.session.volume is volume
    assert model.session.mask_path == bare
    model.keeping.close()
