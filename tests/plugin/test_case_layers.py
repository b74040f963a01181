"""The two layers that stay in napari's list and show one case after the other, without a window."""

from __future__ import annotations

import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

with warnings.catch_warnings():
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    warnings.filterwarnings("ignore", message="`json_encoders` is deprecated")
    pytest.importorskip("napari.components", reason="the gui extra is not installed")

from napari.components import ViewerModel
from napari.layers import Image

from medseg.model import Geometry, Segmentation
from medseg.session import Session
from napari_medseg.display import NOUN, image_layer
from napari_medseg.layers import fill_image, fill_labels, new_image, new_labels
from napari_medseg.views.looking.case_layers import CaseLayers
from tests.phantoms import ramp_volume, two_lesions


def session_of(volume=None, mask=None):
    volume = volume or ramp_volume()
    return Session(volume, mask, author="A. Reader")


def larger_volume():
    geometry = Geometry.from_spacing((7, 20, 30), (3.0, 0.5, 0.75))
    voxels = np.arange(np.prod(geometry.shape), dtype=np.float32).reshape(geometry.shape)
    return replace(ramp_volume(), voxels=voxels, geometry=geometry, description="another")


def standing(viewer=None):
    viewer, made = viewer or ViewerModel(), []
    return viewer, CaseLayers(viewer, made.append), made


def drawings(layer, work):
    """How often a layer was sliced and drawn anew while this was done."""
    told = []
    layer.events.set_data.connect(told.append)
    work()
    layer.events.set_data.disconnect(told.append)
    return len(told)


# -- filled out of sight ----------------------------------------------------------------------


def test_a_filled_image_is_that_volume_as_if_it_were_new_and_is_drawn_once():
    viewer, volume = ViewerModel(), larger_volume()
    layer, fresh = viewer.add_layer(new_image(ramp_volume())), new_image(volume)
    layer.gamma = layer.opacity = 0.5

    def fill():
        fill_image(layer, volume)
        assert not layer.visible
        layer.visible = True

    assert drawings(layer, fill) == 1
    for name in ("name", "gamma", "opacity", "editable", "contrast_limits_range"):
        assert getattr(layer, name) == getattr(fresh, name), name
    np.testing.assert_allclose(layer.contrast_limits, fresh.contrast_limits)
    np.testing.assert_array_equal(layer.scale, fresh.scale)
    assert np.shares_memory(layer.data, volume.voxels)
    assert layer.metadata[NOUN] is volume
    assert viewer.dims.nsteps == volume.voxels.shape


def test_a_filled_image_takes_the_window_of_the_one_beside_it():
    volume = larger_volume()
    beside, layer = new_image(volume), new_image(ramp_volume())
    beside.contrast_limits = (10.0, 20.0)
    layer.gamma = 0.5
    fill_image(layer, volume, like=beside)
    assert tuple(layer.contrast_limits) == (10.0, 20.0)
    assert layer.gamma == 0.5  # which goes with that of the one beside, too


def test_filled_labels_are_that_mask_with_its_colours_and_are_drawn_once():
    viewer, mask = ViewerModel(), two_lesions()
    before = Segmentation.empty(Geometry.from_spacing((2, 2, 2), (1.0,) * 3))
    layer, fresh = viewer.add_layer(new_labels(before, None)), new_labels(mask, ramp_volume())

    def fill():
        fill_labels(layer, mask, ramp_volume())
        assert not layer.visible
        layer.visible = True

    assert drawings(layer, fill) == 1
    for number in mask.numbers:
        np.testing.assert_allclose(layer.get_color(number), fresh.get_color(number))
    assert list(layer.features["segment"]) == list(fresh.features["segment"])
    assert np.shares_memory(layer.data, mask.array)
    assert not layer.editable


# -- one case after the other -----------------------------------------------------------------


def test_layers_made_in_advance_are_out_of_sight_and_nobodys():
    viewer, layers, made = standing()
    assert [layers.prepare_next() for _ in range(3)] == [True, True, False]
    assert [layer.visible for layer in viewer.layers] == [False, False]
    assert [layer.metadata for layer in viewer.layers] == [{}, {}]
    assert made == [layers.labels]


@pytest.mark.parametrize("is_prepared", [True, False])
def test_the_same_layers_show_one_case_after_the_other(is_prepared):
    viewer, layers, made = standing()
    while is_prepared and layers.prepare_next():
        pass
    first, mask = session_of(mask=two_lesions()), Segmentation.empty(larger_volume().geometry)
    layers.show_image(first)
    layers.show_mask(first)
    kept = list(viewer.layers)
    assert [layer.metadata[NOUN] for layer in kept] == [first.volume, first.segmentation]
    second = session_of(larger_volume(), mask)
    layers.show_image(second)
    layers.show_mask(second)
    assert list(viewer.layers) == kept
    assert [layer.metadata[NOUN] for layer in kept] == [second.volume, mask]
    assert kept[1].metadata[f"{NOUN}_image"] is second.volume
    assert made == [kept[1]]


def test_a_slice_is_shown_without_being_anybodys_image_and_goes_again():
    viewer, layers, _ = standing()
    volume = larger_volume()
    geometry = Geometry.from_spacing((1, 20, 30), (3.0, 0.5, 0.75))
    layers.preview(replace(volume, voxels=volume.voxels[3:4], geometry=geometry))
    (layer,) = viewer.layers
    assert layer.visible
    assert layer.metadata == {}
    assert "being read" in layer.name
    np.testing.assert_array_equal(np.asarray(layer.data)[0].ravel().max(), volume.voxels[3].max())
    layers.end_preview()
    assert not layer.visible
    session = session_of(volume)
    assert layers.show_image(session) is layer
    assert layer.name == "another"


def test_what_the_reader_removed_from_the_list_is_made_anew():
    viewer, layers, made = standing()
    session = session_of(mask=two_lesions())
    layers.show_image(session)
    removed = layers.show_mask(session)
    viewer.layers.remove(removed)
    assert layers.show_mask(session) is not removed
    assert [layer.metadata[NOUN] for layer in viewer.layers] == [
        session.volume,
        session.segmentation,
    ]
    assert len(made) == 2


class Opened(Image):
    """As napari makes a layer of what a reader gave: it says which file that was."""

    source = SimpleNamespace(path="scan.nii")


def test_a_layer_that_napari_opened_is_taken_over_and_never_shows_another_files_image():
    viewer, layers, _ = standing()
    while layers.prepare_next():
        pass
    first = session_of()
    data, arguments, _ = image_layer(first.volume)
    opened = viewer.add_layer(Opened(data, **arguments))
    assert layers.show_image(first) is opened
    assert [layer for layer in viewer.layers if isinstance(layer, Image)] == [opened]
    second = session_of(larger_volume())
    assert layers.show_image(second) is not opened
    assert opened not in viewer.layers
