"""Going into a project: who comes, and the reading that they come for; all that reads files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from medseg import formats, signoff
from medseg.errors import ReviewError
from medseg.model import Finding, Person, Segmentation, Viewing, Volume
from medseg.project import Project, acts, find_spot
from medseg.project.folder.layout import SETTINGS_NAME
from medseg.project.viewings import read_viewings
from medseg.session import Session
from napari_medseg.viewmodels.reviewing.project.standing import Standing, standing_of


@dataclass(frozen=True, eq=False)
class House:
    """A project that was opened.

    Args:
        project: the project.
        person: who works; None where the key on this machine tells nobody of it.
        people: everybody who may be chosen then.
        case: id of the case that was named; empty for none.
        reading: id of the reading that was named; empty for none.
    """

    project: Project
    person: Person | None
    people: tuple[Person, ...]
    case: str = ""
    reading: str = ""


@dataclass(frozen=True, eq=False)
class ReadFiles:
    """A reading that was read: what it is, its mask on its image, and what was displayed of it."""

    opened: acts.OpenReading
    mask: Segmentation
    standing: Standing
    earlier: tuple[Viewing, ...]


class ShownImage:
    """The image of the case on screen: another reading of it needs no other, and none is drawn."""

    def __init__(self) -> None:
        self._of = ("", False)
        self._volume: Volume | None = None

    def of(self, read: ReadFiles, session: Session | None) -> Volume:
        """The image to be shown for a reading: the one that a session shows, if it is that.

        Args:
            read: the reading.
            session: what is on screen.
        """
        standing, image = read.standing, read.opened.image
        of = (standing.case.case_id, standing.hides_text)
        is_shown = session is not None and session.volume is self._volume
        if self._volume is None or not is_shown or of != self._of:
            self._volume = without_text(image, standing) if standing.hides_text else image
        self._of = of
        return self._volume


def open_house(path: Path, here: Project | None, person: str, key: Path) -> House:
    """The project that a path lies in, with who works there.

    Args:
        path: the project's folder, or anything inside.
        here: a project that is open already, and is taken if it is the one.
        person: who works, by id or printed name; empty asks the key.
        key: their key file; it need not be there.

    Raises:
        ReviewError: the path lies in no project, or nobody there is called so.
        FormatError, StoreError: the project cannot be opened.
    """
    spot = find_spot(path.parent if path.name == SETTINGS_NAME else path)
    if spot is None:
        raise ReviewError(
            f"A project folder holds medseg.toml; {path.name} lies in none. Open the folder of a "
            "project, or make one with: medseg init FOLDER"
        )
    is_here = here is not None and here.layout.root == spot.layout.root
    project = here if is_here and here is not None else Project.open(spot.layout.root)
    people = project.registry.people
    found = _named(project, person) if person else _owner(project, key)
    return House(project, found, tuple(people), spot.case or "", spot.reading or "")


def _named(project: Project, person: str) -> Person:
    by_name = [one for one in project.registry.people if one.printed_name == person]
    return by_name[0] if len(by_name) == 1 else project.person(person)


def _owner(project: Project, key: Path) -> Person | None:
    """Whose the key file is; None where there is none, or it is nobody's here."""
    if not key.exists():
        return None
    return project.registry.owner(signoff.describe_key(key.read_bytes())["keyid"])


def read_files(project: Project, person: Person, case: str, reading: str) -> ReadFiles:
    """A reading with all that a screen shows of it; without one named, the one they come for.

    Raises:
        ReviewError: the person may not see it.
        FormatError, SignoffError: image or mask cannot be read, or are not those of the reading.
    """
    standing = standing_of(project, person, case, reading)
    opened = acts.open_reading(
        project,
        standing.reading.reading_id,
        by=person.person_id,
        for_changes=not standing.refusal,
    )
    mask = formats.read_segmentation(opened.mask_path, like=opened.image)
    earlier = read_viewings(
        project.store, reading=opened.reading.reading_id, person=person.person_id
    )
    return ReadFiles(opened, mask, standing, earlier)


def without_text(image: Volume, standing: Standing) -> Volume:
    """The image without what tells patient or study: its name is the case's id.

    Of what was found on reading it, what names a file or the series is left out.
    """
    source = image.source.path
    told = {image.description, source.name, source.parent.name, str(source)} - {""}
    report = tuple(one for one in image.report if not _tells(one, told))
    return replace(image, description=standing.case.case_id, report=report)


def _tells(finding: Finding, told: set[str]) -> bool:
    where = {finding.where.file or "", finding.where.series or ""} - {""}
    return any(one in finding.text for one in told | where)
