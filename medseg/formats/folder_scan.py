"""All files of a path, and the entries they form: every volume one, and what was skipped."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from medseg.errors import FormatError
from medseg.formats.dicom.archive import archive_entries, is_archive
from medseg.formats.dicom.header.bare import is_bare_dicom
from medseg.formats.entries import Entry
from medseg.formats.one_file import one_file_entry
from medseg.formats.refusals import refusing_in_words
from medseg.formats.registry import FORMATS, format_of, has_dicom_mark, load_stack_format
from medseg.formats.sidecar import JOURNAL_SUFFIX, has_sidecar, sidecar_path, signoff_path
from medseg.model import SeriesInfo


def scan(path: Path, *, stay_inside: bool = False) -> list[Entry]:
    """The entries of a file, folder or ZIP archive: image volumes first, then what was skipped.

    Args:
        path: the file, folder or archive.
        stay_inside: whether links that lead out of the folder are skipped.

    Raises:
        FormatError: the path does not exist or the folder cannot be opened.
    """
    with refusing_in_words(path, "opening"):  # a name can be too long to ask about
        if not path.exists():
            raise FormatError(f"An image is read from a file or folder; there is no {path}.")
        if is_archive(path):
            return archive_entries(path, scan)
        root = path if path.is_dir() else path.parent
        outside: list[Path] = []
        leave = outside if stay_inside else None
        files = list(_walk(path, leave)) if path.is_dir() else [(path, path.is_file())]
        one_file, dicom, others = _sorted_by_kind(files)
    entries = [one_file_entry(file, root) for file in one_file]
    if dicom:
        entries += load_stack_format("dicom").stack_entries(dicom, path)
    entries.sort(key=_is_skipped)  # stable: volumes first, each kind in its own order
    return entries + _skipped_by_suffix(others, root) + [_left(one, root) for one in outside]


def _is_skipped(entry: Entry) -> bool:
    return entry.info.shape is None and not entry.is_image


def _walk(folder: Path, outside: list[Path] | None = None) -> Iterator[tuple[Path, bool]]:
    """All files below a folder in order of name, and whether each is a file that can be read.

    Hidden ones, crash journals and folders met before are left out; each folder's files come before
    its folders. Where `outside` is a list, links that lead out of the folder are put there instead.
    """
    home = folder.resolve()
    seen: set[tuple[int, int]] = set()
    waiting = [str(folder)]
    while waiting:
        current = waiting.pop()
        status = os.stat(current)
        if (status.st_dev, status.st_ino) in seen:  # a link back up, or a second way in
            continue
        seen.add((status.st_dev, status.st_ino))
        found = sorted(_entries(current), key=lambda entry: entry.name)
        if outside is not None:
            away = [entry for entry in found if _leads_out(entry, home)]
            outside += (Path(entry.path) for entry in away)
            found = [entry for entry in found if entry not in away]
        below = {entry.path for entry in found if _holds(entry.is_dir)}
        folders = sorted(path for path in below if not path.endswith(JOURNAL_SUFFIX))
        yield from (
            (Path(entry.path), _holds(entry.is_file)) for entry in found if entry.path not in below
        )
        waiting += reversed(folders)


def _leads_out(entry: os.DirEntry[str], home: Path) -> bool:
    try:
        return entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(home)
    except (OSError, RuntimeError):  # a link that leads in a circle leads nowhere
        return False


def _left(link: Path, root: Path) -> Entry:
    reason = (
        f"It is a link that leads out of the folder, to {link.resolve()}. Name what it leads to, "
        "or ask for links to be followed."
    )
    name = link.relative_to(root).as_posix()
    info = SeriesInfo(name, f"link: {link.name}", None, link, reason=reason)
    return Entry(info, None, FormatError(reason), is_image=False)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """What stands in a folder, hidden entries left out.

    Raises:
        FormatError: it cannot be opened.
    """
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        raise FormatError(
            f"Folders in a path can be opened; {folder} cannot: {error.strerror}. Ask for access, "
            "or open another folder."
        ) from error


def _holds(asked: Callable[[], bool]) -> bool:
    """What an entry says of itself; False where the system does not answer."""
    try:
        return asked()
    except OSError:
        return False


def _sorted_by_kind(
    files: Iterable[tuple[Path, bool]],
) -> tuple[list[Path], list[Path], list[Path]]:
    """One-file images, DICOM files, and all others without the sidecars of the images."""
    images, dicom, others = [], [], []
    for file, is_file in files:
        known = format_of(file)
        is_device = not is_file and file.exists()  # opening one could wait for ever
        if known is not None and known.one_file and not is_device:
            images.append(file)
        elif is_file and _is_dicom(file, known is not None):
            dicom.append(file)
        else:
            others.append(file)
    ours = {signoff_path(image) for image in images}
    ours |= {sidecar_path(image) for image in images if has_sidecar(image)}
    return images, dicom, [file for file in others if file not in ours]


def _is_dicom(file: Path, has_suffix: bool) -> bool:
    return has_suffix or has_dicom_mark(file) or is_bare_dicom(file)


def _skipped_by_suffix(files: list[Path], root: Path) -> list[Entry]:
    """One entry for the files of one ending in one folder, so that a listing stays readable."""
    groups: dict[tuple[Path, str], list[Path]] = defaultdict(list)
    for file in files:
        groups[file.parent, _kind(file)].append(file)
    return [_skipped(kind, members, root) for (_, kind), members in groups.items()]


def _kind(file: Path) -> str:
    if not file.is_file():
        return "broken link or device"
    if file.stat().st_size == 0:
        return "empty file"
    return f"{file.suffix.lower() or 'unnamed'} file"


def _skipped(kind: str, files: list[Path], root: Path) -> Entry:
    first = files[0].relative_to(root).as_posix()
    names = ", ".join(file.name for file in files[:3]) + (", ..." if len(files) > 3 else "")
    suffixes = ", ".join(suffix for known in FORMATS for suffix in known.suffixes)
    reason = (
        f"An image is DICOM or one of {suffixes}; no image but {kind}: {names}. Open another file, "
        "or export it as one of these."
    )
    if kind == ".zip file":
        reason = f"An archive is opened by itself; {names} stands in a folder. Open it alone."
    info = SeriesInfo(
        first,
        f"{kind}: {names}",
        None,
        files[0] if len(files) == 1 else files[0].parent,
        file_count=len(files),
        reason=reason,
    )
    return Entry(info, None, FormatError(reason), is_image=False)
