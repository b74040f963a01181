"""Ways to store a mask anew that change nothing of what it means, and the verdicts on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import nibabel as nib
import numpy as np
import SimpleITK

from medseg.formats import read_segmentation, write_segmentation
from medseg.model import ORIENTATIONS, Segmentation, Verification
from tests.reliability.tampering import Random
from tests.signoff.cases import renumbered, turned

Judge = Callable[[Segmentation], Verification]
_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_NARROW = (np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64)
_ITK_TYPES = (np.uint8, np.int16, np.uint16, np.int32)


@dataclass(frozen=True)
class Encoding:
    """A way to store a mask.

    Args:
        store: writes it under a stem and returns the file's path.
        carries_meaning: whether names, codes and tracking UIDs come along.
    """

    store: Callable[[Segmentation, Path, Random], Path]
    carries_meaning: bool


def _ours(suffix: str) -> Callable[[Segmentation, Path, Random], Path]:
    def store(mask: Segmentation, stem: Path, _: Random) -> Path:
        path = stem.with_name(stem.name + suffix)
        write_segmentation(mask, path)
        return path

    return store


def _nibabel(suffix: str) -> Callable[[Segmentation, Path, Random], Path]:
    """Another program's NIfTI, of any type of number that holds the labels."""

    def store(mask: Segmentation, stem: Path, rng: Random) -> Path:
        path = stem.with_name(stem.name + suffix)
        affine = _TO_RAS @ mask.geometry.affine[:, [2, 1, 0, 3]]
        dtype = _NARROW[int(rng.integers(len(_NARROW)))]
        image = nib.Nifti1Image(mask.array.astype(dtype).transpose(2, 1, 0), affine)
        nib.save(image, path)
        return path

    return store


def _itk(suffix: str, *, is_packed: bool) -> Callable[[Segmentation, Path, Random], Path]:
    """Another program's NRRD or MetaImage, packed or not."""

    def store(mask: Segmentation, stem: Path, rng: Random) -> Path:
        path = stem.with_name(stem.name + suffix)
        dtype = _ITK_TYPES[int(rng.integers(len(_ITK_TYPES)))]
        image = SimpleITK.GetImageFromArray(np.ascontiguousarray(mask.array.astype(dtype)))
        steps = mask.geometry.affine[:3, [2, 1, 0]]
        spacing = np.linalg.norm(steps, axis=0)
        image.SetSpacing(spacing.tolist())
        image.SetDirection((steps / spacing).ravel().tolist())
        image.SetOrigin(mask.geometry.affine[:3, 3].tolist())
        SimpleITK.WriteImage(image, str(path), useCompression=is_packed)
        return path

    return store


ENCODINGS: Mapping[str, Encoding] = MappingProxyType(
    {
        "nii": Encoding(_ours(".nii"), carries_meaning=True),
        "nii.gz": Encoding(_ours(".nii.gz"), carries_meaning=True),
        "nrrd": Encoding(_ours(".nrrd"), carries_meaning=True),
        "seg.nrrd": Encoding(_ours(".seg.nrrd"), carries_meaning=True),
        "mha": Encoding(_ours(".mha"), carries_meaning=True),
        "nibabel nii": Encoding(_nibabel(".nii"), carries_meaning=False),
        "nibabel nii.gz": Encoding(_nibabel(".nii.gz"), carries_meaning=False),
        "itk nrrd": Encoding(_itk(".nrrd", is_packed=False), carries_meaning=False),
        "itk nrrd, packed": Encoding(_itk(".nrrd", is_packed=True), carries_meaning=False),
        "itk mha": Encoding(_itk(".mha", is_packed=False), carries_meaning=False),
        "itk mha, packed": Encoding(_itk(".mha", is_packed=True), carries_meaning=False),
    }
)


def varied(mask: Segmentation, rng: Random) -> Segmentation:
    """The mask in one of 48 orientations, with other numbers in another order of the array."""
    numbers = rng.choice(np.arange(1, 250), len(mask.segments), replace=False)
    other = renumbered(
        mask,
        dict(zip((one.number for one in mask.segments), map(int, numbers), strict=True)),
        (np.uint8, np.uint16)[int(rng.integers(2))],
    )
    turn = turned(other, ORIENTATIONS[int(rng.integers(48))])
    array: Any = np.asfortranarray(turn.array) if rng.random() < 0.5 else turn.array
    return Segmentation(array, turn.geometry, turn.segments)


def store_anew(
    mask: Segmentation, judge: Judge, encoding: Encoding, folder: Path, rounds: int
) -> Counter[str]:
    """How often a mask that was stored anew and read again is still valid, and what else it is."""
    rng = np.random.default_rng(5)
    outcomes: Counter[str] = Counter()
    for number in range(rounds):
        path = encoding.store(varied(mask, rng), folder / f"mask{number}", rng)
        verification = judge(read_segmentation(path))
        outcomes[_outcome(verification, encoding)] += 1
        for made in folder.iterdir():
            made.unlink()
    return outcomes


def _outcome(verification: Verification, encoding: Encoding) -> str:
    warned = sorted(one.code for one in verification.verdicts if one.severity != "note")
    expected: list[str] = [] if encoding.carries_meaning else ["MEANING_FROM_RECORD"]
    is_valid = "VALID" in {one.code for one in verification.verdicts}
    return "valid" if is_valid and warned == expected and verification else f"{warned}"
