"""Step 3, people: whether somebody we believe says whose the key is, and that it might sign."""

from __future__ import annotations

from collections.abc import Iterable

from medseg.model import Finding
from medseg.signoff.envelope import OpenedEnvelope
from medseg.signoff.people.checks import Signature, judge_signer
from medseg.signoff.people.sealing import OpenedRegistry
from medseg.signoff.record import Record
from medseg.signoff.refusal import RecordError
from medseg.signoff.verdicts.dossier import Dossier
from medseg.signoff.verdicts.exhibits import Exhibits
from medseg.signoff.verdicts.reading import refused


def open_people(exhibits: Exhibits) -> tuple[OpenedRegistry | None, list[Finding]]:
    """The registry if it is sound and believed, and what is to be said of it as a whole."""
    people = exhibits.people
    if people is None:
        return None, []
    opened = people.opened
    if isinstance(opened, RecordError):
        return None, [refused(opened, "The registry of people: ")]
    if people.trusted_roots is None:
        names = ", ".join(root.printed_name for root in opened.registry.roots)
        text = f"Who is who stands on the registry of people that was named, by {names}."
        return opened, [Finding("REGISTRY_NAMED", "note", text)]
    trusted = opened.signed_by & opened.registry.root_ids & people.trusted_roots
    is_believed = len(trusted) >= opened.registry.threshold
    return (opened if is_believed else None), []


def judge_registry(
    opened: OpenedRegistry, exhibits: Exhibits, judged: Iterable[Record]
) -> list[Finding]:
    """REGISTRY_ROLLBACK and REGISTRY_EXPIRED."""
    registry = opened.registry
    newer = _newer(opened, exhibits, list(judged))
    findings = []
    if newer:
        text = (
            f"A registry of people only ever goes on; version {registry.version} is at hand, but "
            f"{newer}. Ask its keeper for the newest one."
        )
        findings.append(Finding("REGISTRY_ROLLBACK", "error", text))
    if exhibits.now is not None and registry.is_expired(exhibits.now):
        text = (
            f"The registry of people proves nothing after {registry.expires}: a key may have been "
            "revoked since. Ask its keeper for the newest one."
        )
        findings.append(Finding("REGISTRY_EXPIRED", "undecided", text))
    return findings


def judge_person(dossier: Dossier, one: OpenedEnvelope) -> list[Finding]:
    """What speaks against the signer of a record."""
    record = one.record
    findings = []
    if dossier.is_self_attested(record):
        text = (
            f"Self-attested: in this project {record.predicate['signer']['printedName']} did "
            "everything, and nobody else vouches for it."
        )
        findings.append(Finding("SELF_ATTESTED", "warning", text))
    return findings + signer_troubles(dossier, one)


def signer_troubles(dossier: Dossier, one: OpenedEnvelope) -> list[Finding]:
    """What speaks against a record's being the word of the person it names, in that role."""
    record = one.record
    if record.keyid in dossier.exhibits.trust:
        return []
    if dossier.registry is None:
        return [_not_established(dossier, record)]
    entry = dossier.entry_of(one)
    signature = Signature(
        record.keyid,
        str(record.predicate["role"]),
        record.signed_at,
        record.person_id,
        str(record.predicate["signer"]["printedName"]),
        entry.seq if entry else None,
        record.anchor.size if record.anchor else None,
    )
    return judge_signer(dossier.registry, signature)


def _newer(opened: OpenedRegistry, exhibits: Exhibits, judged: list[Record]) -> str:
    """What tells of another or a later version, in words; empty if nothing does.

    Only logs that a judged record names count: another site's tells of its own registry.
    """
    version, people = opened.registry.version, exhibits.people
    origins = {one.anchor.origin for one in judged if one.anchor is not None}
    logs = [log for log in exhibits.logs if log.origin in origins]
    if people and people.remembered_version and people.remembered_version > version:
        return f"version {people.remembered_version} was seen here before"
    signed = max((int(one.predicate["registryVersion"] or 0) for one in judged), default=0)
    if signed > version:
        return f"a record was signed under version {signed}"
    for entry in (entry for log in logs for entry in log.people):
        if entry.data["version"] > version:
            return f"the log knows version {entry.data['version']}"
        if entry.data["version"] == version and entry.data["digest"] != opened.digest:
            return "the log knows another registry of that version"
    return ""


def _not_established(dossier: Dossier, record: Record) -> Finding:
    name = record.predicate["signer"]["printedName"]
    text = (
        f"The signature is sound, but no registry says that its key is {name}'s. If you know it "
        f"to be, by having compared it with them, verify with: --trust {record.keyid}"
    )
    people = dossier.exhibits.people
    if people is not None:
        text = (
            f"The signature is sound, but the registry of people that says it is {name}'s is not "
            f"one you trust. Compare its root key with its keeper, then trust that; or verify "
            f"with: --trust {record.keyid}"
        )
    return Finding("SIGNER_NOT_ESTABLISHED", "undecided", text)
