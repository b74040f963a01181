"""A mask, its image and its sign-offs gathered from disk: what signing and verifying need."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from medseg.errors import FormatError, GeometryError, MedsegError, SeveralSeriesError, SignoffError
from medseg.formats import atomic, list_series, read_segmentation, read_volume, sidecar
from medseg.model import Segmentation, Verification, Volume
from medseg.signoff.canonical import canonical
from medseg.signoff.digest import read_mask
from medseg.signoff.envelope import OpenedEnvelope, open_envelope, seal
from medseg.signoff.image_identity import image_identity, match_image
from medseg.signoff.keys import SigningKey
from medseg.signoff.placement import match_placement, write_placement
from medseg.signoff.provenance import provenance_digest
from medseg.signoff.statement import Claim, Meaning, SignedContent, build_statement
from medseg.signoff.verify import Exhibits, judge_exhibits

_KEY_ID = re.compile(r"[0-9a-f]{64}")
# Only the suffix of a mask's name is recorded: the rest could be a patient's name.
_SUFFIX = re.compile(r"(\.seg)?\.(nii\.gz|nii|nrrd|mha|mhd|dcm)$", re.IGNORECASE)
_MAX_SIGNOFF_BYTES = 256 * 1024 * 1024


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
) -> Path:
    """Sign a saved mask on its image, and return the path of its sign-offs.

    One line is added to `<stem>.signoff.jsonl`; it names the earlier ones, which it takes the
    place of. The mask is signed as it stands on disk.

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

    Raises:
        SignoffError: no image is named, the earlier sign-offs are damaged, a rejection lacks
            its reason, or two segments have equal keys.
        GeometryError: the mask is not on the image's grid.
        FormatError: a file is absent, or cannot be read or written.
    """
    path = Path(mask_path)
    claim = Claim(
        role, stage, decision, meaning, reason, case, project=project, site=site, metrics=metrics
    )
    target = sidecar.signoff_path(path)
    before = _read_signoffs(target)
    earlier = _earlier(before, target)
    segmentation, file_sha256 = _read_mask(path)
    volume = _image_to_sign(path, image, series)
    _check_same_grid(segmentation, volume, path)
    content = _content(path, segmentation, volume, file_sha256)
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
    return target


def verify(
    path: str | Path,
    *,
    image: str | Path | Volume | None = None,
    people: Path | None = None,
    log: Path | None = None,
    trust: Collection[str] = (),
) -> Verification:
    """The verdicts on a mask's sign-offs, from the files beside it.

    Args:
        path: the mask.
        image: the image that was judged; None takes the one named beside the mask. One that
            cannot be found or read gives IMAGE_ABSENT.
        people: a signed registry of people; this version has none.
        log: an append-only log; this version has none.
        trust: ids of keys that you know to be their owners'.

    Raises:
        FormatError: the mask is absent or cannot be read.
        SignoffError: `people` or `log` is given, or `trust` holds no key id.
    """
    if people is not None or log is not None:
        raise SignoffError(
            "This version of medseg checks signatures, image and mask; it reads no registry of "
            "people and no log yet. Leave them out, and name the keys you know with trust."
        )
    mask = Path(path)
    trusted = _key_ids(trust)
    segmentation, file_sha256 = _read_mask(mask)
    lines = _read_signoffs(sidecar.signoff_path(mask))
    volume, problem = None, ""
    if lines.strip():
        volume, problem = _image_to_verify(mask, image, segmentation, lines)
    now = datetime.now(UTC)
    exhibits = Exhibits(segmentation, volume, file_sha256, trusted, now, problem)
    return judge_exhibits(lines, exhibits)


def _key_ids(trust: Collection[str]) -> frozenset[str]:
    ids = frozenset(one.strip().lower() for one in ([trust] if isinstance(trust, str) else trust))
    wrong = sorted(one for one in ids if not _KEY_ID.fullmatch(one))
    if wrong:
        raise SignoffError(
            f"A key id is 64 hexadecimal digits; found {wrong[0]!r}. "
            "`medseg key show` prints a key's own."
        )
    return ids


def _read_mask(path: Path) -> tuple[Segmentation, str]:
    """The mask and the SHA-256 of the file that it was read from."""
    before = _file_sha256(path)
    segmentation = read_segmentation(path)
    if _file_sha256(path) != before:
        raise FormatError(f"A mask stands still while it is read; {path.name} was being changed.")
    return segmentation, before


def _file_sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FormatError(
            f"A sign-off is about a mask in a file; {path} cannot be read "
            f"({error.strerror}). Save the mask, or correct the path."
        ) from error


def _read_signoffs(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_SIGNOFF_BYTES:
            raise SignoffError(f"{path.name} is too large to be a list of sign-offs. Remove it.")
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise FormatError(f"{path.name} cannot be read ({error.strerror}).") from error


def _earlier(lines: bytes, path: Path) -> list[OpenedEnvelope]:
    """The sign-offs so far; one that is not sound is never built upon."""
    try:
        return [open_envelope(line) for line in lines.split(b"\n") if line.strip(b" \t\r")]
    except SignoffError as error:
        raise SignoffError(
            f"A new sign-off follows sound ones; {path.name} holds one that is not: {error} "
            "Keep that file elsewhere as evidence, then sign again."
        ) from error


def _image_to_sign(mask: Path, image: str | Path | Volume | None, series: str | None) -> Volume:
    if isinstance(image, Volume):
        return image
    if image is not None:
        return read_volume(Path(image), series=series)
    reference = sidecar.image_reference(mask)
    if reference is None:
        raise SignoffError(
            f"A sign-off is about a mask on its image; nothing beside {mask.name} names one. "
            "Name it with --image."
        )
    return read_volume(reference[0], series=series or reference[1])


def _check_same_grid(segmentation: Segmentation, volume: Volume, mask: Path) -> None:
    match = match_placement(segmentation.geometry, write_placement(volume.geometry))
    if not match.fits:
        raise GeometryError(
            f"A mask is signed on the grid of its image; {mask.name} is "
            f"{segmentation.geometry.describe()}, the image {volume.geometry.describe()}, and "
            f"corners are {match.displacement_mm:.4g} mm apart. Save the mask on the image's grid."
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


def _image_to_verify(
    mask: Path, image: str | Path | Volume | None, segmentation: Segmentation, lines: bytes
) -> tuple[Volume | None, str]:
    """The image, or None and why there is none."""
    if isinstance(image, Volume):
        return image, ""
    try:
        reference = sidecar.image_reference(mask)
        if image is not None:
            return _one_of(Path(image), segmentation, lines)
        if reference is None:
            return None, f"nothing beside {mask.name} names it"
        return read_volume(reference[0], series=reference[1]), ""
    except MedsegError as error:
        return None, str(error)


def _one_of(path: Path, segmentation: Segmentation, lines: bytes) -> tuple[Volume | None, str]:
    """The image at a path; where it holds several, the one that was signed."""
    try:
        return read_volume(path), ""
    except SeveralSeriesError:
        signed = _signed_images(lines)
    sizes = sorted(segmentation.geometry.shape)
    for info in list_series(path):
        if info.is_readable and sorted(info.shape or ()) == sizes:
            volume = read_volume(path, series=info.id)
            if any(match_image(volume, identity) for identity in signed):
                return volume, ""
    return None, f"none of the image volumes in {path.name} is the one that was signed"


def _signed_images(lines: bytes) -> list[Mapping[str, Any]]:
    """The image identities in the sign-offs that are sound; the others get their own verdict."""
    identities = []
    for line in lines.splitlines():
        with suppress(SignoffError):
            identities.append(open_envelope(line).record.predicate["image"])
    return identities
