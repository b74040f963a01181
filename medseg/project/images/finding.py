"""Which image a mask belongs to: that of its case in a project, or the one its sidecar names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from medseg.errors import FormatError, MedsegError, SeveralSeriesError, SignoffError
from medseg.formats import list_series, read_volume, sidecar
from medseg.model import Segmentation, Source, Volume
from medseg.project.folder.layout import find_spot
from medseg.project.images.image_record import read_image_record
from medseg.signoff.envelope import open_envelope
from medseg.signoff.image_identity import image_matcher

_NAME_IT = " Name it with --image."

# An image is looked for beside a mask only where that is no search through a whole archive.
_FILES_BESIDE = 2_000


def image_to_sign(mask: Path, image: str | Path | Volume | None, series: str | None) -> Volume:
    """The image that is named, or else the one that the mask's sidecar names.

    Raises:
        SignoffError: no image is named, or it is the mask itself.
        FormatError, GeometryError: it cannot be read.
    """
    volume = image if isinstance(image, Volume) else _named_image(mask, image, series)
    if any(_is_same_file(mask, file) for file in _files_of(volume)):
        raise SignoffError(
            f"A sign-off is about a mask on its image; {mask.name} is named as its own image. "
            "Name the image that was judged."
        )
    return volume


def image_to_verify(
    mask: Path,
    image: str | Path | Volume | None,
    series: str | None,
    segmentation: Segmentation,
    lines: bytes,
) -> tuple[Volume | None, str]:
    """The image, or None and why there is none.

    Where `image` is a path that holds several and `series` is None, it is the one that was
    signed. A mask that left the house names no image: its own is then known beside it by what
    was signed of it.
    """
    if isinstance(image, Volume):
        return image, ""
    try:
        if image is None and series is None and _names_none(mask):
            beside = _signed_beside(mask, segmentation, lines)
            if beside is not None:
                return beside, ""
        if image is None or series is not None:
            return _named_image(mask, image, series), ""
        return _one_of(Path(image), segmentation, lines)
    except (MedsegError, OSError, ValueError) as error:  # a sidecar may name any path at all
        return None, str(error).removesuffix(_NAME_IT).rstrip(".")  # the verdict says it itself


def _named_image(mask: Path, image: str | Path | None, series: str | None) -> Volume:
    if image is not None:
        return _read(Path(image), series)
    reference = image_place(mask)
    if reference is None:
        raise SignoffError(
            f"A sign-off is about a mask on its image; nothing beside {mask.name} names one."
            f"{_NAME_IT}"
        )
    path, named = reference
    return _read(path, series or named)


def image_place(mask: Path) -> tuple[Path, str | None] | None:
    """Path and series of the image that a mask was drawn on; None where nothing tells.

    In a project it is the case's; the file beside the mask names no image there, since a path can
    hold a patient's name. Elsewhere it is the one that the mask's sidecar names.

    Raises:
        FormatError: what tells it is damaged, or sealed under a secret that is not this user's.
    """
    try:
        return _of_project(mask) or sidecar.image_reference(mask)
    except FormatError:
        named = sidecar.image_reference(mask)  # as the projects of earlier versions have it
        if named is None:
            raise
        return named


def told_beside(mask: Path, image: Source) -> Source | None:
    """The image as a mask's sidecar shall name it: not at all in a project, whose case does."""
    spot = find_spot(mask)
    return None if spot is not None and spot.case is not None else image


def _of_project(mask: Path) -> tuple[Path, str | None] | None:
    """The image of the case that the mask lies with; None outside of a project."""
    spot = find_spot(mask)
    if spot is None or spot.case is None:
        return None
    record = read_image_record(spot.layout.image(spot.case))
    return record.path, record.series


def _read(path: Path, series: str | None) -> Volume:
    try:
        return read_volume(path, series=series)
    except MedsegError:
        raise
    except (OSError, ValueError) as error:  # too long a name, or one with a NUL
        text = str(path)
        shown = text if len(text) <= 80 else f"{text[:80]}..."
        raise FormatError(
            f"An image is read from a path; {shown!r} cannot be one. Correct it, or name the "
            "image with --image."
        ) from error


def _files_of(volume: Volume) -> list[Path]:
    source = volume.source
    root = source.path if source.path.is_dir() else source.path.parent
    return [source.path, *(root / name for name in source.files)]


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False  # there is no such other file


def _one_of(path: Path, segmentation: Segmentation, lines: bytes) -> tuple[Volume | None, str]:
    """The image at a path; where it holds several, the one that was signed."""
    try:
        return _read(path, None), ""
    except SeveralSeriesError:
        volume = _signed_among(path, segmentation, lines)
    if volume is None:
        return None, f"none of the image volumes in {path.name} is the one that was signed"
    return volume, ""


def _names_none(mask: Path) -> bool:
    """Whether there is a sidecar, and neither it nor a project tells of an image."""
    return sidecar.has_sidecar(mask) and image_place(mask) is None


def _signed_beside(mask: Path, segmentation: Segmentation, lines: bytes) -> Volume | None:
    """The signed image in the mask's folder; None if it is not there, or too much else is."""
    count = 0
    for _, _, files in os.walk(mask.parent):
        count += len(files)
        if count > _FILES_BESIDE:
            return None
    return _signed_among(mask.parent, segmentation, lines)


def _signed_among(path: Path, segmentation: Segmentation, lines: bytes) -> Volume | None:
    """The image volume in a path that has the identity of a signed one."""
    signed = _signed_images(lines)
    sizes = sorted(segmentation.geometry.shape)
    for info in list_series(path):
        if info.is_readable and sorted(info.shape or ()) == sizes:
            with suppress(MedsegError):  # what cannot be read is not what was signed
                volume = read_volume(path, series=info.id)
                match = image_matcher(volume)
                if any(match(identity) for identity in signed):
                    return volume
    return None


def _signed_images(lines: bytes) -> list[Mapping[str, Any]]:
    """The image identities in the sign-offs that are sound; the others get their own verdict."""
    identities = []
    for line in lines.splitlines():
        with suppress(SignoffError):
            identities.append(open_envelope(line).record.predicate["image"])
    return identities
