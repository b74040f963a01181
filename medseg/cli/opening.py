"""`medseg open`: an image, a mask, or a reading of a project, on screen."""

from __future__ import annotations

import os
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from medseg.cli.options import AuthorOption
from medseg.cli.passphrases import KeyOption
from medseg.cli.whose import PersonOption, ProjectOption, Target, person_of, reading_id, target
from medseg.errors import FormatError, MedsegError
from medseg.model import Person, ReadingState
from medseg.project import acts, find_spot, image_place
from medseg.project.folder.layout import SETTINGS_NAME

_CLOSED = frozenset({ReadingState.SIGNED, ReadingState.LOCKED, ReadingState.SET_ASIDE})


def open_viewer(
    path: Annotated[
        str,
        typer.Argument(
            metavar="PATH", help="An image or mask; of a project: its folder, a case or a reading."
        ),
    ],
    mask: Annotated[Path | None, typer.Argument(help="A mask on the image's grid.")] = None,
    *,
    author: AuthorOption = "",
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
) -> None:
    """Open an image, a mask, or a project in the viewer.

    A mask alone brings the image that it names. A project opens with your worklist, a case or
    reading of it as you: by your key, or by --as.
    """
    given = Path(path)
    place = given.parent if given.name == SETTINGS_NAME else given
    spot = find_spot(place) if mask is None and given.exists() else None
    if spot is not None and spot.case is None:
        _show([spot.layout.root], author, person, key)
    elif spot is not None or reading_id(path):
        with target(path, project) as found:
            who = person_of(found.project, person, key)
            paths = reading_paths(found, who)
        _show(paths, author or who.printed_name, who.person_id, key)
    else:
        _show([given, *([mask] if mask else [])], author, person, key)


def reading_paths(found: Target, person: Person) -> list[Path]:
    """What the viewer opens for a person: a reading by its mask, a case of several by its folder.

    A reading that is signed is shown too; medseg saves over it no more.

    Raises:
        ReviewError: they may not see it.
        FormatError, SignoffError: image or mask are not what they were.
    """
    house = found.project
    if found.reading is None and len(found.seen_by(person).readings) > 1:
        return [house.layout.case(found.case)]
    named = found.readable_by(person)
    reading = found.seen_by(person).reading(named)
    mask = house.mask_path(found.case, named)
    if reading is None or reading.state not in _CLOSED or not mask.exists():
        mask = acts.open_reading(house, named, by=person.person_id).mask_path
    image_place(mask)  # where it cannot be told, the reason is said here and not in the viewer
    return [mask]


def _show(paths: list[Path], author: str, person: str | None, key: Path | None) -> None:
    for given in paths:
        if not given.exists():
            raise FormatError(f"The viewer opens a path that exists; there is no {given}.")
    viewers = list(entry_points(group="medseg.viewers"))
    if not viewers:
        raise MedsegError(
            'The viewer is a part of its own and is not installed: pip install "medseg[gui]".'
        )
    _check_screen()
    try:
        opened = viewers[0].load()
    except ImportError as error:
        raise MedsegError(
            f'The viewer needs a package that is absent ({error.name}): pip install "medseg[gui]".'
        ) from error
    opened(paths, author=author, person=person or "", key=key)


def _check_screen() -> None:
    on_x11 = sys.platform.startswith("linux") and "QT_QPA_PLATFORM" not in os.environ
    if on_x11 and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise MedsegError(
            "The viewer needs a screen and this machine shows none (DISPLAY is not set). "
            "Run it at a desktop, or under xvfb-run."
        )
