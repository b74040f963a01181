"""The verdict on a mask: whether its sign-offs hold for exactly these voxels on this image.

Pure functions on nouns and bytes. Nothing is valid by default: a check that could not be made
leaves its own verdict. The steps are those of docs/records.md.
"""

from __future__ import annotations

from collections.abc import Collection

from medseg.model import Finding, Segmentation, Verification, Volume
from medseg.signoff.compare import compare_mask
from medseg.signoff.envelope import OpenedEnvelope
from medseg.signoff.verdicts.binding import judge_case, judge_image
from medseg.signoff.verdicts.cautions import judge_clock, judge_coverage
from medseg.signoff.verdicts.currency import judge_currency, superseded
from medseg.signoff.verdicts.dispute import judge_dispute
from medseg.signoff.verdicts.dossier import Dossier
from medseg.signoff.verdicts.duties import judge_duties
from medseg.signoff.verdicts.exhibits import Exhibits
from medseg.signoff.verdicts.locks import judge_locks
from medseg.signoff.verdicts.logged import judge_place
from medseg.signoff.verdicts.outside import is_outside, judge_outside
from medseg.signoff.verdicts.people import judge_person, judge_registry, open_people
from medseg.signoff.verdicts.proofs import judge_proofs
from medseg.signoff.verdicts.reading import open_lines, open_receipts

_PEOPLE = "people"
_OWN_WORD = " It was made outside of any project, and is the signer's own statement."


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
    opened, findings = open_lines(envelope_lines)
    if not opened and not findings:
        text = "A mask is signed if a sign-off lies beside it; there is none. Sign it first."
        return Verification((Finding("NOT_SIGNED", "undecided", text),))
    covered = frozenset().union(*(one.record.previous for one in opened.values()))
    judged = [one for digest, one in opened.items() if digest not in covered]
    dossier, about = _dossier(opened, judged, exhibits)
    findings += about
    findings += [superseded(one) for digest, one in opened.items() if digest in covered]
    findings += judge_locks(dossier)
    for one in judged:
        findings += _judge_one(dossier, one)
    return Verification(tuple(findings))


def _dossier(
    opened: dict[str, OpenedEnvelope], judged: list[OpenedEnvelope], exhibits: Exhibits
) -> tuple[Dossier, list[Finding]]:
    """Registry, receipts and logs, each opened once, and what is to be said of them."""
    people, findings = open_people(exhibits)
    registry = people.registry if people else None
    receipts, torn = open_receipts(opened, registry.public_keys if registry else {})
    troubles: dict[int | str, list[Finding]] = {
        number: log.findings for number, log in enumerate(exhibits.logs)
    }
    records = [one.record for one in judged]
    troubles[_PEOPLE] = judge_registry(people, exhibits, records) if people else []
    told = [one for group in (troubles[_PEOPLE], *_logs(troubles)) for one in group]
    return Dossier(exhibits, opened, receipts, registry, troubles), [*findings, *torn, *told]


def _logs(troubles: dict[int | str, list[Finding]]) -> list[list[Finding]]:
    return [group for name, group in troubles.items() if name != _PEOPLE]


def _judge_one(dossier: Dossier, one: OpenedEnvelope) -> list[Finding]:
    how, image = judge_image(dossier, one)
    findings = [
        *judge_person(dossier, one),
        *judge_duties(dossier, one),
        *judge_dispute(dossier, one),
        *judge_place(dossier, one),
        *judge_proofs(dossier, one),
        *judge_outside(dossier, one),
        *judge_case(dossier, one),
        *image,
        *_mask(dossier, one),
        *judge_currency(dossier, one),
        *judge_clock(dossier, one),
        *judge_coverage(dossier, one),
    ]
    if _stops(findings + _troubles(dossier, one)):
        return findings
    return [*findings, _valid(dossier, one, how)]


def _mask(dossier: Dossier, one: OpenedEnvelope) -> list[Finding]:
    if dossier.exhibits.segmentation is None:
        text = "A sign-off holds for one mask, and there is none to compare with."
        return [Finding("MASK_ABSENT", "undecided", text)]
    return compare_mask(one.record, dossier.exhibits.segmentation)


def _troubles(dossier: Dossier, one: OpenedEnvelope) -> list[Finding]:
    """What speaks against the registry, where the record needs it, and against its log."""
    log = dossier.log_of(one)
    of_log = [
        finding
        for number, other in enumerate(dossier.exhibits.logs)
        if other is log
        for finding in dossier.troubles[number]
    ]
    is_trusted = one.record.keyid in dossier.exhibits.trust
    return of_log if is_trusted else [*of_log, *dossier.troubles[_PEOPLE]]


def _stops(findings: list[Finding]) -> bool:
    return any(finding.severity in ("error", "undecided") for finding in findings)


def _valid(dossier: Dossier, one: OpenedEnvelope, how: str) -> Finding:
    record, exhibits = one.record, dossier.exhibits
    same_file = record.file_sha256 is not None and record.file_sha256 == exhibits.file_sha256
    text = (
        f"{record.predicate['meaning']['code']}, signed by {record.title}: exactly these voxels "
        f"and meanings, on this image ({how}); "
        f"{'the file is as it was signed' if same_file else 'the file was written anew since'}."
        f"{_OWN_WORD if is_outside(dossier, record) else ''}"
    )
    return Finding("VALID", "note", text)
