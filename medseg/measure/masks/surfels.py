"""How much surface each way of being cut puts into a cell between voxel centres.

A cell lies between 2 x 2 x 2 voxel centres (2 x 2 pixel centres in a plane); its code has one bit
per corner that is inside. The surface runs through the middles of the cell's cut edges, as
marching cubes draws it. Where it could run in two ways, the rules here give the areas of
google-deepmind's surface-distance:

* the side with fewer corners is cut off corner by corner, so a code and its opposite have one
  surface;
* where the middles lie in no plane, they are joined by the triangles whose area is the largest in
  a cube; the area then scales with the grid, not the choice.

Where that leaves several ways, they are of one area at right angles; on a sheared grid their mean
is taken, so that no area depends on how the axes are numbered.

Reference:
    Lorensen, Cline. Computer Graphics 21(4):163-169, 1987.
    Nikolov et al. J Med Internet Res 23(7):e26151, 2021 (areas as weights of surface distances).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain, product

import numpy as np
from numpy.typing import NDArray

Corner = tuple[int, int, int]
Edge = frozenset[Corner]
Loop = tuple[NDArray[np.float64], ...]

_FULL = 255
_ROUNDING = 1e-9
#: Bit n of a code stands for corner n: (slice, row, column) are the digits of n in base 2.
_CORNERS: tuple[Corner, ...] = tuple(product((0, 1), repeat=3))  # type: ignore[arg-type]


def weights_by_code(steps_mm: NDArray[np.float64], *, planar: bool) -> NDArray[np.float64]:
    """How much surface there is in a cell of each of the 256 codes: in mm², of a plane in mm."""
    return edge_lengths(steps_mm) if planar else surfel_areas(steps_mm)


def surfel_areas(steps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """The area in mm² for each of the 256 codes; 0 for the codes 0 and 255, which are not cut.

    Args:
        steps_mm: (3, 3), its columns are the steps along slice, row and column. They need not be
            at right angles.
    """
    return _areas(np.ascontiguousarray(steps_mm, np.float64).tobytes())


@lru_cache(maxsize=64)
def _areas(steps: bytes) -> NDArray[np.float64]:
    codes, triangles, parts = _triangles()
    corners = triangles @ np.frombuffer(steps).reshape(3, 3).T
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas = 0.5 * parts * np.sqrt((normals**2).sum(axis=1))
    one_side = np.bincount(codes, areas, _FULL + 1)
    both_sides = np.asarray(one_side + one_side[::-1], dtype=np.float64)
    both_sides.setflags(write=False)
    return both_sides


def edge_lengths(steps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """The length in mm of the outline in a plane's cell, for codes of the plane laid on itself.

    As 256 codes, because a plane is compared as two equal ones that lie on each other; those that
    cannot come about have length 0.

    Args:
        steps_mm: (3, 3); its last two columns are the steps along row and column.
    """
    row, column = steps_mm[:, 1], steps_mm[:, 2]
    falling, rising = (0.5 * float(np.linalg.norm(row + sign * column)) for sign in (1, -1))
    lengths = np.zeros(_FULL + 1)
    # Corners of the plane: 1 is (0, 0), 2 is (0, 1), 4 is (1, 0), 8 is (1, 1).
    for pair, length in (((1, 8), rising), ((2, 4), falling)):
        for corner in pair:
            lengths[_doubled(corner)] = lengths[_doubled(15 - corner)] = length
        lengths[_doubled(sum(pair))] = 2 * length
    lengths[[_doubled(3), _doubled(12)]] = np.linalg.norm(column)
    lengths[[_doubled(5), _doubled(10)]] = np.linalg.norm(row)
    lengths.setflags(write=False)  # as areas are: so kernels are compiled for one kind of array
    return lengths


def _doubled(code: int) -> int:
    return code | code << 4


@lru_cache(maxsize=1)
def _triangles() -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Codes (n,), the triangles (n, 3, 3) that they hold in units of a step, and their parts.

    Of a code and its opposite, the one with more corners is left out; where both have four, each
    counts by half. Of several ways to fill a loop, each counts by its part.
    """
    codes, triangles, parts = [], [], []
    for code in range(1, _FULL):
        for loop in _loops(code) if code.bit_count() <= 4 else ():
            ways = _largest_fillings(loop)
            for triangle in chain.from_iterable(ways):
                codes.append(code)
                triangles.append(np.array(triangle))
                parts.append((0.5 if code.bit_count() == 4 else 1.0) / len(ways))
    return np.array(codes), np.array(triangles), np.array(parts)


def _loops(code: int) -> list[Loop]:
    """The closed lines along which the surface of a code meets the cell's faces."""
    beside: dict[Edge, list[Edge]] = {}
    for face in _faces():
        for one, other in _cuts([bool(code >> _CORNERS.index(corner) & 1) for corner in face]):
            ends = _face_edge(face, one), _face_edge(face, other)
            beside.setdefault(ends[0], []).append(ends[1])
            beside.setdefault(ends[1], []).append(ends[0])
    loops = []
    while beside:
        edge: Edge | None = next(iter(beside))
        loop = []
        while edge is not None:
            loop.append(np.mean(sorted(edge), axis=0))
            edge = next((next_one for next_one in beside.pop(edge) if next_one in beside), None)
        loops.append(tuple(loop))
    return loops


def _faces() -> list[list[Corner]]:
    """The four corners of each face, in their order around it."""
    faces = []
    for axis, side in product(range(3), (0, 1)):
        around = [[0, 0], [0, 1], [1, 1], [1, 0]]
        for corner in around:
            corner.insert(axis, side)
        faces.append([(corner[0], corner[1], corner[2]) for corner in around])
    return faces


def _face_edge(face: list[Corner], number: int) -> Edge:
    """The edge from a corner of a face to the next one."""
    return frozenset((face[number], face[(number + 1) % 4]))


def _cuts(inside: list[bool]) -> list[tuple[int, int]]:
    """Pairs of a face's edges that the surface joins; edge n leads from corner n to the next."""
    cut = [number for number in range(4) if inside[number] != inside[(number + 1) % 4]]
    if len(cut) == 4:  # two opposite corners are inside: each is cut off by itself
        return [((number - 1) % 4, number) for number in range(4) if inside[number]]
    return [(cut[0], cut[1])] if cut else []


def _largest_fillings(loop: Loop) -> list[list[Loop]]:
    """The ways to fill a loop with triangles that have the largest area in a cube."""
    ways = _fillings(loop)
    areas = [
        sum(float(np.linalg.norm(np.cross(b - a, c - a))) for a, b, c in triangles)
        for triangles in ways
    ]
    return [way for way, area in zip(ways, areas, strict=True) if area > max(areas) - _ROUNDING]


def _fillings(loop: Loop) -> list[list[Loop]]:
    """Every way to fill a loop with triangles between its points."""
    if len(loop) < 3:
        return [[]]
    return [
        [*before, (loop[0], loop[third], loop[-1]), *after]
        for third in range(1, len(loop) - 1)
        for before in _fillings(loop[: third + 1])
        for after in _fillings(loop[third:])
    ]
