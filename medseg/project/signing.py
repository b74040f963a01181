"""Signing a saved mask: what is on disk, bound to a key and added to the earlier sign-offs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from medseg.errors import GeometryError, SignoffError
from medseg.formats import atomic, sidecar
from medseg.model import Segmentation, Volume
from medseg.project.folder.layout import find_spot
from medseg.project.folder.locking import locked
from medseg.project.folder.mask_files import read_mask_file, read_signoffs
from medseg.project.images.finding import image_to_sign
from medseg.signoff.canonical import canonical
from medseg.signoff.digest import MaskDigest, read_mask
from medseg.signoff.envelope import OpenedEnvelope, open_envelope, seal
from medseg.signoff.image_identity import image_identity
from medseg.signoff.keys import SigningKey
from medseg.signoff.placement import match_placement, write_placement
from medseg.signoff.provenance import provenance_digest
from medseg.signoff.statement import Claim, Meaning, SignedContent, build_statement

# Only the suffix of a mask's name is recorded: the rest could be a patient's name.
_SUFFIX = re.compile(r"(\.seg)?\.(nii\.gz|nii|nrrd|mha|mhd|dcm)$", re.IGNORECASE)


def sign(  # noqa: PLR0913 - each option is a field of the record
    mask_path: str | Path,
    key: SigningKey,
    *,
    image: str | Path | Volume | None = None,
    series: str | None = None,
    role: str = "reader",
    stage: str = "sign",
    decision: str = "approve",
    meaning: Meaning | None = None,
    reason: str | None = None,
    case: str | None = None,
    project: str | None = None,
    site: str | None = None,
    metrics: Mapping[str, Any] | None = None,
    expected: Segmentation | None = None,
) -> Path:
    """Sign a saved mask that lies in no project on its image; returns its sign-offs' path.

    One line is added to `<stem>.signoff.jsonl`; it names the earlier ones, which it takes the
    place of. The mask is signed as it stands on disk. When several sign at once, each waits for
    the others, and every sign-off is kept.

    Args:
        mask_path: the mask.
        key: the signer's unlocked key.
        image: the image that was judged; None takes the one named beside the mask.
        series: which one, where `image` holds several.
        role: in which role, as "reader".
        stage: at which stage of the work.
        decision: "approve", "reject" or another of `medseg.signoff.statement.DECISIONS`.
        meaning: what the signature says; None takes the sentence for the decision.
        reason: why; a rejection needs one.
        case: opaque id of the case.
        project: the project's name.
        site: the site's name.
        metrics: what was measured, plain JSON values.
        expected: the mask as the signer saw it; None if nothing but the file was seen.

    Raises:
        SignoffError: no image is named, or the mask itself is; the file differs from `expected`
            in voxels, grid, codes, tracking UIDs or names; the earlier sign-offs are damaged or
            kept busy; a rejection lacks its reason; two segments have equal keys; or the mask is
            that of a project's reading, which is signed through the log.
        GeometryError: the mask is not on the image's grid.
        FormatError: a file is absent, or cannot be read or written.
    """
    path = Path(mask_path)
    _check_outside(path)
    claim = Claim(
        role, stage, decision, meaning, reason, case, project=project, site=site, metrics=metrics
    )
    segmentation, file_sha256 = read_mask_file(path)
    if expected is not None:
        _check_expected(segmentation, expected, path)
    volume = image_to_sign(path, image, series)
    _check_same_grid(segmentation, volume, path)
    content = _content(path, segmentation, volume, file_sha256)
    target = sidecar.signoff_path(path)
    with locked(target):
        _append(target, claim, content, key)
    return target


def _check_outside(mask: Path) -> None:
    """In a project the log comes first: a record beside it would be nobody's act."""
    spot = find_spot(mask)
    if spot is not None and spot.reading is not None:
        raise SignoffError(
            f"A project's reading is signed through the project's log; {mask.name} is that of "
            f"{spot.reading}. Sign it with: medseg sign FILE, as a person of the project "
            "(medseg.project.acts.sign)."
        )


def _append(target: Path, claim: Claim, content: SignedContent, key: SigningKey) -> None:
    """Add one record that follows all those before; whoever calls this holds the lock."""
    before = read_signoffs(target)
    earlier = _earlier(before, target)
    versions = [one.record.predicate["caseVersion"] for one in earlier]
    claim = replace(
        claim,
        case_version=max(versions, default=0) + 1,
        previous=tuple(dict.fromkeys(one.digest for one in earlier)),
    )
    line = canonical(seal(build_statement(claim, content, key), key))
    open_envelope(line)  # a record that does not verify is never written
    joint = b"" if not before or before.endswith(b"\n") else b"\n"
    atomic.write_bytes(target, before + joint + line + b"\n")


def _check_expected(segmentation: Segmentation, expected: Segmentation, mask: Path) -> None:
    found = read_mask(segmentation)
    try:
        seen = read_mask(expected, like=found.body)
        is_same = seen.body == found.body and _names(seen) == _names(found)
    except (GeometryError, SignoffError):
        is_same = False
    if not is_same:
        raise SignoffError(
            f"What is signed is what was seen; the file is not what is on screen: {mask.name} "
            "differs in voxels, grid, codes or names. Look at both; then save it, or open it anew."
        )


def _names(mask: MaskDigest) -> list[tuple[str, str, str]]:
    return [(one.label, one.category.meaning, one.type.meaning) for one in mask.segments]


def _earlier(lines: bytes, path: Path) -> list[OpenedEnvelope]:
    """The sign-offs so far; one that is not sound is never built upon."""
    try:
        return [open_envelope(line) for line in lines.split(b"\n") if line.strip(b" \t\r")]
    except SignoffError as error:
        raise SignoffError(
            f"A new sign-off follows sound ones; {path.name} holds one that is not: {error} "
            "Keep that file elsewhere as evidence, then sign again."
        ) from error


def _check_same_grid(segmentation: Segmentation, volume: Volume, mask: Path) -> None:
    match = match_placement(segmentation.geometry, write_placement(volume.geometry))
    if not match.fits:
        raise GeometryError(
            f"A mask is signed on the grid of its image; {mask.name} is "
            f"{segmentation.geometry.describe()}, the image {volume.geometry.describe()}"
            f"{match.in_words}. Save the mask on the image's grid."
        )


def _content(
    path: Path, segmentation: Segmentation, volume: Volume, file_sha256: str
) -> SignedContent:
    mask = read_mask(segmentation)
    suffix = _SUFFIX.search(path.name)
    return SignedContent(
        mask,
        image_identity(volume),
        suffix.group().lower() if suffix else "",
        file_sha256,
        provenance_digest(segmentation, mask.orientation),
    )
