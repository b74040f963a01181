"""Readers of real nodules: the figures of docs/measures.md."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from medseg.measure import Agreement, ReaderAgreement, compare_readers
from medseg.model import Geometry, Segment, Segmentation

Corner = NDArray[np.int64]


class Outline:
    """One reader's outline of one nodule, in its crop of the scan."""

    def __init__(self, data: dict[str, NDArray[np.generic]], row: int) -> None:
        size = (int(data["row_nz"][row]), int(data["row_ny"][row]), int(data["row_nx"][row]))
        first, length = int(data["row_bit_off"][row]), int(data["row_bit_len"][row])
        bits = np.unpackbits(data["bits"][first : first + length], count=int(np.prod(size)))
        self.mask = bits.reshape(size).astype(bool)
        self.scan = int(data["row_scan_id"][row])
        self.low = np.array([data[f"row_{axis}0"][row] for axis in "kyx"], dtype=np.int64)
        self.high = self.low + size
        in_plane = float(data["row_pixel_spacing_mm"][row])
        self.spacing_mm = (float(data["row_slice_spacing_mm"][row]), in_plane, in_plane)

    def placed(self, low: Corner, high: Corner) -> NDArray[np.bool_]:
        """The outline in a larger box."""
        mask = np.zeros(high - low, bool)
        start = self.low - low
        mask[tuple(map(slice, start, start + self.mask.shape))] = self.mask
        return mask

    def meets(self, other: Outline) -> bool:
        """Whether both share a voxel."""
        if (np.minimum(self.high, other.high) <= np.maximum(self.low, other.low)).any():
            return False
        box = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        return bool((self.placed(*box) & other.placed(*box)).any())


def nodules(outlines: list[Outline]) -> Iterator[list[Outline]]:
    """Outlines of one scan that share voxels, directly or over others: two to four readers."""
    by_scan: dict[int, list[list[Outline]]] = {}
    for outline in outlines:
        groups = by_scan.setdefault(outline.scan, [])
        met = [group for group in groups if any(outline.meets(one) for one in group)]
        for group in met:
            groups.remove(group)
        groups.append([outline, *(one for group in met for one in group)])
    for groups in by_scan.values():
        yield from (group for group in groups if 2 <= len(group) <= 4)


def agreement_of(readers: list[Outline]) -> ReaderAgreement:
    low = np.min([one.low for one in readers], axis=0)
    high = np.max([one.high for one in readers], axis=0)
    slices, rows, columns = (high - low).tolist()
    grid = Geometry.from_spacing((slices, rows, columns), readers[0].spacing_mm)
    nodule = (Segment.unnamed(1, "Nodule"),)
    return compare_readers(
        {
            f"reader {place}": Segmentation(one.placed(low, high).astype(np.uint8), grid, nodule)
            for place, one in enumerate(readers)
        }
    )


def relative_difference(pair: Agreement) -> float:
    return 2 * abs(pair.volume_difference_ml) / (pair.volume_a_ml + pair.volume_b_ml)


def test_readers_of_lidc_agree_as_the_page_says(shared_data: Path) -> None:
    path = shared_data / "lidc" / "lidc_lesions.npz"
    with np.load(path) as file:
        data = dict(file)
    outlines = [Outline(data, row) for row in range(len(data["row_nz"]))]
    found = [agreement_of(readers) for readers in nodules(outlines)]
    assert [sum(len(one.readers) == number for one in found) for number in (2, 3, 4)] == [
        114,
        116,
        207,
    ]
    pairs = [pair for one in found for pair in one.pairs.values()]
    assert len(pairs) == sum(len(list(combinations(one.readers, 2))) for one in found) == 1704
    medians = {
        "dice": np.median([pair.dice for pair in pairs]),
        "hd95": np.median([pair.hd95_mm for pair in pairs]),
        "nsd": np.median([pair.nsd for pair in pairs]),
        "volume": np.median([relative_difference(pair) for pair in pairs]),
        "generalised": np.median([one.generalised_dice for one in found]),
        "kappa": np.median([one.fleiss_kappa for one in found]),
    }
    assert medians == pytest.approx(
        {
            "dice": 0.802,
            "hd95": 1.328,
            "nsd": 0.928,
            "volume": 0.204,
            "generalised": 0.784,
            "kappa": 0.692,
        },
        abs=0.001,
    )
