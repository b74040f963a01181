"""Our layers in napari, without a window."""

from __future__ import annotations

import json
import warnings
from itertools import permutations

import numpy as np
import pytest

with warnings.catch_warnings():
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    warnings.filterwarnings("ignore", message="`json_encoders` is deprecated")
    pytest.importorskip("napari.components", reason="the gui extra is not installed")

from napari.components import ViewerModel
from napari.utils.shortcuts import default_shortcuts

from medseg import formats
from medseg.errors import FormatError, GeometryError
from medseg.model import (
    ORIENTATIONS,
    Authorship,
    Edit,
    Geometry,
    Segment,
    Segmentation,
    SegmentsEdit,
)
from napari_medseg import io, keys
from napari_medseg.display import NOUN, Display, labels_layer
from napari_medseg.layers import layer_of, new_image, new_labels, recolour, refresh_patch
from napari_medseg.settling import settle_when_added
from tests.phantoms import oblique_geometry, ramp_volume, two_lesions

BY = Authorship("A. Reader", "test")


def put(viewer, layer_data):
    """Add what a reader returned, as napari does; the new layer."""
    data, arguments, kind = layer_data
    return getattr(viewer, f"add_{kind}")(data, **arguments)


# -- image and labels -----------------------------------------------------------------------


def test_image_and_mask_agree_in_place_and_units_and_are_locked():
    volume, mask = ramp_volume(), two_lesions()
    viewer = ViewerModel()
    image, labels = viewer.add_layer(new_image(volume)), viewer.add_layer(new_labels(mask, volume))
    np.testing.assert_array_equal(image.scale, labels.scale)
    assert [str(unit) for unit in image.units] == ["millimeter"] * 3
    assert image.units == labels.units
    assert viewer.dims.axis_labels == ("slice", "row", "column")
    np.testing.assert_array_equal(image.affine.affine_matrix, np.eye(4))
    assert not image.editable
    assert not labels.editable
    assert np.shares_memory(labels.data, mask.array)
    assert layer_of(viewer.layers, mask) is labels
    assert layer_of(viewer.layers, two_lesions()) is None


def test_the_window_slider_reaches_all_values():
    volume = ramp_volume()
    layer = new_image(volume)
    assert tuple(layer.contrast_limits) == volume.display_window.limits
    low, high = layer.contrast_limits_range
    assert low <= volume.voxels.min()
    assert high >= volume.voxels.max()


def test_colours_and_names_follow_the_segments():
    mask = two_lesions()
    layer = new_labels(mask, ramp_volume())
    for segment in mask.segments:
        np.testing.assert_allclose(
            layer.get_color(segment.number)[:3], np.array(segment.color) / 255, atol=1e-6
        )
    assert list(layer.features["segment"]) == ["background", "Nodule", "Speck"]
    more = (*mask.segments, Segment.new_lesion(3, "New"))
    SegmentsEdit.to_list(mask, more, BY).apply(mask)
    recolour(layer, mask)
    assert list(layer.features["segment"])[-1] == "New"
    np.testing.assert_allclose(layer.get_color(3)[:3], np.array(more[-1].color) / 255, atol=1e-6)
    assert layer.get_color(9) is None or layer.get_color(9)[3] == 0


# -- patches --------------------------------------------------------------------------------


class Texture:
    """What the graphics card shows: full slices at set_data, patches at labels_update."""

    def __init__(self, layer, dims):
        self.layer, self.dims = layer, dims
        self.patches, self.refreshes = 0, 0
        self.shown = self.slice_on_screen()
        layer.events.labels_update.connect(self.patch)
        layer.events.set_data.connect(self.refresh)

    def slice_on_screen(self):
        index = [
            slice(None) if axis in self.dims.displayed else self.dims.current_step[axis]
            for axis in range(3)
        ]
        plane = self.layer.data[tuple(index)]
        first, second = self.dims.displayed
        return np.array(plane if first < second else plane.T)

    def patch(self, event):
        self.patches += 1
        rows, columns = event.offset
        height, width = event.data.shape
        self.shown[rows : rows + height, columns : columns + width] = event.data

    def refresh(self, _event):
        self.refreshes += 1
        self.shown = self.slice_on_screen()


def edit_of(mask: Segmentation) -> Edit:
    corner = (1, 1, 2)
    patch = np.zeros((3, 3, 2), mask.array.dtype)
    patch[0, 0, 0] = patch[2, 1, 1] = 1
    return Edit.from_patch(mask, corner, patch, BY)


