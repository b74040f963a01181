"""A mask, its image, its sign-offs and what surrounds them, gathered from disk; the verdict."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from medseg.errors import SignoffError
from medseg.formats import sidecar
from medseg.model import Finding, Segmentation, Verification, Volume, exit_code_of
from medseg.project.evidence.context import Context, context_of, remember
from medseg.project.evidence.folder_evidence import verify_folder
from medseg.project.folder.mask_files import read_mask_file, read_signoffs
from medseg.project.images.finding import image_to_verify
from medseg.signoff import Exhibits, judge_exhibits

_KEY_ID = re.compile(r"[0-9a-f]{64}")


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
        context: the registry of people, the log and the rules that it lies among.
    """

    mask: Path
    segmentation: Segmentation
    file_sha256: str
    lines: bytes
    volume: Volume | None
    image_problem: str = ""
    context: Context = field(default_factory=Context)

    def judge(self, trust: Collection[str] = ()) -> Verification:
        """The verdicts on the sign-offs, at the present time; `trust` as in `verify`.

        Raises:
            SignoffError: `trust` holds what is no key id.
        """
        context = self.context
        exhibits = Exhibits(
            self.segmentation,
            self.volume,
            self.file_sha256,
            _key_ids(trust),
            datetime.now(UTC),
            self.image_problem,
            people=context.people,
            logs=context.logs,
            policies=context.policies,
            case=context.case,
            reading=context.reading,
            secret=context.secret,
            derivations=context.derivations,
        )
        judged = judge_exhibits(self.lines, exhibits)
        return Verification((*context.findings, *_so_far(context, judged)))


def verify(
    path: str | Path,
    *,
    image: str | Path | Volume | None = None,
    series: str | None = None,
    people: Path | None = None,
    log: Path | None = None,
    trust: Collection[str] = (),
) -> Verification:
    """The verdicts on the sign-offs of a mask, or of all readings in a project's folder.

    A mask that lies in a project is held against the project's people, log and rules; one that
    lies elsewhere against what is beside it and what is named here. What is seen of a log and a
    registry is remembered for this user, so that a later one that goes back is noticed.

    Args:
        path: the mask; or the folder of a project, a case or a reading. Of a project's and a
            case's readings those are judged that are signed or approved.
        image: the image that was judged; None takes the one named beside the mask, or, where its
            sidecar names none, the signed one if it lies in the mask's folder. One that cannot
            be found or read gives IMAGE_ABSENT.
        series: which one, where the image's path holds several; None takes the one named
            beside the mask or, where `image` is a path, the one that was signed.
        people: a signed registry of people (`people.json`) whose word you take.
        log: a log: a file with an entry a line, a project's database or its folder.
        trust: ids of keys that you know to be their owners'.

    Raises:
        FormatError: the mask, or what is named, is absent or cannot be read.
        SignoffError: `trust` holds what is no key id.
    """
    _key_ids(trust)  # a wrong one is told before a large image is read
    place = Path(path)
    context = context_of(place, people=people, log=log)
    if place.is_dir():
        verification = verify_folder(
            place, context, lambda mask, about: gather(mask, context=about).judge(trust)
        )
    else:
        evidence = gather(place, image=image, series=series, context=context)
        verification = evidence.judge(trust)
    verification = _with_log(context, verification)
    remember(context, verification)
    return verification


def _so_far(context: Context, judged: Verification) -> Iterator[Finding]:
    """The verdicts; none is VALID where something that belongs to the project could not be had."""
    is_whole = exit_code_of(context.findings) in (0, 10)
    for one in judged.verdicts:
        if is_whole or one.code != "VALID":
            yield one
        else:
            yield replace(one, code="SIGNATURE_HOLDS", text=f"As far as could be seen: {one.text}")


def _with_log(context: Context, verification: Verification) -> Verification:
    """What speaks against the log stands first where no sign-off was held against it."""
    told = {(one.code, one.text) for one in verification.verdicts}
    findings = (one for log in context.logs for one in log.findings)
    untold = tuple(one for one in findings if (one.code, one.text) not in told)
    return Verification((*untold, *verification.verdicts))


def gather(
    path: str | Path,
    *,
    image: str | Path | Volume | None = None,
    series: str | None = None,
    context: Context | None = None,
) -> Evidence:
    """Mask, sign-offs and image as they are on disk; the image only where there are sign-offs.

    Args:
        path: the mask.
        image: as in `verify`.
        series: as in `verify`.
        context: what surrounds the mask; None takes that of the project it lies in, if in one.

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
    found = context if context is not None else context_of(mask)
    return Evidence(mask, segmentation, file_sha256, lines, volume, problem, found)


def _key_ids(trust: Collection[str]) -> frozenset[str]:
    ids = frozenset(one.strip().lower() for one in ([trust] if isinstance(trust, str) else trust))
    wrong = sorted(one for one in ids if not _KEY_ID.fullmatch(one))
    if wrong:
        raise SignoffError(
            f"A key id is 64 hexadecimal digits; found {wrong[0]!r}. "
            "`medseg key show` prints a key's own."
        )
    return ids
