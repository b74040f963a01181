from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from medseg.model import ORIENTATIONS
from medseg.raster.runs import runs_by_slice

Runs = list[tuple[int, int, list[list[int]]]]


def found_runs(labels: NDArray[Any]) -> Runs:
    return [(index, label, runs.tolist()) for index, label, runs in runs_by_slice(labels)]


def plain_runs(labels: NDArray[Any]) -> Runs:
    """The same by a walk over the nested lists, voxel after voxel."""
    found: Runs = []
    for index, plane in enumerate(labels.tolist()):
        line = [value for row in plane for value in row]
        runs: dict[int, list[list[int]]] = {}
        for position, label in enumerate(line):
            own = runs.setdefault(label, [])
            if own and own[-1][1] == position:
                own[-1][1] = position + 1
            else:
                own.append([position, position + 1])
        found += [(index, label, runs[label]) for label in sorted(runs) if label]
    return found


def test_a_run_goes_on_past_the_end_of_a_row():
    labels = np.array([[[0, 0, 1], [1, 1, 0]]], np.uint8)
    assert found_runs(labels) == [(0, 1, [[2, 5]])]


def test_slices_ascend_then_labels_then_runs():
    labels = np.array([[[7, 0, 2, 7]], [[0, 0, 0, 0]], [[3, 2, 2, 2]]], np.uint16)
    assert found_runs(labels) == [
        (0, 2, [[2, 3]]),
        (0, 7, [[0, 1], [3, 4]]),
        (2, 2, [[1, 4]]),
        (2, 3, [[0, 1]]),
    ]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_background_gives_nothing(dtype: Any):
    assert found_runs(np.zeros((3, 40, 50), dtype)) == []


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_full_slice_is_one_run_of_the_largest_label(dtype: Any):
    top = np.iinfo(dtype).max
    assert found_runs(np.full((1, 33, 17), top, dtype)) == [(0, top, [[0, 33 * 17]])]


def test_touching_labels_do_not_join_and_a_label_is_not_mistaken_for_its_bytes():
    # 0x0101 repeats the byte 1, and 0x0100 has a zero byte: neither is 1 nor background.
    labels = np.repeat(np.array([[[1, 0x0101, 0x0100, 1]]], np.uint16), 16, axis=2)
    assert found_runs(labels) == plain_runs(labels)


@given(
    shape=st.tuples(st.integers(1, 6), st.integers(1, 12), st.integers(1, 30)),
    seed=st.integers(0, 2**32 - 1),
    repeat=st.sampled_from([1, 3, 9]),
    dtype=st.sampled_from([np.uint8, np.uint16]),
    offset=st.integers(0, 7),
    orientation=st.sampled_from(ORIENTATIONS),
    order=st.sampled_from(["C", "F", "crop"]),
)
@settings(max_examples=300, deadline=None)
def test_any_strides_give_the_runs_of_a_plain_walk(
    shape: tuple[int, int, int],
    seed: int,
    repeat: int,
    dtype: Any,
    offset: int,
    orientation: Any,
    order: str,
):
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.integers(0, 3, shape).astype(dtype) * 100, repeat, axis=2)
    memory = np.empty(labels.size + 8, dtype)  # starts anywhere within a word of memory
    line = memory[offset : offset + labels.size]
    line[:] = labels.reshape(-1)
    labels = line.reshape(labels.shape)
    if order == "F":
        labels = np.asfortranarray(labels)
    if order == "crop":
        labels = np.pad(labels, 1, constant_values=1)[1:, :-1, 1:-1]
    view = orientation.apply(labels)
    before = view.copy()
    assert found_runs(view) == plain_runs(view)
    assert np.array_equal(view, before)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_planes_of_more_than_one_tile_and_block(orientation: Any):
    rng = np.random.default_rng(1)
    labels = np.zeros((70, 66, 130), np.uint8)
    corners = rng.integers(0, 60, (6, 3))
    for label, (z, y, x) in enumerate(corners, start=1):
        labels[z : z + 9, y : y + 20, x : x + 33] = label
    view = orientation.apply(labels)
    assert found_runs(view) == plain_runs(view)


def test_a_read_only_array_will_do():
    labels = np.eye(9, dtype=np.uint8)[None]
    labels.setflags(write=False)
    assert found_runs(labels) == plain_runs(labels)


def test_runs_stay_as_they_are_while_the_next_are_found():
    labels = np.random.default_rng(0).integers(0, 3, (4, 5, 6)).astype(np.uint8)
    assert [(i, n, runs.tolist()) for i, n, runs in list(runs_by_slice(labels))] == plain_runs(
        labels
    )