@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)
def test_a_patch_brings_exactly_the_edit_to_the_screen_and_undo_takes_it_away(orientation):
    geometry = orientation.geometry(oblique_geometry())
    mask = Segmentation.empty(geometry, (Segment.unnamed(1),))
    viewer = ViewerModel()
    layer = viewer.add_layer(new_labels(mask, ramp_volume(geometry)))
    edit = edit_of(mask)
    for index in range(geometry.shape[0]):
        viewer.dims.set_current_step(0, index)
        texture = Texture(layer, viewer.dims)
        for change in (edit, edit.inverse()):
            change.apply(mask)
            refresh_patch(layer, mask, change, viewer.dims)
            np.testing.assert_array_equal(texture.shown, texture.slice_on_screen())
        assert texture.refreshes == 0
        assert texture.patches == (2 if 1 <= index <= 3 else 0)
    assert Display(geometry).orientation.axes[0] == 0


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("orientation", ORIENTATIONS[::7], ids=str)
def test_a_patch_reaches_every_slice_of_every_plane(orientation, order):
    geometry = orientation.geometry(oblique_geometry())
    mask = Segmentation.empty(geometry, (Segment.unnamed(1),))
    viewer = ViewerModel()
    layer = viewer.add_layer(new_labels(mask, ramp_volume(geometry)))
    viewer.dims.order = order
    edit, patches = edit_of(mask), 0
    for index in range(layer.data.shape[order[0]]):
        viewer.dims.set_current_step(order[0], index)
        texture = Texture(layer, viewer.dims)
        for change in (edit, edit.inverse()):
            change.apply(mask)
            refresh_patch(layer, mask, change, viewer.dims)
            np.testing.assert_array_equal(texture.shown, texture.slice_on_screen())
        assert texture.refreshes == 0
        patches += texture.patches
    thickness = Display(geometry).shown_box(edit.box)[order[0]]
    assert patches == 2 * (thickness.stop - thickness.start)


def test_in_3d_and_where_contours_are_drawn_the_mask_is_refreshed_whole():
    mask = Segmentation.empty(oblique_geometry(), (Segment.unnamed(1),))
    viewer = ViewerModel()
    layer = viewer.add_layer(new_labels(mask, ramp_volume()))
    edit = edit_of(mask)
    edit.apply(mask)
    layer.contour = 1
    texture = Texture(layer, viewer.dims)
    refresh_patch(layer, mask, edit, viewer.dims)
    assert (texture.patches, texture.refreshes > 0) == (0, True)


def test_an_edit_that_changes_nothing_draws_nothing():
    mask = two_lesions()
    viewer = ViewerModel()
    layer = viewer.add_layer(new_labels(mask, ramp_volume()))
    texture = Texture(layer, viewer.dims)
    same = Edit.from_patch(mask, (1, 1, 1), mask.array[1:2, 1:3, 1:3].copy(), BY)
    refresh_patch(layer, mask, same, viewer.dims)
    assert (texture.patches, texture.refreshes) == (0, 0)


# -- the lock -------------------------------------------------------------------------------


def test_napari_cannot_take_up_a_tool_on_our_mask_nor_write_into_it():
    mask = two_lesions()
    before = mask.array.copy()
    viewer = ViewerModel()
    settle_when_added(viewer)
    settle_when_added(viewer)
    layer = put(viewer, labels_layer(mask))  # as the reader adds it, constructor only
    assert not layer.editable
    for mode in ("paint", "erase", "fill", "polygon", "pick", "transform"):
        layer.mode = mode
        assert layer.mode == "pan_zoom"
    layer.undo()
    layer.redo()
    for write in (
        lambda: layer.paint((1, 2, 3), 2),
        lambda: layer.fill((0, 0, 0), 2),
        lambda: layer.data_setitem((np.array([0]),) * 3, 1),
    ):
        with pytest.raises(ValueError, match="read-only"):
            write()
    with pytest.raises(ValueError, match="read-only"):
        layer.undo()  # even what napari believes to have painted
    np.testing.assert_array_equal(mask.array, before)


def test_layers_of_others_stay_as_they_are():
    viewer = ViewerModel()
    settle_when_added(viewer)
    assert viewer.add_labels(np.zeros((3, 4, 5), np.uint8)).editable


# -- keys -----------------------------------------------------------------------------------


def napari_keys(kind: str) -> set[str]:
    """napari's default keys while a layer of this kind is selected, spelt as ours are."""
    everywhere = ("toggle", "reset_view", "delete_selected_layers", "show", "increment", "focus")
    everywhere += ("roll", "transpose", "rotate", "select_layer", "hold")
    images = ("activate_image", "orient_plane", "auto_contrast")
    masks = ("activate_labels", "new_label", "swap", "decrease", "increase", "toggle_preserve")
    masks += ("reset_polygon", "complete_polygon")
    wanted = everywhere + {"image": images, "labels": masks}[kind]
    return {
        str(binding).replace("Ctrl", "Control").replace("+", "-")
        for name, bindings in default_shortcuts.items()
        for binding in bindings
        if name.removeprefix("napari:").startswith(wanted)
    }


