"""The verdict on a mask: whether its sign-offs hold for exactly these voxels on this image.

Pure functions on nouns and bytes. Nothing is valid by default: a check that could not be made
leaves its own verdict. The order is: parse, signature, signer, image, mask, currency.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from medseg.model import Finding, Segmentation, Verification, Volume
from medseg.model.finding import Severity
from medseg.signoff.compare import compare_mask
from medseg.signoff.envelope import OpenedEnvelope, open_envelope
from medseg.signoff.image_identity import Matcher, image_matcher
from medseg.signoff.refusal import RecordError
from medseg.signoff.statement import APPROVALS

_MAX_RECORDS = 1000
_CLOCK_SLACK = timedelta(seconds=120)
# A record of a later version may be quite right, so it is not called invalid.
_SEVERITIES: dict[str, Severity] = {"UNSUPPORTED_VERSION": "undecided"}


@dataclass(frozen=True, eq=False)
class Exhibits:
    """What a sign-off is held against; a part that is None could not be had.

    Args:
        segmentation: the mask at hand.
        image: the image it is to be judged on.
        file_sha256: of the mask file's bytes.
        trust: ids of keys that the asker knows to be their owners'.
        now: the present time, to tell a signature from the future; None skips that.
        image_problem: why there is no image, in words.
    """

    segmentation: Segmentation | None
    image: Volume | None
    file_sha256: str | None = None
    trust: frozenset[str] = frozenset()
    now: datetime | None = None
    image_problem: str = "none was given or found"


def judge(
    envelope_lines: bytes,
    segmentation: Segmentation | None,
    image: Volume | None,
    *,
    file_sha256: str | None = None,
    trust: Collection[str] = (),
) -> Verification:
    """The verdicts on all sign-offs of a mask; the newest ones decide.

    Args:
        envelope_lines: content of a `.signoff.jsonl`, one envelope a line; empty: NOT_SIGNED.
        segmentation: the mask at hand; None leaves MASK_ABSENT, undecided.
        image: the image it was judged on; None leaves IMAGE_ABSENT, undecided.
        file_sha256: SHA-256 of the mask file, to tell whether it was re-encoded.
        trust: ids of keys that the asker knows to be their owners'.

    No input makes this raise: what cannot be read is a verdict.
    """
    ids = (trust,) if isinstance(trust, str) else trust
    trusted = frozenset(one.strip().lower() for one in ids)
    return judge_exhibits(envelope_lines, Exhibits(segmentation, image, file_sha256, trusted))


def judge_exhibits(envelope_lines: bytes, exhibits: Exhibits) -> Verification:
    """The verdicts on all sign-offs against what could be gathered; as `judge`."""
    opened, findings = _open_all(envelope_lines)
    if not opened and not findings:
        text = "A mask is signed if a sign-off lies beside it; there is none. Sign it first."
        return Verification((Finding("NOT_SIGNED", "undecided", text),))
    covered = frozenset().union(*(one.record.previous for one in opened.values()))
    for digest, one in opened.items():
        if digest in covered:
            findings.append(_superseded(one))
    match = image_matcher(exhibits.image) if exhibits.image is not None else None
    for digest, one in opened.items():
        if digest not in covered:
            findings += _judge_one(one, opened, exhibits, match)
    return Verification(tuple(findings))


def _open_all(lines: bytes) -> tuple[dict[str, OpenedEnvelope], list[Finding]]:
    """The sound envelopes by digest, and a finding for each line that is not sound."""
    opened: dict[str, OpenedEnvelope] = {}
    findings: list[Finding] = []
    records = [line for line in lines.split(b"\n") if line.strip(b" \t\r")]
    if len(records) > _MAX_RECORDS:
        text = f"A mask has at most {_MAX_RECORDS} sign-offs; found {len(records)}."
        return {}, [Finding("MALFORMED", "error", text)]
    for number, line in enumerate(records, start=1):
        try:
            one = open_envelope(line)
        except RecordError as error:
            severity = _SEVERITIES.get(error.code, "error")
            findings.append(Finding(error.code, severity, f"Sign-off {number}: {error}"))
        else:
            opened[one.digest] = one
    return opened, findings


def _superseded(one: OpenedEnvelope) -> Finding:
    text = f"A later record takes the place of the sign-off by {one.record.title}."
    return Finding("SUPERSEDED", "note", text)


def _judge_one(
    one: OpenedEnvelope,
    opened: dict[str, OpenedEnvelope],
    exhibits: Exhibits,
    match: Matcher | None,
) -> list[Finding]:
    record = one.record
    rung = match(record.predicate["image"]) if match is not None else None
    findings = [
        *_signer(one, exhibits),
        *_image(one, exhibits, rung),
        *_mask(one, exhibits),
        *_currency(one, opened, exhibits),
    ]
    if any(finding.severity in ("error", "undecided") for finding in findings):
        return findings
    same_file = record.file_sha256 is not None and record.file_sha256 == exhibits.file_sha256
    text = (
        f"{record.predicate['meaning']['code']}, signed by {record.title}: exactly these voxels "
        f"and meanings, on this image (matched by its {rung}); "
        f"{'the file is as it was signed' if same_file else 'the file was written anew since'}."
    )
    return [*findings, Finding("VALID", "note", text)]


def _signer(one: OpenedEnvelope, exhibits: Exhibits) -> list[Finding]:
    keyid = one.record.keyid
    if keyid in exhibits.trust:
        return []
    name = one.record.predicate["signer"]["printedName"]
    text = (
        f"The signature is sound, but no registry says that its key is {name}'s. If you know it "
        f"to be, by having compared it with them, verify with: --trust {keyid}"
    )
    return [Finding("SIGNER_NOT_ESTABLISHED", "undecided", text)]


def _image(one: OpenedEnvelope, exhibits: Exhibits, rung: str | None) -> list[Finding]:
    if exhibits.image is None:
        text = (
            f"A sign-off holds for one image, and it is missing: {exhibits.image_problem}. "
            "Name it with --image."
        )
        return [Finding("IMAGE_ABSENT", "undecided", text)]
    if rung is not None:
        return []
    text = (
        f"The sign-off by {one.record.title} is about another image than this one: neither its "
        "pixels nor its rescaled values match on the signed grid. Name the right one with --image."
    )
    return [Finding("WRONG_IMAGE", "error", text)]


def _mask(one: OpenedEnvelope, exhibits: Exhibits) -> list[Finding]:
    if exhibits.segmentation is None:
        text = "A sign-off holds for one mask, and there is none to compare with."
        return [Finding("MASK_ABSENT", "undecided", text)]
    return compare_mask(one.record, exhibits.segmentation)


def _currency(
    one: OpenedEnvelope, opened: dict[str, OpenedEnvelope], exhibits: Exhibits
) -> list[Finding]:
    record, findings = one.record, []
    if record.decision not in APPROVALS:
        findings.append(_no_approval(one))
    if record.previous - opened.keys():
        text = (
            f"The record by {record.title} follows earlier ones that are not in the file; "
            "what they said cannot be seen here."
        )
        findings.append(Finding("HISTORY_INCOMPLETE", "warning", text))
    followed = [opened[digest].record.signed_at for digest in record.previous & opened.keys()]
    from_future = exhibits.now is not None and record.signed_at > exhibits.now + _CLOCK_SLACK
    if from_future or any(record.signed_at < at - _CLOCK_SLACK for at in followed):
        text = f"The time of the record by {record.title} cannot be right; a clock was wrong."
        findings.append(Finding("CLOCK_SUSPECT", "warning", text))
    return findings


def _no_approval(one: OpenedEnvelope) -> Finding:
    """A sound signature under a no is not a yes."""
    record = one.record
    if record.decision == "reject":
        text = f"The mask was rejected by {record.title}: {record.predicate['reason']}"
        return Finding("REJECTED", "error", text)
    text = (
        f"The mask was opened for changes by {record.title}: {record.predicate['reason']} "
        "It holds no approval until it is signed anew."
    )
    return Finding("UNLOCKED", "undecided", text)
