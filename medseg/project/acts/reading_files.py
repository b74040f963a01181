"""A reading's mask on its image, as both stand on disk."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from medseg.errors import GeometryError, ReviewError, SignoffError
from medseg.formats import atomic, sidecar, write_segmentation
from medseg.formats.folders import make_folder
from medseg.model import Case, Segmentation, Volume
from medseg.project.folder.layout import Layout
from medseg.project.folder.mask_files import read_mask_file
from medseg.project.folder.opaque import new_id
from medseg.project.images.image_record import ImageRecord, read_image, read_image_record
from medseg.signoff.canonical import canonical
from medseg.signoff.digest import MaskDigest, read_mask
from medseg.signoff.placement import match_placement, write_placement
from medseg.signoff.provenance import provenance_digest
from medseg.signoff.statement import SignedContent

_PENDING = "pending"
_LEFTOVER_SECONDS = 3600.0


@dataclass(frozen=True, eq=False)
class ReadingFiles:
    """What was read for one act.

    Args:
        path: the mask's path.
        segmentation: what it holds.
        file_sha256: SHA-256 of the bytes that were read.
        mask: its digest with those of the single slices.
        volume: the image.
        identity: of the image, as it was imported.
    """

    path: Path
    segmentation: Segmentation
    file_sha256: str
    mask: MaskDigest
    volume: Volume
    identity: dict[str, object]

    @property
    def content(self) -> SignedContent:
        """What a signed record is about."""
        return SignedContent(
            self.mask,
            self.identity,
            ".nii.gz",
            self.file_sha256,
            provenance_digest(self.segmentation, self.mask.orientation),
        )


def image_record_of(layout: Layout, case: Case) -> ImageRecord:
    """Where the image of a case is, by its `image.json`; which one it is, by the log.

    Raises:
        FormatError: the file is absent or damaged.
        SignoffError: it tells another image than the log.
    """
    path = layout.image(case.case_id)
    record = read_image_record(path)
    if canonical(record.identity) != canonical(case.image):
        raise SignoffError(
            f"A case stays with the image it was made for; {path.name} of {case.case_id} was "
            "changed and tells another one than the log. Import the image anew: that writes it."
        )
    return record


def read_reading(
    layout: Layout, case: Case, reading: str, *, version: int | None = None
) -> ReadingFiles:
    """The mask and the image of a reading.

    Args:
        layout: of the project's folder.
        case: the case.
        reading: id of the reading.
        version: which of those that were handed in; None reads the mask as it is now.

    Raises:
        ReviewError: there is no mask yet.
        FormatError: one of them cannot be read.
        SignoffError: another image lies in the image's place.
        GeometryError: the mask is not on the image's grid.
    """
    path = layout.mask(case.case_id, reading)
    if version is not None:
        path = layout.version(case.case_id, reading, version)
    if not path.exists():
        raise ReviewError(
            f"A reading is judged by its saved mask; {reading} has none yet. Open it and save; a "
            "case without lesions has an empty mask."
        )
    segmentation, file_sha256 = read_mask_file(path)
    record = image_record_of(layout, case)
    volume = read_image(record)
    match = match_placement(segmentation.geometry, write_placement(volume.geometry))
    if not match.fits:
        raise GeometryError(
            f"A reading's mask lies on the grid of its image; that of {reading} is "
            f"{segmentation.geometry.describe()}, the image {volume.geometry.describe()}"
            f"{match.in_words}. It is another image's mask: put this reading's own back."
        )
    mask = read_mask(segmentation)
    return ReadingFiles(path, segmentation, file_sha256, mask, volume, record.identity)


def start_mask(layout: Layout, case: Case, reading: str, like: Segmentation | None = None) -> Path:
    """Make sure that a reading has a mask, an empty one or a copy; one that exists is kept.

    Raises:
        FormatError: the image cannot be read, or the folder not written.
    """
    path = layout.mask(case.case_id, reading)
    if not path.exists():
        volume = read_image(image_record_of(layout, case))
        make_folder(path.parent)
        write_segmentation(like or Segmentation.empty(volume.geometry), path)
    return path


@contextmanager
def written_version(files: ReadingFiles, folder: Path) -> Iterator[Path]:
    """The mask written into the folder of versions under a passing name, gone at the end.

    What takes long is done before the log's transaction; `place_version` gives it its name.

    Raises:
        FormatError: the folder cannot be written.
    """
    make_folder(folder)
    _clear_leftovers(folder)
    waiting = folder / f"{new_id(_PENDING)}.nii.gz"
    try:
        write_segmentation(files.segmentation, waiting)
        yield waiting
    finally:
        for leftover in (waiting, sidecar.sidecar_path(waiting)):
            with suppress(OSError):
                leftover.unlink(missing_ok=True)


def _clear_leftovers(folder: Path) -> None:
    """Remove what a process left that was killed while it wrote, hours ago."""
    oldest = time.time() - _LEFTOVER_SECONDS
    for path in folder.glob(f"{_PENDING}-*"):
        with suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()


def place_version(files: ReadingFiles, waiting: Path, target: Path) -> None:
    """Put a written mask with its sidecar where the version belongs, whole or not at all.

    Raises:
        FormatError: the disk refuses.
    """
    told = sidecar.sidecar_bytes(files.segmentation, target, None)
    with atomic.replacing_together([sidecar.sidecar_path(target), target]) as (beside, mask):
        beside.write_bytes(told)
        shutil.copyfile(waiting, mask)
