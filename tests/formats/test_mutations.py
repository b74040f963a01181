"""Mutated files, seeded: each is read, or refused with a MedsegError, in bounded memory.

`MEDSEG_FUZZ` sets how many are tried for each format in the long run.
"""

from __future__ import annotations

import faulthandler
import math
import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 (its users know it by this name)

import medseg
from medseg.errors import MedsegError
from medseg.model import Geometry, Segment, Segmentation

NAMES = ("a.nii", "a.nii.gz", "a.seg.nrrd", "b.nrrd", "a.mha", "b.mha")
QUICK = 200
LONG = int(os.environ.get("MEDSEG_FUZZ", "0"))
HANG_S = 120
DEFLATE_LIMIT = 1032  # no file unpacks to more than so many times its size (RFC 1951)
HEADER = 900
NUMBERS = (b"0", b"-1", b"65536", b"999999999999999", b"nan", b"1e308", b"", b"3", b"none")
PATTERNS = tuple(
    struct.pack(kind, value)
    for kind, values in (
        ("<h", (0, -1, 1, 7, 32767, -32768, 1536)),
        (">h", (1, 3, 16384)),
        ("<i", (0, -1, 2**31 - 1, 540, 348)),
        ("<q", (-1, 2**40, 2**62)),
        ("<f", (0.0, math.nan, math.inf, -1e30, 1e-38, 352.5)),
    )
    for value in values
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    array = (np.arange(60, dtype=np.uint8) % 3).reshape(3, 4, 5)
    geometry = Geometry.from_spacing((3, 4, 5), (2.0, 1.5, 1.0), (1.0, 2.0, 3.0))
    mask = Segmentation(array, geometry, (Segment.unnamed(1), Segment.unnamed(2)))
    image = sitk.GetImageFromArray(np.arange(60, dtype=np.int16).reshape(3, 4, 5))
    for name in ("a.nii", "a.nii.gz", "a.seg.nrrd", "a.mha"):
        file = folder / name.split(".")[-1] / name
        file.parent.mkdir(exist_ok=True)
        medseg.write_segmentation(mask, file)
    for name in ("b.nrrd", "b.mha"):
        sitk.WriteImage(image, str(folder / name), False)
    return {name: next(folder.rglob(name)).read_bytes() for name in NAMES}


@pytest.fixture
def within_bounds(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """What may be asked of numpy at once, in bytes; a hang ends the run with a trace."""
    limit = [0]
    real = np.empty

    def counted(shape: Any, dtype: Any = float, *args: Any, **kwargs: Any) -> Any:
        asked = math.prod(np.atleast_1d(shape).tolist()) * np.dtype(dtype).itemsize
        if asked > limit[0]:  # no Exception, which the readers turn into a refusal
            pytest.fail(f"{asked} bytes were asked for where {limit[0]} may be")
        return real(shape, dtype, *args, **kwargs)

    monkeypatch.setattr(np, "empty", counted)
    faulthandler.dump_traceback_later(HANG_S, exit=True)
    yield limit
    faulthandler.cancel_dump_traceback_later()


def _mutated(content: bytes, rng: np.random.Generator) -> bytes:
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        place = int(rng.integers(0, max(1, min(len(data), HEADER))))
        kind = int(rng.integers(0, 6))
        if kind == 0:
            data[place : place + 1] = bytes(rng.integers(0, 256, 1, dtype=np.uint8))
        elif kind == 1:
            pattern = PATTERNS[int(rng.integers(len(PATTERNS)))]
            data[place & ~1 : (place & ~1) + len(pattern)] = pattern
        elif kind == 2:
            found = list(re.finditer(rb"\d+", data[:HEADER]))
            if found:
                span = found[int(rng.integers(len(found)))].span()
                data[span[0] : span[1]] = NUMBERS[int(rng.integers(len(NUMBERS)))]
        elif kind == 3:
            del data[place : place + int(rng.integers(1, 40))]
        elif kind == 4:
            piece = data[place : place + int(rng.integers(1, 80))]
            data[place:place] = piece
        else:
            del data[int(rng.integers(0, len(data) + 1)) :]
    return bytes(data)


def _try(folder: Path, name: str, content: bytes, limit: list[int]) -> int:
    path = folder / name
    path.write_bytes(content)
    limit[0] = max(4096, len(content) * (1 if name == "a.nii" else DEFLATE_LIMIT))
    done = 0
    for read in (medseg.list_series, medseg.read_volume, medseg.read_segmentation):
        try:
            read(path)
            done += 1
        except MedsegError as refusal:
            assert name in str(refusal)  # noqa: PT017 (either outcome is right)
    return done


def _run(count: int, folder: Path, name: str, content: bytes, limit: list[int]) -> None:
    seed = [2026, NAMES.index(name)]
    rng = np.random.default_rng(seed)
    assert _try(folder, name, content, limit) == 3, "unmutated it can be read"
    done = 0
    for number in range(count):
        mutated = _mutated(content, rng)
        faulthandler.dump_traceback_later(HANG_S, exit=True)
        try:
            done += _try(folder, name, mutated, limit) - 1
        except (Exception, pytest.fail.Exception) as error:
            raise AssertionError(
                f"{name}, mutation {number} of seed {seed}: {mutated!r}"
            ) from error
    assert 0 < done < 2 * count, "some are read and some refused, or nothing would be shown"


@pytest.mark.parametrize("name", NAMES)
def test_mutated_files_are_read_or_refused(
    tmp_path: Path, whole: dict[str, bytes], within_bounds: list[int], name: str
) -> None:
    _run(QUICK, tmp_path, name, whole[name], within_bounds)


@pytest.mark.long
@pytest.mark.skipif(LONG < 1, reason="MEDSEG_FUZZ says how many to try for each format")
@pytest.mark.parametrize("name", NAMES)
def test_very_many_mutated_files_are_read_or_refused(
    tmp_path: Path, whole: dict[str, bytes], within_bounds: list[int], name: str
) -> None:
    _run(LONG, tmp_path, name, whole[name], within_bounds)


def test_the_bound_on_memory_is_one(within_bounds: list[int]) -> None:
    within_bounds[0] = 100
    assert np.empty((5, 20), np.uint8).nbytes == 100
    with pytest.raises(pytest.fail.Exception, match="101 bytes"):
        np.empty(101, np.uint8)
