"""Window, read-out and captions, without a screen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medseg.model import ORIENTATIONS, Geometry, Segment, Segmentation, Source, Volume, Window
from medseg.session import Session
from napari_medseg.display import Display
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.looking.reading import SLABS, ReadingViewModel
from napari_medseg.viewmodels.looking.readout import lps_text, read_out
from napari_medseg.viewmodels.looking.windows import PRESETS, WindowViewModel
from tests.phantoms import oblique_geometry, ramp_volume
from tests.plugin.cases import write_image


def ct(**changes) -> Volume:
    return replace(ramp_volume(), **{"modality": "CT", "unit": "HU", **changes})


# -- the read-out ---------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", ORIENTATIONS[::5], ids=str)
def test_the_read_out_is_the_files_voxel_its_value_and_its_place(orientation):
    geometry = orientation.geometry(oblique_geometry())
    voxels = np.arange(np.prod(geometry.shape), dtype=np.int16).reshape(geometry.shape)
    volume = replace(ramp_volume(geometry), voxels=voxels, unit="HU")
    display = Display(geometry)
    for stored in ((0, 0, 0), tuple(np.array(geometry.shape) - 1), (1, 2, 1)):
        point, voxel = read_out(volume, None, display, display.to_shown(stored))
        assert point == lps_text(geometry.to_patient(stored))
        assert voxel == (
            f"slice {stored[0]}  row {stored[1]}  column {stored[2]}:  {voxels[stored]} HU"
        )


def test_off_the_image_nothing_is_read_out():
    volume = ramp_volume()
    display = Display(volume.geometry)
    last = np.array(display.shown.shape) - 1
    assert read_out(volume, None, display, last + 0.4)
    for away in (last + 0.6, (-0.6, 0, 0), (np.nan,) * 3, (np.inf, 0, 0)):
        assert read_out(volume, None, display, away) == ()


def test_the_lesion_under_the_pointer_is_named_and_a_plain_number_has_no_unit():
    volume = replace(ramp_volume(), unit="1")
    mask = Segmentation.empty(volume.geometry, (Segment.new_lesion(2, "Nodule"),))
    box = (slice(1, 2),) * 3
    mask.replace_box(box, np.full((1, 1, 1), 2, mask.array.dtype))
    display = Display(volume.geometry)
    assert read_out(volume, mask, display, display.to_shown((1, 1, 1)))[2:] == ("Nodule",)
    lines = read_out(volume, mask, display, display.to_shown((0, 0, 0)))
    assert len(lines) == 2
    assert lines[1].endswith(str(volume.voxels[0, 0, 0].item()))


def test_points_are_lettered_and_nothing_is_left_of_zero():
    assert lps_text((12.34, -5, 100)) == "L 12.3  A 5.0  S 100.0 mm"
    assert lps_text((-12.34, 5, -100)) == "R 12.3  P 5.0  I 100.0 mm"
    assert lps_text((-0.01, 0.01, 0)) == "L 0.0  P 0.0  S 0.0 mm"


# -- windows --------------------------------------------------------------------------------


@pytest.mark.parametrize(("modality", "unit"), PRESETS)
def test_every_preset_can_be_chosen_and_is_named(modality, unit):
    windows = WindowViewModel()
    windows.show(ct(modality=modality, unit=unit))
    names = [preset.name for preset in windows.presets]
    assert len(set(names)) == len(names) <= 8  # as many as there are keys
    for place, preset in enumerate(windows.presets):
        windows.choose(place)
        assert windows.window == Window(preset.center, preset.width)
        assert preset.name in windows.text
    said: list[str] = []
    windows.refused.connect(said.append)
    windows.choose(len(names))
    assert said == [f"There are {len(names)} window presets for this image."]
    assert windows.window == Window(preset.center, preset.width)


def test_a_ct_without_hounsfield_units_and_an_mr_have_no_presets():
    windows = WindowViewModel()
    for changes in ({"unit": "1"}, {"modality": "MR", "unit": "1"}, {"modality": ""}):
        windows.show(ct(**changes))
        assert windows.presets == ()
        said: list[str] = []
        windows.refused.connect(said.append)
        windows.choose(0)
        assert "CT in HU and PET in SUV" in said[0]
        windows.refused.disconnect()


def test_automatic_fits_the_values_and_stored_brings_the_files_own_back():
    windows = WindowViewModel()
    volume = ct(window=Window(40, 400))
    windows.show(volume)
    assert windows.window == Window(40, 400)
    windows.automatic()
    low, high = windows.window.limits
    assert volume.voxels.min() <= low < high <= volume.voxels.max()
    windows.stored()
    assert windows.window == Window(40, 400)


def test_a_dragged_window_widens_to_the_right_rises_upwards_and_comes_back():
    windows, changes = WindowViewModel(), []
    windows.show(ct(window=Window(40, 400)))
    windows.changed.connect(lambda: changes.append(windows.window))
    begun = windows.window
    windows.drag(begun, 250, 0)
    assert windows.window == Window(40, 800)
    windows.drag(begun, 0, 125)
    assert windows.window == Window(240, 400)
    windows.drag(begun, -1e5, 0)
    assert windows.window.width == 1
    windows.drag(begun, 0, 0)
    assert windows.window == begun
    windows.drag(begun, 0, 0)
    assert len(changes) == 4


def test_uptake_is_dark_on_light_and_inversion_goes_both_ways():
    windows = WindowViewModel()
    windows.show(ct(modality="PT", unit="SUVbw"))
    assert windows.is_inverted
    windows.invert()
    assert not windows.is_inverted
    windows.show(ct())
    assert not windows.is_inverted
    assert "inverted" not in windows.text


def test_another_session_on_the_same_image_keeps_the_window():
    windows, volume = WindowViewModel(), ct(window=Window(40, 400))
    windows.show(volume)
    windows.choose(0)
    chosen = windows.window
    windows.show(volume)
    assert windows.window == chosen


def test_before_an_image_no_window_command_does_anything():
    windows = WindowViewModel()
    before = windows.window
    windows.automatic()
    windows.stored()
    windows.choose(0)
    assert windows.window == before


# -- captions -------------------------------------------------------------------------------


def test_a_blind_reader_sees_neither_series_nor_file_name_anywhere():
    volume = ct(description="Knee of J. Doe", window=Window(40, 400))
    reading = ReadingViewModel(is_blind=True)
    reading.work_on(Session(volume, author="A. Reader"))
    shown = [*reading.caption(), *reading.caption(brief=True), *reading.read_out((0, 0, 0))]
    assert shown
    assert not any("Doe" in line or volume.source.path.name in line for line in shown)
    reading.set_blind(False)
    assert reading.caption()[0] == "CT Knee of J. Doe"
    assert reading.caption(brief=True)[0].startswith("W 400")


def test_the_caption_says_what_is_not_one_plain_slice():
    reading, changes = ReadingViewModel(), []
    reading.work_on(Session(ct(window=Window(40, 400)), author="A. Reader"))
    reading.changed.connect(lambda: changes.append(True))
    plain = reading.caption()
    seen = []
    for _ in SLABS:
        reading.next_slab()
        seen.append(reading.slab)
        assert (reading.caption() == plain) == (reading.slab == "none")
    assert sorted(seen) == sorted(SLABS)
    reading.toggle_smooth()
    assert "smoothed" in reading.caption()[-1]
    reading.toggle_linked()
    reading.toggle_crosshair()
    assert reading.is_linked
    assert not reading.shows_crosshair
    assert len(changes) == len(SLABS) + 3


def test_without_a_session_there_is_nothing_to_read():
    reading = ReadingViewModel()
    assert reading.caption() == ()
    assert reading.read_out((0, 0, 0)) == ()


def test_the_file_name_stands_in_for_a_missing_description(tmp_path):
    source = Source("nifti", tmp_path / "scan.nii.gz", "scan")
    volume = replace(ramp_volume(Geometry.from_spacing((2, 3, 4), (1, 1, 1))), source=source)
    volume = replace(volume, modality="", description="")
    reading = ReadingViewModel()
    reading.work_on(Session(volume, author="A. Reader"))
    assert reading.caption()[0] == "scan.nii.gz"


def test_where_text_is_hidden_nothing_names_image_file_or_folder(tmp_path):
    folder = tmp_path / "Doe_Jane"
    folder.mkdir()
    path = write_image(folder / "Doe_Jane_knee.nii.gz", Geometry.from_spacing((4, 8, 8), (3, 1, 1)))
    model = CaseViewModel("A. Reader")
    model.open(path)
    assert "Doe_Jane" in f"{model.title} {model.notice.text}"
    model.hide_text(True)
    told = [model.title, model.notice.text, *(row.text for row in (*model.series, *model.skipped))]
    told += [found.text for found in model.findings]
    assert not any("Doe" in text for text in told)
    model.open(path)
    assert "Doe" not in model.notice.text
    model.hide_text(False)
    assert "Doe_Jane" in model.title
    model.keeping.close()
