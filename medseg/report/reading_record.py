"""What the record of a case says of one reading: versions, signatures, verdicts, pictures."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from medseg import measure
from medseg.errors import EditError, MedsegError
from medseg.formats import read_segmentation
from medseg.model import (
    Case,
    Finding,
    Measurement,
    Reading,
    Segmentation,
    Submission,
    Volume,
    slices_in_words,
)
from medseg.project import Project, verify
from medseg.report.case_history import Moment
from medseg.report.montage import write_montage
from medseg.report.page import Picture
from medseg.report.signature_words import Signature, signature_of
from medseg.report.tables import Cell, Table
from medseg.signoff.log.entry import Entry
from medseg.signoff.log.kinds import SIGNED_KINDS

# What a reader of the page compares; the rest stands in the export's table.
_VALUES = (
    "volume",
    "longest_diameter",
    "perpendicular_diameter",
    "longest_3d_diameter",
    "mean",
    "sd",
)
_STATES = {0: "valid", 10: "valid, with warnings", 11: "not valid", 12: "could not be decided"}


@dataclass(frozen=True)
class Version:
    """One version that was handed in.

    Args:
        number: counts them from 1.
        at: when.
        who: handed it in, by printed name.
        ending: how the reading ended, in words.
        change: what differs from the version before; empty for the first.
        mask_digest: medsegMaskV1.
    """

    number: int
    at: Moment
    who: str
    ending: str
    change: str
    mask_digest: str


@dataclass(frozen=True)
class ReadingRecord:
    """One reading.

    Args:
        reading: as the page's reader may see it.
        reader: printed name.
        versions: all that were handed in.
        signatures: of all judgements, in order.
        verdict: what verification said in one word, now; empty where nothing can be said.
        findings: its words.
        table: what was measured on the newest version; None where it holds no voxel.
        picture: its contours on the image.
        problems: what could not be shown, and why.
        lesions: tracking UID -> name, on the newest version.
    """

    reading: Reading
    reader: str
    versions: tuple[Version, ...]
    signatures: tuple[Signature, ...]
    verdict: str = ""
    findings: tuple[Finding, ...] = ()
    table: Table | None = None
    picture: Picture | None = None
    problems: tuple[str, ...] = ()
    lesions: Mapping[str, str] = field(default_factory=dict)


def reading_record(
    project: Project,
    case: Case,
    reading: Reading,
    names: Mapping[str, str],
    volume: Volume,
    entries: Sequence[Entry],
    *,
    verified: bool,
) -> ReadingRecord:
    """What a page says of one reading.

    Args:
        project: open.
        case: as the page's reader may see it.
        reading: one of its readings.
        names: person id -> printed name.
        volume: the case's image.
        entries: of the log, those that the page's reader may see.
        verified: whether verdicts are told: they name everybody who signed.
    """
    masks: dict[int, Segmentation] = {}
    problems: list[str] = []
    for one in reading.submissions:
        path = project.layout.version(case.case_id, reading.reading_id, one.version)
        try:
            masks[one.version] = read_segmentation(path, like=volume)
        except MedsegError as error:
            problems.append(f"Version {one.version} cannot be shown: {error}")
    newest = masks.get(reading.newest.version) if reading.newest else None
    verdict, findings = _verdict(project, case, reading) if verified else ("", ())
    return ReadingRecord(
        reading,
        names.get(reading.reader, reading.reader),
        tuple(_versions(reading, masks, names)),
        tuple(_signatures(reading, entries)),
        verdict,
        findings,
        _measured(newest, volume) if newest else None,
        _picture(newest, replace(volume, description=reading.reading_id)) if newest else None,
        tuple(problems),
        {one.tracking_uid: one.label for one in newest.segments} if newest else {},
    )


def _signatures(reading: Reading, entries: Sequence[Entry]) -> Iterator[Signature]:
    for entry in entries:
        if entry.reading == reading.reading_id and entry.kind in SIGNED_KINDS:
            yield signature_of(entry)


def _verdict(project: Project, case: Case, reading: Reading) -> tuple[str, tuple[Finding, ...]]:
    if not reading.verdicts:
        return "", ()
    try:
        found = verify(project.layout.reading(case.case_id, reading.reading_id))
    except MedsegError as error:
        return _STATES[12], (Finding("NOT_VERIFIED", "undecided", str(error)),)
    return _STATES[found.exit_code], found.verdicts


def _versions(
    reading: Reading, masks: Mapping[int, Segmentation], names: Mapping[str, str]
) -> Iterator[Version]:
    for one in reading.submissions:
        by = one.by or reading.reader
        yield Version(
            one.version,
            Moment.of(one.at),
            names.get(by, by),
            _ending(one),
            _change(masks.get(one.version - 1), masks.get(one.version)) if one.version > 1 else "",
            one.mask_digest,
        )


def _ending(one: Submission) -> str:
    reason = f" ({one.ending.reason.value})" if one.ending.reason else ""
    return one.ending.kind.value + reason


def _change(before: Segmentation | None, after: Segmentation | None) -> str:
    if before is None or after is None:
        return "not known: a version is missing"
    differs = before.array != after.array
    slices = np.flatnonzero(differs.any(axis=(1, 2)))
    if not slices.size:
        same = before.segments == after.segments
        return "no voxel" + ("" if same else "; names or codes of segments")
    added = int(((before.array == 0) & (after.array != 0)).sum())
    removed = int(((before.array != 0) & (after.array == 0)).sum())
    other = int(differs.sum()) - added - removed
    words = [f"{added} voxels added", f"{removed} removed"]
    words += [f"{other} given to another lesion"] if other else []
    return f"{', '.join(words)}, in {slices_in_words(int(one) for one in slices)}"


def _measured(mask: Segmentation, volume: Volume) -> Table | None:
    filled = [one for one in mask.segments if mask.mask(one.number).any()]
    rows: dict[tuple[Cell, ...], Sequence[Measurement]] = {
        (one.number, one.label): _shown(measure.measure_segment(mask, one.number, volume))
        for one in filled
    }
    if not rows:
        return None
    return Table.of_measurements("values", "Values", ["number", "lesion"], rows)


def _shown(measurements: Sequence[Measurement]) -> list[Measurement]:
    return [one for one in measurements if one.name in _VALUES]


def _picture(mask: Segmentation, volume: Volume) -> Picture | None:
    measured = measure.measure_all(mask, volume)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "montage.png"
        try:
            write_montage(volume, mask, measured, path)
        except EditError:  # no voxel: nothing to be outlined
            return None
        return Picture("Contours as they were handed in last", png=path.read_bytes())
