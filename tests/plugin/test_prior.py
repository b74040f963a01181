"""A prior beside the case: linked by the frame of reference, by hand, or not; and it says which."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medseg.formats.dicom.patient import PatientOf
from medseg.model import Geometry, Source, Volume
from napari_medseg.viewmodels.looking.layouts import LayoutViewModel
from napari_medseg.viewmodels.looking.prior import PriorViewModel
from napari_medseg.viewmodels.looking.reading import ReadingViewModel
from napari_medseg.viewmodels.notice import Notice
from napari_medseg.viewmodels.opening.loading import Found, Listing


def volume(geometry: Geometry, name: str) -> Volume:
    source = Source("dicom", Path(name), "1")
    return Volume(np.zeros(geometry.shape, np.int16), geometry, "HU", source, "CT", f"Chest {name}")


def grid(shape, spacing, *, frame: str | None, origin=(0.0, 0.0, 0.0)) -> Geometry:
    affine = Geometry.from_spacing(shape, spacing).affine.copy()
    affine[:3, 3] = origin
    return Geometry(shape, affine, frame)


CASE = volume(grid((21, 30, 40), (3, 1, 1), frame="1.2.3"), "now")
SAME_FRAME = volume(grid((13, 30, 40), (5, 1, 1), frame="1.2.3"), "then")
OTHER_FRAME = volume(grid((50, 20, 20), (1.5, 2, 2), frame="1.2.4", origin=(7, 8, 90)), "then")


def whose(source: Source) -> PatientOf:
    begun = {"now": "20260301 101500", "then": "20240517 080000"}[source.path.name]
    return PatientOf("hospital\0P1", "1", begun)


@pytest.fixture
def beside(tmp_path: Path):
    def make(case: Volume, prior: Volume, *, is_blind: bool = False) -> PriorViewModel:
        reading = ReadingViewModel(is_blind=is_blind)
        reading.look_at(case)
        model = PriorViewModel(
            reading, LayoutViewModel(tmp_path / "viewer.json"), Notice(""), whose=whose
        )
        model.work_beside(case)
        model.take(Found(Listing(Path("then"), ()), prior))
        return model

    return make


def test_one_frame_of_reference_links_both_ways_whatever_the_slice_spacing(beside):
    model = beside(CASE, SAME_FRAME)
    assert model.link == "linked by frame of reference"
    main, other = model.main.planes, model.reading.planes
    for index in range(main.shape[0]):
        main.go_to_slice(0, index)
        apart = abs(other.point_lps[2] - main.point_lps[2])
        assert apart <= 2.5 + 1e-9  # half of the thicker slices
    other.go_to_slice(0, 4)
    assert main.point_lps[2] == pytest.approx(other.point_lps[2], abs=1.5 + 1e-9)
    before = main.crosshair
    other.go_to_slice(0, 4)
    assert main.crosshair == before  # no echo


def test_following_does_not_carry_the_leader_along(beside):
    model = beside(CASE, SAME_FRAME)
    model.main.planes.go_to_slice(0, 11)  # 33 mm, nearest to the other's 35
    assert model.main.planes.crosshair[0] == 11
    assert model.reading.planes.crosshair[0] == 7


def test_another_frame_is_linked_by_hand_and_only_then(beside):
    model = beside(CASE, OTHER_FRAME)
    assert model.link == "not linked"
    main, other = model.main.planes, model.reading.planes
    before = other.crosshair
    main.go_to_slice(0, 3)
    assert other.crosshair == before
    other.go_to_slice(0, 20)
    model.link_here()
    assert model.link == "linked by hand"
    main.go_to_slice(0, 8)  # 15 mm on: ten of the other's slices
    assert other.crosshair[0] == 30
    other.go_to_slice(0, 26)
    assert main.crosshair[0] == 6
    model.link_here()
    assert model.link == "not linked"
    before = other.crosshair
    main.go_to_slice(0, 12)
    assert other.crosshair == before


def test_a_frame_that_neither_names_links_nothing(beside):
    bare = volume(grid((21, 30, 40), (3, 1, 1), frame=None), "now")
    model = beside(bare, volume(grid((21, 30, 40), (3, 1, 1), frame=None), "then"))
    assert model.link == "not linked"


def test_the_caption_tells_date_link_and_its_own_window(beside):
    model = beside(CASE, SAME_FRAME)
    lines = model.reading.caption()
    assert "CT Chest then" in lines
    assert "2024-05-17  linked by frame of reference" in lines
    model.reading.windows.set(40, 400)
    assert model.main.windows.window.center != 40
    assert any("W 400" in line for line in model.reading.caption())


def test_a_blind_reader_sees_neither_series_nor_date(beside):
    model = beside(CASE, SAME_FRAME, is_blind=True)
    assert not any("Chest" in line or "2024" in line for line in model.reading.caption())
    model = beside(CASE, SAME_FRAME)
    model.main.set_blind(True)
    assert not any("Chest" in line or "2024" in line for line in model.reading.caption())
    assert any("linked" in line for line in model.reading.caption())


def test_another_patient_is_told(beside, tmp_path):
    reading = ReadingViewModel()
    reading.look_at(CASE)

    def strangers(source: Source) -> PatientOf:
        return PatientOf(f"hospital\0{source.path.name}", "1", "")

    model = PriorViewModel(
        reading, LayoutViewModel(tmp_path / "v.json"), Notice(""), whose=strangers
    )
    model.work_beside(CASE)
    model.take(Found(Listing(Path("then"), ()), SAME_FRAME))
    assert "another patient" in model.notice.text
    assert "another patient" not in beside(CASE, SAME_FRAME).notice.text


def test_closing_and_another_case_forget_the_link(beside):
    model = beside(CASE, OTHER_FRAME)
    seen: list[object] = []
    model.shown.connect(seen.append)
    model.link_here()
    model.work_beside(volume(CASE.geometry, "now"))
    assert model.link == "not linked"
    model.close()
    assert seen == [None]
    assert model.volume is None
