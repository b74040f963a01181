"""Every place where two masks differ: connected regions, each with its size and where to look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medseg.measure.lesion.diameters import longest_3d_diameter
from medseg.measure.lesion.region import Region
from medseg.model import Geometry
from medseg.raster import Box, boxes_of, signed_distance_mm
from medseg.raster.components import parts_of
from napari_medseg.viewmodels.reviewing.comparing.pairing import Cut, GoOn, PairedLesion, Pairing

Kind = Literal["added", "removed", "moved"]

#: What each code of `codes_of` stands for, from 2 on; 1 is kept, 0 neither.
KINDS: dict[int, Kind] = {2: "added", 3: "removed", 4: "moved"}

#: Regions of fewer voxels are gathered into one entry.
TINY = 8

_WORDS = {"added": "added to", "removed": "removed from", "moved": "now part of"}
_WHOLE = _WORDS | {"added": "only here:", "removed": "only in theirs:"}


@dataclass(frozen=True)
class Difference:
    """Voxels that hang together over faces, edges or corners and differ in one way.

    Args:
        kind: "added" (only here), "removed" (only in theirs), "moved" (another lesion's there).
        lesion: the name of the lesion that it belongs to, here, or there if it was removed.
        voxels: how many.
        volume_ml: their volume.
        extent_mm: longest chord in space between midpoints of voxel faces.
        point: a voxel of it, stored (slice, row, column): where its largest section is thickest.
        slices: first and last stored slice.
        is_whole: whether no other part of that lesion is in the other mask either.
        tiny: of an entry that gathers regions of fewer than `TINY` voxels: how many; else 0.
    """

    kind: Kind
    lesion: str
    voxels: int
    volume_ml: float
    extent_mm: float
    point: tuple[int, int, int]
    slices: tuple[int, int]
    is_whole: bool = False
    tiny: int = 0

    @property
    def text(self) -> str:
        """As "added to Lesion 2, 0.31 ml, 12.4 mm"."""
        if self.tiny:
            return f"{self.tiny} tiny ones below {TINY} voxels, {volume_text(self.volume_ml)}"
        words = _WHOLE if self.is_whole else _WORDS
        size = f"{volume_text(self.volume_ml)}, {self.extent_mm:.1f} mm"
        return f"{words[self.kind]} {self.lesion}, {size}"


def volume_text(volume_ml: float) -> str:
    """A volume with the decimals that its size bears: "12.3 ml", "0.31 ml", "0.004 ml"."""
    digits = 1 if abs(volume_ml) >= 10 else 2 if abs(volume_ml) >= 0.1 else 3
    return f"{volume_ml:.{digits}f} ml"


def codes_of(theirs: NDArray[Any], current: NDArray[Any]) -> NDArray[np.uint8]:
    """What became of each voxel: 0 in neither, 1 kept, 2 added, 3 removed, 4 another lesion's.

    Args:
        theirs: which lesion each voxel belongs to there, 0 for none; any shape.
        current: the same here; a lesion has one number in both.
    """
    codes = (current != 0) * np.uint8(2) + ((theirs != 0) & (current == 0)) * np.uint8(3)
    both = (theirs != 0) & (current != 0)
    codes[both] = np.where(theirs[both] == current[both], 1, 4)
    return np.asarray(codes, np.uint8)


def differences_of(
    cut: Cut,
    lesions: Sequence[PairedLesion],
    pairing: Pairing,
    go_on: GoOn = lambda: None,
) -> tuple[Difference, ...]:
    """All differences of two masks, the largest first, the tiny ones together at the end.

    What was added to two lesions that touch is one difference of each.

    Args:
        cut: the masks.
        lesions: which were found in them.
        pairing: which is which.
        go_on: called before each lesion.
    """
    found: list[Difference] = []
    tiny: list[Difference] = []
    for lesion in lesions:
        if lesion.status == "same":
            continue
        go_on()
        theirs = pairing.theirs[cut.theirs.array[lesion.box]]
        current = pairing.current[cut.current.array[lesion.box]]
        codes = codes_of(theirs, current)
        for code, kind in KINDS.items():
            owned = (theirs if kind == "removed" else current) == lesion.number
            for mask, box in _regions((codes == code) & owned):
                one = _difference(kind, mask, box, lesion, cut)
                (tiny if one.voxels < TINY else found).append(one)
    found.sort(key=lambda one: (-one.voxels, one.point))
    return (*found, *_gathered(tiny))


def _regions(differs: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.bool_], Box]]:
    parts, sizes = parts_of(differs)
    boxes = boxes_of(parts)
    for number in range(1, len(sizes) + 1):
        yield parts[boxes[number]] == number, boxes[number]


def _difference(
    kind: Kind, mask: NDArray[np.bool_], box: Box, lesion: PairedLesion, cut: Cut
) -> Difference:
    grid, voxels = cut.current.geometry, int(mask.sum())
    inner = _thickest(mask, grid)
    first = [
        side.start + around.start + step
        for side, around, step in zip(box, lesion.box, cut.corner, strict=True)
    ]
    slices, rows, columns = (start + index for start, index in zip(first, inner, strict=True))
    extent = longest_3d_diameter(Region(mask, (0, 0, 0), grid)).value if voxels >= TINY else 0.0
    return Difference(
        kind=kind,
        lesion=lesion.name,
        voxels=voxels,
        volume_ml=voxels * abs(float(np.linalg.det(grid.affine[:3, :3]))) / 1000.0,
        extent_mm=extent,
        point=(slices, rows, columns),
        slices=(first[0], first[0] + mask.shape[0] - 1),
        is_whole=not lesion.theirs or not lesion.current,
    )


def _thickest(mask: NDArray[np.bool_], grid: Geometry) -> tuple[int, int, int]:
    """The deepest pixel of the largest section, as an index in the box."""
    index = int(mask.sum(axis=(1, 2)).argmax())
    section = np.pad(mask[index], 1)
    depth = signed_distance_mm(section, (grid.spacing_mm[1], grid.spacing_mm[2]))
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return index, int(row) - 1, int(column) - 1


def _gathered(tiny: list[Difference]) -> Iterator[Difference]:
    if not tiny:
        return
    largest = max(tiny, key=lambda one: one.voxels)
    yield Difference(
        kind=largest.kind,
        lesion=largest.lesion,
        voxels=sum(one.voxels for one in tiny),
        volume_ml=sum(one.volume_ml for one in tiny),
        extent_mm=float("nan"),
        point=largest.point,
        slices=(min(one.slices[0] for one in tiny), max(one.slices[1] for one in tiny)),
        tiny=len(tiny),
    )
