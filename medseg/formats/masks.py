"""Masks: label files with the sidecar beside them, read and written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from medseg.errors import FormatError, MedsegError
from medseg.formats.atomic import replacing_together
from medseg.formats.labels import holding
from medseg.formats.lattice import reindexed
from medseg.formats.layers import merged, segmentations
from medseg.formats.naming import before_path, fitting_sidecar, forget_before, names_to_keep
from medseg.formats.refusals import refusing_in_words
from medseg.formats.registry import (
    check_partner,
    format_of,
    has_dicom_mark,
    mask_suffixes,
    mask_writer,
)
from medseg.formats.sidecar import has_sidecar, sidecar_bytes, sidecar_path
from medseg.formats.targets import check_target
from medseg.formats.tilt import tilt_findings
from medseg.model import Finding, Segmentation, Source, Volume

# Of the formats written here NIfTI alone holds a shear; the others refuse it.
_SHEAR_ADVICE = (
    "In the file it stands in the sform alone, because a qform cannot hold it: a program that "
    "reads the qform, or straightens what it reads, shows this mask elsewhere."
)


def read_segmentation(path: str | Path, *, like: Volume | None = None) -> Segmentation:
    """The segmentation in a mask file, with names, codes and provenance from its sidecar.

    The array is uint8, or uint16 where a number that it holds or that the sidecar lists is above
    255, on the file's own grid. Without a sidecar, names and colours are the file's own where it
    has them (a .seg.nrrd, a label table in NIfTI); each number that nothing names becomes a
    segment of its own, the same each time. Layers that do not overlap are merged.

    Args:
        path: a NIfTI, NRRD or MHA file.
        like: the image it was drawn on; the result then stands on exactly its geometry, by
            permuting, flipping, cropping or padding the same lattice, never by resampling.

    Raises:
        FormatError: the file is absent, damaged, no mask, or its sidecar does not fit it.
        OverlapError: segments of two layers overlap; the pairs are named.
        GeometryError: `like` is given and the mask's voxels are not voxels of it.
    """
    path = Path(path)
    segmentation = _as_named(merged(_read_layers(path), path.name), path)
    return segmentation if like is None else reindexed(segmentation, like.geometry, path.name)


def read_segmentations(path: str | Path) -> list[Segmentation]:
    """All segmentations in a file: each layer of a .seg.nrrd; the other formats hold one.

    Raises:
        FormatError: as `read_segmentation`.
    """
    path = Path(path)
    layers = _read_layers(path)
    return [_as_named(layers[0], path)] if len(layers) == 1 else layers


def _read_layers(path: Path) -> list[Segmentation]:
    with refusing_in_words(path, "reading"):
        return segmentations(_mask_format(path).load().read_mask(path), path.name)


def _as_named(found: Segmentation, path: Path) -> Segmentation:
    sidecar = fitting_sidecar(path, found.array)
    if sidecar is None:
        return found
    array = holding(found.array, max((segment.number for segment in sidecar.segments), default=0))
    return Segmentation(
        array, found.geometry, sidecar.segments, sidecar.provenance, sidecar.calipers
    )


def write_segmentation(
    segmentation: Segmentation, path: str | Path, *, image: Source | None = None
) -> list[Finding]:
    """Save a mask and, beside it, its sidecar `<stem>.json`; both whole or not at all.

    What comes back is worth telling to whoever saves: TILTED for a sheared grid, which some other
    programs do not read; most often nothing. The voxels are never resampled, and the same
    segmentation gives the same bytes each time.

    Args:
        segmentation: what to save.
        path: ends in .nii.gz, .nii, .nrrd, .seg.nrrd or .mha, which chooses the format.
        image: what it was drawn on; the sidecar then refers to it, relative to the mask.

    Raises:
        FormatError: the suffix is none of these, another program's file stands where the
            sidecar belongs, another image or mask of that stem stands there, the target is a
            file of the image or of another one, or the folder cannot be written to.
        GeometryError: the format cannot hold the grid.
    """
    path = Path(path)
    writer = mask_writer(path)
    beside = sidecar_path(path)
    with refusing_in_words(path, "saving"):
        check_target(path, image)
    _check_replaces_a_mask(path)
    content = sidecar_bytes(segmentation, path, image)
    kept = names_to_keep(path, _array_before(path), set(segmentation.numbers))
    # The sidecar is swapped in first: names for numbers that are not there yet do no harm,
    # numbers without names would, so names that go are kept until the mask is swapped too.
    targets = [beside, path] if kept is None else [before_path(path), beside, path]
    with replacing_together(targets) as (*before_file, sidecar_file, mask_file):
        for file in before_file:
            file.write_bytes(kept or b"")
        sidecar_file.write_bytes(content)
        with refusing_in_words(path, "saving"):
            writer.write_mask(segmentation, mask_file)
    forget_before(path)
    return [
        replace(finding, text=f"{finding.text} {_SHEAR_ADVICE}")
        for finding in tilt_findings(segmentation.geometry, path.name)
    ]


def _check_replaces_a_mask(path: Path) -> None:
    """Pass if nothing but a mask stands at the path: an image there may be the only copy."""
    if not path.is_file() or has_sidecar(path):
        return
    try:
        _read_layers(path)
    except MedsegError as error:
        raise FormatError(
            f"A mask replaces a mask and nothing else; {path.name} stands there already and cannot "
            f"be read as one ({error}) Save the mask under another name, or move that file."
        ) from error


def _array_before(path: Path) -> NDArray[Any] | None:
    """What stands in a mask that an earlier save was cut off at; None for any other."""
    if not (path.exists() and before_path(path).exists()):
        return None
    try:
        return merged(_read_layers(path), path.name).array
    except MedsegError:
        return None


def _mask_format(path: Path) -> Any:
    if not path.exists():
        raise FormatError(f"A mask is read from a file; there is no {path}. Check its name.")
    if not path.is_file():
        what = "a folder" if path.is_dir() else "a device"
        raise FormatError(f"A mask is one file; {path.name} is {what}. Name a file.")
    check_partner(path)
    known = format_of(path)
    if known is None or not known.reads_masks:
        is_dicom = known is not None or has_dicom_mark(path)
        what = "is DICOM, whose masks this version does not read" if is_dicom else "is none"
        raise FormatError(
            f"A mask is read from {', '.join(mask_suffixes())} files; {path.name} {what}. "
            "Convert it to one of them."
        )
    return known