@pytest.mark.parametrize("kind", ["image", "labels"])
def test_our_keys_are_free_where_an_image_or_a_mask_is_selected(kind):
    napari = napari_keys(kind)
    assert {"Control-E", "V", "Space"} <= napari  # the table is spelt as ours is
    ours = {key.spelling for key in keys.KEYS}
    # Bound on the viewer and on our mask's layer itself, which napari asks before its own table.
    taken_over = {
        "Escape",
        "V",
        "Shift-V",
        "-",
        "=",
        "[",
        "]",
        "Enter",
        "Control-Up",
        "Control-Down",
    }
    assert ours & napari <= taken_over


def test_each_key_and_command_stands_in_the_table_once():
    assert len({key.spelling for key in keys.KEYS}) == len(keys.KEYS)
    assert len({key.command for key in keys.KEYS}) == len(keys.KEYS)


# -- reader and writer ----------------------------------------------------------------------


def test_several_paths_at_once_are_not_ours(image_path):
    assert io.get_reader([str(image_path), str(image_path)]) is None
    assert io.get_reader([str(image_path)]) is not None
    assert io.get_reader(str(image_path.with_name("absent.nii.gz"))) is None


def test_an_image_is_read_as_an_image_layer(image_path):
    ((data, arguments, kind),) = io.get_reader(str(image_path))(str(image_path))
    assert kind == "image"
    assert data.shape == (12, 40, 50)
    assert arguments["scale"] == (3, 1, 1)


def test_a_mask_is_read_with_its_names_and_written_back_the_same(tmp_path):
    mask, path = two_lesions(), tmp_path / "mine.nii.gz"
    formats.write_segmentation(mask, path)
    ((data, arguments, kind),) = io.read_layers(str(path))
    assert (kind, arguments["name"]) == ("labels", "mine")
    read = arguments["metadata"][NOUN]
    assert read.segments == mask.segments
    for suffix in (".nii.gz", ".nrrd", ".mha"):
        copy = tmp_path / f"copy{suffix.replace('.', '-')}{suffix}"
        written = io.write_labels(str(copy), data, {"name": "mine", **arguments})
        assert written == [str(copy)]
        again = formats.read_segmentation(copy)
        np.testing.assert_array_equal(again.array, mask.array)
        assert again.geometry.same_grid(mask.geometry)
        assert again.segments == mask.segments


def test_the_writer_records_the_image_that_the_mask_was_drawn_on(tmp_path, image_path):
    volume = formats.read_volume(image_path)
    data, arguments, _ = new_labels(
        Segmentation.empty(volume.geometry), volume
    ).as_layer_data_tuple()
    io.write_labels(str(tmp_path / "mine.nrrd"), data, arguments)
    content = json.loads((tmp_path / "mine.json").read_text(encoding="utf-8"))
    assert content["image"]["path"] == image_path.name


def test_a_layer_that_is_not_ours_is_refused_in_words(tmp_path):
    with pytest.raises(FormatError, match="'cells' is not one of its own"):
        io.write_labels(str(tmp_path / "a.nrrd"), np.zeros((2, 2, 2), int), {"name": "cells"})
    assert not list(tmp_path.iterdir())


def test_a_copy_of_a_mask_is_refused_because_it_may_have_been_painted_on(tmp_path):
    data, arguments, _ = new_labels(two_lesions(), ramp_volume()).as_layer_data_tuple()
    with pytest.raises(FormatError, match="copy of a medseg mask"):
        io.write_labels(str(tmp_path / "a.nrrd"), data.copy(), arguments)
    assert not list(tmp_path.iterdir())


def test_a_mask_is_put_on_the_grid_of_the_image_that_is_open(tmp_path, image_path, monkeypatch):
    image = formats.read_volume(image_path)
    viewer = ViewerModel()
    viewer.add_layer(new_image(image))
    monkeypatch.setattr(io, "_viewer", lambda: viewer)
    flipped = Display(image.geometry).orientation.geometry(image.geometry)
    turned = ORIENTATIONS[13].geometry(flipped)
    path = tmp_path / "turned_mask.nrrd"
    formats.write_segmentation(Segmentation.empty(turned), path)
    ((_, arguments, _),) = io.read_layers(str(path))
    assert arguments["metadata"][NOUN].geometry.same_grid(image.geometry)
    elsewhere = tmp_path / "other_mask.nrrd"
    shifted = Geometry.from_spacing((12, 40, 50), (3, 1, 1), (0.4, 0, 0))
    formats.write_segmentation(Segmentation.empty(shifted), elsewhere)
    with pytest.raises(GeometryError):
        io.read_layers(str(elsewhere))
