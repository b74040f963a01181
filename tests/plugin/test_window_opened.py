"""Images and masks opened and saved by napari's own menus and by the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medseg import formats
from medseg.formats.sample import sample_case
from medseg.model import Geometry, Segment, Segmentation
from napari_medseg.display import NOUN
from tests.plugin.cases import write_image

pytestmark = [
    pytest.mark.qt,
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]

SQUARE = np.array([(10, 10), (10, 20), (20, 20), (20, 10)]) - 0.5


def noun_layers(viewer: Any) -> list[Any]:
    return [layer.metadata[NOUN] for layer in viewer.layers if NOUN in layer.metadata]


def test_file_open_with_the_panel_shows_image_and_mask_ready_to_work_on(window, image_path):
    viewer, panel = window()
    assert viewer.open(str(image_path), plugin="medseg") == []  # it is being read behind
    assert panel.loading.is_busy
    panel.entrance.finish()
    session = panel.model.session
    assert noun_layers(viewer) == [session.volume, session.segmentation]
    image = viewer.layers[0]
    assert tuple(image.scale) == (3, 1, 1)
    assert viewer.layers.selection.active is image
    panel.model.lesions.add_outline(3, SQUARE)
    mask_path = image_path.with_name("mine.nii.gz")
    labels = viewer.layers["lesions"]
    assert labels.save(str(mask_path), plugin="medseg") == [str(mask_path)]
    panel.model.keeping.save(mask_path)

    # Another mask goes on the image's grid and takes the place of the saved one.
    other_path = image_path.with_name("other_mask.nrrd")
    other = Segmentation(
        np.full((12, 40, 50), 7, np.uint8), session.volume.geometry, (Segment.unnamed(7, "All"),)
    )
    formats.write_segmentation(other, other_path)
    assert viewer.open(str(other_path), plugin="medseg") == []
    panel.entrance.finish()
    assert [row.label for row in panel.model.lesions.rows] == ["All"]
    assert panel.model.keeping.mask_path == other_path
    assert list(viewer.layers) == [image, labels]  # they stay, and show what comes
    assert noun_layers(viewer) == [session.volume, panel.model.session.segmentation]
    assert (labels.data == 7).all()
    assert not labels.editable


def test_the_panel_takes_over_what_was_opened_before_it(window, make_napari_viewer, image_path):
    from napari_medseg.viewer import add_panel, make_known

    make_known()
    viewer = make_napari_viewer()
    folder = image_path.parent / "study"
    folder.mkdir()
    write_image(folder / "small.nii.gz", Geometry.from_spacing((5, 20, 20), (3, 1, 1)))
    write_image(folder / "large.nii.gz", Geometry.from_spacing((9, 30, 30), (3, 1, 1)))
    (image,) = viewer.open(str(folder), plugin="medseg")
    assert image.data.shape == (9, 30, 30)
    mask_path = folder.parent / "lesions.nii.gz"
    formats.write_segmentation(Segmentation.empty(image.metadata[NOUN].geometry), mask_path)
    (labels,) = viewer.open(str(mask_path), plugin="medseg")
    assert not image.editable
    assert not labels.editable
    panel = add_panel(viewer, author="A. Reader")
    session = panel.model.session
    assert session.volume is image.metadata[NOUN]
    assert session.segmentation is labels.metadata[NOUN]
    assert len(panel.model.series) == 2
    assert add_panel(viewer) is panel  # never a second one in a window


def test_the_sample_opens_from_the_menu(window):
    viewer, panel = window()
    (image,) = viewer.open_sample("medseg", "chest")
    assert image.metadata[NOUN].geometry.shape[0] > 1
    assert panel.model.session.volume is image.metadata[NOUN]
    assert panel.desk.screen.views[0].overlays.letters() == {
        "left": "R",
        "right": "L",
        "top": "A",
        "bottom": "P",
    }


def test_a_dicom_folder_opens_by_the_command_line_and_unread_files_are_listed(window, tmp_path):
    import shutil

    folder = tmp_path / "dicom"
    shutil.copytree(sample_case().dicom, folder)
    (folder / "report.txt").write_text("not an image")
    viewer, panel = window(folder)
    assert len(noun_layers(viewer)) == 2
    assert panel.model.title.startswith("CT")
    listed = [
        panel.image_page.series.item(row).text() for row in range(panel.image_page.series.count())
    ]
    assert len(listed) == len(panel.model.series) + len(panel.model.skipped)
    assert any("report.txt" in text for text in listed) == bool(panel.model.skipped)


def test_the_command_line_opens_image_and_mask_and_names_the_author(
    window, make_napari_viewer, image_path, monkeypatch, qtbot
):
    import napari

    from napari_medseg.viewer import open_viewer

    # A name that does not tell: what stands second on the command line is a mask all the same.
    mask_path = image_path.with_name("second.nrrd")
    geometry = formats.read_volume(image_path).geometry
    formats.write_segmentation(Segmentation.empty(geometry, (Segment.unnamed(1),)), mask_path)
    mask_path.with_name("second.json").unlink()
    made, ran = [], []
    monkeypatch.setattr(
        napari, "Viewer", lambda **_options: made.append(make_napari_viewer()) or made[0]
    )

    def run() -> None:
        panel = made[0].window.add_plugin_dock_widget("medseg", "medseg")[1]
        qtbot.waitUntil(lambda: not panel.loading.is_busy, timeout=30_000)
        ran.append(True)

    monkeypatch.setattr(napari, "run", run)
    open_viewer([image_path, mask_path], author="A. Reader")
    assert ran == [True]
    panel = made[0].window.add_plugin_dock_widget("medseg", "medseg")[1]
    assert panel.model.author == "A. Reader"
    assert panel.image_page.reader.text() == "A. Reader"
    assert panel.model.keeping.mask_path == mask_path
    made.clear()


def test_the_manifest_is_valid_and_names_what_exists():
    from npe2 import PluginManifest

    import napari_medseg

    manifest = PluginManifest.from_file(Path(napari_medseg.__file__).with_name("napari.yaml"))
    assert manifest.name == "medseg"
    manifest.validate_imports()
