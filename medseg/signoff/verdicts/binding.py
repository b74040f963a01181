"""Step 5: the record is about this case, and about this image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medseg.model import Finding
from medseg.signoff.derivation import open_derivation
from medseg.signoff.envelope import OpenedEnvelope
from medseg.signoff.image_identity import uids_rung
from medseg.signoff.refusal import RecordError
from medseg.signoff.verdicts.dossier import Dossier

_Bound = tuple[str, list[Finding]]


def judge_case(dossier: Dossier, one: OpenedEnvelope) -> list[Finding]:
    """REPLAYED_OTHER_CASE."""
    record, entry = one.record, dossier.entry_of(one)
    here = [(dossier.exhibits.case, record.case), (dossier.exhibits.reading, record.reading)]
    if entry is not None:
        here += [(entry.case, record.case), (entry.reading, record.reading)]
    # Records that name no reading are those of the first versions, and stand for any.
    if all(None in pair or pair[0] == pair[1] for pair in here):
        return []
    text = (
        f"The record by {record.title} is about case {record.case}, reading {record.reading}, and "
        "stands here for another: it was copied. Put it back where it belongs."
    )
    return [Finding("REPLAYED_OTHER_CASE", "error", text)]


def judge_image(dossier: Dossier, one: OpenedEnvelope) -> _Bound:
    """How the image was matched, in words, and what speaks against it."""
    signed = one.record.predicate["image"]
    if dossier.match is None:
        text = (
            f"A sign-off holds for one image, and it is missing: {dossier.exhibits.image_problem}. "
            "Name it with --image."
        )
        return "", [Finding("IMAGE_ABSENT", "undecided", text)]
    rung = dossier.match(signed)
    if rung is not None:
        return f"matched by its {rung}", []
    derived = _derived(dossier, signed)
    if derived is not None:
        return "matched by way of another image", [derived]
    if _has_its_names(dossier, signed):
        text = (
            f"The image has the names of the one that {one.record.title} signed, and other values: "
            "it was written anew with a loss, or changed. Name the one that was signed with "
            "--image."
        )
        return "", [Finding("UID_ONLY_MATCH", "undecided", text)]
    text = (
        f"The sign-off by {one.record.title} is about another image than this one: neither its "
        "pixels nor its rescaled values match on the signed grid. Name the right one with --image."
    )
    return "", [Finding("WRONG_IMAGE", "error", text)]


def _derived(dossier: Dossier, signed: Mapping[str, Any]) -> Finding | None:
    for line in dossier.exhibits.derivations:
        try:
            derivation = open_derivation(line)
        except RecordError:
            continue
        is_its = (
            derivation.old["geometry"] == signed["geometry"]
            and derivation.old["rungs"]["modality"] == signed["rungs"]["modality"]
        )
        registry, trust = dossier.registry, dossier.exhibits.trust
        may = derivation.may_be_believed(registry, trust)
        if is_its and may and dossier.match and dossier.match(derivation.new) is not None:
            text = (
                "The image is not the one that was signed but was made from it: "
                f"{derivation.method}; so says {derivation.printed_name}."
            )
            return Finding("VIA_DERIVATION", "warning", text)
    return None


def _has_its_names(dossier: Dossier, signed: Mapping[str, Any]) -> bool:
    secret, image = dossier.exhibits.secret, dossier.exhibits.image
    if secret is None or image is None or signed["rungs"]["uids"] is None:
        return False
    return bool(signed["rungs"]["uids"] == uids_rung(image, secret))
