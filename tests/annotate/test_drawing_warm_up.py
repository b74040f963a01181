"""Drawing kernels that are ready before they are needed."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from medseg.annotate import Brush, Livewire, Stroke, fill_polygon, is_compiled, warm_up
from medseg.annotate.warm_up import KERNELS
from medseg.model import Authorship
from tests.phantoms import ramp_volume, two_lesions


def test_in_the_background_or_not_the_kernels_are_in_memory_afterwards() -> None:
    thread = warm_up()
    assert thread is not None
    thread.join(timeout=300)
    assert is_compiled()
    assert warm_up(in_background=False) is None
    assert all(getattr(module, name).signatures for module, name in KERNELS)


def test_drawing_then_compiles_no_kernel_anew() -> None:
    warm_up(in_background=False)
    before = {name: len(getattr(module, name).signatures) for module, name in KERNELS}
    segmentation = two_lesions()
    by, place = Authorship("Reader", "brush"), segmentation.geometry.to_patient((2, 4, 5))
    stroke = Stroke(segmentation, 1, Brush(1.5))
    for point in (place, place + 1.0):
        stroke.to(point, by).apply(segmentation)
    fill_polygon(np.array([(1.0, 1.0), (1.0, 6.0), (5.0, 3.0)]), (8, 10))
    wire = Livewire(ramp_volume(segmentation.geometry), 2)
    wire.anchor(place)
    wire.path_to(segmentation.geometry.to_patient((2, 1, 1)))
    after = {name: len(getattr(module, name).signatures) for module, name in KERNELS}
    assert after == before


def test_kernels_on_the_disk_that_are_older_than_their_source_do_not_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Kernel:
        signatures: tuple[str, ...] = ()
        py_func = staticmethod(is_compiled)
        __name__ = "_swept"

        class stats:  # noqa: N801 - as the compiler calls it
            cache_path = str(tmp_path)

    class Module:
        _swept = Kernel()

    module = import_module("medseg.annotate.warm_up")
    monkeypatch.setattr(module, "KERNELS", ((Module, "_swept"),))
    assert not is_compiled()
    index = tmp_path / "warm_up._swept-24.py311.nbi"
    index.write_bytes(b"")
    assert is_compiled()
    os.utime(index, (0, 0))
    assert not is_compiled()
