"""What the mask on screen can be compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from medseg import formats
from medseg.errors import ReviewError
from medseg.model import Case, Person, Reading, Segmentation, Volume
from medseg.project.folder.layout import find_spot
from medseg.review import view_of

if TYPE_CHECKING:
    from medseg.project import Project

#: What a reading is called that was made of others.
_MADE = {"edit": "the adjudicator’s reading"}  # noqa: RUF001


class ProjectPlaces(Protocol):
    """What of a project tells where kept versions are."""

    def version(self, case: str, reading: str, version: int) -> Path:
        """The mask as it was handed in that time."""
        ...


@dataclass(frozen=True, eq=False)
class Other:
    """One other version of the mask.

    Args:
        key: tells it from the others.
        title: in words, as "version 2, as handed in".
        read: gives its mask on the image's grid; it may take long, and raise a MedsegError.
        is_own: whether it is an earlier version of the reading on screen.
        reading: id of the reading whose newest version it is; empty for all else.
    """

    key: str
    title: str
    read: Callable[[Volume], Segmentation]
    is_own: bool = False
    reading: str = ""


def file_other(
    path: Path,
    title: str | None = None,
    *,
    key: str | None = None,
    check: Callable[[Path], None] = lambda _path: None,
) -> Other:
    """A mask in a file, brought onto the image's grid where that is the same lattice.

    Args:
        path: the file.
        title: in words; None takes the file's name.
        key: tells it from the others; None takes the path.
        check: refuses a file that must not be seen; it is asked before the file is read.
    """

    def read(volume: Volume) -> Segmentation:
        check(path)
        return formats.read_segmentation(path, like=volume)

    return Other(key or f"file {path}", title or path.name, read)


def others_in_project(
    places: ProjectPlaces,
    case: Case,
    reading: Reading,
    person: Person,
    names: Mapping[str, str] | None = None,
) -> tuple[Other, ...]:
    """What was handed in: this reading's versions, then other readings', the newest first each.

    Args:
        places: where the kept versions are.
        case: as the person may see it: what they must not see is not in it.
        reading: the one on screen.
        person: who looks.
        names: printed names by person id.
    """
    own = (
        replace(_version(places, case, reading, version, _own_title(reading, version)), is_own=True)
        for version in range(len(reading.submissions), 0, -1)
    )
    return (*own, *_of_others(places, case, reading, person, names or {}))


def check_may_see(path: Path, project: Project | None, person: Person | None) -> None:
    """Pass if a file is of no project, or of a reading that the person may see.

    Args:
        path: of a mask.
        project: the one that is open; None for none.
        person: who looks.

    Raises:
        ReviewError: it is a reading that they may not see, or of another project.
    """
    spot = find_spot(path)
    if spot is None or spot.case is None or spot.reading is None:
        return
    if project is None or person is None or project.layout.root != spot.layout.root:
        raise ReviewError(
            f"A project's reading is shown to those who may see it; {path.name} lies in "
            f"{spot.layout.root.name}, which is not open. Open that project first."
        )
    seen = view_of(project.policy, project.case(spot.case), person)
    if seen.reading(spot.reading) is None:
        raise ReviewError(
            f"One looks at readings that one may see; {person.printed_name} may not see "
            f"{spot.reading} now."
        )


def _of_others(
    places: ProjectPlaces, case: Case, reading: Reading, person: Person, names: Mapping[str, str]
) -> Iterable[Other]:
    for place, one in enumerate(case.readings, start=1):
        if one.reading_id == reading.reading_id:
            continue
        name = _name_of(one, person, names)
        for submission in reversed(one.submissions):
            newest = submission.version == len(one.submissions)
            title = (
                f"{place}  {name}" if newest else f"{place}  {name}, version {submission.version}"
            )
            yield _version(places, case, one, submission.version, title)


def _name_of(reading: Reading, person: Person, names: Mapping[str, str]) -> str:
    """Whose it is; not told where names are hidden."""
    if reading.drawn_from:
        return _MADE.get(reading.method, f"what the readers agree on ({reading.method})")
    if reading.reader == person.person_id:
        return "my reading"
    return f"{_possessive(names.get(reading.reader)) or 'another reader’s'} reading"  # noqa: RUF001


def _own_title(reading: Reading, version: int) -> str:
    newest = " (newest)" if version == len(reading.submissions) and version > 1 else ""
    return f"version {version}, as handed in{newest}"


def _possessive(name: str | None) -> str:
    return f"{name}'s" if name else ""


def _version(
    places: ProjectPlaces, case: Case, reading: Reading, version: int, title: str
) -> Other:
    path = places.version(case.case_id, reading.reading_id, version)
    found = file_other(path, title, key=version_key(reading, version))
    is_newest = version == len(reading.submissions)
    return replace(found, reading=reading.reading_id) if is_newest else found


def version_key(reading: Reading, version: int) -> str:
    """The key of a version among what a mask can be compared with."""
    return f"{reading.reading_id} {version}"
