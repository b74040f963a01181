"""What a project has finished, for a researcher: each signed reading, and how every one ended."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from medseg.errors import FormatError, MedsegError
from medseg.export.bundle import export_signed
from medseg.export.csv_text import csv_text
from medseg.export.placing import all_or_nothing
from medseg.formats import atomic
from medseg.model import Case, Person, Reading, ReadingState
from medseg.project import Project, acts
from medseg.review import view_of

_FINISHED = frozenset({ReadingState.SIGNED, ReadingState.LOCKED})
_HEADING = (
    "case",
    "subject",
    "time point",
    "specialty",
    "reading",
    "state",
    "version",
    "ending",
    "reason",
    "remark",
    "files",
)


@dataclass(frozen=True)
class Exported:
    """What came of exporting one reading.

    Args:
        case: id of the case.
        reading: as the asker sees it.
        files: written for it; none for a reading that is not finished.
        problem: why a finished one stays in the house; empty otherwise.
    """

    case: Case
    reading: Reading
    files: tuple[Path, ...] = ()
    problem: str = ""


def export_reading(
    project: Project, reading: str, folder: Path, *, by: str, trust: Collection[str] = ()
) -> list[Path]:
    """Write one signed reading into a folder, enter it in the log, and return the files.

    Raises:
        SignoffError: it is not validly signed.
        FormatError: a file cannot be read or written.
        ReviewError: this person cannot see it.
    """
    case = project.case_of(reading).case_id
    files = export_signed(project.mask_path(case, reading), folder, trust=trust)
    sums = {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in files}
    acts.note_export(project, reading, sums, by=by)
    return files


def export_project(
    project: Project, folder: Path, *, person: Person, trust: Collection[str] = ()
) -> tuple[list[Exported], Path]:
    """Write each signed reading that the person may see, and a table of how all of them ended.

    A reading without a lesion, or one that was not evaluable, is signed, exported and counted like
    any other. One whose sign-off does not hold stays in the house; the table says why.

    Args:
        project: where.
        folder: one that is empty or not there yet; gets `<case>/<reading>/` and `readings.csv`.
        person: who exports; what is hidden from them is neither written nor counted.
        trust: key ids whose signatures are accepted without a registry.

    Raises:
        FormatError: the folder holds something, or cannot be written.
    """
    _check_empty(folder)
    done = list(_exported(project, folder, person, trust))
    with all_or_nothing(folder) as hidden:
        table = csv_text(_HEADING, [_row(one, folder) for one in done])
        atomic.write_bytes(hidden / "readings.csv", table.encode())
    return done, folder / "readings.csv"


def _check_empty(folder: Path) -> None:
    try:
        found = sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise FormatError(
            f"Results go to a folder that can be read; {folder} cannot ({error.strerror}). "
            "Choose another."
        ) from error
    if found:
        raise FormatError(
            f"A project is exported into an empty folder; {folder} holds {found[0]}. "
            "Choose another with --out."
        )


def _exported(
    project: Project, folder: Path, person: Person, trust: Collection[str]
) -> Iterator[Exported]:
    policy = project.policy
    for case in project.cases():
        seen = view_of(policy, case, person)
        for reading in seen.readings:
            if reading.state not in _FINISHED:
                yield Exported(seen, reading)
                continue
            target = folder / case.case_id / reading.reading_id
            try:
                files = export_reading(
                    project, reading.reading_id, target, by=person.person_id, trust=trust
                )
            except MedsegError as error:
                yield Exported(seen, reading, problem=str(error))
            else:
                yield Exported(seen, reading, tuple(files))


def _row(one: Exported, folder: Path) -> Sequence[str | int]:
    newest = one.reading.newest
    ending = newest.ending if newest else None
    where = one.files[0].parent.relative_to(folder).as_posix() if one.files else ""
    return (
        one.case.case_id,
        one.case.subject,
        one.case.time_point,
        one.case.specialty,
        one.reading.reading_id,
        one.reading.state.value,
        newest.version if newest else 0,
        ending.kind.value if ending else "",
        ending.reason.value if ending and ending.reason else "",
        ending.text if ending else "",
        where or (f"not exported: {one.problem}" if one.problem else ""),
    )
