"""Several masks given at the command line: their names, their image, and one grid for all."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from medseg import annotate, formats, project
from medseg.cli.console import errors, progress_bar, say
from medseg.errors import FormatError, GeometryError, MedsegError
from medseg.formats import lattice, sidecar
from medseg.model import Segmentation, Volume


def names_of(paths: Sequence[Path], given: Sequence[str]) -> list[str]:
    """A name for each mask: those given, else the files' stems, with their folders if need be.

    Raises:
        MedsegError: there are more or fewer names than masks, or two are the same.
    """
    if given and len(given) != len(paths):
        raise MedsegError(
            f"Each mask has a name, in order; found {len(paths)} masks and {len(given)} names "
            f"({', '.join(given)}). Give --name once for each, or not at all."
        )
    stems = [sidecar.mask_stem(path) for path in paths]
    if not given and len(set(stems)) < len(stems):
        stems = [
            f"{path.resolve().parent.name}/{stem}" for path, stem in zip(paths, stems, strict=True)
        ]
    names = list(given) or stems
    if len(set(names)) < len(names):
        raise MedsegError(
            f"Each mask has a name of its own; found {', '.join(names)}. Give --name once for "
            "each, in order."
        )
    return names


def read_image(path: Path | None, series: str | None, masks: Sequence[Path]) -> Volume | None:
    """The image at a path, or the one that a mask names; None where none is named or there.

    Raises:
        FormatError: it cannot be read.
    """
    named = (path, series) if path else _named_image(masks)
    if named is None:
        return None
    with progress_bar("reading the image") as progress:
        return formats.read_volume(named[0], series=series or named[1], progress=progress)


def _named_image(masks: Sequence[Path]) -> tuple[Path, str | None] | None:
    for mask in masks:
        found = project.image_place(mask) if mask.exists() else None
        if found is not None and found[0].exists():
            return found
    return None


def read_on_one_grid(paths: Sequence[Path], volume: Volume | None) -> list[Segmentation]:
    """The masks on the image's grid; without an image, on that of the first one.

    Raises:
        FormatError: one cannot be read.
        GeometryError: one lies on other voxels; by how many mm is in the message.
    """
    if volume is not None:
        return [formats.read_segmentation(path, like=volume) for path in paths]
    masks = [formats.read_segmentation(path) for path in paths]
    return masks[:1] + [
        _moved(mask, path, masks[0], paths[0])
        for mask, path in zip(masks[1:], paths[1:], strict=True)
    ]


def _moved(mask: Segmentation, path: Path, first: Segmentation, named: Path) -> Segmentation:
    try:
        return lattice.reindexed(mask, first.geometry, path.name)
    except GeometryError as error:
        raise GeometryError(
            f"Masks are compared on one grid, here that of {named.name} in the image's place. "
            f"{error}"
        ) from error


def unsaved_notes(paths: Sequence[Path], volume: Volume | None) -> list[str]:
    """What is not in the masks' files yet, in words, said on standard error too.

    Empty for nearly all masks: only beside one that was edited, and not saved, stands a journal.

    Args:
        paths: the masks.
        volume: their image; None takes the one that each of them names, if it can be read.
    """
    notes = [note for path in paths for note in _unsaved(path, volume)]
    if notes:
        notes.append("What was saved is what the numbers are about.")
    for note in notes:
        say(note, to=errors)
    return notes


def _unsaved(path: Path, volume: Volume | None) -> list[str]:
    folder = sidecar.journal_folder(path)
    if not folder.is_dir():
        return []
    if volume is None:
        with suppress(MedsegError):  # the journal is about the image's grid, the mask tells less
            volume = read_image(None, None, [path])
    mask = formats.read_segmentation(path, like=volume)
    source = volume.source if volume is not None else None
    image = source.series_id if source is not None and source.format == "dicom" else ""
    found = annotate.recover(folder, mask, image=image).findings
    return [f"{path.name}: {finding.text}" for finding in found]


def check_results(csv: Path | None, html: Path | None) -> None:
    """Pass if results cannot take the place of an image or a mask.

    Raises:
        FormatError: a path has another suffix than its kind.
    """
    for path, what, suffix in ((csv, "table", ".csv"), (html, "page", ".html")):
        if path is not None and path.suffix.lower() != suffix:
            raise FormatError(
                f"A {what} is written to a file that ends in {suffix}; {path.name} does not, and "
                "could be an image or a mask."
            )
