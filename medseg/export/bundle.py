"""A folder for a researcher: NIfTI mask, sidecar, sign-offs, table, and a list of all of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from pathlib import Path

from medseg import formats, measure, project
from medseg.errors import SignoffError
from medseg.export.table import table_of
from medseg.formats import atomic, sidecar
from medseg.model import Segmentation, Verification, Volume


def export_signed(
    mask: Path, folder: Path, *, image: Path | None = None, trust: Collection[str] = ()
) -> list[Path]:
    """Write what is signed into a folder, and return the files written.

    The mask becomes `<stem>.nii.gz` whatever its format was: the sign-off binds voxels and
    meaning, so it holds for the copy too, and that is checked before this returns.

    Args:
        mask: a mask with a valid sign-off beside it.
        folder: made if absent; nothing else in it is touched.
        image: the image that was judged; None takes the one named beside the mask.
        trust: key ids whose signatures are accepted without a registry.

    Raises:
        SignoffError: the mask is not signed, or its sign-off is not valid.
        FormatError: a file cannot be read or written.
    """
    verification = project.verify(mask, image=image, trust=trust)
    _check_valid(mask, verification)
    where, series = (image, None) if image else _named_image(mask)
    volume = formats.read_volume(where, series=series)
    segmentation = formats.read_segmentation(mask, like=volume)

    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{sidecar.mask_stem(mask)}.nii.gz"
    formats.write_segmentation(segmentation, target, image=volume.source)
    atomic.write_bytes(sidecar.signoff_path(target), sidecar.signoff_path(mask).read_bytes())
    table = _write_table(segmentation, volume, folder)
    _check_valid(target, project.verify(target, image=image, trust=trust))

    files = [target, sidecar.sidecar_path(target), sidecar.signoff_path(target), table]
    manifest = folder / "manifest.json"
    atomic.write_bytes(manifest, _manifest(files, verification))
    return [*files, manifest]


def _check_valid(mask: Path, verification: Verification) -> None:
    if not verification:
        problems = [one.text for one in verification.verdicts if one.severity != "note"]
        raise SignoffError(
            f"Only what is signed leaves the house; {mask.name} is not validly signed: "
            + " ".join(problems)
        )


def _named_image(mask: Path) -> tuple[Path, str]:
    reference = sidecar.image_reference(mask)
    if reference is None:
        raise SignoffError(f"{mask.name} names no image; give the one that was judged.")
    return reference


def _write_table(segmentation: Segmentation, volume: Volume, folder: Path) -> Path:
    measured = {
        number: measure.measure_segment(segmentation, number, volume)
        for number in segmentation.numbers
    }
    path = folder / "measurements.csv"
    atomic.write_bytes(path, table_of(segmentation, measured).encode())
    return path


def _manifest(files: list[Path], verification: Verification) -> bytes:
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    content = {"sha256": sums, "verification": verification.to_json()}
    return json.dumps(content, indent=2).encode() + b"\n"
