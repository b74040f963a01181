"""What a folder holds that could become cases: each image read once, its identity kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medseg.errors import FormatError, MedsegError
from medseg.formats.dicom.patient import patient_of
from medseg.formats.entries import Entry, Progress, ReadOptions, divided
from medseg.formats.folder_scan import scan
from medseg.model import Finding, Place, SeriesInfo, Volume
from medseg.project.folder.opaque import hidden
from medseg.signoff.image_identity import image_identity

# A folder of the BIDS standard names its subject and session; elsewhere a file stands alone.
_SUBJECT, _SESSION = "sub-", "ses-"


@dataclass(frozen=True)
class Candidate:
    """One image that was read whole.

    Args:
        path: file or folder that `read_volume` takes.
        series: which one there; None where there is one alone.
        volume_shape: (slice, row, column).
        spacing_mm: (slice, row, column).
        modality: DICOM's code.
        identity: medsegImageV1.
        subject: opaque id of the patient.
        study: opaque id of the study; None if none is known.
        begun: what studies of one patient are put in order by.
        findings: what was found on reading.
    """

    path: Path
    series: str | None
    volume_shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    modality: str
    identity: dict[str, Any]
    subject: str
    study: str | None
    begun: str
    findings: tuple[Finding, ...]


def candidates_in(
    path: Path, secret: bytes, progress: Progress, *, apart_from: Path, follow_links: bool = False
) -> Iterator[Candidate | tuple[Finding, ...]]:
    """Each image of a file or tree, or the findings that say why there is none.

    One that cannot be read hinders none of the others.

    Args:
        path: file, folder or tree.
        secret: the project's, under which patients are hidden.
        progress: told how much is done, 0 to 1, and of what.
        apart_from: the project's own folder, whose files are no images to import.
        follow_links: whether links that lead out of a folder are followed.

    Raises:
        FormatError: the path does not exist or cannot be opened.
    """
    found = divided(scan(path, stay_inside=not follow_links))
    entries = [one for one in found if not _is_inside(one.info.path, apart_from)]
    for number, entry in enumerate(entries):
        progress(number / len(entries), entry.info.description or entry.info.id)
        yield _candidate(entry, path, secret)
    progress(1.0, "done")


def _candidate(entry: Entry, root: Path, secret: bytes) -> Candidate | tuple[Finding, ...]:
    if not entry.is_image:
        return (entry.as_finding(),)
    name = _named_from(root, entry.info.path)
    try:
        near, entry = _nearest(entry, root)
        volume = entry.read(ReadOptions())
        identity = image_identity(volume, secret=secret)
    except MedsegError as error:
        text = f"{name}: this image became no case: {error}"
        where = Place(file=name, series=entry.info.id)
        return (Finding("IMAGE_REFUSED", "warning", text, where),)
    return _described(volume, entry.info, near, identity, secret)


def _named_from(root: Path, path: Path) -> str:
    """A file or folder as it is called from where the import began, with the folders above it."""
    try:
        inside = path.relative_to(root if root.is_dir() else root.parent)
    except ValueError:
        return path.name
    return inside.as_posix() if inside.parts else path.name


def _nearest(entry: Entry, root: Path) -> tuple[Path, Entry]:
    """The entry found from its own file or folder, so that opening it walks no whole tree."""
    near = entry.info.path
    if near == root or entry.load is None or not near.exists():
        return root, entry
    try:
        found = [one for one in divided(scan(near)) if one.is_image]
    except FormatError:
        return root, entry
    named = [one for one in found if one.info.id == entry.info.id]
    if not named and len(found) == 1 and found[0].info.shape == entry.info.shape:
        named = found  # a file's id is its path from where one looks
    return (near, named[0]) if len(named) == 1 and named[0].load else (root, entry)


def _described(
    volume: Volume, info: SeriesInfo, path: Path, identity: dict[str, Any], secret: bytes
) -> Candidate:
    patient, study, begun = _origin(volume, identity)
    place = Place(file=path.name, series=info.id)
    findings = [
        Finding(one.code, one.severity, one.text, place)
        for one in volume.report
        if one.severity != "note"
    ]
    return Candidate(
        path,
        info.id,
        volume.geometry.shape,
        volume.geometry.spacing_mm,
        volume.modality,
        identity,
        hidden(secret, "s", patient),
        hidden(secret, "t", study) if study else None,
        begun,
        tuple(findings),
    )


def _origin(volume: Volume, identity: dict[str, Any]) -> tuple[str, str, str]:
    """Patient, study and its time; an image that names no patient is one by itself."""
    origin = patient_of(volume.source)
    if origin is not None and origin.patient:
        return f"dicom\0{origin.patient}", f"dicom\0{origin.study}", origin.begun
    parts = volume.source.path.resolve().parts
    for index, part in enumerate(parts):
        if part.startswith(_SUBJECT) and len(part) > len(_SUBJECT):
            above = "/".join(parts[: index + 1])
            session = next((one for one in parts[index + 1 :] if one.startswith(_SESSION)), "")
            return f"bids\0{above}", f"bids\0{above}\0{session}", session
    return f"image\0{identity['rungs']['modality']}", "", ""


def _is_inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
