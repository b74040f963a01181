"""What the mask on screen can be compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from medseg import formats
from medseg.model import Case, Person, Reading, Segmentation, Volume


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
    """

    key: str
    title: str
    read: Callable[[Volume], Segmentation]
    is_own: bool = False


def file_other(path: Path, title: str | None = None, *, key: str | None = None) -> Other:
    """A mask in a file, brought onto the image's grid where that is the same lattice."""

    def read(volume: Volume) -> Segmentation:
        return formats.read_segmentation(path, like=volume)

    return Other(key or f"file {path}", title or path.name, read)


def others_in_project(
    places: ProjectPlaces,
    case: Case,
    reading: Reading,
    person: Person,
    names: Mapping[str, str] | None = None,
) -> tuple[Other, ...]:
    """What was handed in: this reading's versions, the newest first, then other readings'.

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


def _of_others(
    places: ProjectPlaces, case: Case, reading: Reading, person: Person, names: Mapping[str, str]
) -> Iterable[Other]:
    rest = [one for one in case.readings if one.reading_id != reading.reading_id]
    for place, one in enumerate(rest, start=1):
        if one.newest is None:
            continue
        whose = "my" if one.reader == person.person_id else _possessive(names.get(one.reader))
        title = f"{whose or f'another reader’s ({place})'} reading"  # noqa: RUF001
        yield _version(places, case, one, one.newest.version, title)


def _own_title(reading: Reading, version: int) -> str:
    newest = " (newest)" if version == len(reading.submissions) and version > 1 else ""
    return f"version {version}, as handed in{newest}"


def _possessive(name: str | None) -> str:
    return f"{name}'s" if name else ""


def _version(
    places: ProjectPlaces, case: Case, reading: Reading, version: int, title: str
) -> Other:
    path = places.version(case.case_id, reading.reading_id, version)
    return file_other(path, title, key=f"{reading.reading_id} {version}")
