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
    def plain(cls, marked: NDArray[np.bool_]) -> Marks:
        """The marks of a boolean 3D array as bits, which is quick; it is copied."""
        shape = (marked.shape[0], marked.shape[1], marked.shape[2])
        return cls(np.packbits(marked).tobytes(), shape)

    @classmethod
    def of(cls, marked: NDArray[np.bool_]) -> Marks:
        """The marks of a boolean 3D array in few bytes; it is copied."""
        return cls.plain(marked).packed()

    def packed(self) -> Marks:
        """The same marks, deflated if that saves memory."""
        if not self.is_deflated and len(self.held) > _SMALL and _seems_smooth(self.held):
            deflated = zlib.compress(self.held, _LEVEL)
            if len(deflated) < len(self.held):
                return Marks(deflated, self.shape, is_deflated=True)
        return self

    @property
    def bits(self) -> bytes:
        """One bit per voxel in C order, the first in the highest bit, zeros at the end."""
        return zlib.decompress(self.held) if self.is_deflated else self.held

    @property
    def dense(self) -> NDArray[np.bool_]:
        """The array itself, new each time."""
        bits = np.frombuffer(self.bits, np.uint8)
        return np.unpackbits(bits, count=math.prod(self.shape)).view(np.bool_).reshape(self.shape)

    @property
    def nbytes(self) -> int:
        """Memory of the bits, in bytes."""
        return len(self.held)


def _seems_smooth(bits: bytes) -> bool:
    """Whether packing many bits is worth its time, judged by a part from their middle."""
    if len(bits) <= 4 * _SAMPLE:
        return True
    middle = len(bits) // 2
    return len(zlib.compress(bits[middle : middle + _SAMPLE], _LEVEL)) < _SAMPLE // 2
