"""NIfTI against nibabel and SimpleITK: `python -m benchmarks.bench_nifti [slices]`.

All take turns in one process on the same files, each opening them anew, so that all see the same
machine. nibabel is asked for the stored values (`dataobj`), never for floats, which take longer.
Goals: .nii.gz read at least 2 times, written at least 4 times as fast as either; .nii read at
least 3 times as fast as SimpleITK.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import SimpleITK
from numpy.typing import NDArray

import medseg
from medseg.formats.packing import pack
from medseg.model import Geometry, Segment, Segmentation

SHAPE = (400, 512, 512)
ROUNDS = 7

sitk: Any = SimpleITK
nib: Any = nibabel
Work = Callable[[], object]


def main(slices: int | None = None) -> None:
    """Print median times and ratios with quartiles for reading and writing one volume."""
    given = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdecimal() else SHAPE[0]
    voxels = head_like((slices or given, *SHAPE[1:]))
    print(f"{voxels.shape} {voxels.dtype}, {ROUNDS} rounds, medians")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain, packed = folder / "plain.nii", folder / "packed.nii.gz"
        nib.Nifti1Image(voxels.T, np.diag([-0.75, -0.75, 1, 1])).to_filename(plain)
        nib.Nifti1Image(voxels.T, np.diag([-0.75, -0.75, 1, 1])).to_filename(packed)
        check_equal(plain, packed, voxels)
        report("read .nii.gz", readers(packed), 2.0)
        report("read .nii", readers(plain), 3.0, goal_against=("SimpleITK",))
        report("write .nii.gz, int16 bytes", packers(folder, voxels), 4.0)
        report("write .nii.gz, a whole mask", writers(folder, voxels), 4.0, goal_against=())


def head_like(shape: tuple[int, int, int]) -> NDArray[np.int16]:
    """A CT-like volume: air, a noisy ellipsoid of soft tissue, a shell of bone."""
    rng = np.random.default_rng(2026)
    axes = [np.linspace(-1, 1, size) for size in shape]
    radius = axes[0][:, None, None] ** 2 + axes[1][:, None] ** 2 * 1.3 + axes[2] ** 2 * 1.6
    voxels = np.full(shape, -1000, np.int16)
    for index, plane in enumerate(voxels):
        noise = rng.normal(0, 12, shape[1:])
        plane[...] += np.where(radius[index] < 1, 1040 + noise, noise / 4).astype(np.int16)
        plane[(radius[index] > 0.9) & (radius[index] < 1)] += 900
    return voxels


def check_equal(plain: Path, packed: Path, voxels: NDArray[Any]) -> None:
    """A fast wrong answer would be worth nothing."""
    for path in (plain, packed):
        for name, read in readers(path).items():
            found: Any = read()
            found = found.T if name == "nibabel" else found
            if not np.array_equal(found, voxels):
                raise AssertionError(f"{name} reads other voxels from {path.name}")


def readers(path: Path) -> dict[str, Work]:
    """What each takes to hold the stored values in memory."""
    return {
        "medseg": lambda: medseg.read_volume(path).voxels,
        "nibabel": lambda: np.asarray(nib.load(path, mmap=False).dataobj),
        "SimpleITK": lambda: sitk.GetArrayFromImage(sitk.ReadImage(str(path))),
    }


def packers(folder: Path, voxels: NDArray[Any]) -> dict[str, Work]:
    """The same int16 voxels packed to disk; medseg saves masks, so its packing alone is taken."""
    image = nib.Nifti1Image(voxels.T, np.eye(4))
    header = image.header.binaryblock + bytes(4)
    copy = sitk.GetImageFromArray(voxels)
    return {
        "medseg": lambda: packed_to(folder / "m.nii.gz", header, voxels),
        "nibabel": lambda: image.to_filename(folder / "n.nii.gz"),
        "SimpleITK": lambda: sitk.WriteImage(copy, str(folder / "s.nii.gz")),
    }


def packed_to(path: Path, *parts: Any) -> None:
    """The parts in one packed file."""
    with path.open("wb") as file:
        pack(file, parts)


def writers(folder: Path, voxels: NDArray[Any]) -> dict[str, Work]:
    """A whole mask, with medseg's sidecar and its flush to the disk."""
    labels = ((voxels > 0).astype(np.uint16) + (voxels > 600)).astype(np.uint16)
    geometry = Geometry.from_spacing(voxels.shape, (1.0, 0.75, 0.75))
    mask = Segmentation(labels, geometry, (Segment.unnamed(1), Segment.unnamed(2)))
    image = nib.Nifti1Image(labels.T, np.eye(4))
    copy = sitk.GetImageFromArray(labels)
    return {
        "medseg": lambda: medseg.write_segmentation(mask, folder / "mask.nii.gz"),
        "nibabel": lambda: image.to_filename(folder / "nmask.nii.gz"),
        "SimpleITK": lambda: sitk.WriteImage(copy, str(folder / "smask.nii.gz")),
    }


def report(
    name: str,
    works: dict[str, Work],
    goal: float,
    *,
    goal_against: tuple[str, ...] = ("nibabel", "SimpleITK"),
) -> None:
    """Print medseg's time, and for each peer its time and how many times it took."""
    rounds = [{who: _seconds(work) for who, work in works.items()} for _ in range(ROUNDS)]
    ours = statistics.median(one["medseg"] for one in rounds)
    print(f"{name}: medseg {ours:.3f} s")
    for peer in works.keys() - {"medseg"}:
        theirs = statistics.median(one[peer] for one in rounds)
        low, _, high = statistics.quantiles([one[peer] / one["medseg"] for one in rounds])
        verdict = ""
        if peer in goal_against:
            verdict = f", goal {goal:.0f}: {'met' if theirs / ours >= goal else 'MISSED'}"
        print(
            f"  {peer} {theirs:.3f} s, ratio {theirs / ours:.2f} "
            f"(quartiles {low:.2f} to {high:.2f}){verdict}"
        )


def _seconds(work: Work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
