"""A mask, its image and its sign-offs gathered from disk, and the verdict on them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from medseg.errors import FormatError, SignoffError
from medseg.formats import read_segmentation, sidecar
from medseg.model import Segmentation, Verification, Volume
from medseg.project.images import image_to_verify
from medseg.signoff.verify import Exhibits, judge_exhibits

_KEY_ID = re.compile(r"[0-9a-f]{64}")
_MAX_SIGNOFF_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a verdict is made from, each part read once.

    Args:
        mask: the mask's path.
        segmentation: what it holds.
        file_sha256: SHA-256 of the very bytes that were read.
        lines: the sign-offs, one envelope a line; empty if there are none.
        volume: the image; None if it could not be had, or nothing is signed.
        image_problem: why there is no image, in words.
    """

    mask: Path
    segmentation: Segmentation
    file_sha256: str
    lines: bytes
    volume: Volume | None
    image_problem: str = ""

    def judge(self, trust: Collection[str] = ()) -> Verification:
        """The verdicts on the sign-offs, at the present time; `trust` as in `verify`.

        Raises:
            SignoffError: `trust` holds what is no key id.
        """
        exhibits = Exhibits(
            self.segmentation,
            self.volume,
            self.file_sha256,
            _key_ids(trust),
            datetime.now(UTC),
            self.image_problem,
        )
        return judge_exhibits(self.lines, exhibits)


def verify(
    path: str | Path,
    *,
    image: str | Path | Volume | None = None,
    series: str | None = None,
    people: Path | None = None,
    log: Path | None = None,
    trust: Collection[str] = (),
) -> Verification:
    """The verdicts on a mask's sign-offs, from the files beside it.

    Args:
        path: the mask.
        image: the image that was judged; None takes the one named beside the mask. One that
            cannot be found or read gives IMAGE_ABSENT.
        series: which one, where the image's path holds several; None takes the one named
            beside the mask or, where `image` is a path, the one that was signed.
        people: a signed registry of people; this version has none.
        log: an append-only log; this version has none.
        trust: ids of keys that you know to be their owners'.

    Raises:
        FormatError: the mask is absent or cannot be read.
        SignoffError: `people` or `log` is given, or `trust` holds what is no key id.
    """
    if people is not None or log is not None:
        raise SignoffError(
            "This version of medseg checks signatures, image and mask; it reads no registry of "
            "people and no log yet. Leave them out, and name the keys you know with trust."
        )
    _key_ids(trust)  # a wrong one is told before a large image is read
    return gather(path, image=image, series=series).judge(trust)


def gather(
    path: str | Path, *, image: str | Path | Volume | None = None, series: str | None = None
) -> Evidence:
    """Mask, sign-offs and image as they are on disk; the image only where there are sign-offs.

    Args:
        path: the mask.
        image: as in `verify`.
        series: as in `verify`.

    Raises:
        FormatError: the mask or its sign-offs cannot be read.
        SignoffError: the list of sign-offs is absurdly large.
    """
    mask = Path(path)
    segmentation, file_sha256 = read_mask_file(mask)
    lines = read_signoffs(sidecar.signoff_path(mask))
    volume, problem = None, ""
    if lines.strip():
        volume, problem = image_to_verify(mask, image, series, segmentation, lines)
    return Evidence(mask, segmentation, file_sha256, lines, volume, problem)


def _key_ids(trust: Collection[str]) -> frozenset[str]:
    ids = frozenset(one.strip().lower() for one in ([trust] if isinstance(trust, str) else trust))
    wrong = sorted(one for one in ids if not _KEY_ID.fullmatch(one))
    if wrong:
        raise SignoffError(
            f"A key id is 64 hexadecimal digits; found {wrong[0]!r}. "
            "`medseg key show` prints a key's own."
        )
    return ids


def read_mask_file(path: Path) -> tuple[Segmentation, str]:
    """The mask and the SHA-256 of the file that it was read from.

    Raises:
        FormatError: it is absent, cannot be read, or changes meanwhile.
    """
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


def read_signoffs(path: Path) -> bytes:
    """The content of a list of sign-offs; empty if there is none.

    Raises:
        FormatError: it cannot be read.
        SignoffError: it is absurdly large.
    """
    try:
        if path.stat().st_size > _MAX_SIGNOFF_BYTES:
            raise SignoffError(f"{path.name} is too large to be a list of sign-offs. Remove it.")
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise FormatError(f"{path.name} cannot be read ({error.strerror}).") from error
