"""A layer's scale and translation are kept, and forgotten when they change."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

with warnings.catch_warnings():
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    warnings.filterwarnings("ignore", message="`json_encoders` is deprecated")
    pytest.importorskip("napari.layers", reason="the gui extra is not installed")

from napari.layers import Image

from napari_medseg.layers import placing


def test_a_layers_placing_is_that_of_the_layer_whenever_it_is_asked() -> None:
    layer = Image(np.zeros((3, 4, 5), np.int16), scale=(2.0, 0.5, 0.7))
    other = Image(np.zeros((3, 4, 5), np.int16))
    for _ in range(2):
        np.testing.assert_array_equal(placing(layer)[0], (2.0, 0.5, 0.7))
        np.testing.assert_array_equal(placing(other)[0], (1.0, 1.0, 1.0))
    layer.scale = (3.0, 0.5, 0.7)
    np.testing.assert_array_equal(placing(layer)[0], layer.scale)
    layer.translate = (1.0, 2.0, 3.0)
    np.testing.assert_array_equal(placing(layer)[1], layer.translate)
    np.testing.assert_array_equal(placing(other)[1], (0.0, 0.0, 0.0))
