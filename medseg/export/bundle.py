"""A folder for a researcher: NIfTI mask, sidecar, sign-offs, table, and a list of all of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from pathlib import Path

from medseg import formats, measure
from medseg.errors import SignoffError
from medseg.export.placing import all_or_nothing
from medseg.export.table import table_of
from medseg.formats import atomic, lattice, sidecar
from medseg.formats.targets import check_target
from medseg.model import Segmentation, Verification, Volume
from medseg.project.evidence.gathering import Evidence, gather

# The table prints names and the sidecar holds codes: they must be those that were signed.
_UNSIGNED_TEXTS = frozenset({"LABEL_TEXT_DIFFERS", "MEANING_FROM_RECORD"})


def export_signed(
    mask: Path,
    folder: Path,
    *,
    image: Path | Volume | None = None,
    series: str | None = None,
    trust: Collection[str] = (),
) -> list[Path]:
    """Write what is signed into a folder, and return the files written, whole or not at all.

    The mask becomes `<stem>.nii.gz` whatever its format was: the sign-off binds voxels and
    meaning, so it holds for the copy too, and that is checked before the copy is in place.
    `measurements.csv` has a row for each segment, `manifest.json` the files' SHA-256 and the
    verdicts. No file tells path or name of the image, which can name a patient: what the
    sign-off says of its voxels and place is all that the image is known by.

    Args:
        mask: a mask with a valid sign-off beside it.
        folder: made if absent; nothing that is in it is changed. To export the same again
            changes nothing.
        image: the image that was judged; None takes the one named beside the mask.
        series: which one, where the image's path holds several; None takes the signed one.
        trust: key ids whose signatures are accepted without a registry.

    Raises:
        SignoffError: the mask is not signed, its sign-off is not valid, or its names and codes
            are not told as they were signed.
        FormatError: a file cannot be read or written, the folder cannot be made, or another
            file has the name of one to be written, or the mask's stem.
    """
    evidence = gather(mask, image=image, series=series)
    verification = evidence.judge(trust)
    volume = _signed_on(evidence, verification)
    _check_texts(mask, verification)
    segmentation = lattice.reindexed(evidence.segmentation, volume.geometry, mask.name)

    with all_or_nothing(folder) as hidden:
        name = f"{sidecar.mask_stem(mask)}.nii.gz"
        check_target(folder / name, volume.source)
        copy = hidden / name
        formats.write_segmentation(segmentation, copy)
        if _is_same_file(mask, folder / name):  # its own sidecar stays, and names the image
            told = sidecar.sidecar_bytes(segmentation, mask, volume.source)
            atomic.write_bytes(sidecar.sidecar_path(copy), told)
        atomic.write_bytes(sidecar.signoff_path(copy), evidence.lines)
        copied = gather(copy, image=volume, context=evidence.context)
        _signed_on(copied, copied.judge(trust))
        table = _write_table(segmentation, volume, hidden)
        files = [copy, sidecar.sidecar_path(copy), sidecar.signoff_path(copy), table]
        manifest = hidden / "manifest.json"
        atomic.write_bytes(manifest, _manifest(files, verification))
    return [folder / path.name for path in (*files, manifest)]


def _is_same_file(mask: Path, other: Path) -> bool:
    return other.exists() and mask.samefile(other)


def _signed_on(evidence: Evidence, verification: Verification) -> Volume:
    """The image that a mask is validly signed on."""
    if not verification or evidence.volume is None:
        problems = [one.text for one in verification.verdicts if one.severity != "note"]
        raise SignoffError(
            f"Only what is signed leaves the house; {evidence.mask.name} is not validly signed: "
            + " ".join(problems)
        )
    return evidence.volume


def _check_texts(mask: Path, verification: Verification) -> None:
    unsigned = [one.text for one in verification.verdicts if one.code in _UNSIGNED_TEXTS]
    if unsigned:
        raise SignoffError(
            f"Only names and codes that were signed leave the house; those of {mask.name} are "
            f"not: {' '.join(unsigned)} Set them right or restore its sidecar, or sign anew."
        )


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
