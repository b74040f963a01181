"""Which values are labels, and how a stored value becomes a real one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from medseg.errors import FormatError
from medseg.formats.labels import as_labels
from medseg.formats.rescale import rescaled


@pytest.mark.parametrize("dtype", ["u2", "i2", "i4", "u8", "f4", "f8"])
@pytest.mark.parametrize(("highest", "expected"), [(255, np.uint8), (256, np.uint16)])
def test_whole_numbers_are_labels_in_the_smallest_type(
    dtype: str, highest: int, expected: type
) -> None:
    values = np.zeros((2, 3, 4))
    values[1, 2, 3] = highest
    labels = as_labels(values.astype(dtype), "m.nii")
    assert labels.dtype == expected
    assert (labels == values).all()


@pytest.mark.parametrize("odd", [np.nan, np.inf, -1.0, 0.5, 65536.0])
def test_other_values_are_refused_by_name(odd: float) -> None:
    values = np.zeros((2, 3, 4))
    values[1, 0, 0] = odd
    with pytest.raises(FormatError, match=r"0 to 65535; m\.nii holds"):
        as_labels(values, "m.nii")


@given(
    stored=hnp.arrays(np.uint16, (3, 2, 2)),
    slope=st.sampled_from([1.0, 2.0, -1.0, 0.5, 0.001]),
    intercept=st.sampled_from([0.0, -1024.0, 33.25]),
)
def test_a_rescaled_value_is_slope_times_stored_plus_intercept(
    stored: np.ndarray, slope: float, intercept: float
) -> None:
    expected = stored.astype(np.float64) * slope + intercept
    values = rescaled(stored.copy(), [(slope, intercept)], "a.nii")
    if slope.is_integer() and intercept.is_integer():
        fits = expected.min() >= -32768 and expected.max() <= 32767
        assert values.dtype == (np.int16 if fits else np.int32)
        assert (values == expected).all()
    else:
        assert values.dtype == np.float32
        assert np.allclose(values, expected, rtol=1e-6)
        assert (np.rint((values.astype(float) - intercept) / slope) == stored).all()


def test_each_slice_has_its_own_scale() -> None:
    stored = np.full((2, 1, 1), 10, np.int16)
    assert rescaled(stored, [(1.0, 0.0), (3.0, 1.0)], "a.nii").ravel().tolist() == [10, 31]


def test_values_beyond_32_bits_become_floats() -> None:
    stored = np.full((1, 1, 1), 2**31 - 1, np.int32)
    assert rescaled(stored, [(4.0, 0.0)], "a.nii").dtype == np.float32


def test_values_beyond_floats_are_refused_by_name() -> None:
    with pytest.raises(FormatError, match=r"a\.nii make them as large as 7e\+39"):
        rescaled(np.full((1, 1, 1), 7, np.int16), [(1e39, 0.0)], "a.nii")
