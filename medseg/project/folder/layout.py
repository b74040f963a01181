"""Where everything stands in a project folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from medseg.errors import FormatError
from medseg.formats import sidecar

SETTINGS_NAME = "medseg.toml"
MASK_NAME = "lesions.nii.gz"
# What a case or reading is called on disk; an id from a log or a file is never a path.
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Layout:
    """The paths of a project.

    Args:
        root: the project's folder.
    """

    root: Path

    @property
    def settings(self) -> Path:
        """Label set, stages, policy: `medseg.toml`."""
        return self.root / SETTINGS_NAME

    @property
    def people(self) -> Path:
        """The signed registry of people: `people.json`."""
        return self.root / "people.json"

    @property
    def database(self) -> Path:
        """The log and its index, where the settings name no other database."""
        return self.root / "project.db"

    @property
    def secret(self) -> Path:
        """What turns patients' names into opaque ids; its owner alone can read it."""
        return self.root / "project.secret"

    @property
    def cases(self) -> Path:
        """The folder of the cases."""
        return self.root / "cases"

    def people_version(self, version: int) -> Path:
        """One version of the registry as it was signed: `people/<version>.json`."""
        return self.root / "people" / f"{version}.json"

    def case(self, case: str) -> Path:
        """The folder of a case."""
        return self.cases / _plain(case)

    def image(self, case: str) -> Path:
        """Where the image of a case is, and its identity: `cases/<case>/image.json`."""
        return self.case(case) / "image.json"

    def reading(self, case: str, reading: str) -> Path:
        """The folder of a reading."""
        return self.case(case) / _plain(reading)

    def mask(self, case: str, reading: str) -> Path:
        """The mask of a reading, the one that is worked on."""
        return self.reading(case, reading) / MASK_NAME

    def signoffs(self, case: str, reading: str) -> Path:
        """The sign-offs of a reading."""
        return sidecar.signoff_path(self.mask(case, reading))

    def version(self, case: str, reading: str, version: int) -> Path:
        """The mask as it was submitted that time: `versions/<version>.nii.gz`."""
        return self.reading(case, reading) / "versions" / f"{version}.nii.gz"


@dataclass(frozen=True)
class Spot:
    """What a path inside a project is about.

    Args:
        layout: of the project.
        case: the case it belongs to; None for the project itself.
        reading: the reading it belongs to; None for a whole case.
        version: the submission whose kept mask it is; None for the mask that is worked on.
    """

    layout: Layout
    case: str | None = None
    reading: str | None = None
    version: int | None = None


def find_spot(path: Path, *, as_named: bool = False) -> Spot | None:
    """Which project, case and reading a file or folder belongs to; None if to no project.

    Args:
        path: the file or folder.
        as_named: whether a link counts as what its own name says, and not as what it leads to: a
            verdict is about the case that was named.
    """
    here = path.absolute() if as_named and ".." not in path.parts else path.resolve()
    root = _root_above(here)
    return _spot(Layout(root), here.relative_to(root).parts) if root is not None else None


def _root_above(here: Path) -> Path | None:
    """The nearest project around a path.

    Settings laid into the cases of a project make no project there: they would hide the cases
    from the log.
    """
    found = None
    for root in (here, *here.parents):
        is_nearer = found is not None and found.relative_to(root).parts[:1] != ("cases",)
        if not is_nearer and (root / SETTINGS_NAME).is_file():
            found = root
    return found


def _spot(layout: Layout, parts: tuple[str, ...]) -> Spot | None:
    if not parts or parts == ("cases",):
        return Spot(layout)
    if parts[0] != "cases":
        return None  # another file of the folder, as an exported mask
    case, rest = parts[1], parts[2:]
    if not rest or rest == ("image.json",):
        return Spot(layout, case)
    reading, inside = rest[0], rest[1:]
    if inside[:1] == ("versions",) and len(inside) > 1:
        stem = sidecar.mask_stem(Path(inside[1]))
        return Spot(layout, case, reading, int(stem)) if stem.isdecimal() else None
    return Spot(layout, case, reading)


def project_root(path: Path) -> Layout:
    """The project that a folder or file lies in.

    Raises:
        FormatError: it lies in none.
    """
    root = _root_above(path.resolve())
    if root is not None:
        return Layout(root)
    here = path.resolve()
    left = [one for folder in (here, *here.parents) for one in _left_of(Layout(folder))]
    if left:
        raise FormatError(
            f"A project folder holds {SETTINGS_NAME}; {left[0].parent} has {left[0].name} without "
            "it. It was copied by half, or its making never finished: copy the file from where the "
            "folder came from, or make a project in another folder with: medseg init FOLDER"
        )
    raise FormatError(
        f"A project folder holds {SETTINGS_NAME}; neither {path} nor a folder above it does. "
        "Make a project with: medseg init FOLDER"
    )


def _left_of(layout: Layout) -> list[Path]:
    """What is there of a project's own files."""
    return [one for one in (layout.database, layout.secret) if one.is_file()]


def _plain(name: str) -> str:
    if not _PLAIN_ID.fullmatch(name):
        raise FormatError(
            f"Cases and readings have plain ids, as c-7f3a2k9x; found {name[:40]!r}. "
            "`medseg worklist` lists those of this project."
        )
    return name
