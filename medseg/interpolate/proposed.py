"""What filling proposes for one gap of one segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Gap(NamedTuple):
    """A segment between two neighbouring keys that have slices between them.

    Args:
        number: the segment's.
        first: the key before.
        last: the key after.
    """

    number: int
    first: int
    last: int

    @property
    def slices(self) -> range:
        """The slices between the two keys."""
        return range(self.first + 1, self.last)


@dataclass(frozen=True, eq=False)
class ProposedShape:
    """The voxels that a gap's slices would have.

    Args:
        gap: which.
        corner: slice, row and column of the mask's first voxel.
        mask: (slice, row, column); nothing of the segment is proposed beside it.
    """

    gap: Gap
    corner: tuple[int, int, int]
    mask: NDArray[np.bool_]

    def on_slice(self, index: int) -> NDArray[np.bool_]:
        """The mask (row, column) on one of the gap's slices."""
        return np.asarray(self.mask[index - self.corner[0]])
