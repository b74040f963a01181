"""Measures how LIDC-IDRI's readers agree: prints the table of docs/measures.md, draws its picture.

`python docs/make_agreement_figures.py FOLDER`, where FOLDER holds lidc_lesions.npz. Nothing in the
table or the picture is written by hand.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from medseg.measure import Agreement, BlandAltman, bland_altman, compare_readers
from medseg.model import Geometry, Segment, Segmentation

IMAGE = Path(__file__).resolve().parent / "images" / "agreement_lidc.png"
#: LIDC has four readers; more outlines that hang together are more nodules than one.
READERS = 4

Mask = NDArray[np.bool_]


class Nodule(NamedTuple):
    """Several readers' outlines of one nodule, on one grid."""

    masks: list[Mask]
    spacing_mm: tuple[float, float, float]


class Found(NamedTuple):
    """All that was measured."""

    pairs: list[Agreement]
    together: NDArray[np.float64]  # (nodules, 2): generalised Dice, Fleiss' kappa


def main() -> None:
    """Print the table and draw the picture."""
    with np.load(Path(sys.argv[1]) / "lidc_lesions.npz") as archive:
        rows: dict[str, NDArray[Any]] = dict(archive)
    groups = grouped(rows)
    nodules = [nodule_of(rows, group) for group in groups if 1 < len(group) <= READERS]
    found = measured(nodules)
    report(groups, found)
    draw(found)


def grouped(rows: dict[str, NDArray[Any]]) -> list[list[int]]:
    """Rows of one scan whose boxes overlap, directly or by way of others."""
    by_scan = defaultdict(list)
    for row, scan in enumerate(rows["row_scan_id"].tolist()):
        by_scan[scan].append(row)
    low, high = boxes(rows)
    parent = list(range(len(low)))
    for members in by_scan.values():
        for one, other in combinations(members, 2):
            if (np.maximum(low[one], low[other]) < np.minimum(high[one], high[other])).all():
                parent[root(parent, one)] = root(parent, other)
    groups = defaultdict(list)
    for row in range(len(parent)):
        groups[root(parent, row)].append(row)
    return list(groups.values())


def root(parent: list[int], row: int) -> int:
    """The row that stands for all that hang together with this one."""
    while parent[row] != row:
        row = parent[row]
    return row


def boxes(rows: dict[str, NDArray[Any]]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Each row's box in its scan: first voxel, and one beyond the last."""
    low = np.column_stack([rows["row_k0"], rows["row_y0"], rows["row_x0"]])
    return low, low + np.column_stack([rows["row_nz"], rows["row_ny"], rows["row_nx"]])


def nodule_of(rows: dict[str, NDArray[Any]], group: list[int]) -> Nodule:
    """The group's outlines in the box that holds all of them."""
    low, high = boxes(rows)
    start, end = low[group].min(axis=0), high[group].max(axis=0)
    masks = []
    for row in group:
        first, count = rows["row_bit_off"][row], int(np.prod(high[row] - low[row]))
        packed = rows["bits"][first : first + rows["row_bit_len"][row]]
        mask = np.zeros(end - start, np.bool_)
        place = tuple(slice(a, b) for a, b in zip(low[row] - start, high[row] - start, strict=True))
        mask[place] = np.unpackbits(packed, count=count).reshape(high[row] - low[row])
        masks.append(mask)
    row_mm = float(rows["row_pixel_spacing_mm"][group[0]])
    return Nodule(masks, (float(rows["row_slice_spacing_mm"][group[0]]), row_mm, row_mm))


def measured(nodules: list[Nodule]) -> Found:
    """Every two readers of each nodule, and all of them together."""
    pairs, together = [], []
    for nodule in nodules:
        geometry = Geometry.from_spacing(nodule.masks[0].shape, nodule.spacing_mm)
        segments = (Segment.unnamed(1, "nodule"),)
        found = compare_readers(
            {
                f"outline {number}": Segmentation(mask.astype(np.uint8), geometry, segments)
                for number, mask in enumerate(nodule.masks, start=1)
            }
        )
        pairs += found.pairs.values()
        together.append((found.generalised_dice, found.fleiss_kappa))
    return Found(pairs, np.array(together))


def report(groups: list[list[int]], found: Found) -> None:
    """The table, in markdown."""
    sizes = Counter(len(group) for group in groups)
    many = [size for size in sizes if size > READERS]
    tell(f"{sum(sizes.values())} groups of outlines; by number of outlines {dict(sizes)};")
    tell(f"left out as more than one nodule: {sum(sizes[size] for size in many)}\n")
    tell(
        "| number | unit | n | mean | median | 5th to 95th percentile |\n|---|---|---|---|---|---|"
    )
    for name, unit in (("dice", "1"), ("hd95_mm", "mm"), ("assd_mm", "mm"), ("nsd", "1")):
        row(f"`{name}` of two readers", unit, np.array([getattr(one, name) for one in found.pairs]))
    row("`generalised_dice` of all readers", "1", found.together[:, 0])
    row("`fleiss_kappa` of all readers", "1", found.together[:, 1])
    apart = sum(one.dice == 0 for one in found.pairs)
    tell(f"\npairs without a common voxel: {apart}")
    for text, limits in (("ml", volumes(found)), ("% of the mean", percents(found))):
        tell(
            f"volume difference, {text}: sd {limits.sd:.3g}, 1.96 sd {1.96 * limits.sd:.3g} "
            f"(bias {limits.bias:.2g} in the order of the file)"
        )


def tell(text: str) -> None:
    """A line to standard output."""
    sys.stdout.write(f"{text}\n")


def row(name: str, unit: str, values: NDArray[np.float64]) -> None:
    """One row of the table, of the values that are finite."""
    known = values[np.isfinite(values)]
    low, middle, high = np.percentile(known, (5, 50, 95))
    tell(
        f"| {name} | {unit} | {len(known)} | {known.mean():.3f} | {middle:.3f} | "
        f"{low:.3f} to {high:.3f} |"
    )


def volumes(found: Found) -> BlandAltman:
    """Volumes in ml."""
    return bland_altman(
        [one.volume_a_ml for one in found.pairs], [one.volume_b_ml for one in found.pairs]
    )


def percents(found: Found) -> BlandAltman:
    """Volumes in per cent of each pair's mean."""
    both = np.array([(one.volume_a_ml, one.volume_b_ml) for one in found.pairs])
    share = 100 * both / both.mean(axis=1, keepdims=True)
    return bland_altman(share[:, 0], share[:, 1])


def draw(found: Found) -> None:
    """Dice over size, and Bland-Altman in per cent of the mean."""
    figure = Figure(figsize=(11, 4), layout="constrained")
    FigureCanvasAgg(figure)
    size_ml = np.array([(one.volume_a_ml + one.volume_b_ml) / 2 for one in found.pairs])
    left, right = figure.subplots(1, 2)
    left.scatter(size_ml, [one.dice for one in found.pairs], s=8, alpha=0.35, color="#0072b2")
    left.set_ylabel("Dice of two readers")
    limits = percents(found)
    right.scatter(size_ml, limits.differences, s=8, alpha=0.35, color="#0072b2")
    for value, style in ((0.0, "-"), (1.96 * limits.sd, "--"), (-1.96 * limits.sd, "--")):
        right.axhline(value, color="#d55e00", linestyle=style)
    right.set_ylabel("difference of volumes, % of their mean")
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_xlabel("mean volume of both [ml]")
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(IMAGE, dpi=100, metadata={"Software": "medseg"})


if __name__ == "__main__":
    main()
