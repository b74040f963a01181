"""Which voxels of a box are meant, held in few bytes."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medseg.errors import EditError

# Smooth shapes of more bits than a few lines of a screen pack well even at the quickest level.
_LEVEL = 1
_SMALL = 256
_SAMPLE = 2**16


@dataclass(frozen=True, eq=False, slots=True)
class Marks:
    """A boolean 3D array as bits, deflated where that saves memory.

    Args:
        held: one bit per voxel in C order as `numpy.packbits` gives them, or these in zlib's
            format.
        shape: of the array (slice, row, column).
        is_deflated: which of the two.

    Raises:
        EditError: there are not as many bits as voxels.
    """

    held: bytes
    shape: tuple[int, int, int]
    is_deflated: bool = False

    def __post_init__(self) -> None:
        if not self.is_deflated and len(self.held) != (math.prod(self.shape) + 7) // 8:
            raise EditError(f"Marks are as many as the voxels of their box, {self.shape}.")

    @classmethod
    def of(cls, marked: NDArray[np.bool_]) -> Marks:
        """The marks of a boolean 3D array; it is copied."""
        shape = (marked.shape[0], marked.shape[1], marked.shape[2])
        bits = np.packbits(marked)
        if bits.size > _SMALL and _seems_smooth(bits):
            deflated = zlib.compress(bits.data, _LEVEL)
            if len(deflated) < bits.size:
                return cls(deflated, shape, is_deflated=True)
        return cls(bits.tobytes(), shape)

    @property
    def dense(self) -> NDArray[np.bool_]:
        """The array itself, new each time."""
        data = zlib.decompress(self.held) if self.is_deflated else self.held
        bits = np.unpackbits(np.frombuffer(data, np.uint8), count=math.prod(self.shape))
        return bits.view(np.bool_).reshape(self.shape)

    @property
    def nbytes(self) -> int:
        """Memory of the bits, in bytes."""
        return len(self.held)


def _seems_smooth(bits: NDArray[np.uint8]) -> bool:
    """Whether packing many bits is worth its time, judged by a part from their middle."""
    if bits.size <= 4 * _SAMPLE:
        return True
    middle = bits.size // 2
    return len(zlib.compress(bits[middle : middle + _SAMPLE].data, _LEVEL)) < _SAMPLE // 2
